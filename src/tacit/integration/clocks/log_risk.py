"""The clock of separable data, where the flow never ends."""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array

from ...errors import CapabilityError, DataError
from ...losses import AbstractMarginLoss
from ...networks import AbstractLinearNetwork, AbstractNetwork, DeepLinear
from ..fields import AbstractField
from ..path import Arrival, Look, Path, Times
from ..pieces import STOPPED
from ..solvers import flat_predictor, margin_flow, margin_flows
from .base import AbstractClock, one_by_one, Settings
from .far_path import (
    largest_margin,
    norm_of,
    require_degree,
    shaped,
    whole,
    wrong_clock,
)
from .norm_records import at_the_start, filled, goals, with_start


LARGEST = 1e150
"""The largest norm whose square is a float."""

CLEAR = 1e3
"""What the smallest margin must be for the softmax over the margins to be its limit."""


@dataclasses.dataclass(frozen=True)
class LogRisk(AbstractClock):
    r"""$\|w\|$, the norm of the predictor: the risk is known by its logarithm.

    Up to the norm `hand_over` the flow is integrated as it is, by implicit steps that
    grow with the norm. Beyond, for a loss with an exponential tail, by its limit: the
    smallest margins alone pull, and what is dropped is of relative order
    $1/\|w\|$. Those states are marked as asymptotic. Where the largest margin $\gamma$
    is small, that begins at $10^3/\gamma$ if it is more. With `rebalance` the layers of
    a deep linear network are put back, after every step, to the differences
    $W_{l+1}^\top W_{l+1} - W_l W_l^\top$ that the flow conserves; the map stays.

    Times and records are norms, from that of the start on; a norm counts when it is
    first reached. Raises `DataError` for a norm below that of the start, and where the
    gradient is zero at the start (Assumption 2 of Ji and Telgarsky 2019,
    arXiv:1810.02032, excludes it).
    """

    unit: ClassVar[str] = "norm of the predictor"
    honours: ClassVar[frozenset[str]] = frozenset()
    hand_over: float = 1e6
    rebalance: bool = False

    def __post_init__(self):
        if not self.hand_over > 0:
            raise DataError(
                f"hand_over is a norm above 0; got {self.hand_over}.",
                about="hand_over",
            )

    def check(
        self,
        settings: Settings,
        field: AbstractField,
        network: AbstractNetwork,
        until: float | None,
    ) -> None:
        del settings
        risk = field.risk
        if not isinstance(network, AbstractLinearNetwork):
            raise CapabilityError(self, network, AbstractLinearNetwork, "clock")
        require_degree(network)
        if not isinstance(risk.loss, AbstractMarginLoss):
            raise wrong_clock(
                "is for losses of a margin, with a logarithm; "
                f"{type(risk.loss).__name__} is not one. Use "
            )
        if self.rebalance and not isinstance(network, DeepLinear):
            raise CapabilityError(self, network, DeepLinear, "clock")
        length = norm_of(network)
        if until is not None and not length <= until <= LARGEST:
            raise DataError(
                f"until = {until:g} is a norm in this clock; the start's predictor has "
                f"norm {length:g}; ask for one from there up to {LARGEST:g}.",
                about="until",
            )
        if _still(risk, network):
            raise DataError(
                "the gradient is zero at the start, so it never moves (Ji and "
                "Telgarsky 2019, Assumption 2). Let all layers but one be nonzero."
            )

    def record_times(
        self, network: AbstractNetwork, until: float, count: int
    ) -> np.ndarray:
        begin = max(norm_of(_linear(network)), 1e-3 * min(1.0, until))
        if until <= begin:  # an event may be met while the norm still falls
            return np.array([until])
        return np.geomspace(begin, until, count + 1)[1:]

    def path(
        self,
        settings: Settings,
        field: AbstractField,
        network: AbstractNetwork,
        times: Times,
        look: Look | None = None,
    ) -> Path:
        del look
        risk, network, norms = field.risk, _linear(network), np.asarray(times)
        length = norm_of(network)
        meet = max(self._meet(risk, norms[-1]), length)
        # A record of the start is not looked for: rounding may have put it behind.
        begun = int(at_the_start(length, norms))
        to = goals(length, norms[begun:], meet)
        leg = self._soft(settings, risk, network, _excess, to)
        leg = with_start(network, leg) if begun else leg
        return whole(settings, risk, network, norms, leg, meet)

    def paths(
        self,
        settings: Settings,
        fields: Sequence[AbstractField],
        networks: Sequence[AbstractNetwork],
        times: Times,
    ) -> list[Path]:
        risks = [field.risk for field in fields]
        norms = np.asarray(times)
        lengths = [norm_of(_linear(network)) for network in networks]
        shared = all(risk is risks[0] for risk in risks)
        own = [self._meet(risk, norms[-1]) for risk in risks[: 1 if shared else None]]
        meets = map(max, own * len(risks) if shared else own, lengths)
        each = list(zip(risks, map(_linear, networks), lengths, meets, strict=True))
        begun = any(at_the_start(length, norms) for length in lengths)
        to = [] if begun else [goals(length, norms, meet) for *_, length, meet in each]
        if len({tuple(g) for g in to}) != 1:  # or they hand over at norms of their own
            return one_by_one(self, settings, fields, networks, times)
        legs = margin_flows(
            risks[:1] if shared else risks,
            [network for _, network, *_ in each],
            _excess,
            filled(to[0]),
            np.asarray(settings.rtol),
            np.asarray(settings.max_steps),
            rebalance=self.rebalance,
        )
        return [
            whole(settings, risk, net, norms, leg, meet)
            for (risk, net, _, meet), leg in zip(each, legs, strict=True)
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
        risk, network = field.risk, _linear(network)
        begin = norm_of(network)
        side = jnp.sign(crossing(network, begin))
        if side == 0:
            return Arrival(begin, None)
        bound = min(within, max(self._meet(risk, within), begin))
        event = _Event(crossing, side)
        looks = np.asarray(every) if math.isfinite(every) else None
        leg = self._soft(settings, risk, network, event, np.array([bound]), looks)
        met = bool(leg.reached[0])
        end = shaped(network, leg.states[0] if met else leg.last)
        length, steps = norm_of(end), int(leg.steps)
        if met and length < bound * (1 - 1e-12):
            # No record lies below the norm of the start but the end itself.
            return Arrival(length, None, end if length < begin else None, steps)
        why = f"event not met by |w| = {length:.6g} ({steps} steps)"
        if leg.stopped:
            return Arrival(length, f"{why}; {STOPPED}", end, steps, stopped=True)
        return Arrival(length, why)

    def _meet(self, risk, until):
        """Where the limiting flow takes over: nowhere without an exponential tail."""
        if not risk.loss.exponential_tail:
            return math.inf
        if until <= self.hand_over:
            return self.hand_over
        return max(self.hand_over, CLEAR / largest_margin(risk))

    def _soft(self, settings, risk, network, crossing, targets, every=None):
        return margin_flow(
            risk, network, crossing, filled(targets), np.asarray(settings.rtol),
            np.asarray(settings.max_steps), every=every, rebalance=self.rebalance,
        )  # fmt: skip


class _Event(eqx.Module):
    """An event, or the bound on the norm by which it must have happened."""

    crossing: Callable
    side: Array

    def __call__(self, network, bound):
        length = jnp.linalg.norm(flat_predictor(network))
        ahead = self.side * self.crossing(network, length)
        return jnp.minimum(ahead, 1 - length / bound)


def _still(risk, network):
    """Whether the gradient is 0, and not only too small for a number."""
    if np.any(np.asarray(ravel_pytree(risk.gradient(network))[0])):
        return False
    w, pull = jax.vjp(flat_predictor, network)
    slope = risk.log_slope(network.predictor())
    return not jnp.any(ravel_pytree(pull(slope.reshape(w.shape)))[0] != 0)


def _excess(network, norm):
    return jnp.linalg.norm(flat_predictor(network)) / norm - 1


def _linear(network: AbstractNetwork) -> AbstractLinearNetwork:
    assert isinstance(network, AbstractLinearNetwork)  # `check` has seen to it
    return network
