"""The operations that PyTorch's exporter leaves of a model, in JAX."""

import math
import operator
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array


def convolution(x, weight, bias, stride, padding, dilation, transposed, _, groups):
    """A convolution of any number of places, as ``aten.convolution``."""
    if transposed:
        raise NotImplementedError("a transposed convolution")
    found = jax.lax.conv_general_dilated(
        x,
        weight,
        tuple(stride),
        [(p, p) for p in padding],
        rhs_dilation=tuple(dilation),
        feature_group_count=groups,
    )
    return found if bias is None else found + _beside(bias, found.ndim)


def layer_norm(x, shape, weight, bias, eps):
    """``aten.native_layer_norm``: the value, and two that no gradient needs."""
    axes = tuple(range(x.ndim - len(shape), x.ndim))
    found = _standard(x, axes, eps)
    found = found if weight is None else found * weight
    return found if bias is None else found + bias, None, None


def group_norm(x, weight, bias, batch, channels, _, groups, eps):
    """``aten.native_group_norm``."""
    parts = x.reshape(batch, groups, -1)
    found = _standard(parts, (2,), eps).reshape(x.shape)
    del channels
    found = found if weight is None else found * _beside(weight, x.ndim)
    return found if bias is None else found + _beside(bias, x.ndim), None, None


def batch_norm(x, weight, bias, mean, variance, _, eps):
    """``aten._native_batch_norm_legit_no_training``: with the statistics it keeps."""
    found = (x - _beside(mean, x.ndim)) / jnp.sqrt(_beside(variance, x.ndim) + eps)
    found = found if weight is None else found * _beside(weight, x.ndim)
    return found if bias is None else found + _beside(bias, x.ndim), None, None


def average_pool(x, size, stride=(), padding=(0, 0), *rest):
    """``aten.avg_pool2d`` without padding."""
    if any(padding) or any(r not in (False, True, None) for r in rest):
        raise NotImplementedError("average pooling with padding or a divisor")
    window, steps = _window(size, stride)
    zero = jnp.zeros((), x.dtype)
    total = jax.lax.reduce_window(x, zero, jax.lax.add, window, steps, "VALID")
    return total / math.prod(size)


def max_pool(x, size, stride=(), padding=(0, 0), dilation=(1, 1), *rest):
    """``aten.max_pool2d_with_indices``: the value, and no indices."""
    if any(d != 1 for d in dilation) or any(rest):
        raise NotImplementedError("max pooling with dilation or a ceiling")
    window, steps = _window(size, stride)
    sides = [(0, 0), (0, 0), *((p, p) for p in padding)]
    low = jnp.full((), -jnp.inf, x.dtype)
    return jax.lax.reduce_window(x, low, jax.lax.max, window, steps, sides), None


def gelu(x, approximate="none"):
    """``aten.gelu``, exact or by the hyperbolic tangent."""
    return jax.nn.gelu(x, approximate=approximate == "tanh")


def elu(x, alpha=1.0, scale=1.0, input_scale=1.0):
    """``aten.elu``, which SELU and CELU are made of."""
    below = alpha * jnp.expm1(jnp.minimum(x, 0.0) * input_scale)
    return scale * jnp.where(x > 0, x, below)


def view(x, shape):
    """A reshape; one extent may be -1."""
    return x.reshape(tuple(shape))


def expand(x, shape):
    """Repeat along axes of extent 1; -1 leaves an axis as it is."""
    old = (1,) * (len(shape) - x.ndim) + x.shape
    new = [o if s == -1 else s for o, s in zip(old, shape, strict=True)]
    return jnp.broadcast_to(x, tuple(new))


def cut(x, axis=0, start=None, end=None, step=1):
    """``aten.slice``."""
    where = [slice(None)] * x.ndim
    where[axis] = slice(start, None if end is None else min(end, x.shape[axis]), step)
    return x[tuple(where)]


def split(x, sizes, axis=0):
    """``aten.split_with_sizes``."""
    ends = [sum(sizes[: i + 1]) for i in range(len(sizes) - 1)]
    return jnp.split(x, ends, axis)


