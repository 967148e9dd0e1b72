"""Which samples a mini-batch holds."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Int

from .._types import Key
from ..errors import DataError, setting
from ..losses import AbstractScatterLoss
from ..problems.membership import memberships
from ..risk import Risk


class Draw(eqx.Module):
    """The state of a sampler: its key, and the order of the running epoch.

    That of the rows, or of the batches where their rows stay together.
    """

    key: Key
    order: Int[Array, " n"]


class Batches(eqx.Module):
    """Batches of `size` rows: a fresh permutation every epoch, or i.i.d. draws.

    `blocks` are the rows to draw from, one block for every class of a balanced
    sampler, sorted by block; each gives ``size / len(blocks)`` rows to a batch. Without
    replacement an epoch ends when the smallest block cannot fill another batch.

    `fixed` batches are runs of consecutive rows that stay together for ever: an epoch
    is a permutation of the batches, and i.i.d. draws are draws of a batch.
    """

    size: int = eqx.field(static=True)
    bounds: tuple[int, ...] = eqx.field(static=True)
    replace: bool = eqx.field(static=True)
    rows: Int[Array, " n"]
    fixed: bool = eqx.field(default=False, static=True)

    @classmethod
    def of(
        cls,
        risk: Risk,
        size: int,
        *,
        balanced: bool,
        replace: bool,
        fixed: bool = False,
    ) -> "Batches":
        """The sampler for `risk`; `DataError` if the batch size cannot be drawn."""
        n = risk.problem.n
        if not isinstance(size, int | np.integer):
            raise DataError(
                f"batch counts rows: a whole number; got {size!r}.", about="batch"
            )
        if fixed and (balanced or size < 1 or n % size):
            raise DataError(
                f"fixed batches divide the sample into equal parts, whatever the "
                f"class; n = {n} is not a multiple of batch = {size}, or ",
                setting("balanced", to=True),
                " was given. Drop ",
                setting("fixed", to=True),
                ", or choose a divisor.",
                about="batch",
            )
        blocks = [np.arange(n)]
        if balanced:
            codes = risk.problem.codes
            blocks = [np.flatnonzero(codes == c) for c in range(codes.max() + 1)]
        if size % len(blocks):
            raise DataError(
                f"a balanced batch takes as many of each of the {len(blocks)} classes; "
                f"{size} is not divisible by {len(blocks)}.",
                about="batch",
            )
        least = min(map(len, blocks))
        share = size // len(blocks)
        if size < 1 or (share > least and not replace):
            raise DataError(
                f"batch = {size} asks for {share} rows of {least}; use a batch of at "
                f"most {least * len(blocks)}, or ",
                setting("replace", to=True),
                ".",
                about="batch",
            )
        bounds = np.concatenate([[0], np.cumsum([len(b) for b in blocks])])
        rows = jnp.asarray(np.concatenate(blocks))
        return cls(size, tuple(bounds.tolist()), replace, rows, fixed)

    @property
    def per_epoch(self) -> int:
        """Batches in an epoch."""
        return int(min(np.diff(self.bounds))) // self.share

    @property
    def share(self) -> int:
        """Rows of a batch from every block."""
        return self.size // (len(self.bounds) - 1)

    @property
    def table(self) -> Int[Array, "m b"]:
        """The rows of all `fixed` batches."""
        return self.rows.reshape(-1, self.size)

    def begin(self, key: Key) -> Draw:
        """The state before the first batch."""
        return Draw(key, jnp.arange(self.per_epoch if self.fixed else len(self.rows)))

    def choose(self, state: Draw, k: Array) -> tuple[Int[Array, ""], Draw]:
        """The number of the `fixed` batch in move `k` and the state after it."""
        m = self.per_epoch
        fresh = jr.fold_in(state.key, k)
        if self.replace:
            return jr.randint(fresh, (), 0, m), state
        order = jax.lax.cond(
            k % m == 0, lambda: jr.permutation(fresh, m), lambda: state.order
        )
        return order[k % m], Draw(state.key, order)

    def draw(self, state: Draw, k: Array) -> tuple[Int[Array, " b"], Draw]:
        """The rows of batch number `k` and the state after it."""
        if self.fixed:
            which, state = self.choose(state, k)
            return self.table[which], state
        blocks = list(zip(self.bounds, self.bounds[1:], strict=False))
        if self.replace:
            keys = jr.split(jr.fold_in(state.key, k), len(blocks))
            picked = [
                jr.randint(keys[i], (self.share,), a, b)
                for i, (a, b) in enumerate(blocks)
            ]
            return self.rows[jnp.concatenate(picked)], state

        def shuffle(_):
            keys = jr.split(jr.fold_in(state.key, k), len(blocks))
            mixed = [
                jr.permutation(keys[i], jnp.arange(a, b))
                for i, (a, b) in enumerate(blocks)
            ]
            return jnp.concatenate(mixed)

        place = k % self.per_epoch
        order = jax.lax.cond(place == 0, shuffle, lambda _: state.order, None)
        picked = [
            jax.lax.dynamic_slice(order, (a + place * self.share,), (self.share,))
            for a, _ in blocks
        ]
        return self.rows[jnp.concatenate(picked)], Draw(state.key, order)


def lacks_class(risk: Risk, rows: Int[Array, " b"]) -> Array:
    """Whether a loss of class scatter is asked for on a batch without some class."""
    if not isinstance(risk.loss, AbstractScatterLoss):
        return jnp.zeros((), bool)
    _, targets, _ = risk.sample(rows)
    return jnp.any(memberships(targets).mass(jnp.ones(len(rows))) == 0)


@eqx.filter_jit
def replayed(
    sampler: Batches, key: Key, moves: Int[Array, " moves"]
) -> Int[Array, "moves b"]:
    """The rows of the batches that a run with this `key` draws, from the first one."""

    def turn(state, k):
        rows, state = sampler.draw(state, k)
        return state, rows

    return jax.lax.scan(turn, sampler.begin(key), moves)[1]
