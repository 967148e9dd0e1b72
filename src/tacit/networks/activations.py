"""Activations by name, and the refusal of functions that cannot be one."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .. import _types  # noqa: F401 - it switches float64 on
from ..errors import DataError, OptionError, ShapeError
from ..own_code import remembered


ACTIVATIONS: dict[str, Callable] = {
    "arctan": jnp.arctan,
    "cos": jnp.cos,
    "cube": lambda z: z**3,
    "elu": jax.nn.elu,
    "erf": jax.scipy.special.erf,
    "exp": jnp.exp,
    "gelu": lambda z: jax.nn.gelu(z, approximate=False),
    "identity": lambda z: z,
    "leaky_relu": jax.nn.leaky_relu,
    "mish": lambda z: z * jnp.tanh(jax.nn.softplus(z)),
    "relu": jax.nn.relu,
    "relu_squared": lambda z: jax.nn.relu(z) ** 2,
    "selu": jax.nn.selu,
    "sigmoid": jax.nn.sigmoid,
    "silu": jax.nn.silu,
    "sin": jnp.sin,
    "softplus": jax.nn.softplus,
    "softsign": jax.nn.soft_sign,
    "square": lambda z: z**2,
    "tanh": jnp.tanh,
}

DEGREES = {
    "cube": 3,
    "identity": 1,
    "leaky_relu": 1,
    "relu": 1,
    "relu_squared": 2,
    "square": 2,
}
"""The degrees of those that are homogeneous."""

PROBES = np.array([-10.0, -3.0, -1.0, -0.1, 0.0, 0.1, 1.0, 3.0, 10.0])
"""Where a function must have a value and a slope to be an activation. Zero is among
them: near a saddle every unit is there."""


def activation_of(given: str | Callable) -> Callable:
    """The activation of this name, or the function itself.

    Raises `OptionError` for an unknown name and `DataError` or `ShapeError` for a
    function that gradient training cannot use, saying where it fails.
    """
    if isinstance(given, str):
        if given not in ACTIVATIONS:
            raise OptionError("activation", given, ACTIVATIONS)
        return ACTIVATIONS[given]
    if not callable(given):
        raise DataError(
            f"an activation is a name or a function of an array; got {given!r}. "
            f"Names: {', '.join(ACTIVATIONS)}.",
            about="activation",
        )
    _probed(given)
    return given


def degree_of(activation: str | Callable) -> int | None:
    r"""The $p$ with $\sigma(cz) = c^p\sigma(z)$ for $c > 0$, where one is known."""
    return DEGREES.get(activation) if isinstance(activation, str) else None


def composed_degree(activation: str | Callable, depth: int) -> int | None:
    """The degree in the weights of `depth` layers with this activation between them."""
    if depth == 1:
        return 1
    power, degree = degree_of(activation), 1
    if power is None:
        return None
    for _ in range(depth - 1):
        degree = power * degree + 1
    return degree


def called(activation: str | Callable) -> str:
    """What to call an activation in words."""
    if isinstance(activation, str):
        return activation
    return getattr(activation, "__name__", type(activation).__name__)


def values_and_slopes(
    sigma: Callable, z: Float[Array, "*s"]
) -> tuple[Float[Array, "*s"], Float[Array, "*s"]]:
    """The activation and its derivative, both at every entry of `z`."""
    return jax.jvp(sigma, (z,), (jnp.ones_like(z),))


@remembered(maxsize=256)
def kinked(sigma: Callable) -> bool:
    """Whether the slope jumps at 0, as that of a rectifier does.

    By a millionth of its slopes: a jump below that disturbs no integration.
    """
    with jax.ensure_compile_time_eval():
        around = jnp.asarray([-1e-9, 1e-9, *PROBES])
        left, right, *probed = np.asarray(values_and_slopes(sigma, around)[1])
    return bool(abs(left - right) > 1e-6 * np.nanmax(np.abs(probed)))


@remembered(maxsize=256)
def _probed(sigma):
    name = called(sigma)
    with jax.ensure_compile_time_eval():
        z = jnp.asarray(PROBES)
        try:
            value, slope = jax.jvp(sigma, (z,), (jnp.ones_like(z),))
        except Exception as error:
            raise DataError(
                f"activation {name} cannot be computed and differentiated on an array: "
                f"{str(error).splitlines()[0]}. Write it with jax.numpy, of one array.",
                about="activation",
            ) from error
    if value.shape != PROBES.shape:
        raise ShapeError(
            f"activation {name} maps an array {PROBES.shape} to {value.shape}; it "
            "works entry by entry. Write it so.",
            about="activation",
        )
    if value.dtype != z.dtype:
        raise DataError(
            f"activation {name} makes {value.dtype} of {z.dtype}; training is in "
            f"{z.dtype}. Leave the type alone.",
            about="activation",
        )
    for what, found in (("value", value), ("slope", slope)):
        bad = ~np.isfinite(np.asarray(found))
        if bad.any():
            raise DataError(
                f"activation {name} has no finite {what} at z = {PROBES[bad][0]:g}, "
                "where units may be: the flow would stop there. Smooth it (softplus "
                "for a logarithm, sqrt(z**2 + c) for a root).",
                about="activation",
            )
    if not np.any(np.asarray(slope)):
        raise DataError(
            f"activation {name} is a step: its slope is 0 wherever it has one, so no "
            "weight below it would ever move. Use a smooth step (sigmoid, tanh).",
            about="activation",
        )
