"""What a loss says of itself, measured once where it is first used."""

from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np

from ..errors import DataError, ShapeError, TacitError
from ..identity import digest_of
from ..own_code import own_code
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
"""Outputs at which slopes are taken, each also so much further on."""

MOST = 1024
_TRUE: set[tuple] = set()


def require_true(loss: AbstractLoss, targets: np.ndarray) -> None:
    """Raise unless a loss that is not tacit's is what it says it is.

    `DataError` for a fact that is false on a few draws, and for a `pointwise` that JAX
    cannot trace; `ShapeError` where it returns more than a number.
    """
    if type(loss).__module__.partition(".")[0] == "tacit":
        return
    try:
        key = (digest_of(loss), own_code(loss), targets.shape[1:])
    except DataError:  # it holds what has no identity
        key = None
    if key in _TRUE:
        return
    rows = targets[
        np.linspace(0, len(targets) - 1, min(ROWS, len(targets))).astype(int)
    ]
    if isinstance(loss, AbstractPointwiseLoss):
        _require_numbers(loss, rows)
        _require_slopes(loss, rows)
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


def _require_slopes(loss: AbstractPointwiseLoss, rows: np.ndarray) -> None:
    """No slope in a single output above `slope_bound`, nor faster than `smoothness`."""
    if loss.slope_bound is None and loss.smoothness is None:
        return
    near, base = jnp.asarray(FAR), jnp.zeros(rows.shape[1:])
    place = (0,) * base.ndim

    def slope(at, target):
        return jax.grad(loss.pointwise)(base.at[place].set(at), target)[place]

    slopes = jax.vmap(jax.vmap(slope, (0, None)), (None, 0))
    some = jnp.asarray(np.unique(rows, axis=0)[:4])
    first = np.asarray(slopes(near, some))
    further = np.asarray(slopes(near + STEP, some))
    found = {
        "slope_bound": (np.abs(first).max(), "the slope of one sample's loss reaches"),
        "smoothness": (
            np.abs(further - first).max() / STEP,
            "the slope of one sample's loss changes by",
        ),
    }
    for fact, (most, says) in found.items():
        bound = getattr(loss, fact)
        if bound is not None and most > bound * (1 + OFF):
            per = "" if fact == "slope_bound" else " per unit of the output"
            raise _false(
                loss, f"{fact} = {bound}", f"{says} {most:.6g}{per}",
                f"a {fact} of at least that, or None if there is none",
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
                f"{fact} = False",
            )  # fmt: skip


def _value(loss: AbstractLoss, outputs: np.ndarray, rows: np.ndarray) -> float:
    return float(loss(jnp.asarray(outputs), jnp.asarray(rows)))


def _false(loss: AbstractLoss, said: str, found: str, way: str) -> DataError:
    return DataError(
        f"{type(loss).__name__} says {said}, but {found}. Theorems would be "
        f"asked of it that do not hold of it: say {way}."
    )
