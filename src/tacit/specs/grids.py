"""Sweeps as files: a spec with axes over any of its fields."""

import copy
import itertools
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TYPE_CHECKING

from pydantic import AfterValidator, BeforeValidator, ValidationError

from .. import observables
from ..claims import AbstractClaim
from ..claims.catalogue import every_claim, find_claims
from ..errors import NotFoundError, SpecError
from ..experiment import Experiment
from ..observables import AbstractObservable
from .members import members_of, spelt_out
from .mistakes import mistakes
from .sections import AbstractSection, by_kind, refuse, Truth
from .spec import Spec


ZIP, SKIP = "zip", "skip"
"""Tables under ``[grid]`` that are no axes: what goes together, what is left out."""


def _known(name: str) -> str:
    try:
        find_claims(name, every_claim())
    except NotFoundError as error:
        refuse(str(error))
    return name


if TYPE_CHECKING:
    Observed = Any
    ClaimName = str
else:
    Observed = Annotated[
        by_kind("observable", members_of(observables, AbstractObservable)),
        BeforeValidator(spelt_out),
    ]
    ClaimName = Annotated[str, AfterValidator(_known)]


class Wanted(AbstractSection):
    """What is kept of every run: the section ``[sweep]``."""

    name: str = ""
    observe: tuple[Observed, ...] = ()
    claims: tuple[ClaimName, ...] = ()
    predict: Truth = False


@dataclass(frozen=True)
class SpecAt:
    """The spec with some fields replaced: ``experiment_of`` of a sweep from a file."""

    table: Mapping[str, Any]
    folder: str
    file: str

    def __call__(self, **fields: Any) -> Experiment:
        """The experiment with these values at these places, as ``network.depth``."""
        return self.spec(fields).experiment()

    def spec(self, fields: Mapping[str, Any]) -> Spec:
        """The spec itself; `SpecError` where a field does not exist or does not fit."""
        table = copy.deepcopy(dict(self.table))
        for place, value in fields.items():
            *way, last = place.split(".")
            inner = table
            for key in way:
                inner = inner.setdefault(key, {})
                if not isinstance(inner, dict):
                    raise SpecError(
                        [(f"grid.{place}", f"{key} is no table.")], self.file
                    )
            inner[last] = value
        return Spec.of(table, folder=self.folder, file=self.file)


@dataclass(frozen=True)
class Skips:
    """The condition that keeps a point: that it is none of those left out."""

    points: tuple[Mapping[str, Any], ...]

    def __call__(self, **values: Any) -> bool:
        """Whether the point with these values is in the sweep."""
        return not any(
            all(
                values[k] in (v if isinstance(v, list) else [v])
                for k, v in each.items()
            )
            for each in self.points
        )


@dataclass(frozen=True)
class SweepSpec:
    """A spec, axes over its fields, and what is wanted of every run."""

    base: SpecAt
    axes: Mapping[Any, list]
    skips: tuple[Mapping[str, Any], ...]
    wanted: Wanted
    name: str
    records: Any = None

    @classmethod
    def read(cls, path: str | Path) -> "SweepSpec":
        """The sweep in the file at `path`; `SpecError` with every mistake in it.

        Every point of the grid is looked at: that its fields exist and have values that
        could be. Whether its parts fit together shows when it is run.
        """
        place = Path(path)
        try:
            table = tomllib.loads(place.read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise SpecError([("", error.strerror or str(error))], str(path)) from error
        except ValueError as error:  # of TOML, or of UTF-8
            raise SpecError([("", f"no TOML: {error}.")], str(path)) from error
        grid, wanted = table.pop("grid", {}), table.pop("sweep", {})
        file = str(path)
        if not isinstance(grid, dict) or not grid:
            raise SpecError(
                [("grid", "a sweep has axes: [grid] with a list for a field.")], file
            )
        try:
            asked = Wanted.model_validate(wanted)
        except ValidationError as error:
            found = [
                (f"sweep.{where}".rstrip("."), what) for where, what in mistakes(error)
            ]
            raise SpecError(found, file) from error
        axes, skips = _axes(grid, file), _skips(grid, file)
        base = SpecAt(table, str(place.parent), file)
        found = cls(
            base, axes, skips, asked, asked.name or place.stem, table.get("records")
        )
        found._look()
        return found

    @property
    def observe(self) -> tuple[AbstractObservable, ...]:
        """The observables that are asked for."""
        return tuple(each.build() for each in self.wanted.observe)

    @property
    def claims(self) -> tuple[type[AbstractClaim], ...]:
        """The claims that are asked for, in order."""
        known = every_claim()
        found = (find_claims(name, known) for name in self.wanted.claims)
        return tuple(itertools.chain(*found))

    @property
    def where(self) -> Skips | None:
        """Which points are in the sweep; None for all."""
        return Skips(self.skips) if self.skips else None

    def _look(self) -> None:
        """Raise for the first value of an axis that no spec could have."""
        firsts = {
            name: value
            for key, values in self.axes.items()
            for name, value in _fields(key, values[0])
        }
        names = set(firsts)
        for skip in self.skips:
            for name in set(skip) - names:
                raise SpecError([(f"grid.skip.{name}", "is no axis.")], self.base.file)
        for key, values in self.axes.items():
            for value in values:
                self.base.spec(firsts | dict(_fields(key, value)))


def _fields(key: Any, value: Any) -> Iterator[tuple[str, Any]]:
    yield from (
        zip(key, value, strict=True) if isinstance(key, tuple) else [(key, value)]
    )


def _axes(grid: Mapping[str, Any], file: str) -> dict[Any, list]:
    axes: dict[Any, list] = {}
    for place, values in _leaves(grid):
        if not isinstance(values, list):
            raise SpecError(
                [(f"grid.{place}", f"an axis is a list of values; got {values!r}.")],
                file,
            )
        axes[place] = values
    for i, table in enumerate(_tables(grid, ZIP, file)):
        columns = dict(_leaves(table))
        sizes = {
            name: len(values) if isinstance(values, list) else None
            for name, values in columns.items()
        }
        if None in sizes.values() or len(set(sizes.values())) != 1:
            why = f"fields that go together are lists of one length; got {sizes}."
            raise SpecError([(f"grid.zip[{i}]", why)], file)
        axes[tuple(columns)] = list(zip(*columns.values(), strict=True))
    return axes


def _skips(grid: Mapping[str, Any], file: str) -> tuple[Mapping[str, Any], ...]:
    return tuple(dict(_leaves(table)) for table in _tables(grid, SKIP, file))


def _tables(grid: Mapping[str, Any], key: str, file: str) -> list[dict]:
    found = grid.get(key, [])
    if not isinstance(found, list) or not all(isinstance(x, dict) for x in found):
        raise SpecError([(f"grid.{key}", f"write it as [[grid.{key}]].")], file)
    return found


def _leaves(table: Mapping[str, Any], way: str = "") -> Iterator[tuple[str, Any]]:
    """The values of a table by their places, ``network.depth``."""
    for key, value in table.items():
        if not way and key in (ZIP, SKIP):
            continue
        if isinstance(value, dict):
            yield from _leaves(value, f"{way}{key}.")
        else:
            yield f"{way}{key}", value
