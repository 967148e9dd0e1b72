"""Flow time itself."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any, ClassVar

import jax
import numpy as np

from ..._types import float64
from ...errors import DataError
from ...networks import AbstractNetwork
from ...risk import Risk
from ..charts import AbstractChart, Parameters, Sides, SmallestLayer, Softmax
from ..path import Arrival, Path, Times
from ..solvers import explicit, explicit_event, integrate_stiff, leave, Segment
from .base import AbstractClock, Settings


CHARTS: tuple[type[AbstractChart], ...] = (Softmax, SmallestLayer, Sides, Parameters)

PATIENCE = 4096
"""Explicit steps before an automatic run turns to the stiff solver."""

LARGEST_JACOBIAN = 2048
"""Unknowns up to which the stiff solver's dense Jacobian is worth forming."""


@dataclasses.dataclass(frozen=True)
class Time(AbstractClock):
    """No change of time.

    The flow is integrated in the first of `tacit.integration.charts` that is valid for
    it, by explicit steps and, where the stretch is long, by LSODA.
    """

    unit: ClassVar[str] = "flow time"

    def check(
        self,
        settings: Settings,
        risk: Risk,
        network: AbstractNetwork,
        until: float | None,
    ) -> None:
        del settings, risk, network
        if until is not None and not math.isfinite(until):
            raise DataError(f"until = {until}: a flow needs a finite time or an event.")

    def record_times(
        self, network: AbstractNetwork, until: float, count: int
    ) -> np.ndarray:
        del network
        return np.linspace(0, until, count + 1)[1:]

    def path(
        self, settings: Settings, risk: Risk, network: AbstractNetwork, times: Times
    ) -> Path:
        chart = choose_chart(settings, risk, network)
        if times[-1] == 0:
            state = jax.tree.map(lambda x: x[None], chart.enter(network))
            return Path(state, chart.leave, float64(times), network, None, 0)
        tolerances = jax.tree.map(
            np.asarray, chart.tolerances(settings.rtol, settings.atol)
        )
        if settings.solver == "stiff":
            leg = Segment.begin(chart, network)
        else:
            patience = _patience(settings, chart, network)
            leg = explicit(tolerances, chart, risk, network, times, patience)
            if bool(leg.good):
                end = network if leg.end is None else leg.end
                steps = int(leg.steps)
                return Path(leg.states, chart.leave, float64(times), end, None, steps)
            leg = leg.cut(times)
        if _may_stiffen(settings, chart, network):
            leg = integrate_stiff(
                tolerances, chart, risk, leg, np.asarray(times),
                max_steps=settings.max_steps,
            )  # fmt: skip
        states, when = leg.closed(np.asarray(times))
        end = leave(chart, leg.last)
        return Path(states, chart.leave, when, end, leg.reason, int(leg.steps))

    def arrival(
        self,
        settings: Settings,
        risk: Risk,
        network: AbstractNetwork,
        crossing: Callable[[AbstractNetwork, Any], Any],
        within: float,
    ) -> Arrival:
        chart = choose_chart(settings, risk, network)
        leg = Segment.begin(chart, network)
        if crossing(network, 0.0) == 0:
            return Arrival(0.0, None)
        tolerances = jax.tree.map(
            np.asarray, chart.tolerances(settings.rtol, settings.atol)
        )
        if settings.solver != "stiff":
            leg = explicit_event(
                tolerances, chart, risk, network, crossing, within,
                _patience(settings, chart, network),
            )  # fmt: skip
        if not leg.good and _may_stiffen(settings, chart, network):
            leg = integrate_stiff(
                tolerances, chart, risk, leg, np.array([within]),
                max_steps=settings.max_steps, crossing=crossing,
            )  # fmt: skip
        when, steps = float(leg.time), int(leg.steps)
        if leg.good and when < within:
            return Arrival(when, None)
        return Arrival(when, f"event not met by t = {when:.6g} ({steps} steps)")


def choose_chart(
    settings: Settings, risk: Risk, network: AbstractNetwork
) -> AbstractChart:
    """The chart in which the flow of `network` down `risk` is integrated."""
    if settings.memory is not None:
        return settings.memory
    if settings.chart == "parameters" or settings.weight_decay or settings.descent_step:
        bend = float64(settings.descent_step) if settings.descent_step else None
        return Parameters(settings.weight_decay, bend)
    kind = next(k for k in CHARTS if k.valid(network, risk))
    return kind.at(network, risk)


def _tolerances(settings, chart):
    return jax.tree.map(np.asarray, chart.tolerances(settings.rtol, settings.atol))


def _may_stiffen(settings, chart, network):
    if settings.solver != "auto":
        return settings.solver == "stiff"
    if _size(network) <= LARGEST_JACOBIAN:  # no chart has more unknowns than that
        return True
    return _size(jax.eval_shape(chart.enter, network)) <= LARGEST_JACOBIAN


def _size(tree):
    return sum(leaf.size for leaf in jax.tree.leaves(tree))


def _patience(settings, chart, network):
    turn = settings.solver == "auto" and _may_stiffen(settings, chart, network)
    return min(settings.max_steps, PATIENCE) if turn else settings.max_steps
