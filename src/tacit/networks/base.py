"""What every network is."""

import abc
from collections.abc import Sequence
from numbers import Integral

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float

from .._types import finite, float64, Matrix, Predictor, Vector
from ..errors import DataError, ShapeError


class AbstractNetwork(eqx.Module):
    """A function of one input. Its array leaves are exactly the parameters that train.

    To add one: subclass, declare the parameters as fields, define `__call__` for
    a *single* input. Batching is `jax.vmap`'s business.
    """

    @abc.abstractmethod
    def __call__(self, x: Vector) -> Float[Array, "*k"]:
        """The output at one input `x` of shape ``(d,)``: a number, or ``(k,)``."""


class AbstractLinearNetwork(AbstractNetwork):
    """A network whose function is linear in the input, however it is parametrised."""

    @abc.abstractmethod
    def predictor(self) -> Predictor:
        """The `w` ``(d,)`` or ``(k, d)`` with ``network(x) == w @ x``."""

    def __call__(self, x: Vector) -> Float[Array, "*k"]:
        return self.predictor() @ x


class AbstractFullyConnected(AbstractNetwork):
    """A network of weight matrices, one after another."""

    @property
    @abc.abstractmethod
    def matrices(self) -> list[Matrix]:
        """The matrices ``(n_l, n_{l-1})``, the first is the one that sees the input."""


def matrices(weights: Sequence) -> list[Array]:
    """The arrays of a list, as float64."""
    return [float64(W) for W in weights]


def require_chain(network: AbstractNetwork, weights: Sequence[Array]) -> None:
    """Raise unless these are matrices ``(n_l, n_{l-1})``, one after another."""
    name = type(network).__name__
    if not weights:
        raise DataError(f"{name} needs at least one weight matrix; got none.")
    for i, W in enumerate(weights):
        if W.ndim != 2 or 0 in W.shape:
            raise ShapeError(
                f"{name}: layer {i + 1} has shape {W.shape}; it is a matrix "
                "(n_l, n_{l-1}), of a single output W[None]."
            )
        if i and W.shape[1] != len(weights[i - 1]):
            raise ShapeError(
                f"{name}: layer {i + 1} has shape {W.shape} but layer {i} has "
                f"{weights[i - 1].shape}: its columns must equal the rows below it."
            )


def require_depth(network: type[AbstractNetwork], depth: object) -> None:
    """Raise `DataError` unless `depth` is a whole number above 0."""
    if not isinstance(depth, Integral) or depth < 1:
        raise DataError(
            f"{network.__name__}: depth counts layers, a whole number from 1 on; "
            f"got {depth}."
        )


def require_widths(network: type[AbstractNetwork], widths: Sequence) -> list[int]:
    """The widths as integers; `DataError` unless they are two or more, all above 0."""
    sizes = list(widths)
    whole = all(isinstance(m, int | np.integer) and m > 0 for m in sizes)
    if len(sizes) < 2 or not whole:
        raise DataError(
            f"{network.__name__}: widths are two or more whole numbers above 0, input "
            f"first and output last; got {sizes}."
        )
    return [int(m) for m in sizes]


def require_finite(network: AbstractNetwork) -> None:
    """Raise `DataError` unless every parameter is a finite number."""
    if not all(finite(leaf) for leaf in jax.tree.leaves(network)):
        raise DataError(
            f"{type(network).__name__} was given parameters that are not all finite."
        )
