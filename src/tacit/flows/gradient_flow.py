"""The gradient flow itself, to a stated accuracy."""

import math
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from .._types import Key
from ..charts import AbstractChart, Parameters, Sides, SmallestLayer, Softmax
from ..errors import DataError, OptionError
from ..networks import AbstractNetwork
from ..risk import Risk
from ..solvers import explicit, explicit_event, integrate_stiff, leave
from .base import AbstractFlow, Arrival, Path
from .updates import require_range


CHARTS: tuple[type[AbstractChart], ...] = (Softmax, SmallestLayer, Sides, Parameters)
CHART_CHOICES = ("auto", "parameters")
SOLVER_CHOICES = ("auto", "explicit", "stiff")
CLOCK_CHOICES = ("time",)

PATIENCE = 4096
"""Explicit steps before an automatic run turns to the stiff solver."""

LARGEST_JACOBIAN = 2048
"""Unknowns up to which the stiff solver's dense Jacobian is worth forming."""


class GradientFlow(AbstractFlow):
    r"""The solution of $\dot\theta = -\nabla R(\theta) - \mu\theta$; time is flow time.

    The step adapts so that the local error stays below ``atol + rtol * |y|`` in the
    coordinates of the chart: the first of `tacit.charts` that is valid for the network
    and the risk, or the plain parameters with ``chart="parameters"``. $\mu$ is
    `weight_decay`.

    ``solver="explicit"`` is Dormand-Prince of order 8, ``"stiff"`` is LSODA with the
    exact Jacobian; ``"auto"`` starts with the first and finishes long stretches with
    the second. A run that cannot be followed ends with a `reason`.
    """

    rtol: float = eqx.field(default=1e-9, converter=float)
    atol: float = eqx.field(default=1e-12, converter=float)
    chart: str = eqx.field(default="auto", static=True)
    clock: str = eqx.field(default="time", static=True)
    solver: str = eqx.field(default="auto", static=True)
    weight_decay: float = eqx.field(default=0.0, converter=float)
    max_steps: int = eqx.field(default=100_000, static=True)

    def __check_init__(self):
        require_range(
            self,
            rtol=(0, 1, True),
            atol=(0, math.inf, False),
            weight_decay=(0, math.inf, False),
            max_steps=(1, math.inf, False),
        )
        for what, choices in (
            ("chart", CHART_CHOICES),
            ("clock", CLOCK_CHOICES),
            ("solver", SOLVER_CHOICES),
        ):
            if getattr(self, what) not in choices:
                raise OptionError(what, getattr(self, what), choices)

    def check(self, risk: Risk, network: AbstractNetwork, until: float | None) -> None:
        del risk, network
        if until is not None and not math.isfinite(until):
            raise DataError(f"until = {until}: a flow needs a finite time or an event.")

    def laid(self, risk: Risk, network: AbstractNetwork) -> AbstractChart:
        """The chart this flow integrates in, from `network` down `risk`."""
        if self.chart == "parameters" or self.weight_decay:
            return Parameters(jnp.asarray(self.weight_decay))
        kind = next(k for k in CHARTS if k.valid(network, risk))
        return kind.at(network, risk)

    def path(
        self, risk: Risk, network: AbstractNetwork, times: Float[Array, " t"], key: Key
    ) -> Path:
        del key
        chart = self.laid(risk, network)
        start = chart.enter(network)
        when = np.asarray(times)
        early = jax.tree.map(lambda x: x[None], start)
        if when[-1] == 0:
            return Path(early, chart.leave, jnp.asarray(when), network, None, 0)
        ahead = when[when > 0]
        states, last, reached, reason, steps = self._follow(chart, risk, start, ahead)
        kept = ahead[: len(jax.tree.leaves(states)[0])]
        if len(kept) < len(ahead):
            states = _join(states, jax.tree.map(lambda x: x[None], last))
            kept = np.append(kept, reached)
        if len(ahead) < len(when):
            states, kept = _join(early, states), np.append(0.0, kept)
        end = leave(chart, jax.tree.map(lambda x: x[-1], states))
        return Path(states, chart.leave, jnp.asarray(kept), end, reason, steps)

    def arrival(
        self,
        risk: Risk,
        network: AbstractNetwork,
        crossing: Callable,
        within: float,
        key: Key,
    ) -> Arrival:
        del key
        chart = self.laid(risk, network)
        start = chart.enter(network)
        begin, steps = 0.0, 0
        if crossing(network, 0.0) == 0:
            return Arrival(0.0, None)
        if self.solver != "stiff":
            found = explicit_event(
                *self._numbers,
                chart,
                risk,
                start,
                crossing,
                within,
                self._patience(start),
            )
            start, begin, met, steps = (
                found[0],
                float(found[1]),
                bool(found[2]),
                found[3],
            )
            if met:
                return Arrival(begin, None)
        if begin < within and self._may_stiffen(start):
            stretch = integrate_stiff(
                chart, risk, start, begin, np.array([within]), rtol=self.rtol,
                atol=self.atol, max_steps=self.max_steps, crossing=crossing,
            )  # fmt: skip
            begin, steps = stretch.time, int(steps) + stretch.steps
            if stretch.met:
                return Arrival(begin, None)
        return Arrival(begin, f"event not met by t = {begin:.6g} ({int(steps)} steps)")

    @property
    def _numbers(self):
        return jnp.asarray(self.rtol), jnp.asarray(self.atol)

    def _may_stiffen(self, start):
        size = ravel_pytree(start)[0].size
        return self.solver == "stiff" or (
            self.solver == "auto" and size <= LARGEST_JACOBIAN
        )

    def _patience(self, start):
        turn = self.solver == "auto" and self._may_stiffen(start)
        return min(self.max_steps, PATIENCE) if turn else self.max_steps

    def _follow(self, chart, risk, start, times):
        """States at as many of `times` as could be reached, and the state beyond."""
        states = jax.tree.map(lambda x: x[None][:0], start)
        last, reached, steps, reason = start, 0.0, 0, None
        if self.solver != "stiff":
            states, last, reached, steps, good = explicit(
                *self._numbers, chart, risk, start, jnp.asarray(times),
                self._patience(start),
            )  # fmt: skip
            reached, steps = float(reached), int(steps)
            if bool(good):
                return states, last, reached, None, steps
            done = int(np.sum(times <= reached))
            states = jax.tree.map(lambda x: x[:done], states)
            reason = (
                f"{steps} explicit steps reached t = {reached:.6g} of {times[-1]:.6g}"
            )
        if not self._may_stiffen(start):
            return states, last, reached, reason, steps
        done = len(jax.tree.leaves(states)[0])
        stretch = integrate_stiff(
            chart, risk, last, reached, times[done:], rtol=self.rtol, atol=self.atol,
            max_steps=self.max_steps,
        )  # fmt: skip
        shape = ravel_pytree(start)[1]
        more = jax.vmap(shape)(jnp.asarray(stretch.states))
        last = shape(jnp.asarray(stretch.last))
        steps += stretch.steps
        return _join(states, more), last, stretch.time, stretch.reason, steps


def _join(a, b):
    return jax.tree.map(lambda x, y: jnp.concatenate([x, y]), a, b)
