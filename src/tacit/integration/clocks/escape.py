"""Time that runs with the size of the small layers: the clock of a plateau."""

import dataclasses
import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..._types import float64, Scalar
from ...errors import DataError, setting
from ...networks import AbstractNetwork
from ...saddles import small_layers
from ..charts import Parameters
from ..fields import AbstractField
from ..path import Arrival, Look, Path, Times
from ..pieces import STOPPED
from ..solvers import integrate_stiff, rescaled, rescaled_event, Segment
from .base import AbstractClock, one_by_one, Settings


PATIENCE = 4096
"""Clock steps before an automatic run turns to the stiff solver."""

STIFF = 2048
"""The most steps that one then takes: a flow at rest would keep it busy for ever."""

LARGEST_JACOBIAN = 2048
"""Unknowns up to which the stiff solver's dense Jacobian is worth forming."""

KINKED = 1e-6
"""The finest `rtol` for an activation with a kink. Units cross it all the time, so the
steps grow as the tolerance falls and little is gained."""


AT_REST = 1e-12
"""A flow is as good as at rest if no layer moves by this share in a unit of time."""


class Pace(eqx.Module):
    r"""$\|\theta\|^{r-2}$ of the small layers: how fast this clock runs."""

    small: Float[Array, " L"] | Float[np.ndarray, " L"]
    power: Scalar | Float[np.ndarray, ""]

    def __call__(self, network: AbstractNetwork) -> Scalar:
        squares = jnp.stack([jnp.sum(W**2) for W in network.layers])
        return jnp.dot(self.small, squares) ** (self.power / 2)


