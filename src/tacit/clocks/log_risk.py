"""The clock of separable data, where the flow never ends."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array

from ..errors import CapabilityError, DataError
from ..losses import AbstractMarginLoss
from ..networks import AbstractLinearNetwork, AbstractNetwork, DeepLinear
from ..path import Arrival, Path, Times
from ..risk import Risk
from ..solvers import flat_predictor, hard_flow, soft_flow
from .base import AbstractClock, Settings


LARGEST = 1e150
"""The largest norm whose square is a float."""


@dataclasses.dataclass(frozen=True)
class LogRisk(AbstractClock):
    r"""$\|w\|$, the norm of the predictor: the risk is known by its logarithm.

    Up to the norm `hand_over` the flow is integrated as it is, by implicit steps that
    grow with the norm. Beyond, for a loss with an exponential tail, by its limit: the
    smallest margins alone pull, and what is dropped is of relative order
    $1/\|w\|$. Those states are marked as asymptotic. With `rebalance` the layers of a
    deep linear network are put back, after every step, to the differences
    $W_{l+1}^\top W_{l+1} - W_l W_l^\top$ that the flow conserves; the map stays.

    Times and records are norms, from that of the start on; a norm counts when it is
    first reached. Raises `DataError` for a norm below that of the start, and where the
    gradient is zero at the start (Assumption 2 of Ji and Telgarsky 2019,
    arXiv:1810.02032, excludes it).
    """

    unit: ClassVar[str] = "norm of the predictor"
    hand_over: float = 1e6
    rebalance: bool = False

    def __post_init__(self):
        if not self.hand_over > 0:
            raise DataError(f"hand_over is a norm above 0; got {self.hand_over}.")

    def check(
        self,
        settings: Settings,
        risk: Risk,
        network: AbstractNetwork,
        until: float | None,
    ) -> None:
        if not isinstance(network, AbstractLinearNetwork):
            raise CapabilityError(self, network, AbstractLinearNetwork)
        if not isinstance(risk.loss, AbstractMarginLoss):
            raise DataError(
                'clock="log-risk" is for losses of a margin, with a logarithm; '
                f'{type(risk.loss).__name__} is not one. Use clock="time".'
            )
        if settings.weight_decay or settings.descent_step:
            raise DataError(
                'clock="log-risk" follows the plain gradient flow: with weight_decay '
                'or descent_step the norm stays bounded. Use clock="time".'
            )
        if self.rebalance and not isinstance(network, DeepLinear):
            raise CapabilityError(self, network, DeepLinear)
        length = _length(network)
        if until is not None and not length <= until <= LARGEST:
            raise DataError(
                f"until = {until:g} is a norm in this clock; the start's predictor has "
                f"norm {length:g}, and squares are floats up to {LARGEST:g}. Ask for "
                "one in between."
            )
        if not jnp.any(ravel_pytree(risk.gradient(network))[0] != 0):
            raise DataError(
                "the gradient is zero at the start, so it never moves (Ji and "
                "Telgarsky 2019, Assumption 2). Let all layers but one be nonzero."
            )

    def record_times(
        self, network: AbstractNetwork, until: float, count: int
    ) -> np.ndarray:
        begin = min(max(_length(network), 1e-3 * min(1.0, until)), until)
        return np.geomspace(begin, until, count + 1)[1:]

    def path(
        self, settings: Settings, risk: Risk, network: AbstractNetwork, times: Times
    ) -> Path:
        network, norms = _linear(network), np.asarray(times)
        meet = self._meet(risk, network)
        near = norms[norms <= meet]
        bridged = len(near) < len(norms) and not np.any(near == meet)
        soft = self._soft(
            settings, risk, network, _log_excess, np.append(near, [meet] * int(bridged))
        )
        reached, steps = int(np.sum(soft.reached)), int(soft.steps)
        states, log_times = np.array(soft.states), np.array(soft.log_times)
        if reached < len(soft.reached):
            states[reached], log_times[reached] = soft.last, soft.log_time
            stop = _shaped(network, soft.last)
            when = np.append(near[:reached], _length(stop))
            why = _stalled(_length(stop), steps)
            parts = states[: reached + 1], log_times[: reached + 1], when
            return _path(network, *parts, steps, why)
        if len(near) == len(norms):
            return _path(network, states, log_times, norms, steps, None)
        hard = hard_flow(
            risk, _shaped(network, states[-1]), norms[len(near) :], settings.max_steps
        )
        states = np.concatenate([states[: len(near)], hard.states])
        log_times = np.append(log_times[: len(near)], hard.log_times)
        when, steps = norms[: len(states)], steps + hard.steps
        path = _path(network, states, log_times, when, steps, hard.reason)
        return path._replace(asymptotic_from=meet)

    def arrival(
        self,
        settings: Settings,
        risk: Risk,
        network: AbstractNetwork,
        crossing: Callable[[AbstractNetwork, Any], Any],
        within: float,
    ) -> Arrival:
        network = _linear(network)
        side = jnp.sign(crossing(network, _length(network)))
        if side == 0:
            return Arrival(_length(network), None)
        bound = min(within, self._meet(risk, network))
        event = _Event(crossing, side)
        leg = self._soft(settings, risk, network, event, np.array([bound]))
        met = bool(leg.reached[0])
        length = _length(_shaped(network, leg.states[0] if met else leg.last))
        if met and length < bound * (1 - 1e-12):
            return Arrival(length, None)
        why = f"event not met by |w| = {length:.6g} ({int(leg.steps)} steps)"
        return Arrival(length, why)

    def _meet(self, risk, network):
        """Where the limiting flow takes over: nowhere without an exponential tail."""
        if not risk.loss.exponential_tail:
            return math.inf
        return max(self.hand_over, _length(network))

    def _soft(self, settings, risk, network, crossing, targets):
        rtol = jnp.asarray(settings.rtol)
        return soft_flow(
            risk, network, crossing, jnp.asarray(targets), rtol, settings.max_steps,
            rebalance=self.rebalance,
        )  # fmt: skip


class _Event(eqx.Module):
    """An event, or the bound on the norm by which it must have happened."""

    crossing: Callable
    side: Array

    def __call__(self, network, bound):
        length = jnp.linalg.norm(flat_predictor(network))
        ahead = self.side * self.crossing(network, length)
        return jnp.minimum(ahead, jnp.log(bound) - jnp.log(length))


def _log_excess(network, norm):
    return jnp.log(jnp.linalg.norm(flat_predictor(network))) - jnp.log(norm)


def _linear(network: AbstractNetwork) -> AbstractLinearNetwork:
    assert isinstance(network, AbstractLinearNetwork)  # `check` has seen to it
    return network


def _length(network):
    return float(np.linalg.norm(np.asarray(network.predictor())))


def _shaped(network, flat):
    return ravel_pytree(network)[1](jnp.asarray(flat))


def _path(network, states, log_times, norms, steps, reason):
    stacked = jax.vmap(ravel_pytree(network)[1])(jnp.asarray(states))
    end = jax.tree.map(lambda x: x[-1], stacked) if len(states) else network
    times = jnp.asarray(norms)
    return Path(stacked, _itself, times, end, reason, steps, jnp.asarray(log_times))


def _itself(network):
    return network


def _stalled(length, steps):
    return (
        f"after {steps} steps the flow stays at |w| = {length:.6g}: either the data "
        "are not separable and the risk has a minimum there, or rtol is finer than "
        "the rounding of margins of this size"
    )
