"""The memoryless equivalent of Adam and of heavy ball at one point."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import ArrayLike, PyTree

from .._types import float64
from ..errors import DataError, OptionError
from .averages import MovingAverages, require_memory
from .histories import gradients, Losses, replay


FORMS = ("auto", "direct", "grouped")

CHUNK = 16
"""Batches taken side by side where the losses are one function of the batch: enough to
fill a matrix product, few enough to stay in the cache."""

CACHED = 2**16
"""Entries that such a group of gradients has at most: half a megabyte."""

BatchLosses = Sequence[Callable] | Callable


class MemoryTerms(NamedTuple):
    r"""What an optimiser with memory does from here, to second order in its step.

    $\theta \leftarrow \theta - \eta\,\mathrm{main} - \eta^2\,\mathrm{correction}$, both
    in the shape of the parameters. A quantity $S$ is penalised by the memory where
    ``<correction, grad S>`` is positive.
    """

    main: Any
    correction: Any


def adam_memory(
    batch_losses: BatchLosses,
    order: ArrayLike | Sequence[int],
    theta: PyTree,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    *,
    inside: bool = True,
    corrected: bool = True,
    count: int | None = None,
    form: str = "auto",
) -> MemoryTerms:
    r"""Adam's move at `theta` after the batches in `order`, and its memory of the past.

    `batch_losses` are functions of the parameters, one a batch; or one function
    ``loss(theta, b)`` of the parameters and the number of the batch, of which there are
    `count` (by default as many as `order` mentions). `order` ``(t + 1,)`` names the
    batch of every move so far, that of the present move last. `theta` is any tree of
    arrays. $\epsilon$ is `inside` the root and the averages are `corrected` for their
    start unless said otherwise.

    Hessian-vector products only: ``form="direct"`` takes t of them, ``"grouped"`` two a
    batch however long the history, and ``"auto"`` the fewer.

    Cattaneo and Shigida (2025), arXiv:2502.02132; the grouped form is derived. Raises
    `DataError` for a memory outside [0, 1), a batch that is not there, and where the
    move does not exist: a gradient of 0 throughout with $\epsilon = 0$.
    """
    require_memory("adam_memory", beta1=beta1, beta2=beta2)
    if not 0 <= eps < np.inf:
        raise DataError(f"adam_memory needs eps at least 0; got {eps}.")
    rule = MovingAverages(float(beta1), float(beta2), float(eps), inside, corrected)
    return _at(rule, batch_losses, order, theta, count, form, "adam_memory")


def heavy_ball_memory(
    batch_losses: BatchLosses,
    order: ArrayLike | Sequence[int],
    theta: PyTree,
    beta: float = 0.9,
    *,
    nesterov: bool = False,
    count: int | None = None,
    form: str = "auto",
) -> MemoryTerms:
    r"""The move of heavy ball, $\sum_k \beta^k g_{t-k}$, and its memory of the past.

    Arguments as those of `adam_memory`. With `nesterov` gradients are taken at
    $\theta + \beta v$, $v$ the last move; that alone is then a correction.
    """
    require_memory("heavy_ball_memory", beta=beta)
    rule = MovingAverages(float(beta), nesterov=nesterov)
    return _at(rule, batch_losses, order, theta, count, form, "heavy_ball_memory")


def _at(rule, batch_losses, order, theta, count, form, asker):
    loss, ids, count, chunk = read_batches(batch_losses, order, count, asker)
    if form not in FORMS:
        raise OptionError("form", form, FORMS)
    theta = jax.tree.map(float64, theta)
    several = 2 if rule.adapts else 1
    grouped = form == "grouped" or (form == "auto" and several * count < len(ids) - 1)
    rule = jax.tree.map(float64, rule)  # traced: other memories compile nothing
    found = _terms(rule, loss, jnp.asarray(ids), theta, count, grouped, chunk)
    for name, value in zip(MemoryTerms._fields, found, strict=True):
        require_defined(value, f"{asker}: the {name}")
    return found


def read_batches(
    batch_losses: BatchLosses,
    order: ArrayLike | Sequence[int],
    count: int | None,
    asker: str,
) -> tuple[Callable, np.ndarray, int, int | None]:
    """One loss of parameters and batch, the order, how many batches, how many at once.

    Raises `DataError` where they do not fit together.
    """
    ids = np.asarray(order)
    if ids.ndim != 1 or not len(ids) or ids.dtype.kind not in "iu":
        raise DataError(
            f"{asker} needs the order of the batches: whole numbers, one a move; got "
            f"shape {ids.shape} of {ids.dtype}."
        )
    if callable(batch_losses):
        loss, chunk = batch_losses, CHUNK
        count = int(ids.max()) + 1 if count is None else count
    else:
        loss, chunk = Losses(tuple(batch_losses)), None
        count = len(loss.each)
    if ids.min() < 0 or ids.max() >= count:
        raise DataError(
            f"{asker}: the order names batches {ids.min()} to {ids.max()}, but there "
            f"are {count}, counted from 0."
        )
    return loss, ids, count, chunk


def require_defined(tree: PyTree, what: str) -> None:
    """Raise `DataError` if some entry of `tree` is not finite, and say how many."""
    flat = np.concatenate([np.ravel(x) for x in jax.tree.leaves(tree)])
    bad = int(np.sum(~np.isfinite(flat)))
    if bad:
        raise DataError(
            f"{what} does not exist in {bad} of {flat.size} parameters: a gradient "
            "that is 0 throughout over a root of 0, or a loss that is not finite "
            "there. Give eps > 0, or move off that point."
        )


@eqx.filter_jit
def _terms(rule, loss, ids, theta, count, grouped, chunk):
    flat, back = ravel_pytree(theta)

    def on_vectors(at, b):
        return loss(back(at), b)

    chunk = chunk and max(1, min(chunk, CACHED // len(flat)))
    G = gradients(on_vectors, flat, count, chunk)
    last = len(ids) - 1
    found = replay(rule, on_vectors, flat, G, ids, last, grouped=grouped, chunk=chunk)
    return MemoryTerms(back(found.main), back(found.correction))