@dataclasses.dataclass(frozen=True)
class Escape(AbstractClock):
    r"""$d\tau = \|\theta\|^{r-2} dt$ over the small layers, $r$ of them.

    Near the saddle at 0 the velocity is of degree $r - 1$ in the small layers, so in
    this clock it is of degree 1: a plateau of any length takes tens of steps. Small are
    the layers below the widest gap in the spectral norms at the start, if it exceeds a
    factor of 3, else all; `small` says it otherwise. That is a choice of speed: it
    changes no result.

    Times, records and events are in flow time. The absolute tolerance is `rtol` times
    the size of the entries of the smallest layer, whatever `atol` is: a fixed one would
    spoil small starts without a word. The flow is integrated in the plain parameters;
    what 4096 steps do not reach is left to the stiff solver, unless the activation has
    a kink at 0. For those `rtol` is held at 1e-6, thousands of steps that find the time
    to some 1e-5; at 1e-4 it is hundreds, and the time good to 1e-3.
    """

    unit: ClassVar[str] = "flow time"
    honours: ClassVar[frozenset[str]] = frozenset(
        {"solver", "weight_decay", "descent_step"}
    )
    patience: ClassVar[float] = 1e18
    small: tuple[int, ...] | None = None

    def check(
        self,
        settings: Settings,
        field: AbstractField,
        network: AbstractNetwork,
        until: float | None,
    ) -> None:
        del settings, field
        if until is not None and not math.isfinite(until):
            raise DataError(
                f"until = {until}: a flow needs a finite time or an event.",
                about="until",
            )
        layers = network.layers
        if self.small is not None and not set(self.small) <= set(range(len(layers))):
            raise DataError(
                f"Escape: small = {self.small} but {type(network).__name__} has "
                f"{len(layers)} layers, numbered from 0."
            )
        chosen, _ = _small(self, layers)
        pairs = zip(layers, chosen, strict=True)
        still = [not np.any(np.asarray(W)) for W, c in pairs if c]
        if len(still) > 1 and all(still):
            raise DataError(
                f"Escape: the small layers of {type(network).__name__} are all 0, a "
                "saddle that no flow leaves. Start off it, or use ",
                setting("clock", to="time"),
                ".",
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
        del look
        chart, tolerances, pace = _laid(self, settings, network)
        if times[-1] == 0:
            state = jax.tree.map(lambda x: x[None], network)
            return Path(state, chart.leave, float64(times), network, None, 0)
        if settings.solver == "stiff":
            leg = Segment.begin(chart, network)
        else:
            leg = rescaled(
                tolerances, chart, field, network, pace, np.asarray(times),
                np.asarray(_patience(settings, network)),
            )  # fmt: skip
            if bool(leg.good):
                end, steps = leg.last, int(leg.steps)
                return Path(leg.states, chart.leave, leg.times, end, None, steps)
            leg = leg.cut(times, float(times[-1]))
        if not leg.stopped and _may_stiffen(settings, network):
            leg = _stiffly(settings, tolerances, chart, field, leg, np.asarray(times))
        states, when = leg.closed(np.asarray(times))
        return Path(states, chart.leave, when, leg.last, leg.reason, int(leg.steps))

    def paths(
        self,
        settings: Settings,
        fields: Sequence[AbstractField],
        networks: Sequence[AbstractNetwork],
        times: Times,
    ) -> list[Path]:
        return one_by_one(self, settings, fields, networks, times)

    def arrival(
        self,
        settings: Settings,
        field: AbstractField,
        network: AbstractNetwork,
        crossing: Callable[[AbstractNetwork, Any], Any],
        within: float,
        every: float,
    ) -> Arrival:
        chart, tolerances, pace = _laid(self, settings, network)
        if settings.solver == "stiff":
            leg = Segment.begin(chart, network)
        else:
            leg = rescaled_event(
                tolerances, chart, field, network, pace, crossing, np.asarray(within),
                np.asarray(every), np.asarray(_patience(settings, network)),
            )  # fmt: skip
        on = not (leg.good or leg.stopped) and float(leg.time) < within
        if on and _may_stiffen(settings, network):
            leg = _stiffly(
                settings, tolerances, chart, field, leg, np.array([within]), crossing,
                every,
            )  # fmt: skip
        when, steps = min(float(leg.time), within), int(leg.steps)
        if leg.good and when < within:
            return Arrival(when, None, leg.last, steps)
        told = f"event not met by t = {when:.6g} ({steps} steps)"
        if leg.stopped:
            return Arrival(when, f"{told}; {STOPPED}", leg.last, steps, stopped=True)
        return Arrival(when, told + _halted(chart, field, leg) * (when < within))


def _laid(clock, settings, network):
    layers = [np.asarray(W) for W in network.layers]
    chosen, power = _small(clock, layers)
    sizes = np.array([np.sqrt(np.mean(W**2)) for W in layers])
    known = sizes[(chosen > 0) & (sizes > 0)] if np.any(sizes[chosen > 0]) else sizes
    entries = min(known[known > 0], default=1.0)
    rtol = max(settings.rtol, KINKED) if network.kinked else settings.rtol
    tolerances = np.asarray(rtol), np.asarray(rtol * entries)
    pace = Pace(chosen, np.asarray(power))
    return Parameters(), tolerances, pace


def _small(clock, layers):
    """A mark for every layer, 1 if small, and how many less 2, at least 0."""
    small = small_layers(layers) if clock.small is None else clock.small
    chosen = np.isin(np.arange(len(layers)), small)
    return chosen.astype(float), float(max(chosen.sum() - 2, 0))


def _stiffly(
    settings, tolerances, chart, field, leg, times, crossing=None, every=math.inf
):
    most = settings.max_steps
    if settings.solver != "stiff":
        most = min(most, int(leg.steps) + STIFF)
    with warnings.catch_warnings():
        # What LSODA warns of is in the reason as well.
        warnings.simplefilter("ignore", UserWarning)
        return integrate_stiff(
            tolerances, chart, field, leg, times,
            max_steps=most, crossing=crossing, every=every,
        )  # fmt: skip


def _may_stiffen(settings, network):
    if settings.solver != "auto":
        return settings.solver == "stiff"
    size = sum(leaf.size for leaf in jax.tree.leaves(network))
    return size <= LARGEST_JACOBIAN and not network.kinked


def _patience(settings, network):
    turn = settings.solver == "auto" and _may_stiffen(settings, network)
    return min(settings.max_steps, PATIENCE) if turn else settings.max_steps


def _halted(chart, field, leg):
    """Why the steps ended, and the way out."""
    speed = jax.tree.leaves(chart.velocity(field, leg.last))
    if not all(np.all(np.isfinite(v)) for v in speed):
        return ": the velocity there is not finite; look at activation and data"
    sizes = jax.tree.leaves(leg.last)
    still = all(
        np.linalg.norm(v) <= AT_REST * np.linalg.norm(x)
        for v, x in zip(speed, sizes, strict=True)
    )
    if still:
        return ": the flow is as good as at rest"
    return (
        ": no steps are left; a coarser rtol goes further, above all where units sit "
        'on kinks, and if nothing does, solver="stiff" takes as many as max_steps'
    )
