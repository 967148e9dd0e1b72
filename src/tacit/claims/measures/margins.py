r"""How far a run still is from the direction of largest margin, by its own slope.

The slope of the risk is a mixture of the samples $y_i x_i$, and no direction has a
margin above the length of a mixture: the difference between the two bounds what is left
of the way.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from ...experiment import Experiment
from ...losses import AbstractMarginLoss
from ...oracles import max_margin
from ...oracles.samples import signed_rows
from ...risk import Risk
from ...training import Trajectory
from ..parts import Term, Unmeasured


Rows = Float[np.ndarray, "n d"]


def rows_of(experiment: Experiment) -> tuple[Rows, np.ndarray]:
    """The samples ``y_i x_i`` ``(n, d)`` and their weights ``(n,)``, of sum 1."""
    return signed_rows(experiment.risk.problem, "this claim")


def logarithms(risk: Risk, margins: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""The logarithm of the loss at every margin, and $|\ell'|/\ell$ there."""
    if not isinstance(risk.loss, AbstractMarginLoss):
        raise Unmeasured("it is about losses of a margin")
    values, slopes = _logarithms(risk.loss, jnp.asarray(np.ravel(margins)))
    shape = np.shape(margins)
    return np.asarray(values).reshape(shape), np.abs(np.asarray(slopes)).reshape(shape)


@eqx.filter_jit
def _logarithms(loss, margins):
    def log(margin):
        return loss.log_pointwise(margin[None], jnp.ones(1))

    return jax.vmap(jax.value_and_grad(log))(margins)


def shares(risk: Risk, w: np.ndarray) -> np.ndarray:
    """The part of every sample in the slope of the risk, along the last axis, at `w`.

    `w` is one predictor or several, one a row. They are of sum 1.
    """
    rows, mass = signed_rows(risk.problem, "this claim")
    values, slopes = logarithms(risk, np.asarray(w) @ rows.T)
    with np.errstate(divide="ignore"):
        logs = values + np.log(slopes) + np.log(mass)
    p = np.exp(logs - logs.max(axis=-1, keepdims=True))
    return p / p.sum(axis=-1, keepdims=True)


def turn_left(run: Trajectory) -> float:
    r"""How far the direction of the predictor may be from the margin's, in the end.

    For a unit vector of least margin `m`, $\|u - \bar u\|^2 \le 2(1 - m/\gamma)$.
    Here $\gamma$ is at most the length of the mixture of the samples in the slope, and
    with an exponential tail the mean margin in it is at most the logarithm of one over
    the least weight above the least.
    """
    w = np.asarray(run.network.predictor())
    rows, mass = rows_of(run.experiment)
    mixed = shares(run.experiment.risk, w) @ rows
    size, far = float(np.linalg.norm(mixed)), float(np.linalg.norm(w))
    slack = float(np.log(1 / mass[mass > 0].min())) / far
    short = size - float(mixed @ w) / far + slack
    return float(np.sqrt(2 * max(short, 0.0) / size))


def beside(run: Trajectory, support: np.ndarray, w: np.ndarray) -> np.ndarray:
    """The part of the slope that samples off the support still have, at each `w`."""
    return np.asarray(np.sum(shares(run.experiment.risk, w)[..., ~support], axis=-1))


def in_time(run: Trajectory) -> np.ndarray:
    """Which records are of the flow itself, not of its limit on the least margins."""
    begin = run.asymptotic_from
    return np.asarray(run.times) <= (np.inf if begin is None else begin)


def still_to_turn(size: float) -> Term:
    """What is left of the way to the direction of the margin."""
    reason = "the residual over the norm, or how far the slope is from the predictor"
    return Term("what is left of the way", size, reason, "a longer run")


def fallen(run: Trajectory) -> float:
    """The risk in the end over that at the start, of a run that watched `LogRisk`."""
    start = jnp.asarray(run.experiment.network.predictor())
    first = float(run.experiment.risk.log_criterion(start))
    return float(np.exp(float(run.seen["LogRisk"][-1]) - first))


def still_to_fall(run: Trajectory) -> Term:
    r"""What the risk may still be, over that of the start, by its slope.

    $\|\nabla R\| \ge \gamma\,\mathrm{mean}|\ell'|$, and a loss is at most the largest
    $\ell/|\ell'|$ of the sample times its slope.
    """
    risk, w = run.experiment.risk, run.network.predictor()
    over = float(jnp.linalg.norm(risk.log_slope(w))) / max_margin(risk.problem).margin
    steep = logarithms(risk, rows_of(run.experiment)[0] @ np.asarray(w))[1]
    size = float(fallen(run) * over / np.min(steep))
    reason = "the slope where the run ends, over the margin"
    return Term("what is left of the risk", size, reason, "a longer run")
