r"""Main and correction of an optimiser with memory, for one history of batches.

Cattaneo and Shigida (2025), arXiv:2502.02132: an optimiser
$\theta_{t+1} = \theta_t - \eta F_t(\theta_t, \dots, \theta_0)$ follows
$\theta - \eta F_t(\theta, \dots, \theta) - \eta^2 \mathrm{Corr}_t(\theta)$, where
$\mathrm{Corr}_t = \sum_k \partial_{\theta_{t-k}} F_t \sum_{j=t-k}^{t-1} F_j$.
"""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PyTree

from .._types import Scalar
from .averages import Count, MovingAverages, Number


Point = Float[Array, " P"]
Loss = Callable[..., Scalar]
Ids = Int[Array, " T"]


class Replayed(NamedTuple):
    """One move without memory, ``(P,)`` each: its first and its second order."""

    main: Point
    correction: Point


class Losses(eqx.Module):
    """Several losses as one function of the parameters and the number of a batch."""

    each: tuple[Callable, ...]

    def __call__(self, theta: PyTree, b: Array) -> Scalar:
        if len(self.each) == 1:
            return self.each[0](theta)
        return jax.lax.switch(b, self.each, theta)


def gradients(
    loss: Loss, theta: Point, count: int, chunk: int | None = None
) -> Float[Array, "m P"]:
    """The gradients of batches 0 to `count` - 1, `chunk` of them at a time."""

    def one(b):
        return jax.grad(loss)(theta, b)

    return jax.lax.map(one, jnp.arange(count), batch_size=_several(chunk))


def curvatures(
    loss: Loss, theta: Point, ids: Ids, along: Array, chunk: int | None = None
) -> Float[Array, "K P"]:
    """The Hessian of batch ``ids[k]`` times ``along[k]``, for every k."""

    def one(pair):
        b, direction = pair
        return jax.jvp(lambda at: jax.grad(loss)(at, b), (theta,), (direction,))[1]

    return jax.lax.map(one, (ids, along), batch_size=_several(chunk))


def pushed(
    loss: Loss,
    theta: Point,
    ids: Ids,
    along: Callable[[Array], Point],
    weights: tuple[Array, Array | None],
    G: Float[Array, "m P"],
    chunk: int | None = None,
) -> tuple[Point, Point]:
    r"""$\sum_k a_k H_k D_k$ and $\sum_k c_k\,g_k \odot H_k D_k$.

    $D_k$ is ``along(k)``, and $H_k$ and $g_k$ are of batch ``ids[k]``. Summed as the
    products come, `chunk` at a time: they are never held together. Without $c$ the
    second sum is 0.
    """
    a, c = weights

    def product(k):
        slope = jax.grad(lambda at: loss(at, ids[k]))
        return jax.jvp(slope, (theta,), (along(k),))[1]

    def add(sums, k):
        dG = jax.vmap(product)(k) if k.ndim else product(k)
        first = sums[0] + jnp.tensordot(a[k], dG, k.ndim)
        if c is None:
            return (first, sums[1]), None
        scaled = G[ids[k]] * dG
        return (first, sums[1] + jnp.tensordot(c[k], scaled, k.ndim)), None

    each, size = jnp.arange(len(ids)), min(chunk or 1, len(ids))
    whole = len(ids) - len(ids) % size
    blocks = each[:whole].reshape(-1, size) if size > 1 else each
    sums = (jnp.zeros_like(theta), jnp.zeros_like(theta))
    sums, _ = jax.lax.scan(add, sums, blocks)
    return add(sums, each[whole:])[0] if whole < len(ids) else sums


