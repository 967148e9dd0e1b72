"""What is done at every point of a sweep."""

import functools
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..claims import AbstractClaim
from ..claims.catalogue import as_claim, every_claim, Named
from ..errors import DataError, KindError, require_kind
from ..experiment import Experiment
from ..identity import digest_of
from ..observables import AbstractObservable
from ..own_code import own_code
from .grid import Point
from .version import salt, versions


@dataclass(frozen=True)
class Work:
    """How the experiment at a point is made, and what is wanted of its run."""

    experiment_of: Callable[..., Experiment]
    observe: tuple[AbstractObservable, ...] = ()
    claims: tuple[AbstractClaim, ...] = ()
    forecasts: tuple[AbstractClaim, ...] = ()
    records: Any = None
    """When to record, as `tacit.train` takes it; None is as each claim asks, and 50
    times for what is observed."""
    versions: Mapping[str, str] = field(default_factory=versions, compare=False)
    """Of the process that planned it; those that run it must be the same."""

    @classmethod
    def of(
        cls,
        experiment_of: Callable[..., Experiment],
        observe: Sequence[AbstractObservable],
        claims: Iterable[Named],
        records: Any,
        *,
        predict: bool,
    ) -> "Work":
        """The work in the words of `tacit.sweep`; raises for what it cannot be."""
        if isinstance(observe, AbstractObservable | str) or not _is_list(observe):
            raise KindError("what is observed", observe, list, "[observable, ...]")
        for each in observe:
            require_kind("what is observed", each, AbstractObservable, "tacit")
        names = [each.name for each in observe]
        for name in names:
            if names.count(name) > 1:
                raise DataError(f"{name} is observed twice; give it once.")
        if isinstance(claims, str) or not _is_list(claims):
            raise KindError("the claims of a sweep", claims, list, '["C1", ...]')
        found = tuple(map(as_claim, claims))
        told = found or tuple(map(as_claim, every_claim()))
        told = tuple(each for each in told if each.foresees) if predict else ()
        if records is not None and not isinstance(records, int):
            records = tuple(map(float, np.asarray(records, float)))
        return cls(experiment_of, tuple(observe), found, told, records)

    @functools.cached_property
    def digest(self) -> str:
        """A SHA-256 of what is wanted of every run, the code of it included.

        Not of `experiment_of`: what it makes counts, run by run.
        """
        asked = (self.observe, self.claims, self.forecasts, self.records)
        return digest_of((*asked, own_code(asked), salt()))

    def experiment(self, point: Point) -> Experiment:
        """The experiment at `point`; `KindError` where something else is made."""
        made = self.experiment_of(**point.values)
        require_kind("what experiment_of returns", made, Experiment, "tacit")
        return made


def key_of(work: Work, digests: Iterable[str]) -> str:
    """The name of a unit of runs: all that its results depend on, in order."""
    told = json.dumps([work.digest, *digests])
    return hashlib.sha256(told.encode()).hexdigest()


def mark_of(experiment: Experiment) -> str:
    """What identifies the run of an experiment: all it says, and the user's code."""
    code = own_code(experiment)
    return digest_of((experiment, code)) if code else experiment.digest


def _is_list(x: Any) -> bool:
    return isinstance(x, Iterable) and not isinstance(x, dict)
