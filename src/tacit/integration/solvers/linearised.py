"""A network's predictor and its tangent at one state, in NumPy.

What `tacit.integration.solvers.tangent` is inside compiled loops: a loop in Python
would spend ten times as long on handing compiled calls their arguments as on the
numbers.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np
from jax.flatten_util import ravel_pytree

from ...networks import AbstractLinearNetwork, DeepLinear, Diagonal
from .tangent import flat_predictor, tangent_kernel


class Linearised(NamedTuple):
    r"""The predictor ``(D,)``, $K K^\top$ ``(D, D)`` and the product with $K^\top$."""

    predictor: np.ndarray
    kernel: np.ndarray
    pull: Callable[[np.ndarray], np.ndarray]


def lineariser(network: AbstractLinearNetwork) -> Callable[[np.ndarray], Linearised]:
    """A function from raveled parameters of this shape to the tangent there."""
    if isinstance(network, DeepLinear):
        return functools.partial(_chain, [W.shape for W in network.layers])
    if isinstance(network, Diagonal):
        return functools.partial(_diagonal, network.layers.shape)
    return functools.partial(_compiled, network)


def _chain(shapes, y):
    layers, begin = [], 0
    for m, n in shapes:
        layers.append(y[begin : begin + m * n].reshape(m, n))
        begin += m * n
    below, above = [np.eye(shapes[0][1])], [np.eye(shapes[-1][0])]
    for W in layers[:-1]:
        below.append(W @ below[-1])
    for W in layers[:0:-1]:
        above.append(above[-1] @ W)
    above = above[::-1]
    E = above[0] @ layers[0]
    kernel = sum(
        np.kron(A @ A.T, B.T @ B) if len(A) > 1 else (A @ A.T).item() * (B.T @ B)
        for A, B in zip(above, below, strict=True)
    )

    def pull(u):
        U = u.reshape(E.shape)
        parts = [A.T @ U @ B.T for A, B in zip(above, below, strict=True)]
        return np.concatenate([part.ravel() for part in parts])

    return Linearised(E.ravel(), np.asarray(kernel), pull)


def _diagonal(shape, y):
    layers = y.reshape(shape)
    rest = np.array(
        [np.delete(layers, i, axis=0).prod(axis=0) for i in range(shape[0])]
    )
    kernel = np.diag(np.sum(rest**2, axis=0))
    return Linearised(layers.prod(axis=0), kernel, lambda u: (rest * u).ravel())


def _compiled(like, y):
    E, kernel = map(np.asarray, _tangent(like, y))
    return Linearised(E, kernel, lambda u: np.asarray(_pull(like, y, u)))


@jax.jit
def _tangent(like, y):
    network = ravel_pytree(like)[1](y)
    return flat_predictor(network), tangent_kernel(network)


@jax.jit
def _pull(like, y, u):
    shape = ravel_pytree(like)[1]
    return jax.vjp(lambda y: flat_predictor(shape(y)), y)[1](u)[0]
