"""Flows that repeat a move: the compiled loop and what is said when it breaks."""

import abc
from collections.abc import Callable
from typing import Any, ClassVar, TYPE_CHECKING

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from .._facts import Fact
from .._types import Key
from ..errors import DataError
from ..integration.path import Arrival, Path, Times
from ..losses import AbstractPointwiseLoss
from ..networks import AbstractNetwork
from ..risk import Risk
from .base import AbstractFlow
from .batches import replayed


if TYPE_CHECKING:
    from typing import ClassVar as AbstractClassVar, ClassVar as AbstractVar
else:
    from equinox import AbstractClassVar, AbstractVar


class AbstractFixedStep(AbstractFlow):
    """The same move again and again; time counts moves.

    To add one: subclass, set `order`, declare `step`, define `memory` and `move`.
    """

    patience: ClassVar[float] = 1e6
    continuous: ClassVar[bool] = False

    order: AbstractClassVar[int]
    """Global order at which the moves follow the gradient flow as ``step -> 0``, 0 if
    they do not. The test suite measures it and fails if it finds another."""

    step: AbstractVar[float]
    """Length of one move, in units of flow time."""

    decoupled = Fact[bool](lambda _: False)
    r"""Whether `weight_decay` $\mu$ takes $\eta\mu\theta$ off beside the move; if not,
    it adds $\mu\theta$ to every gradient."""

    @abc.abstractmethod
    def memory(self, risk: Risk, network: AbstractNetwork, key: Key) -> Any:
        """What is carried from move to move besides the network; a tree of arrays."""

    @abc.abstractmethod
    def move(
        self, risk: Risk, network: AbstractNetwork, memory: Any, k: Array
    ) -> tuple[AbstractNetwork, Any]:
        """The network and the memory after move number `k`, counted from 0."""

    @abc.abstractmethod
    def explain(self, risk: Risk, network: AbstractNetwork, memory: Any, k: int) -> str:
        """Why move number `k`, from here, is not finite: `diverged`, or a reason."""

    @property
    def unit(self) -> str:
        return "steps"

    def rows(self, risk: Risk, seed: int, moves: int) -> Int[Array, "moves b"]:
        """The rows that the first `moves` moves of a run of `seed` see."""
        sampler = self.sampler(risk)
        if sampler is None:
            return jnp.tile(jnp.arange(risk.problem.n), (moves, 1))
        seen = replayed(sampler, jax.random.key(seed), jnp.arange(self.warm + moves))
        return seen[self.warm :]

    def record_times(
        self, network: AbstractNetwork, until: float, count: int
    ) -> np.ndarray:
        del network
        return np.linspace(0, until, count + 1)[1:]

    def check(self, risk: Risk, network: AbstractNetwork, until: float | None) -> None:
        if until is not None and not float(until).is_integer():
            raise DataError(
                f"{type(self).__name__} moves in whole steps; until = {until} is not a "
                "number of steps."
            )
        jax.eval_shape(lambda key: self.memory(risk, network, key), jax.random.key(0))

    def path(
        self, risk: Risk, network: AbstractNetwork, times: Times, key: Key
    ) -> Path:
        ticks = np.unique(np.ceil(np.asarray(times) - 1e-9)).astype(int)
        start = (network, self.memory(risk, network, key))
        (end, _), (states, memories), sound = _march(
            _traced(self), risk, start, jnp.asarray(ticks)
        )
        if np.all(sound):
            return Path(
                states, _itself, jnp.asarray(ticks, float), end, None, ticks[-1]
            )
        i = int(np.argmin(sound))
        if i:
            start = jax.tree.map(lambda x: x[i - 1], (states, memories))
        begin = int(ticks[i - 1]) if i else 0
        last, memory, k = _careful(
            _traced(self), risk, start, np.asarray(begin), ticks[i]
        )
        kept = jax.tree.map(
            lambda x, y: jnp.concatenate([x[:i], y[None]]), states, last
        )
        why = self.explain(risk, last, memory, int(k))
        if not int(k) and why == diverged(self):
            why = undefined(risk)
        reason = f"after step {int(k)}, {why}"
        when = jnp.asarray([*ticks[:i], int(k)], float)
        return Path(kept, _itself, when, last, reason, int(k))

    def arrival(
        self,
        risk: Risk,
        network: AbstractNetwork,
        crossing: Callable,
        within: float,
        key: Key,
    ) -> Arrival:
        start = (network, self.memory(risk, network, key))
        last = int(min(within, 2**53))
        k, met, sound = _until(_traced(self), risk, start, crossing, np.asarray(last))
        if bool(met):
            return Arrival(float(k), None)
        if not bool(sound):
            # The path up to there finds out why.
            failed = self.path(risk, network, jnp.asarray([float(k)]), key)
            why = failed.reason or f"not finite after step {int(k) - 1}"
            return Arrival(float(k) - 1, f"event not met; {why}")
        return Arrival(float(last), f"event not met within {last} steps")


