"""The gradient flow itself, to a stated accuracy."""

import math
from collections.abc import Callable
from typing import ClassVar

import equinox as eqx
import jax
import numpy as np

from .._types import float64, Key
from ..charts import AbstractChart, Parameters, Sides, SmallestLayer, Softmax
from ..errors import DataError, OptionError
from ..networks import AbstractNetwork
from ..risk import Risk
from ..solvers import explicit, explicit_event, integrate_stiff, leave, Leg
from .base import AbstractFlow, Arrival, Path, Times
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
    `weight_decay`. With `descent_step` $\eta$ the risk is
    $R + \tfrac\eta4\|\nabla R\|^2$, whose flow descent by steps $\eta$ follows to
    second order (Barrett and Dherin 2021, arXiv:2009.11162, Theorem 3.1). Both are
    integrated in the plain parameters.

    ``solver="explicit"`` is Dormand-Prince of order 8, ``"stiff"`` is LSODA with the
    exact Jacobian; ``"auto"`` starts with the first and finishes long stretches with
    the second. A run that cannot be followed ends with a `reason`.
    """

    patience: ClassVar[float] = 1e9
    rtol: float = eqx.field(default=1e-9, converter=float)
    atol: float = eqx.field(default=1e-12, converter=float)
    chart: str = eqx.field(default="auto", static=True)
    clock: str = eqx.field(default="time", static=True)
    solver: str = eqx.field(default="auto", static=True)
    weight_decay: float = eqx.field(default=0.0, converter=float)
    descent_step: float = eqx.field(default=0.0, converter=float)
    max_steps: int = eqx.field(default=100_000, static=True)

    def __check_init__(self):
        require_range(
            self,
            rtol=(0, 1, True),
            atol=(0, math.inf, False),
            weight_decay=(0, math.inf, False),
            descent_step=(0, math.inf, False),
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
        if self.chart == "parameters" or self.weight_decay or self.descent_step:
            bend = float64(self.descent_step) if self.descent_step else None
            return Parameters(self.weight_decay, bend)
        kind = next(k for k in CHARTS if k.valid(network, risk))
        return kind.at(network, risk)

    def path(
        self, risk: Risk, network: AbstractNetwork, times: Times, key: Key
    ) -> Path:
        del key
        chart = self.laid(risk, network)
        if times[-1] == 0:
            state = jax.tree.map(lambda x: x[None], chart.enter(network))
            return Path(state, chart.leave, float64(times), network, None, 0)
        tolerances = jax.tree.map(np.asarray, chart.tolerances(self.rtol, self.atol))
        if self.solver == "stiff":
            leg = Leg.begin(chart, network)
        else:
            patience = _patience(self, chart, network)
            leg = explicit(tolerances, chart, risk, network, times, patience)
            if bool(leg.good):
                end = network if leg.end is None else leg.end
                steps = int(leg.steps)
                return Path(leg.states, chart.leave, float64(times), end, None, steps)
            leg = leg.cut(times)
        if _may_stiffen(self, chart, network):
            leg = integrate_stiff(
                tolerances, chart, risk, leg, np.asarray(times),
                max_steps=self.max_steps,
            )  # fmt: skip
        states, when = leg.closed(np.asarray(times))
        end = leave(chart, leg.last)
        return Path(states, chart.leave, when, end, leg.reason, int(leg.steps))

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
        leg = Leg.begin(chart, network)
        if crossing(network, 0.0) == 0:
            return Arrival(0.0, None)
        tolerances = jax.tree.map(np.asarray, chart.tolerances(self.rtol, self.atol))
        if self.solver != "stiff":
            leg = explicit_event(
                tolerances, chart, risk, network, crossing, within,
                _patience(self, chart, network),
            )  # fmt: skip
        if not leg.good and _may_stiffen(self, chart, network):
            leg = integrate_stiff(
                tolerances, chart, risk, leg, np.array([within]),
                max_steps=self.max_steps, crossing=crossing,
            )  # fmt: skip
        when, steps = float(leg.time), int(leg.steps)
        if leg.good and when < within:
            return Arrival(when, None)
        return Arrival(when, f"event not met by t = {when:.6g} ({steps} steps)")


# Functions, not methods: every method of a module costs 40 µs to look up.


def _may_stiffen(flow, chart, network):
    if flow.solver != "auto":
        return flow.solver == "stiff"
    if _size(network) <= LARGEST_JACOBIAN:  # no chart has more unknowns than that
        return True
    return _size(jax.eval_shape(chart.enter, network)) <= LARGEST_JACOBIAN


def _size(tree):
    return sum(leaf.size for leaf in jax.tree.leaves(tree))


def _patience(flow, chart, network):
    turn = flow.solver == "auto" and _may_stiffen(flow, chart, network)
    return min(flow.max_steps, PATIENCE) if turn else flow.max_steps
