"""Evaluating a JAX function exactly: in residues modulo a prime, or in fractions.

A function made of sums and products is traced once, derivatives and all, and its
operations are carried out on whole arrays of ring elements. What is no such function
says so, naming the operation.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..errors import DataError
from .rings import AbstractRing


class NotExactError(DataError):
    """A function that a ring cannot evaluate: it is no polynomial, or no fraction."""


class Exact:
    """`function` of arrays, traced for arguments of these shapes.

    Calling it with a ring and arrays of its elements gives arrays of its elements.
    Raises `NotExactError` at the call for an operation the ring does not have.
    """

    def __init__(self, function: Callable, *shapes: Any):
        closed, out = jax.make_jaxpr(function, return_shape=True)(*shapes)
        self.jaxpr, self.consts = closed.jaxpr, closed.consts
        self.structure = jax.tree.structure(out)

    def __call__(self, ring: AbstractRing, *arguments: Any) -> Any:
        flat = jax.tree.leaves(arguments)
        consts = [_constant(ring, c) for c in self.consts]
        found = _run(ring, self.jaxpr, consts, flat)
        return jax.tree.unflatten(self.structure, found)


def _constant(ring, value):
    array = np.asarray(value)
    return ring.lift(array) if array.dtype.kind == "f" else array


def _run(ring, jaxpr, consts: Sequence, arguments: Sequence) -> list:
    values = dict(zip(jaxpr.constvars, consts, strict=True))
    values.update(zip(jaxpr.invars, arguments, strict=True))

    def read(atom):
        if hasattr(atom, "val"):
            return _constant(ring, atom.val)
        return values[atom]

    for equation in _needed(jaxpr):
        inputs = [read(atom) for atom in equation.invars]
        outputs = _step(ring, equation, inputs)
        values.update(zip(equation.outvars, outputs, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def _needed(jaxpr):
    """The equations whose results are used: tracing leaves many that are not."""
    wanted = {atom for atom in jaxpr.outvars if not hasattr(atom, "val")}
    kept = []
    for equation in reversed(jaxpr.eqns):
        if wanted.intersection(equation.outvars):
            kept.append(equation)
            wanted.update(a for a in equation.invars if not hasattr(a, "val"))
    return reversed(kept)


def _step(ring, equation, inputs):
    name, params = equation.primitive.name, equation.params
    inner = params.get("jaxpr") or params.get("call_jaxpr")
    if inner is not None and name in CALLS:
        consts = [_constant(ring, c) for c in getattr(inner, "consts", ())]
        return _run(ring, getattr(inner, "jaxpr", inner), consts, inputs)
    exact = [ring.holds(x) for x in inputs]
    if not any(exact) and name not in ("convert_element_type", "broadcast_in_dim"):
        return _as_jax(equation, inputs)  # indices, which are plain whole numbers
    if name == "split":
        ends = np.cumsum(params["sizes"])
        cuts = zip(ends - params["sizes"], ends, strict=True)
        return [ring.restructured(_taken(a, b), inputs, params) for a, b in cuts]
    if name == "unstack":
        axis = params["axis"]
        numbers = range(inputs[0].shape[axis])
        return [ring.restructured(_picked(i), inputs, params) for i in numbers]
    if name in STRUCTURE:
        return [ring.restructured(STRUCTURE[name], inputs, params)]
    if name in ("gather", "dynamic_slice"):
        where = _numbers(equation, inputs)
        moved = lambda x, params: x.reshape(-1)[where]  # noqa: ARG005, E731
        return [ring.restructured(moved, inputs[:1], params)]
    if name == "convert_element_type":
        floating = np.dtype(params["new_dtype"]).kind == "f"
        plain = not exact[0] or inputs[0].dtype == bool
        return [
            ring.lift(np.asarray(inputs[0], float)) if floating and plain else inputs[0]
        ]
    if name in SAME:
        return inputs
    if name in ring.plain:
        return [ring.plain[name](*inputs)]
    if name in ring.shaped:
        return [ring.shaped[name](*inputs, params)]
    raise NotExactError(f"{name} is no operation on {ring.name}")


def _as_jax(equation, inputs):
    found = equation.primitive.bind(*map(jnp.asarray, inputs), **equation.params)
    many = equation.primitive.multiple_results
    return [np.asarray(x) for x in (found if many else [found])]


def _numbers(equation, inputs):
    """Where entries come from, for what only moves them about."""
    source, *rest = inputs
    numbers = jnp.arange(source.size).reshape(source.shape)
    where = np.asarray(
        equation.primitive.bind(numbers, *map(jnp.asarray, rest), **equation.params)
    )
    if np.any((where < 0) | (where >= max(source.size, 1))):
        raise NotExactError(f"{equation.primitive.name} reads beyond its array")
    return where


def _taken(begin, end):
    return lambda x, params: np.take(x, np.arange(begin, end), axis=params["axis"])


def _picked(number):
    return lambda x, params: np.take(x, number, axis=params["axis"])


def _broadcast(x, params):
    shape = [1] * len(params["shape"])
    for own, axis in enumerate(params["broadcast_dimensions"]):
        shape[axis] = x.shape[own]
    return np.broadcast_to(np.reshape(x, shape), params["shape"])


def _slice(x, params):
    strides = params["strides"] or (1,) * x.ndim
    bounds = zip(params["start_indices"], params["limit_indices"], strides, strict=True)
    return x[tuple(slice(*bound) for bound in bounds)]


def _pad(x, fill, params):
    config = params["padding_config"]
    wide = [(max(low, 0), max(high, 0), inside) for low, high, inside in config]
    spread = [
        n + max(n - 1, 0) * inside
        for n, (*_, inside) in zip(x.shape, wide, strict=True)
    ]
    shape = [low + high + n for n, (low, high, _) in zip(spread, wide, strict=True)]
    padded = np.full(shape, fill, dtype=x.dtype)
    inner = (
        slice(low, low + n, inside + 1)
        for n, (low, _, inside) in zip(spread, wide, strict=True)
    )
    padded[tuple(inner)] = x
    cut = (
        slice(max(-low, 0), n - max(-high, 0))
        for n, (low, high, _) in zip(shape, config, strict=True)
    )
    return padded[tuple(cut)]


CALLS = {
    "checkpoint", "closed_call", "core_call", "custom_jvp_call", "custom_vjp_call",
    "custom_vjp_call_jaxpr", "jit", "pjit", "remat",
}  # fmt: skip
SAME = {"copy", "copy_p", "optimization_barrier", "reduce_precision", "stop_gradient"}
STRUCTURE: dict[str, Callable] = {
    "broadcast_in_dim": _broadcast,
    "concatenate": lambda *a: np.concatenate(a[:-1], axis=a[-1]["dimension"]),
    "expand_dims": lambda x, params: np.expand_dims(x, params["dimensions"]),
    "pad": _pad,
    "reshape": lambda x, params: np.reshape(x, params["new_sizes"]),
    "rev": lambda x, params: np.flip(x, params["dimensions"]),
    "slice": _slice,
    "squeeze": lambda x, params: np.squeeze(x, tuple(params["dimensions"])),
    "stack": lambda *a: np.stack(a[:-1], axis=a[-1]["axis"]),
    "transpose": lambda x, params: np.transpose(x, params["permutation"]),
}  # fmt: skip
