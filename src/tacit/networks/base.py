"""What every network is."""

import abc
from collections.abc import Sequence
from numbers import Integral
from typing import Any, TYPE_CHECKING

import equinox as eqx
import jax
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float

from .._facts import Fact
from .._types import copied, float64, Matrix, Predictor, require_float64, Vector
from ..errors import DataError, ShapeError, Way


if TYPE_CHECKING:
    from typing import ClassVar as AbstractVar
else:
    from equinox import AbstractVar


class AbstractNetwork(eqx.Module):
    """A function of one input. Its leaves are exactly the parameters that train.

    To add one: subclass, declare the parameters as fields, define `__call__` for
    a *single* input; batching is `jax.vmap`'s business. State what differs of the facts
    below, as a field or a property. The suite measures `degree`.

    Every leaf is a float64 array of finite numbers; `DataError` at construction
    otherwise. A field that holds something else (a width, a function, a fixed number)
    is declared with ``equinox.field(static=True)``, and one that may be given in
    another type with ``equinox.field(converter=...)``. Nothing is converted unasked:
    float32 has lost its digits before tacit sees it.
    """

    layers = Fact[Any](lambda network: jax.tree.leaves(network))
    """The weights of one layer after another, the one that sees the input first: a list
    or an array ``(L, ...)``. Of a network that does not say, each of its arrays."""

    depth = Fact[int](lambda network: len(network.layers))
    """How many layers."""

    degree = Fact[int | None](lambda _: None)
    r"""The $D$ for which $f(c\theta) = c^D f(\theta)$, $c > 0$; None where there is
    none, or none is known."""

    kinked = Fact[bool](lambda _: False)
    """Whether its slope in the parameters jumps where a unit is 0, as a rectifier's."""

    features = Fact[int | None](lambda _: None)
    """How many features an input has; None where it does not say."""

    activation = Fact[Any](lambda _: None)
    """What acts on its units, a name or a function; None where nothing does."""

    biases = Fact[list[Array] | None](lambda _: None)
    """What is added to the units of its layers, one vector each; None for nothing."""

    def __check_init__(self):
        require_parameters(self)

    def __deepcopy__(self, memo: dict) -> "AbstractNetwork":
        del memo  # a compiled function in it would not survive Python's way
        return copied(self)

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


class AbstractLayered(AbstractNetwork):
    """A network whose neighbouring layers a gradient flow keeps in balance."""

    @abc.abstractmethod
    def imbalance(self) -> Float[Array, "..."]:
        """What of neighbouring layers the flow of any loss conserves, or would.

        Flat, or one row for every pair; empty for a single layer.
        """


class AbstractFullyConnected(AbstractLayered):
    """A network of weight matrices ``(n_l, n_{l-1})``, one after another."""

    layers: AbstractVar[list[Matrix]]

    features = Fact[int](lambda network: network.layers[0].shape[1])


def matrices(weights: Sequence) -> list[Array]:
    """The arrays of a list, as float64."""
    return [float64(W) for W in weights]


def require_chain(
    network: AbstractNetwork, what: str, weights: Sequence[Array]
) -> None:
    """Raise unless the field `what` is a chain of matrices ``(n_l, n_{l-1})``."""
    name = type(network).__name__
    if not weights:
        raise DataError(
            f"{name} needs at least one weight matrix; got none.", about=what
        )
    for i, W in enumerate(weights):
        if W.ndim != 2 or 0 in W.shape:
            raise ShapeError(
                f"{name}: layer {i + 1} has shape {W.shape}; it is a matrix "
                "(n_l, n_{l-1}), of a single output ",
                Way("W[None]", "[[...]]"),
                ".",
                about=what,
            )
        if i and W.shape[1] != len(weights[i - 1]):
            raise ShapeError(
                f"{name}: layer {i + 1} has shape {W.shape} but layer {i} has "
                f"{weights[i - 1].shape}: its columns must equal the rows below it.",
                about=what,
            )


def require_depth(network: type[AbstractNetwork], depth: object) -> None:
    """Raise `DataError` unless `depth` is a whole number above 0."""
    if not isinstance(depth, Integral) or depth < 1:
        raise DataError(
            f"{network.__name__}: depth counts layers, a whole number from 1 on; "
            f"got {depth}.",
            about="depth",
        )


def require_widths(network: type[AbstractNetwork], widths: Sequence) -> list[int]:
    """The widths as integers; `DataError` unless they are two or more, all above 0."""
    sizes = list(widths)
    whole = all(isinstance(m, int | np.integer) and m > 0 for m in sizes)
    if len(sizes) < 2 or not whole:
        raise DataError(
            f"{network.__name__}: widths are two or more whole numbers above 0, input "
            f"first and output last; got {sizes}.",
            about="widths",
        )
    return [int(m) for m in sizes]


def require_parameters(network: AbstractNetwork) -> None:
    """Raise `DataError` unless every leaf is a float64 array of finite numbers.

    And `PrecisionError` where JAX would not compute in float64.
    """
    name = type(network).__name__
    require_float64(name)
    leaves = jax.tree_util.tree_leaves_with_path(network)
    if not leaves:
        raise DataError(f"{name} has no parameter that could train: no array in it.")
    for path, leaf in leaves:
        place = jax.tree_util.keystr(path).lstrip(".")
        if not eqx.is_array_like(leaf) or isinstance(leaf, bool | int | float):
            raise DataError(
                f"{name}: {place} is {leaf!r}, not an array, so it cannot train. "
                "Declare the field static, `equinox.field(static=True)`, or make it an "
                "array."
            )
        if leaf.dtype != np.float64:
            raise DataError(
                f"{name}: {place} is {leaf.dtype}; parameters are float64. Make it "
                "after `import tacit` as jax.numpy.asarray(x, float), or declare the "
                "field with a converter that does."
            )
        if not isinstance(leaf, Tracer) and not np.all(np.isfinite(np.asarray(leaf))):
            raise DataError(
                f"{name} was given parameters that are not all finite; the first is "
                f"in {place}.",
                about=jax.tree_util.keystr(path[:1]).lstrip("."),
            )
