"""What is kept of a run: what was seen, how it ended, verdicts and forecasts."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..claims import AbstractClaim
from ..experiment import Experiment
from ..prediction import predict
from ..training import Trajectory
from ..verdict import check, judge
from .grid import Point
from .scales import Trained
from .store import Row
from .work import Work


ENTRIES = 4096
"""The most numbers of a forecast that are kept beside a run."""


def failed(point: Point, digest: str, reason: str) -> Row:
    """The row of a run that raised."""
    return Row(point.index, point.labels, digest, "failed", reason)


def row_of(
    work: Work,
    point: Point,
    experiment: Experiment,
    runs: Mapping[AbstractClaim | None, Trained],
) -> Row:
    """The row of a finished run; `runs` are those that each claim is judged on."""
    run, waste, _ = runs[None]
    kept = _Kept()
    kept.record(run, {each.name for each in work.observe})
    kept.add("end", float(run.times[-1]), experiment.flow.unit, "where the run ended")
    kept.add("steps", int(run.steps), "1", "moves, or steps of the integrator")
    kept.add("waste", waste, "1", "lane-steps of its batch over those of its runs")
    for claim in work.claims:
        verdict = (
            judge(claim, runs[claim].run) if claim in runs else check(claim, experiment)
        )
        name = f"{claim.id}_"
        kept.add(name + "outcome", verdict.outcome.value)
        kept.add(name + "distance", float(verdict.distance))
        kept.add(name + "allowed", float(verdict.allowed))
        why = (*verdict.not_met, *[verdict.why] * bool(verdict.why))
        kept.add(name + "why", "; ".join(why))
        if work.forecasts:
            kept.numbers(name + "measured", verdict.measured)
    if work.forecasts:
        for told in predict(experiment, work.forecasts):
            if told.forecast is not None:
                name = f"{told.claim.id}_"
                kept.numbers(name + "predicted", told.forecast.value)
                kept.add(name + "certificate", float(told.forecast.certificate))
    status = "ok" if run.finite else "diverged"
    return Row(
        point.index,
        point.labels,
        experiment.digest,
        status,
        run.reason,
        kept.values,
        kept.dims,
        kept.coords,
        kept.attrs,
    )


class _Kept:
    """The values of a row as they come together."""

    def __init__(self):
        self.values: dict[str, Any] = {}
        self.dims: dict[str, tuple[str, ...]] = {}
        self.coords: dict[str, Any] = {}
        self.attrs: dict[str, dict[str, str]] = {}

    def record(self, run: Trajectory, wanted: set[str]) -> None:
        """What was seen of a run, with its times: those of `wanted` and the clock's."""
        arrays, coords = run.labelled()
        for name, (dims, values, about) in arrays.items():
            if name in wanted or name == "log_time":
                self.values[name] = np.asarray(values)
                self.dims[name], self.attrs[name] = tuple(dims), dict(about)
        used = {dim for dims in self.dims.values() for dim in dims}
        for name, (_, values, about) in coords.items():
            if name in used:
                self.coords[name] = np.asarray(values)
                if about:
                    self.attrs[name] = dict(about)

    def add(self, name: str, value: Any, units: str = "", about: str = "") -> None:
        """A single value."""
        self.values[name] = value
        if units:
            self.attrs[name] = {"units": units, "long_name": about}

    def numbers(self, name: str, value: Any) -> None:
        """A value that a theorem speaks of, if it is one or some numbers."""
        try:
            array = np.asarray(value, float)
        except (TypeError, ValueError):  # words, or pieces of several lengths
            return
        if array.size <= ENTRIES:
            self.values[name] = array if array.ndim else float(array)
            if array.ndim:
                # Predicted and measured have one shape, or the axes say which is whose.
                sizes = "x".join(map(str, array.shape))
                stem = f"{name.split('_')[0]}_{sizes}"
                self.dims[name] = tuple(f"{stem}_{i}" for i in range(array.ndim))