def mean(x, axes=None, keep: bool = False):  # noqa: FBT001, FBT002
    """``aten.mean``."""
    return jnp.mean(x, axis=None if axes is None else tuple(axes), keepdims=keep)


def total(x, axes=None, keep: bool = False):  # noqa: FBT001, FBT002
    """``aten.sum``."""
    return jnp.sum(x, axis=None if axes is None else tuple(axes), keepdims=keep)


def scaled(function: Callable) -> Callable:
    """An operation whose second argument may come with a factor ``alpha``."""
    return lambda a, b, alpha=1: function(a, b if alpha == 1 else alpha * b)


def _beside(x: Array, ndim: int) -> Array:
    """A vector over channels, ready to meet an array ``(batch, channels, ...)``."""
    return x.reshape(-1, *[1] * (ndim - 2))


def _standard(x, axes, eps):
    apart = x - jnp.mean(x, axis=axes, keepdims=True)
    variance = jnp.mean(apart**2, axis=axes, keepdims=True)
    return apart / jnp.sqrt(variance + eps)


def _window(size, stride):
    size = tuple(size)
    return (1, 1, *size), (1, 1, *(stride or size))


OPERATIONS: dict[str, Callable[..., Any]] = {
    "_native_batch_norm_legit_no_training": batch_norm,
    "_softmax": lambda x, axis, _: jax.nn.softmax(x, axis),
    "abs": jnp.abs,
    "add": scaled(operator.add),
    "addmm": lambda b, x, y: b + x @ y,
    "alias": lambda x: x,
    "any": lambda x, axis, keep=False: jnp.any(x, axis, keepdims=keep),
    "avg_pool2d": average_pool,
    "bmm": operator.matmul,
    "cat": lambda xs, axis=0: jnp.concatenate(list(xs), axis),
    "clone": lambda x, **_: x,
    "convolution": convolution,
    "cos": jnp.cos,
    "div": operator.truediv,
    "elu": elu,
    "eq": operator.eq,
    "erf": jax.scipy.special.erf,
    "exp": jnp.exp,
    "expand": expand,
    "full": lambda shape, value, **_: jnp.full(tuple(shape), float(value)),
    "full_like": lambda x, value, **_: jnp.full_like(x, value),
    "ge": operator.ge,
    "gelu": gelu,
    "gt": operator.gt,
    "hardtanh": lambda x, low=-1.0, high=1.0: jnp.clip(x, low, high),
    "le": operator.le,
    "leaky_relu": lambda x, slope=0.01: jnp.where(x > 0, x, slope * x),
    "log": jnp.log,
    "log1p": jnp.log1p,
    "logical_not": jnp.logical_not,
    "lt": operator.lt,
    "max_pool2d_with_indices": max_pool,
    "maximum": jnp.maximum,
    "mean": mean,
    "minimum": jnp.minimum,
    "mm": operator.matmul,
    "mul": operator.mul,
    "native_group_norm": group_norm,
    "native_layer_norm": layer_norm,
    "neg": operator.neg,
    "permute": lambda x, axes: jnp.transpose(x, tuple(axes)),
    "pow": lambda x, power: x**power,
    "reciprocal": lambda x: 1 / x,
    "relu": jax.nn.relu,
    "rsqrt": lambda x: 1 / jnp.sqrt(x),
    "select": lambda x, axis, index: jnp.take(x, index, axis=axis),
    "sigmoid": jax.nn.sigmoid,
    "sin": jnp.sin,
    "slice": cut,
    "split_with_sizes": split,
    "sqrt": jnp.sqrt,
    "squeeze": lambda x, axes: jnp.squeeze(
        x, tuple(axes) if isinstance(axes, list | tuple) else axes
    ),
    "sub": scaled(operator.sub),
    "sum": total,
    "t": jnp.transpose,
    "tanh": jnp.tanh,
    "transpose": jnp.swapaxes,
    "unsqueeze": jnp.expand_dims,
    "view": view,
    "where": jnp.where,
}
"""By the name of the operation in PyTorch's core set, without its overload."""
