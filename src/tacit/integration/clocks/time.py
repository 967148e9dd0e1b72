"""Flow time itself."""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from ..._types import float64
from ...errors import DataError
from ...networks import AbstractNetwork
from ..charts import Stack
from ..fields import AbstractField
from ..path import AbstractOfPredictor, Arrival, Look, Path, Times
from ..pieces import STOPPED, windows
from ..solvers import (
    explicit,
    explicit_event,
    explicit_in_windows,
    explicit_many,
    integrate_stiff,
    leave,
    Segment,
)
from .base import AbstractClock, OPTIONS, Settings
from .choosing import choose_chart, size, stacked, unstacked


PATIENCE = 4096
"""Explicit steps before an automatic run turns to the stiff solver."""

LARGEST_JACOBIAN = 2048
"""Unknowns up to which the stiff solver's dense Jacobian is worth forming."""


LARGEST_TOGETHER = 1024
"""Unknowns up to which flows are followed side by side: what larger ones spend, they
spend in products."""


@dataclasses.dataclass(frozen=True)
class Time(AbstractClock):
    """No change of time.

    The flow is integrated in the first of `tacit.integration.charts` that is valid for
    it, by explicit steps and, where the stretch is long, by LSODA.
    """

    unit: ClassVar[str] = "flow time"
    honours: ClassVar[frozenset[str]] = OPTIONS

    def check(
        self,
        settings: Settings,
        field: AbstractField,
        network: AbstractNetwork,
        until: float | None,
    ) -> None:
        del settings, field, network
        if until is not None and not math.isfinite(until):
            raise DataError(
                f"until = {until}: a flow needs a finite time or an event.",
                about="until",
            )

    def record_times(
        self, network: AbstractNetwork, until: float, count: int
    ) -> np.ndarray:
        del network
        return np.linspace(0, until, count + 1)[1:]

    def path(
        self,
        settings: Settings,
        field: AbstractField,
        network: AbstractNetwork,
        times: Times,
        look: Look | None = None,
    ) -> Path:
        chart = choose_chart(settings, field, network)
        if times[-1] == 0:
            state = jax.tree.map(lambda x: x[None], chart.enter(network))
            return Path(state, chart.leave, float64(times), network, None, 0)
        tolerances = _tolerances(settings, chart, network)
        if settings.solver == "stiff":
            leg = Segment.begin(chart, network)
        else:
            patience = np.asarray(_patience(settings, chart, network))
            if look is not None and not _may_stiffen(settings, chart, network):
                stretches = windows(np.asarray(times), size(network))
                if len(stretches) > 1:
                    parts = (tolerances, chart, field, network)
                    return _in_windows(*parts, stretches, patience, look)
            stack, finest = stacked(chart, field, network), tolerances
            if stack is not chart:
                finest = _tolerances(settings, stack, network)
            leg = explicit(finest, stack, field, network, times, patience)
            if leg.good:
                chart = stack
            elif isinstance(stack, Stack):  # stiff steps would cost its height
                leg = unstacked(stack, leg)
        return _followed(settings, tolerances, chart, field, network, times, leg)

    def paths(
        self,
        settings: Settings,
        fields: Sequence[AbstractField],
        networks: Sequence[AbstractNetwork],
        times: Times,
    ) -> list[Path]:
        charts = [
            choose_chart(settings, *each) for each in zip(fields, networks, strict=True)
        ]
        tolerances = [
            _tolerances(settings, *each) for each in zip(charts, networks, strict=True)
        ]
        jobs = list(zip(tolerances, charts, fields, networks, strict=True))
        found: dict[int, Path] = {}
        plain = settings.solver != "stiff" and times[0] > 0
        once = float64(times)  # for all: a tenth of what a short flow takes
        for group in _alike(jobs) if plain else ():
            chosen = [jobs[i] for i in group]
            legs = explicit_many(
                chosen,
                np.asarray(times),
                _patience(settings, *chosen[0][1::2]),
                shared=all(each[2].risk is chosen[0][2].risk for each in chosen),
            )
            for i, leg in zip(group, legs, strict=True):
                leg = leg._replace(times=once)
                found[i] = _followed(settings, *jobs[i], times, leg)
        return [
            found[i]
            if i in found
            else self.path(settings, fields[i], networks[i], times)
            for i in range(len(jobs))
        ]

    def arrival(
        self,
        settings: Settings,
        field: AbstractField,
        network: AbstractNetwork,
        crossing: Callable[[AbstractNetwork, Any], Any],
        within: float,
        every: float,
    ) -> Arrival:
        chart = choose_chart(settings, field, network)
        leg = Segment.begin(chart, network)
        if crossing(network, 0.0) == 0:
            return Arrival(0.0, None)
        tolerances = _tolerances(settings, chart, network)
        sided = chart.common if isinstance(crossing, AbstractOfPredictor) else chart
        if settings.solver != "stiff":
            leg = explicit_event(
                tolerances, sided, field, network, crossing, np.asarray(within),
                np.asarray(every), np.asarray(_patience(settings, chart, network)),
            )  # fmt: skip
        if not (leg.good or leg.stopped) and _may_stiffen(settings, chart, network):
            leg = integrate_stiff(
                tolerances, sided, field, leg, np.array([within]),
                max_steps=settings.max_steps, crossing=crossing, every=every,
            )  # fmt: skip
        when, steps = float(leg.time), int(leg.steps)
        if leg.good and when < within:
            return Arrival(when, None)
        why = f"event not met by t = {when:.6g} ({steps} steps)"
        if leg.stopped:
            end = leave(chart, leg.last)
            return Arrival(when, f"{why}; {STOPPED}", end, steps, stopped=True)
        return Arrival(when, why)


