"""The predictor along a run, its slopes, and integrals over time."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ...experiment import Experiment, N
from ...risk import Risk
from ...training import Trajectory
from ..parts import Unmeasured


LEAST = 32
"""Records that a spline of degree 7 through every fourth one needs."""

RESOLVED = 16
"""How much worse a spline through half the records is where they resolve a function:
256 times in the end."""


@eqx.filter_jit
def gradient(risk: Risk, network: N) -> N:
    """The gradient of the risk in one compiled piece: by parts it takes seconds."""
    return risk.gradient(network)


def along(run: Trajectory) -> tuple[np.ndarray, np.ndarray]:
    """Times from 0 on and the predictor at them, of a run that watched it."""
    times, w = np.asarray(run.times), np.asarray(run.seen["LinearPredictor"])
    if times[0] == 0:
        return times, w
    first = np.asarray(run.experiment.network.predictor())
    return np.append(0.0, times), np.concatenate([first[None], w])


def slopes(experiment: Experiment, w: np.ndarray) -> np.ndarray:
    """The slope of the risk at every predictor in `w`, ``(t, d)`` or ``(t, k, d)``."""
    shape = np.shape(experiment.network.predictor())
    found = _slopes(experiment.risk, jnp.asarray(w.reshape(-1, *shape)))
    return np.asarray(found).reshape(w.shape)


@eqx.filter_jit
def _slopes(risk, w):
    return jax.vmap(risk.slope)(w)


def slope_size(experiment: Experiment, w: np.ndarray) -> float:
    """The size that the slope has where its terms do not cancel.

    The largest at the predictors `w`, one a row, and at three drawn anew of the length
    of the first: at an optimum the slope itself is nothing but rounding.
    """
    draws = np.random.default_rng(5).standard_normal((3, *w.shape[1:]))
    axes = tuple(range(1, w.ndim))
    draws *= np.linalg.norm(w[0]) / np.sqrt(np.sum(draws**2, axis=axes, keepdims=True))
    found = slopes(experiment, np.concatenate([w, draws]))
    return float(np.max(np.sqrt(np.sum(found**2, axis=axes))))


def over_time(times: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, float]:
    """The integral of `values` from 0 to every one of `times`, and its relative error.

    It is that of the spline of degree 7 through all records. The error is that of the
    spline through every other record, which at order 8 is 256 times as far off; where
    that through every fourth is not `RESOLVED` times worse still, the records do not
    resolve what they follow, and so many times the worse of the two is taken: of an
    escape between a few records four times was too little. `Unmeasured` if there are
    fewer than 32 records.
    """
    from scipy.interpolate import make_interp_spline  # half a second, for few claims

    if len(times) < LEAST:
        raise Unmeasured(
            f"an integral over time needs {LEAST} records; this run has {len(times)}"
        )
    if not np.all(np.isfinite(values)):
        return np.full_like(values, np.nan), np.inf
    total, half, quarter = (
        make_interp_spline(times[::k], values[::k], k=7).antiderivative()(times)
        for k in (1, 2, 4)
    )
    near, far = (
        np.max(np.abs((total - half)[::2])),
        np.max(np.abs((half - quarter)[::4])),
    )
    resolved, size = far > RESOLVED * near, np.max(np.abs(total))
    off = near if resolved else RESOLVED * max(near, far)
    return total, float(off / size) if size else 0.0
