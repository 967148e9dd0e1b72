"""Shape vocabulary, and the two global settings.

``n`` samples, ``d`` features, ``L`` layers, ``k`` outputs, ``C`` classes, ``r`` columns
of a contrast, ``t`` recorded times.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, ArrayLike, Float, PRNGKeyArray

from .compilation import keep_on_disk


# Conservation is read at 1e-13: float32 cannot show it. Set here and nowhere else.
jax.config.update("jax_enable_x64", True)  # noqa: FBT003
keep_on_disk()

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


def float64(x: ArrayLike) -> Array:
    """A float64 JAX array of whatever array-like `x` is."""
    return jnp.asarray(x, dtype=jnp.float64)


def finite(x: Array) -> bool:
    """Whether all of `x` is finite; True for a value that is not known yet."""
    return isinstance(x, Tracer) or bool(jnp.all(jnp.isfinite(x)))


def number(x: ArrayLike) -> float:
    """A number that a compiled function takes as an argument: another compiles nothing.

    0 stays what it is, a choice: of what is multiplied by it nothing is compiled.
    """
    value = float(x)
    return np.float64(value) if value else value


def absent(x: ArrayLike) -> bool:
    """Whether a `number` is 0; known also where the numbers are traced."""
    return isinstance(x, float) and not x