def _in_windows(tolerances, chart, field, network, windows, max_steps, look) -> Path:
    """What is seen on the way of a network that is large beside its records."""
    seen, reached, until = [], [], float(windows[-1][-1])
    leg = Segment.begin(chart, network)
    view = jax.tree_util.Partial(type(chart).leave, chart)
    legs = explicit_in_windows(tolerances, chart, field, network, windows, max_steps)
    for window, leg in zip(windows, legs, strict=False):
        leg = leg if leg.good else leg.cut(window, until)
        states, when = leg.closed(window)
        seen.append(look(view, states, when))
        reached.append(when)
    seen = jax.tree.map(lambda *parts: jnp.concatenate(parts), *seen)
    times, end = jnp.concatenate(reached), network if leg.end is None else leg.end
    return Path(None, view, times, end, leg.reason, int(leg.steps), seen=seen)


def _followed(settings, tolerances, chart, field, network, times, leg) -> Path:
    """The path along `leg`, and from its end by stiff steps if it fell short."""
    if bool(leg.good):
        end = network if leg.end is None else leg.end
        steps = int(leg.steps)
        when = float64(times) if leg.times is None else leg.times
        # A method of the module would take longer to look up than a chart to make.
        view, common = _views(chart)
        return Path(leg.states, view, when, end, None, steps, common=common)
    if settings.solver != "stiff":
        leg = leg.cut(times, times[-1])
    if not leg.stopped and _may_stiffen(settings, chart, network):
        leg = integrate_stiff(
            tolerances, chart, field, leg, np.asarray(times),
            max_steps=settings.max_steps,
        )  # fmt: skip
    states, when = leg.closed(np.asarray(times))
    end, (view, common) = leave(chart, leg.last), _views(chart)
    return Path(states, view, when, end, leg.reason, int(leg.steps), common=common)


def _views(chart):
    """How a state is seen as a network, and as one that does not tell its depth."""
    view, common = jax.tree_util.Partial(type(chart).leave, chart), chart.common
    if common is chart:
        return view, None
    return view, jax.tree_util.Partial(type(chart).leave, common)


def _alike(jobs) -> list[list[int]]:
    """Which flows are followed side by side: several, alike, and small enough."""
    kinds, groups = [], []  # few: to compare is a tenth of the cost of a name
    for i, job in enumerate(jobs):
        leaves, tree = jax.tree.flatten(job)
        kind = tree, [np.shape(leaf) for leaf in leaves]
        if kind not in kinds:
            kinds.append(kind)
            groups.append([])
        groups[kinds.index(kind)].append(i)
    alone = size(jobs[0][-1]) > LARGEST_TOGETHER
    return [] if alone else [group for group in groups if len(group) > 1]


def _tolerances(settings, chart, network):
    here = type(chart).tolerances(chart, network, settings.rtol, settings.atol)
    return jax.tree.map(np.asarray, here)


def _may_stiffen(settings, chart, network):
    if settings.solver != "auto":
        return settings.solver == "stiff"
    small = size(network) <= LARGEST_JACOBIAN  # no chart has more unknowns than that
    return small or size(chart.enter(network)) <= LARGEST_JACOBIAN


def _patience(settings, chart, network):
    turn = settings.solver == "auto" and _may_stiffen(settings, chart, network)
    return min(settings.max_steps, PATIENCE) if turn else settings.max_steps