def diverged(flow: AbstractFixedStep) -> str:
    """The usual end of a step that is too long."""
    return f"the parameters are no longer finite (step {flow.step}: try a smaller one)"


def undefined(risk: Risk) -> str:
    """What is said of a first move that no step could make: the slope is no number."""
    why = f"the slope of {type(risk.loss).__name__} is not finite there, for any step"
    if isinstance(risk.loss, AbstractPointwiseLoss):
        return f"{why}: look at the activation, the data and the size of the start"
    return (
        f"{why}: the outputs have a scatter of a lower rank than there are outputs. "
        "Take fewer outputs, wider hidden layers or larger batches, or give a `ridge`"
    )


def _itself(network):
    return network


def _traced(flow):
    """The flow with its numbers as arrays, so that a new step needs no compilation."""
    return jax.tree.map(lambda x: jnp.asarray(x) if isinstance(x, float) else x, flow)


def _sound(network):
    return jnp.all(
        jnp.stack([jnp.all(jnp.isfinite(x)) for x in jax.tree.leaves(network)])
    )


@eqx.filter_jit
def _march(flow, risk, start, ticks):
    def leg(carry, tick):
        now, k = carry
        now = jax.lax.fori_loop(k, tick, lambda j, s: flow.move(risk, *s, j), now)
        return (now, tick), (now, _sound(now[0]))

    zero = jnp.zeros((), ticks.dtype)
    (end, _), (states, sound) = jax.lax.scan(leg, (start, zero), ticks)
    return end, states, sound


@eqx.filter_jit
def _careful(flow, risk, start, begin, end):
    """The last finite state on the way from `begin` to `end`, found step by step."""

    def on(carry):
        _, _, k, ahead = carry
        return (k < end) & ahead

    def move(carry):
        network, memory, k, _ = carry
        there, after = flow.move(risk, network, memory, k)
        good = _sound(there)
        kept = jax.tree.map(
            lambda a, b: jnp.where(good, a, b), (there, after), (network, memory)
        )
        return *kept, k + good.astype(k.dtype), good

    network, memory, k, _ = jax.lax.while_loop(
        on, move, (*start, jnp.asarray(begin), jnp.ones((), bool))
    )
    return network, memory, k


@eqx.filter_jit
def _until(flow, risk, start, crossing, last):
    first = jnp.sign(crossing(start[0], 0.0))

    def on(carry):
        _, _, k, met, sound = carry
        return (k < last) & ~met & sound

    def move(carry):
        network, memory, k, _, _ = carry
        network, memory = flow.move(risk, network, memory, k)
        side = crossing(network, jnp.asarray(k + 1, float))
        met = jnp.sign(side) * first <= 0  # False where the event is not a number
        return network, memory, k + 1, met, _sound(network)

    zero = jnp.zeros((), int)
    carry = (*start, zero, first == 0, jnp.ones((), bool))
    _, _, k, met, sound = jax.lax.while_loop(on, move, carry)
    return k, met & sound, sound
