"""The gradient flow itself, to a stated accuracy."""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import ClassVar

import equinox as eqx
import jax
import numpy as np

from .._types import Key
from ..errors import DataError, OptionError, setting
from ..integration.clocks import AbstractClock, CLOCKS, OPTIONS, Settings
from ..integration.path import Arrival, Look, Path, Times
from ..networks import AbstractNetwork
from ..risk import Risk
from .base import AbstractFlow
from .fixed_step import AbstractFixedStep, undefined
from .limits import field_of, require_limit, require_mean
from .updates import require_range


CHART_CHOICES = ("auto", "parameters")
SOLVER_CHOICES = ("auto", "explicit", "stiff")


def _a_number(given: float | None) -> float | None:
    return None if given is None else float(given)


def _named(clock: str | AbstractClock) -> AbstractClock:
    if isinstance(clock, AbstractClock):
        return clock
    if clock not in CLOCKS:
        raise OptionError("clock", clock, CLOCKS)
    return CLOCKS[clock]()


class GradientFlow(AbstractFlow):
    r"""The solution of $\dot\theta = -\nabla R(\theta) - \mu\theta$.

    `clock` is a name or one of `tacit.clocks`: "time" is flow time, "log-risk" goes on
    for ever on separable data and measures by the norm of the predictor, and "escape"
    crosses the plateau of small layers in tens of steps, its times those of the flow;
    there an activation with a kink at 0 is followed at an `rtol` of 1e-6 at best.

    The step adapts so that the local error stays below ``atol + rtol * |y|`` in the
    coordinates of the chart: the first of `tacit.integration.charts` that is valid for
    the network and the risk, or the plain parameters with ``chart="parameters"``.
    Without `atol` it is 1e-12 of the smallest layer at the start, and never more than
    1e-12, so that a plateau which begins at $10^{-16}$ ends when it should.

    $\mu$ is `weight_decay`. With `descent_step` $\eta$ the risk is
    $R + \tfrac\eta4\|\nabla R\|^2$, whose flow descent by steps $\eta$ follows to
    second order (Barrett and Dherin 2021, arXiv:2009.11162, Theorem 3.1). Both are
    integrated in the plain parameters.

    With `memory` it is the flow that an optimiser with memory follows to second order
    in its step, `Adam` or heavy ball: the limit of `Memoryless`, with its correction,
    after long and on average over its batches. Time is then the step times the number
    of moves.

    ``solver="explicit"`` is Dormand-Prince of order 8, ``"stiff"`` is LSODA with the
    exact Jacobian; ``"auto"`` starts with the first and finishes long stretches with
    the second. A run that cannot be followed ends with a `reason`. `max_steps` bounds
    all steps of a run together, those rejected too; the search for an event and the way
    to it are counted apart.
    """

    rtol: float = eqx.field(default=1e-9, converter=float)
    atol: float | None = eqx.field(default=None, converter=_a_number)
    chart: str = eqx.field(default="auto", static=True)
    clock: AbstractClock = eqx.field(default="time", static=True, converter=_named)
    solver: str = eqx.field(default="auto", static=True)
    weight_decay: float = eqx.field(default=0.0, converter=float)
    descent_step: float = eqx.field(default=0.0, converter=float)
    max_steps: int = eqx.field(default=100_000, static=True)
    memory: AbstractFixedStep | None = None

    def __check_init__(self):
        require_range(
            self,
            rtol=(0, 1, True),
            **({} if self.atol is None else {"atol": (0, math.inf, False)}),
            weight_decay=(0, math.inf, False),
            descent_step=(0, math.inf, False),
            max_steps=(1, math.inf, False),
        )
        for what, given, choices in (
            ("chart", self.chart, CHART_CHOICES),
            ("solver", self.solver, SOLVER_CHOICES),
        ):
            if given not in choices:
                raise OptionError(what, given, choices)
        _require_honoured(self)
        if self.memory is not None:
            require_limit(self.memory)
            if self.weight_decay or self.descent_step:
                raise DataError(
                    "GradientFlow: memory is a field of its own, without weight_decay "
                    "or descent_step; leave them out, or leave memory out."
                )

    continuous: ClassVar[bool] = True

    @property
    def is_plain(self) -> bool:
        added = self.weight_decay or self.descent_step
        return not added and self.memory is None

    @property
    def patience(self) -> float:
        return self.clock.patience

    @property
    def unit(self) -> str:
        return self.clock.unit

    def check(self, risk: Risk, network: AbstractNetwork, until: float | None) -> None:
        if self.memory is not None:
            require_mean(self.memory, risk)
        field = field_of(self, risk, network)
        self.clock.check(_settings(self), field, network, until)

    def record_times(
        self, network: AbstractNetwork, until: float, count: int
    ) -> np.ndarray:
        return self.clock.record_times(network, until, count)

    def path(
        self,
        risk: Risk,
        network: AbstractNetwork,
        times: Times,
        key: Key,
        look: Look | None = None,
    ) -> Path:
        del key
        field = field_of(self, risk, network)
        path = self.clock.path(_settings(self), field, network, times, look)
        if path.reason and not float(path.times[-1]) and not _defined(risk, network):
            path = path._replace(reason=f"at the start {undefined(risk)}")
        if look is None or path.states is None:
            return path
        seen = look(path.view, path.states, path.times, path.common)
        return path._replace(states=None, seen=seen)

    def paths(
        self,
        risks: Sequence[Risk],
        networks: Sequence[AbstractNetwork],
        times: Times,
        key: Key,
    ) -> list[Path]:
        del key
        # One for all that share a risk: then they share its products.
        made = {
            id(r): field_of(self, r, n) for r, n in zip(risks, networks, strict=True)
        }
        fields = [made[id(risk)] for risk in risks]
        return self.clock.paths(_settings(self), fields, networks, times)

    def arrival(
        self,
        risk: Risk,
        network: AbstractNetwork,
        crossing: Callable,
        within: float,
        every: float,
        key: Key,
    ) -> Arrival:
        del key
        return self.clock.arrival(
            _settings(self),
            field_of(self, risk, network),
            network,
            crossing,
            within,
            every,
        )


# A function, not a method: every method of a module costs 40 µs to look up.


def _settings(flow):
    return Settings(flow.rtol, flow.atol, flow.chart, flow.solver, flow.max_steps)


def _require_honoured(flow):
    """Raise unless the clock of `flow` honours all that the flow was given."""
    clock = flow.clock
    for field in dataclasses.fields(flow):
        given = getattr(flow, field.name)
        if field.name in OPTIONS - clock.honours and given != field.default:
            name = next((n for n, c in CLOCKS.items() if type(clock) is c), clock)
            raise DataError(
                "GradientFlow: ",
                setting("clock", to=name),
                f" does not honour {field.name}, given as {given}: the flow would not "
                "be what was asked for. Use ",
                setting("clock", to="time"),
                f", or leave {field.name} out.",
                about=field.name,
            )


def _defined(risk, network):
    """Whether the slope at `network` is a number."""
    slope = jax.tree.leaves(risk.gradient(network))
    return all(bool(np.all(np.isfinite(x))) for x in slope)
