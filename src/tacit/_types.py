"""Shape vocabulary, and the two global settings.

``n`` samples, ``d`` features, ``L`` layers, ``k`` outputs, ``C`` classes, ``r`` columns
of a contrast, ``t`` recorded times.
"""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, PRNGKeyArray

from .compilation import keep_on_disk
from .errors import PrecisionError


# Conservation is read at 1e-13: float32 cannot show it. Set here and nowhere else.
jax.config.update("jax_enable_x64", True)  # noqa: FBT003
keep_on_disk()

P = ParamSpec("P")
T = TypeVar("T")
Scalar = Float[Array, ""]
Vector = Float[Array, " d"]  # a leading space keeps linters from reading a name
Matrix = Float[Array, "rows columns"]
Square = Float[Array, "d d"]
Predictor = Float[Array, "*k d"]
Outputs = Float[Array, "n *k"]
Targets = Float[Array, "n *c"]
Weights = Float[Array, " n"]
Design = Float[Array, "n d"]
Contrast = Float[Array, "d r"]
Layers = Float[Array, "L d"]
Key = PRNGKeyArray


def _wide() -> bool:
    """Whether JAX computes in 64 bits."""
    return bool(jax.config.read("jax_enable_x64"))


def float64(x: ArrayLike) -> Array:
    """A float64 JAX array of whatever array-like `x` is, whatever mode JAX is in."""
    if _wide():
        return jnp.asarray(x, dtype=jnp.float64)
    with jax.enable_x64():
        return jnp.asarray(x, dtype=jnp.float64)


def number(x: ArrayLike) -> float:
    """A number that a compiled function takes as an argument: another compiles nothing.

    0 stays what it is, a choice: of what is multiplied by it nothing is compiled.
    """
    value = float(np.asarray(x))
    return np.float64(value) if value else value


def absent(x: ArrayLike) -> bool:
    """Whether a `number` is 0; known also where the numbers are traced."""
    return isinstance(x, float) and not x


def in_float64(function: Callable[P, T]) -> Callable[P, T]:
    """`function`, computed in 64 bits in whatever mode JAX is."""

    @functools.wraps(function)
    def computed(*args: P.args, **kwargs: P.kwargs) -> T:
        if _wide():
            return function(*args, **kwargs)
        with jax.enable_x64():
            return function(*args, **kwargs)

    return computed


def require_float64(asker: str) -> None:
    """Raise `PrecisionError` where JAX would compute in 32 bits.

    Importing tacit switches 64 bits on; other code may switch them off again, and then
    arrays lose half their digits without a word.
    """
    if not _wide():
        raise PrecisionError(
            f"{asker} computes in float64, but JAX's 64-bit mode has been switched off "
            "since tacit was imported. Leave `with jax.enable_x64(False)`, or call "
            'jax.config.update("jax_enable_x64", True).'
        )


def copied(tree: T) -> T:
    """The tree with copies of its NumPy arrays; all else in it never changes."""
    return jax.tree.map(lambda x: x.copy() if isinstance(x, np.ndarray) else x, tree)
