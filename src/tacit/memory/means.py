"""Averages of the memory's correction over the orders in which batches may come."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Int, PyTree

from .._types import float64
from ..errors import DataError, OptionError
from .averages import MovingAverages, require_memory
from .histories import curvatures, gradients, replay
from .terms import read_batches, require_defined


ORDERS = ("shuffled", "iid")

MOST = 50_000
"""Orders that are enumerated; beyond, they are drawn."""

SIDE = 32
"""Orders that are replayed side by side."""


class MeanTerms(NamedTuple):
    """Averages in the shape of the parameters, with their standard errors.

    `orders` says over how many histories. Where it was all of them, each once, or a
    closed form (then `orders` is 0), the errors are 0.
    """

    main: Any
    correction: Any
    main_error: Any
    correction_error: Any
    orders: int


def adam_memory_mean(
    batch_losses: Sequence[Callable] | Callable,
    theta: PyTree,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    *,
    history: int | None = None,
    orders: str = "shuffled",
    draws: int | None = None,
    seed: int = 0,
    count: int | None = None,
    inside: bool = True,
    corrected: bool = True,
) -> MeanTerms:
    r"""`adam_memory` averaged over random orders of `history` batches.

    ``orders="shuffled"`` makes every epoch a permutation of all `m` batches, the last
    move of the history being at any place of an epoch; histories of an epoch or less
    are those of the first epoch. ``"iid"`` draws every batch anew. `history` is an
    epoch by default. Without `draws` all orders are enumerated, else so many are drawn
    with `seed`. `batch_losses`, `count` and the rest are as in `adam_memory`.

    Raises `DataError` where there are too many orders to enumerate.
    """
    require_memory("adam_memory_mean", beta1=beta1, beta2=beta2)
    rule = MovingAverages(float(beta1), float(beta2), float(eps), inside, corrected)
    rule = jax.tree.map(float64, rule)  # traced: other memories compile nothing
    m = _number(batch_losses, count, "adam_memory_mean")
    T = m if history is None else history
    some = _orders(orders, m, T, draws, seed)
    loss, _, m, _ = read_batches(batch_losses, some[0], m, "adam_memory_mean")
    theta = jax.tree.map(float64, theta)
    found = _mean(rule, loss, jnp.asarray(some), theta, m)
    main, correction, main_error, correction_error = found
    require_defined(correction, "adam_memory_mean: the correction")
    if draws is None:
        main_error = correction_error = jax.tree.map(jnp.zeros_like, theta)
    return MeanTerms(main, correction, main_error, correction_error, len(some))


def heavy_ball_memory_mean(
    batch_losses: Sequence[Callable] | Callable,
    theta: PyTree,
    beta: float = 0.9,
    *,
    history: int | None = None,
    orders: str = "shuffled",
    count: int | None = None,
) -> MeanTerms:
    r"""`heavy_ball_memory` averaged over all orders of `history` batches, exactly.

    With $t + 1$ moves in the history, none beyond the first epoch if ``"shuffled"``,

    $$\mathbb E\,\mathrm{Corr} = S_{\rm tot} Hg + \Bigl(S_{\rm same} -
    \frac{S_{\rm tot} - S_{\rm same}}{m - 1}\Bigr)\mathbb E[\Xi_b \xi_b]$$

    with $S_{\rm tot} = \sum_{k=1}^t \sum_{j'=t-k}^{t-1} \sum_{j=0}^{j'} \beta^{k+j}$,
    $S_{\rm same} = \sum_{k=1}^t \beta^k (1 - \beta^k) / (1 - \beta)$ its terms of one
    batch twice, and $\xi_b$, $\Xi_b$ the deviations of gradient and Hessian from the
    mean. For ``"iid"`` the fraction is absent. Derived; cf. Cattaneo and Shigida
    (2025), arXiv:2502.02132. Raises `DataError` for shuffles beyond an epoch.
    """
    require_memory("heavy_ball_memory_mean", beta=beta)
    if orders not in ORDERS:
        raise OptionError("orders", orders, ORDERS)
    m = _number(batch_losses, count, "heavy_ball_memory_mean")
    T = m if history is None else history
    if orders == "shuffled" and m < T:
        raise DataError(
            f"heavy_ball_memory_mean: the closed form is for the first epoch of {m} "
            f'moves; history = {T}. Use orders="iid", or a shorter history.'
        )
    loss, _, m, chunk = read_batches(batch_losses, [0], m, "heavy_ball_memory_mean")
    total, same = heavy_ball_sums(beta, T - 1)
    apart = (total - same) / (m - 1) if orders == "shuffled" and m > 1 else 0.0
    theta = jax.tree.map(float64, theta)
    weights = jnp.asarray([(1 - beta**T) / (1 - beta), total, same - apart])
    main, correction = _closed(loss, theta, weights, m, chunk)
    require_defined(correction, "heavy_ball_memory_mean: the correction")
    still = jax.tree.map(jnp.zeros_like, theta)
    return MeanTerms(main, correction, still, still, 0)


def heavy_ball_sums(beta: float, t: int | float) -> tuple[float, float]:
    r"""$S_{\rm tot}$ and $S_{\rm same}$ of move `t`; for infinite `t` their limits.

    The limits are $\beta / (1 - \beta)^3$ and $\beta / ((1 - \beta)^2 (1 + \beta))$.
    """
    if math.isinf(t):
        return beta / (1 - beta) ** 3, beta / ((1 - beta) ** 2 * (1 + beta))
    k = np.arange(1, int(t) + 1)
    moves = np.concatenate([[0.0], np.cumsum(_partial(beta, np.arange(int(t)) + 1))])
    within = moves[int(t)] - moves[int(t) - k]
    total = np.sum(beta**k * within)
    same = np.sum(beta**k * _partial(beta, k))
    return float(total), float(same)


def _partial(beta, k):
    return (1 - beta**k) / (1 - beta)


def _number(batch_losses, count, asker):
    if not callable(batch_losses):
        return len(batch_losses)
    if count is None:
        raise DataError(
            f"{asker}: one function of parameters and batch does not say how many "
            "batches there are; give count=."
        )
    return count


def _orders(orders, m, T, draws, seed) -> np.ndarray:
    """The histories ``(orders, T)``: all of them, or `draws` of them."""
    if orders not in ORDERS:
        raise OptionError("orders", orders, ORDERS)
    if T < 1:
        raise DataError(f"history counts moves, from 1 on; got {T}.")
    if draws is None:
        if orders == "shuffled" and m < T:
            raise DataError(
                f"a history of {T} moves goes beyond an epoch of {m}; give draws= for "
                "an average over drawn orders with standard errors."
            )
        many = math.perm(m, T) if orders == "shuffled" else m**T
        if many > MOST:
            raise DataError(
                f"{m} batches in {T} moves have {many:.3g} orders; more than {MOST} "
                "are not enumerated. Give draws= for an average with standard errors."
            )
        every = range(m)
        found = (
            itertools.permutations(every, T)
            if orders == "shuffled"
            else itertools.product(every, repeat=T)
        )
        return np.array(list(found))
    rng = np.random.default_rng(seed)
    if draws < 2:
        raise DataError(f"draws = {draws}: a standard error needs two or more.")
    if orders == "iid":
        return rng.integers(m, size=(draws, T))
    epochs = 1 if m >= T else -(-(T + m - 1) // m)
    sequences = [
        np.concatenate([rng.permutation(m) for _ in range(epochs)])
        for _ in range(draws)
    ]
    begins = np.zeros(draws, int) if m >= T else rng.integers(m, size=draws)
    return np.stack([s[a : a + T] for s, a in zip(sequences, begins, strict=True)])


@eqx.filter_jit
def _mean(
    rule: MovingAverages,
    loss: Callable,
    some: Int[Array, "orders T"],
    theta: PyTree,
    m: int,
):
    flat, back = ravel_pytree(theta)

    def on_vectors(at, b):
        return loss(back(at), b)

    G = gradients(on_vectors, flat, m)

    def one(ids):
        last = len(ids) - 1
        return replay(rule, on_vectors, flat, G, ids, last, grouped=True)

    found = jax.lax.map(one, some, batch_size=min(SIDE, len(some)))
    means = [back(jnp.mean(x, axis=0)) for x in found]
    spread = math.sqrt(max(len(some) - 1, 1))
    return (*means, *[back(jnp.std(x, axis=0) / spread) for x in found])


@eqx.filter_jit
def _closed(loss, theta, weights, m, chunk):
    flat, back = ravel_pytree(theta)

    def on_vectors(at, b):
        return loss(back(at), b)

    every = jnp.arange(m)
    G = gradients(on_vectors, flat, m, chunk)
    g = jnp.mean(G, axis=0)
    bent = curvatures(on_vectors, flat, every, jnp.tile(g, (m, 1)), chunk)
    own = curvatures(on_vectors, flat, every, G - g[None], chunk)
    push = jnp.mean(bent, axis=0)
    # The mean of the noise is 0, so the Hessian's own mean drops out of the product.
    noise = jnp.mean(own, axis=0)
    correction = weights[1] * push + weights[2] * noise
    return back(weights[0] * g), back(correction)
