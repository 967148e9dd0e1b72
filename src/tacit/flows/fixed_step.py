"""Flows that repeat a move: the compiled loop and what is said when it breaks."""

import abc
import functools
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from .._facts import Fact
from .._types import Key
from ..errors import DataError
from ..integration.path import Arrival, Look, Path, Times
from ..integration.pieces import Pieces, size_of, STOPPED, stopped, windows, work_of
from ..losses import AbstractPointwiseLoss
from ..networks import AbstractNetwork
from ..risk import Risk
from .base import AbstractFlow
from .batches import replayed
from .moves import careful, march, until_event


if TYPE_CHECKING:
    from typing import ClassVar as AbstractClassVar, ClassVar as AbstractVar
else:
    from equinox import AbstractClassVar, AbstractVar


MOVE, FIRST = 10, 0.02
"""Times that a move goes through its numbers, as a rule; an optimiser that looks at its
past does so far more often, so the first piece is a short one, in seconds."""


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
                "number of steps.",
                about="until",
            )
        jax.eval_shape(lambda key: self.memory(risk, network, key), jax.random.key(0))

    def path(
        self,
        risk: Risk,
        network: AbstractNetwork,
        times: Times,
        key: Key,
        look: Look | None = None,
    ) -> Path:
        ticks = np.unique(np.ceil(np.asarray(times) - 1e-9)).astype(int)
        flow, now = traced(self), (network, self.memory(risk, network, key))
        onward = functools.partial(march, flow, risk)
        pieces = Pieces(MOVE * (work_of(risk, network) + size_of(now[1])), FIRST)
        seen, reason, k = [], None, 0

        def see(states, when):
            when = jnp.asarray(when, float)
            seen.append(states if look is None else look(_itself, states, when))

        for window in windows(ticks, size_of(network)):
            i, parts = 0, []
            while i < len(window) and reason is None:
                state = (now, np.asarray(k), np.asarray(i), window)
                found = pieces.timed(onward, state, lambda done, k=k: int(done[1]) - k)
                now, k, passed = found[0], int(found[1]), slice(i, int(found[2]))
                if passed.start < passed.stop:
                    parts.append(_cut(found[3], passed))
                i = passed.stop
                if not found[4]:
                    end = np.asarray(min(int(window[i]), k + pieces.steps))
                    *now, last = careful(flow, risk, now, np.asarray(k), end)
                    k = int(last)
                    why = self.explain(risk, *now, k)
                    why = undefined(risk) if not k and why == diverged(self) else why
                    reason = f"after step {k}, {why}"
                elif k < ticks[-1] and stopped():
                    reason = f"after step {k}, {STOPPED}"
            if parts:
                # Once a window, however many pieces it took: they depend on the
                # clock, and every number of records is compiled for itself.
                see(jax.tree.map(_put_together, *parts), window[:i])
        when = ticks[ticks <= k]
        if reason is not None and k not in when:
            when = np.append(when, k)
            see(jax.tree.map(lambda x: x[None], now[0]), when[-1:])
        whole = seen[0] if len(seen) == 1 else jax.tree.map(_joined, *seen)
        states, what = (whole, None) if look is None else (None, whole)
        times = jnp.asarray(when, float)
        return Path(states, _itself, times, now[0], reason, k, seen=what)

    def paths(
        self,
        risks: Sequence[Risk],
        networks: Sequence[AbstractNetwork],
        times: Times,
        key: Key,
    ) -> list[Path]:
        # In turn, so that each is bit for bit what it is alone.
        pairs = zip(risks, networks, strict=True)
        return [self.path(risk, network, times, key) for risk, network in pairs]

    def arrival(
        self,
        risk: Risk,
        network: AbstractNetwork,
        crossing: Callable,
        within: float,
        every: float,
        key: Key,
    ) -> Arrival:
        del every  # it is looked at after every move, and there is nothing in between
        now, k = (network, self.memory(risk, network, key)), 0
        last, first = int(min(within, 2**53)), np.asarray(np.nan)
        until = functools.partial(
            until_event, traced(self), risk, crossing, np.asarray(last)
        )
        pieces = Pieces(MOVE * (work_of(risk, network) + size_of(now[1])), FIRST)
        while True:
            now, after, first, met, sound = pieces.timed(
                until, (now, np.asarray(k), first), lambda done, k=k: int(done[1]) - k
            )
            k = int(after)
            if bool(met):
                return Arrival(float(k), None)
            if not bool(sound):
                # The path up to there finds out why.
                failed = self.path(risk, network, jnp.asarray([float(k)]), key)
                why = failed.reason or f"not finite after step {k - 1}"
                return Arrival(float(k) - 1, f"event not met; {why}")
            if k >= last:
                return Arrival(float(last), f"event not met within {last} steps")
            if stopped():
                why = f"event not met; after step {k}, {STOPPED}"
                return Arrival(float(k), why, now[0], k, stopped=True)


def diverged(flow: AbstractFixedStep) -> str:
    """The usual end of a step that is too long."""
    return f"the parameters are no longer finite (step {flow.step}: try a smaller one)"


def undefined(risk: Risk) -> str:
    """What is said of a start that nothing leads from: the slope is no number."""
    why = f"the slope of {type(risk.loss).__name__} is not finite, whatever the step"
    if isinstance(risk.loss, AbstractPointwiseLoss):
        return (
            f"{why}: look at the activation, the data, the size of the start, and at "
            "the loss there, whose exponential or root may be no number"
        )
    return (
        f"{why}: the outputs have a scatter of a lower rank than there are outputs. "
        "Take fewer outputs, wider hidden layers or larger batches, or give a `ridge`"
    )


def traced(flow: Any) -> Any:
    """The flow with its numbers as arrays, so that a new step needs no compilation."""
    return jax.tree.map(lambda x: jnp.asarray(x) if isinstance(x, float) else x, flow)


def _itself(network):
    return network


def _joined(*parts):
    return jnp.concatenate(parts)


def _put_together(*parts):
    return jnp.asarray(parts[0] if len(parts) == 1 else np.concatenate(parts))


def _cut(stack, part):
    # By NumPy where it is not all: a slice of a JAX array is compiled.
    whole = part == slice(0, len(jax.tree.leaves(stack)[0]))
    return stack if whole else jax.tree.map(lambda x: np.asarray(x)[part], stack)
