"""What a loss says of itself, measured once where it is first used."""

from collections.abc import Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..errors import DataError, ShapeError, TacitError
from ..identity import digest_of
from ..own_code import own_code
from ..problems import Problem
from .base import AbstractLoss, AbstractMarginLoss, AbstractPointwiseLoss


ROWS = 24
"""Samples that a loss is tried on."""

OFF = 1e-6
"""What rounding may make of equal numbers, of their size."""

UNTRACED = (
    jax.errors.ConcretizationTypeError,
    jax.errors.TracerArrayConversionError,
)
"""What JAX raises where a number is wanted of what has none yet."""

FAR = np.linspace(-30.0, 30.0, 121)
STEP = 1e-3
"""Outputs, less the target, at which slopes are taken; each also so much further on."""

MOST = 1024
_TRUE: set[tuple] = set()


def require_true(loss: AbstractLoss, problem: Problem) -> None:
    """Raise unless a loss that is not tacit's is what it says it is.

    `DataError` for a fact that is false on a few draws, and for a `pointwise` that JAX
    cannot trace; `ShapeError` where it returns more than a number.
    """
    if type(loss).__module__.partition(".")[0] == "tacit":
        return
    if loss.numbers_classes and len(problem.classes) > 2:
        # Of many classes a few rows would hold one sample each: no scatter within.
        rows = np.eye(3)[np.arange(ROWS) % 3]
    else:
        some = np.linspace(0, problem.n - 1, min(ROWS, problem.n)).astype(int)
        rows = np.asarray(problem.targets[some])
    try:
        key = (digest_of(loss), own_code(loss), rows.shape[1:])
    except DataError:  # it holds what has no identity
        key = None
    if key in _TRUE:
        return
    if isinstance(loss, AbstractPointwiseLoss):
        _require_numbers(loss, rows)
        along = _along(loss, rows)
        _require_shape(loss, along)
        _require_bounds(loss, along)
    for outputs in _draws(rows):
        _require_free(loss, outputs, rows)
    if len(_TRUE) >= MOST:
        _TRUE.clear()
    if key is not None:
        _TRUE.add(key)


def _require_numbers(loss: AbstractPointwiseLoss, rows: np.ndarray) -> None:
    """A single number from each function of one sample."""
    names = ["pointwise", *["log_pointwise"] * isinstance(loss, AbstractMarginLoss)]
    one = jax.ShapeDtypeStruct(rows.shape[1:], np.float64)
    for name in names:
        called = f"{type(loss).__name__}.{name}"
        try:
            made = jax.eval_shape(getattr(loss, name), one, one)
        except TacitError:
            raise
        except (
            jax.errors.ConcretizationTypeError,
            jax.errors.TracerArrayConversionError,
        ):
            raise DataError(
                f"{called} takes the number out of what it is given, as NumPy, `if`, "
                "`max` and `float` do. It is differentiated and run on whole batches: "
                "write it with jax.numpy (jnp.maximum, jnp.where)."
            ) from None
        except (TypeError, ValueError) as error:
            raise ShapeError(
                f"{called} cannot be computed for an output and a target of shape "
                f"{one.shape}: {str(error).splitlines()[0]}"
            ) from error
        if np.shape(made) != ():
            raise ShapeError(
                f"{called} must return one number for one sample; for an output and a "
                f"target of shape {one.shape} it has shape {np.shape(made)}. Sum over "
                "the outputs: jnp.sum."
            )


class _Along(NamedTuple):
    """A loss of one sample along one output, the others at 0: ``(outputs, targets)``.

    `slopes` are at the outputs `at`, `further` a `STEP` on; 0 and not `known` is
    what overflows.
    """

    at: np.ndarray
    targets: np.ndarray
    values: np.ndarray
    slopes: np.ndarray
    further: np.ndarray
    known: np.ndarray


def _along(loss: AbstractPointwiseLoss, rows: np.ndarray) -> _Along:
    base = jnp.zeros(rows.shape[1:])
    place = (0,) * base.ndim
    some = jnp.asarray(np.unique(rows, axis=0)[:4])
    at = jnp.asarray(FAR)[:, None] + some[(slice(None), *place)][None]

    def one(at, target):
        return loss.pointwise(base.at[place].set(at), target)

    values, slopes = (jax.vmap(jax.vmap(of), (0, None)) for of in (one, jax.grad(one)))
    found = values(at, some), slopes(at, some), slopes(at + STEP, some)
    found = [np.asarray(each) for each in found]
    known = np.all([np.isfinite(each) for each in found], axis=0)
    found = [np.where(known, each, 0.0) for each in found]
    return _Along(np.asarray(at), np.asarray(some), *found, known)


