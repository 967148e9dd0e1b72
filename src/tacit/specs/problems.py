"""Sections for the problem: a data set, drawn samples, matrices, or a file."""

import abc
import hashlib
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TYPE_CHECKING

import numpy as np
from pydantic import AfterValidator, field_validator

from ..errors import NotFoundError, OptionError
from ..problems import load, Problem, SETS, synthetic
from .arguments import from_arguments, made
from .columns import read_columns, READERS
from .sections import (
    AbstractSection,
    by_key,
    by_kind,
    entries,
    keys_of,
    Numbers,
    placed,
    refuse,
    Truth,
)


def _label(given: Any) -> int | str:
    if isinstance(given, str) or (isinstance(given, int) and given is not True):
        return given
    if not isinstance(given, float) or not given.is_integer():
        refuse(f"should be text or a whole number; got {given!r}.")
    return int(given)


Label = Annotated[Any, AfterValidator(_label)]


class AbstractProblem(AbstractSection):
    """What is trained on.

    Of the samples the `classes` are kept, then of the features those that are `varying`
    (all of them unless it is true), and these are `standardised`. `singular` says that
    a within-class scatter without inverse is meant.
    """

    anchor: ClassVar[str]
    """The key that says where the problem comes from."""

    files: ClassVar[tuple[str, ...]] = ()
    """The keys that name files: it is their content that counts."""

    classes: Annotated[tuple[Label, ...], entries(2)] | None = None
    varying: Truth = False
    standardised: Truth = False
    singular: Truth = False

    @abc.abstractmethod
    def raw(self) -> Problem:
        """The problem as it comes."""

    def build(self) -> Problem:
        """The problem to be trained on."""
        with placed("problem", keys_of(self), self.anchor):
            problem = self.raw()
        if self.classes is not None:
            with placed("problem.classes"):
                problem = problem.select(classes=list(self.classes))
        if self.varying:
            with placed("problem.varying"):
                problem = problem.varying()
        if self.standardised:
            with placed("problem.standardised"):
                problem = problem.standardised()
        return problem

    def identity(self) -> dict[str, Any]:
        """What tells this problem from others, in plain types."""
        told = self.model_dump(mode="json")
        for key in self.files:
            place = Path(told[key])
            content = hashlib.sha256(place.read_bytes()).hexdigest()
            told[key] = content + place.suffix
        return told


class Named(AbstractProblem):
    """A data set of `tacit.load`."""

    anchor: ClassVar[str] = "name"
    name: str

    @field_validator("name")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in SETS:
            refuse(str(NotFoundError("data set", name, sorted(SETS))))
        return name

    def raw(self) -> Problem:
        return load(self.name)


class AbstractSynthetic(AbstractProblem):
    """Samples drawn by a function of `tacit.problems`; its arguments are the keys."""

    anchor: ClassVar[str] = "synthetic"
    maker: ClassVar[Any]
    arguments: ClassVar[dict[str, Any]]

    def raw(self) -> Problem:
        return made(self)


class Matrices(AbstractProblem):
    """Scatter matrices, as `Problem.from_scatter` takes them."""

    anchor: ClassVar[str] = "within"
    within: Numbers
    delta: Numbers | None = None
    between: Numbers | None = None

    def raw(self) -> Problem:
        given = {"within": self.within, "delta": self.delta, "between": self.between}
        known = {name: np.asarray(x) for name, x in given.items() if x is not None}
        return Problem.from_scatter(None, **known)


class Columns(AbstractProblem):
    """Samples in a file; its place is relative to that of the spec."""

    anchor: ClassVar[str] = "file"
    files: ClassVar[tuple[str, ...]] = ("file",)
    known_as: ClassVar[dict[str, str]] = {"y": "label"}
    file: Path
    label: str
    features: Annotated[tuple[str, ...], entries(1)] | None = None
    exclude: Annotated[tuple[str, ...], entries(1)] | None = None
    weights: str | None = None

    @field_validator("file")
    @classmethod
    def _is_there(cls, file: Path, info: Any) -> Path:
        full = (info.context or {}).get("folder", Path()).absolute() / file
        if full.suffix not in READERS:
            refuse(str(OptionError("the ending of a file", full.name, READERS)))
        if not full.is_file():
            refuse(f"there is no file {full}.")
        return full

    def raw(self) -> Problem:
        columns = self.label, self.features, self.weights, self.exclude or ()
        return read_columns(self.file, *columns, classes=self.classes is not None)


if TYPE_CHECKING:
    AnyProblem = AbstractProblem
else:
    _DRAWN = {
        name: from_arguments(
            getattr(synthetic, name), AbstractSynthetic, synthetic=(Literal[name], ...)
        )
        for name in ("strong_weak_noise", "two_gaussians")
    }
    AnyProblem = by_key(
        "a problem",
        {
            "name": Named,
            "synthetic": by_kind("synthetic problem", _DRAWN, key="synthetic"),
            "within": Matrices,
            "file": Columns,
        },
    )
