"""An optimiser without its memory: what is left, and what the memory amounts to."""

import math
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Int

from .._types import Key
from ..errors import DataError
from ..memory import gradients, MovingAverages, replay
from ..networks import AbstractNetwork
from ..risk import Risk
from .batches import Batches, Draw
from .fixed_step import AbstractFixedStep, diverged


LONGEST = 4096
"""Moves that a window may hold unless its length is given."""

ENTRIES = 2**22
"""Of gradients side by side: 32 MB."""


class History(NamedTuple):
    """The batches of the last `window` moves, oldest first; the last is to come.

    `ids` ``(W,)`` are rows of `table` ``(m, b)``, which holds the rows of all `fixed`
    batches, or those of the window, one a move; None on the whole sample.
    """

    ids: Int[Array, " W"]
    table: Int[Array, "m b"] | None
    sampler: Batches | None
    draw: Draw | None


class Memoryless(AbstractFixedStep):
    r"""The iteration without memory that the optimiser `of` follows, on its batches.

    $\theta \leftarrow \theta - \eta\,\mathrm{Main}_t(\theta)$ with all past gradients
    taken at the present parameters, and with `correction` also
    $-\eta^2\mathrm{Corr}_t(\theta)$, the first order of their having been taken
    elsewhere: it then stays $O(\eta^2)$ from the optimiser, and $O(\eta)$ without
    (Cattaneo and Shigida 2025, arXiv:2502.02132). The seed of the experiment gives both
    the same batches.

    Past batches beyond the last `window` are forgotten; by default that many as leave
    $6\cdot10^{-6}$ of the longest memory. Every move costs a gradient for each batch in
    the window, or for each of `fixed` batches however long it is, and with `correction`
    about three times that again.

    `of` is `Adam`, `AdamW`, `RMSprop`, or `Descent` or `Stochastic` with momentum and a
    constant step. Raises `DataError` for another flow.
    """

    order: ClassVar[int] = 0
    of: AbstractFixedStep
    correction: bool = True
    window: int | None = eqx.field(default=None, static=True)

    def __check_init__(self):
        memory_of(self.of)
        if self.window is not None and self.window < 1:
            raise DataError(
                f"Memoryless: window counts moves, from 1 on; got {self.window}.",
                about="window",
            )

    @property
    def step(self) -> Any:
        """That of the optimiser."""
        return self.of.step

    @property
    def batch(self) -> int | None:
        return self.of.batch

    @property
    def balanced(self) -> bool:
        return self.of.balanced

    @property
    def replace(self) -> bool:
        return self.of.replace

    @property
    def fixed(self) -> bool:
        return self.of.fixed

    @property
    def warm(self) -> int:
        return self.of.warm

    @property
    def longest(self) -> float:
        r"""The longest memory of the optimiser, the largest of its $\beta$."""
        return memory_of(self.of).rule.longest

    @property
    def length(self) -> int:
        """How many moves the window holds."""
        if self.window is not None:
            return self.window
        beta = self.longest
        return 1 if beta == 0 else min(LONGEST, 2 + math.ceil(12 / -math.log(beta)))

    def memory(self, risk: Risk, network: AbstractNetwork, key: Key):
        del network
        W, kept = self.length, memory_of(self.of)
        sampler = self.sampler(risk)
        ids = jnp.zeros(W, int)
        if sampler is None:
            return History(ids, None, None, None)
        if sampler.fixed:
            table = sampler.table
        else:
            # Moves before the first weigh nothing, but their batch must have a loss.
            rows, _ = sampler.draw(sampler.begin(key), jnp.zeros((), int))
            ids, table = jnp.arange(W), jnp.tile(rows, (W, 1))
        past = History(ids, table, sampler, sampler.begin(key))
        return _warmed(past, kept.warm) if kept.warm else past

    def move(self, risk: Risk, network: AbstractNetwork, memory, k: Array):
        kept = memory_of(self.of)
        t = k + kept.warm
        past = _turned(memory, t)
        flat, back = ravel_pytree(network)
        table = past.table

        def loss(at, b):
            there = back(at)
            rows = None if table is None else table[b]
            added = kept.coupled * jnp.sum(at**2) / 2
            return risk.value(there, rows) + added

        W, count = len(past.ids), 1 if table is None else len(table)
        together = max(1, ENTRIES // len(flat))
        G = gradients(loss, flat, count, min(count, together))
        rates = None
        if kept.schedule is not None:
            when = jnp.maximum(k - jnp.arange(W)[::-1], 0)
            rates = jax.vmap(kept.schedule)(when)
        if kept.warm:  # before move 0 nothing moved
            still = jnp.arange(W)[::-1] > k
            rates = jnp.where(still, 0.0, jnp.ones(W) if rates is None else rates)
        grouped = 2 * count < W
        main, correction = replay(
            kept.rule, loss, flat, G, past.ids, t, grouped=grouped,
            correct=self.correction, rates=rates, decay=kept.decoupled,
            chunk=min(count if grouped else W, together),
        )  # fmt: skip
        rate = self.of.step * (1.0 if rates is None else rates[-1])
        moved = flat - rate * (main + kept.decoupled * flat)
        if self.correction:
            moved = moved - rate * self.of.step * correction
        return back(moved), past

    def explain(self, risk: Risk, network: AbstractNetwork, memory, k: int) -> str:
        del memory, k
        slope = jax.tree.leaves(risk.gradient(network))
        flat = sum(int(jnp.sum(g == 0)) for g in slope)
        rule = memory_of(self.of).rule
        if flat and rule.adapts and float(rule.eps) == 0:
            return (
                f"{flat} parameters have a gradient of 0, and 0 over a root of 0 is no "
                "number: give eps > 0"
            )
        return diverged(self)


class MemoryPlan(NamedTuple):
    """What an optimiser remembers: its update rule, schedule, decay and warm batches.

    `coupled` is the weight decay in every gradient, `decoupled` that beside the move.
    """

    rule: MovingAverages
    schedule: Callable | None
    coupled: Any
    decoupled: Any
    warm: int


def memory_of(flow: AbstractFixedStep) -> MemoryPlan:
    """What `flow` remembers; `DataError` if its moves have no such form."""
    rule = flow.memory_rule
    if rule is None or (flow.schedule is not None and not rule.adapts):
        raise DataError(
            "Memoryless needs an optimiser with memory, Adam for one, or heavy ball at "
            f"a constant step; got {flow}."
        )
    decay = flow.weight_decay
    on, off = (0.0, decay) if flow.decoupled else (decay, 0.0)
    return MemoryPlan(rule, flow.schedule, on, off, flow.warm)


@eqx.filter_jit
def _warmed(past, warm):
    """The past after the `warm` batches that come before move 0."""
    return jax.lax.fori_loop(0, warm, lambda k, past: _turned(past, k), past)


def _turned(past, t):
    """The past after batch number `t` has come in at its end."""
    if past.sampler is None:
        return past
    if past.sampler.fixed:
        which, draw = past.sampler.choose(past.draw, t)
        ids = jnp.roll(past.ids, -1).at[-1].set(which)
        return History(ids, past.table, past.sampler, draw)
    rows, draw = past.sampler.draw(past.draw, t)
    table = jnp.roll(past.table, -1, axis=0).at[-1].set(rows)
    return History(past.ids, table, past.sampler, draw)