def _require_shape(loss: AbstractPointwiseLoss, along: _Along) -> None:
    """Convex, nowhere below 0, and with a minimum to reach if it says so."""
    general = "write it as an AbstractLoss, which says nothing of single samples"
    steepest = np.maximum(np.abs(along.slopes), np.abs(along.further))
    bends = along.further - along.slopes + OFF * (1 + steepest)
    if bends.min() < 0:
        at, of = np.unravel_index(np.argmin(bends), bends.shape)
        raise _false(
            loss, "that it is convex in the output, as all of its kind are",
            f"its slope falls at the output {along.at[at, of]:.4g} for the target "
            f"{along.targets[of]}", general,
        )  # fmt: skip
    lowest = along.values.min()
    if lowest < -OFF:
        raise _false(
            loss, "that it is at least 0, as all of its kind are",
            f"it is {lowest:.6g} on one sample", f"add a constant, or {general}",
        )  # fmt: skip
    single = along.targets.ndim == 1  # of several outputs one may pull at another
    away = (along.slopes[0] > 0) | (along.slopes[-1] < 0)
    if single and loss.attained and np.any(along.known.all(axis=0) & away):
        raise _false(
            loss, "attained = True", "it falls as far out as was looked",
            "say attained = False",
        )  # fmt: skip


def _require_bounds(loss: AbstractPointwiseLoss, along: _Along) -> None:
    """No slope above `slope_bound`, and none that changes faster than `smoothness`."""
    turns = np.abs(along.further - along.slopes) / STEP
    found = {
        "slope_bound": (np.abs(along.slopes), "the slope of one sample's loss reaches"),
        "smoothness": (turns, "the slope of one sample's loss changes by"),
    }
    for fact, (sizes, says) in found.items():
        bound, most = getattr(loss, fact), sizes.max()
        if bound is not None and most > bound * (1 + OFF):
            per = "" if fact == "slope_bound" else " per unit of the output"
            raise _false(
                loss, f"{fact} = {bound}", f"{says} {most:.6g}{per}",
                f"say a {fact} of at least that, or None if there is none",
            )  # fmt: skip


def _draws(rows: np.ndarray) -> Iterator[np.ndarray]:
    """Outputs for these targets, of several sizes."""
    rng = np.random.default_rng(0)
    for scale in (0.3, 1.0, 3.0):
        yield scale * rng.standard_normal(rows.shape)


def _require_free(loss: AbstractLoss, outputs: np.ndarray, rows: np.ndarray) -> None:
    """Nothing changes where the loss says so."""
    rng = np.random.default_rng(1)
    k = outputs.shape[1] if outputs.ndim == 2 else 1
    mix = rng.standard_normal((k, k)) + 2 * np.eye(k) if k > 1 else -2 * np.eye(1)
    turn = np.linalg.qr(mix)[0] if k > 1 else -np.eye(1)
    shift = rng.standard_normal(outputs.shape[1:])

    def mixed(by: np.ndarray) -> np.ndarray:
        return outputs @ by.T if outputs.ndim == 2 else by[0, 0] * outputs

    moved = {
        "scale_free": (2 * outputs, "all outputs were doubled"),
        "basis_free": (mixed(mix), "the outputs were mixed by a matrix"),
        "rotation_free": (mixed(turn), "the outputs were turned"),
        "shift_free": (outputs + shift, "all outputs were shifted alike"),
    }
    said = [fact for fact in moved if getattr(loss, fact)]
    if not said:
        return
    try:
        before = _value(loss, outputs, rows)
    except Exception:  # it is for outputs of other shapes: these say nothing
        return
    for fact in said:
        outputs_then, event = moved[fact]
        after = _value(loss, outputs_then, rows)
        off = abs(after - before)
        if np.isfinite(off) and off > OFF * (abs(before) + abs(after) + OFF):
            raise _false(
                loss, f"{fact} = True",
                f"the loss went from {before:.6g} to {after:.6g} when {event}",
                f"say {fact} = False",
            )  # fmt: skip


def _value(loss: AbstractLoss, outputs: np.ndarray, rows: np.ndarray) -> float:
    return float(loss(jnp.asarray(outputs), jnp.asarray(rows)))


def _false(loss: AbstractLoss, said: str, found: str, way: str) -> DataError:
    return DataError(
        f"{type(loss).__name__} says {said}, but {found}. Theorems would be "
        f"asked of it that do not hold of it: {way}."
    )
