"""An experiment as a file."""

import hashlib
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from pydantic import (
    Discriminator,
    Field,
    field_validator,
    PrivateAttr,
    Tag,
    ValidationError,
)

from ..claims import AbstractClaim
from ..errors import ShapeError, SpecError
from ..events import AbstractEvent, Reaches, RiskBelow
from ..experiment import Experiment, Snapshot
from ..networks import AbstractNetwork
from ..risk import Risk
from ..training import train, Trajectory
from ..verdict import check, judge, missing, observed_by, Verdict
from .members import Flow, Loss, Observable
from .mistakes import mistakes
from .problems import AnyProblem
from .sections import (
    AbstractSection,
    by_key,
    Count,
    entries,
    keys_of,
    Natural,
    Number,
    placed,
    Positive,
    refuse,
    Truth,
)
from .starts import Network
from .toml import as_toml


class Below(AbstractSection):
    """Until the risk falls to `risk_below`, or to that share of its start."""

    risk_below: Number
    relative: Truth = False
    within: Positive = 1e9
    every: Positive | None = None

    def build(self) -> RiskBelow:
        looks = {"within": self.within, "every": self.every}
        return RiskBelow(self.risk_below, self.relative, **looks)


class Reached(AbstractSection):
    """Until the observable `reaches` passes `level`."""

    reaches: Observable
    level: Number
    within: Positive = 1e9
    every: Positive | None = None

    def build(self) -> Reaches:
        looks = {"within": self.within, "every": self.every}
        return Reaches(self.reaches.build(), self.level, **looks)


def _is_event(given: Any) -> bool:
    return isinstance(given, dict | AbstractSection)


if TYPE_CHECKING:
    Until = float | Below | Reached
    Records = int | tuple[float, ...]
else:
    _EVENT = by_key("an event", {"risk_below": Below, "reaches": Reached})
    Until = Annotated[
        Annotated[Number, Field(ge=0), Tag("<number>")]
        | Annotated[_EVENT, Tag("<event>")],
        Discriminator(lambda given: "<event>" if _is_event(given) else "<number>"),
    ]
    Records = Annotated[
        Annotated[Count, Tag("<count>")]
        | Annotated[tuple[Number, ...], entries(1), Tag("<times>")],
        Discriminator(
            lambda given: "<times>" if isinstance(given, list | tuple) else "<count>"
        ),
    ]


def _insist_readable(
    event: AbstractEvent, network: AbstractNetwork, risk: Risk
) -> None:
    if isinstance(event, Reaches):
        event.observable.require(network)
    at = Snapshot(network, network, risk, jnp.zeros(()))
    try:
        jax.eval_shape(event.crossing, at)
    except TypeError as error:  # JAX's word for shapes that disagree
        raise ShapeError(f"cannot be read off this network: {error}") from error


class Spec(AbstractSection):
    """Everything that fixes an experiment, as a TOML file says it.

    `seed` decides the mini-batches; `until` and `records` are as `tacit.Experiment` and
    `tacit.train` take them, and without `records` every claim has its own number. Two
    specs are equal if they say the same, whatever is left to its default or written
    out.
    """

    seed: Natural = 0
    until: Until
    records: Records | None = None
    problem: AnyProblem
    network: Network
    loss: Loss
    flow: Flow
    _file: str = PrivateAttr(default="")

    @field_validator("records")
    @classmethod
    def _increase(cls, records: Any, info: Any) -> Any:
        if not isinstance(records, tuple):
            return records
        if records[0] < 0 or np.any(np.diff(records) <= 0):
            refuse("should be a number, or increasing times, none below 0.")
        until = info.data.get("until")
        if isinstance(until, float) and records[-1] > until:
            refuse(f"should not go beyond until, {until:g}; got {records[-1]:g}.")
        return records

    @classmethod
    def read(cls, path: str | Path) -> "Spec":
        """The spec in the file at `path`; raises `SpecError` with every mistake."""
        place = Path(path)
        try:
            table = tomllib.loads(place.read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise SpecError([("", error.strerror or str(error))], str(path)) from error
        except ValueError as error:  # of TOML, or of UTF-8
            raise SpecError([("", f"no TOML: {error}.")], str(path)) from error
        return cls.of(table, folder=place.parent, file=str(path))

    @classmethod
    def of(
        cls, table: Mapping[str, Any], *, folder: str | Path = ".", file: str = ""
    ) -> "Spec":
        """The spec that `table` says; data files are looked for in `folder`."""
        try:
            found = cls.model_validate(dict(table), context={"folder": Path(folder)})
        except ValidationError as error:
            raise SpecError(mistakes(error), file) from error
        found._file = file
        return found

    def experiment(self) -> Experiment:
        """The experiment itself; raises `SpecError` where the parts do not fit."""
        try:
            return self._assembled()
        except SpecError as error:
            raise SpecError(error.mistakes, self._file) from error

    def judge(self, claims: Iterable[AbstractClaim]) -> Iterator[Verdict]:
        """The verdict on each of `claims`, in order.

        Claims that ask for the same records are judged on one run.
        """
        experiment, claims = self.experiment(), list(claims)
        able = [c for c in claims if not missing(c, experiment)]
        runs: dict[str, Trajectory] = {}
        for claim in claims:
            if claim not in able:
                yield check(claim, experiment)  # says what it needs, trains nothing
                continue
            records = self._records(claim)
            key = repr(records)
            if key not in runs:
                together = [c for c in able if repr(self._records(c)) == key]
                observes = observed_by(*together)
                runs[key] = train(experiment, observes, records=records)
            yield judge(claim, runs[key])

    @cached_property
    def digest(self) -> str:
        """A SHA-256 of what the spec says, data files by content, in hexadecimal."""
        rest = self.model_dump(mode="json", exclude={"problem"})
        said = json.dumps(
            rest | {"problem": self.problem.identity()},
            sort_keys=True,
            separators=(",", ":"),
            allow_nan=False,
        )
        return hashlib.sha256(said.encode()).hexdigest()

    def to_toml(self) -> str:
        """The spec as text for a file, with what was left to its default."""
        return as_toml(self.model_dump(mode="json"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spec) and self.digest == other.digest

    def __hash__(self) -> int:
        return int(self.digest[:15], 16)

    def _records(self, claim: AbstractClaim) -> Any:
        return claim.records if self.records is None else self.records

    def _assembled(self) -> Experiment:
        problem = self.problem.build()
        with placed("loss", keys_of(self.loss)):
            loss = self.loss.build()
        with placed("problem"):
            risk = Risk(problem, loss, singular=self.problem.singular)
        with placed("network", keys_of(self.network)):
            network = self.network.build(problem)
            risk.check_network(network)
        with placed("flow", keys_of(self.flow)):
            flow = self.flow.build()
            flow.check(risk, network, None)
        with placed("until"):
            until = self.until
            if not isinstance(until, int | float):
                until = until.build()
                _insist_readable(until, network, risk)
            return Experiment(network, risk, flow, until=until, seed=self.seed)