def replay(
    rule: MovingAverages,
    loss: Loss,
    theta: Point,
    G: Float[Array, "m P"],
    ids: Ids,
    last: Count,
    *,
    grouped: bool,
    correct: bool = True,
    rates: Float[Array, " T"] | None = None,
    decay: Number = 0.0,
    chunk: int | None = None,
) -> Replayed:
    r"""Main and correction of move number `last`, whose batches end with ``ids[-1]``.

    `G` ``(m, P)`` are the gradients of all batches at `theta`. Entries of `ids` from
    before move 0 are disregarded; a shorter `ids` cuts the memory off. `rates` are the
    factors on $\eta$ of the moves, the last one among them, and `decay` the decoupled
    weight decay; the correction goes with $\eta^2$ times the last factor.

    Directly every age has a Hessian-vector product of its own; `grouped` gathers ages
    of one batch first: two products a batch, and no more memory for a longer history.
    """
    T = len(ids)
    ages = jnp.arange(T)[::-1]
    alive = ages <= jnp.asarray(last)
    a, c = rule.weights(ages, last)
    a, c = jnp.where(alive, a, 0.0), jnp.where(alive, c, 0.0)
    rates = jnp.ones(T) if rates is None else rates
    ahead = rule.beta1 if rule.nesterov else 0.0

    def frozen(state, moment):
        # The sums and the move at this moment, the parameters held where they are.
        b, age, there, rate = moment
        old_m, old_v = state
        m, v = rule.update(old_m, old_v, G[b])
        t = jnp.maximum(jnp.asarray(last) - age, 0)
        F = rate * (rule.direction(*rule.debias(m, v, t)) + decay * theta)
        m, v = jnp.where(there, m, old_m), jnp.where(there, v, old_v)
        return (m, v), jnp.where(there, F, 0.0)

    moments = (ids, ages, alive, rates)
    zero = jnp.zeros_like(theta)
    if not correct:
        (m, v), _ = jax.lax.scan(_forgetting(frozen), (zero, zero), moments)
        return Replayed(rule.direction(*rule.debias(m, v, last)), zero)
    if grouped:
        (m, v), P, Q = _gathered(frozen, moments, a, c, G, ahead)
        every, once = jnp.arange(len(G)), jnp.ones(len(G))
        dm, _ = pushed(loss, theta, every, lambda b: P[b], (once, None), G, chunk)
        dv = zero
        if rule.adapts:
            way = (lambda b: Q[b]), (0 * once, once)
            _, dv = pushed(loss, theta, every, *way, G, chunk)
    else:
        (m, v), total, behind = _walked(frozen, moments, zero, ahead)
        K = T if rule.nesterov else T - 1  # nothing lies between the last and now
        way = (lambda k: total - behind[k]), (a, c if rule.adapts else None)
        dm, dv = pushed(loss, theta, ids[:K], *way, G, chunk) if K else (zero, zero)
    m, v = rule.debias(m, v, last)
    return Replayed(rule.direction(m, v), rule.jvp(m, v, dm, 2 * dv))


def _forgetting(step):
    return lambda state, moment: (step(state, moment)[0], None)


def _walked(frozen, moments, zero, ahead):
    """The sums; all moves but the last together, and what was behind every one."""

    def walk(carry, moment):
        state, past, last = carry
        state, F = frozen(state, moment)
        return (state, past + F, F), past + ahead * last

    begin = ((zero, zero), zero, zero)
    (sums, total, final), behind = jax.lax.scan(walk, begin, moments)
    return sums, total - final, behind


def _gathered(frozen, moments, a, c, G, ahead):
    """The sums, and per batch the weighted sums of what lies between then and now.

    In two passes, so that no more than a handful of vectors is kept at a time.
    """
    zero = jnp.zeros_like(G[0])

    def add(carry, moment):
        state, total, _ = carry
        state, F = frozen(state, moment)
        return (state, total + F, F), None

    begin = ((zero, zero), zero, zero)
    (sums, total, final), _ = jax.lax.scan(add, begin, moments)
    total = total - final  # the move itself is no past

    def gather(carry, step):
        moment, weight, square = step
        state, past, last, P, Q = carry
        state, F = frozen(state, moment)
        between, b = total - past - ahead * last, moment[0]
        P = P.at[b].add(weight * between)
        Q = Q.at[b].add(square * between)
        return (state, past + F, F, P, Q), None

    begin = ((zero, zero), zero, zero, jnp.zeros_like(G), jnp.zeros_like(G))
    (_, _, _, P, Q), _ = jax.lax.scan(gather, begin, (moments, a, c))
    return sums, P, Q


def _several(chunk):
    # A block of one would have its products batched for nothing.
    return None if chunk == 1 else chunk
