r"""How far a run still is from the direction that maximises J, by its last slope.

With $u$ the multiple of the predictor that has $u^\top S_w u = \delta\cdot u$, J's
maximiser on a cone is the $u$ nearest to $S_w^{-1}\delta$ in the norm of $S_w$: a
projection, whose conditions of Karush, Kuhn and Tucker bound the distance to it.
"""

import numpy as np

from ...experiment import Experiment
from ...training import Trajectory
from ..hypotheses.discriminants import apart
from ..parts import Rival, Term, Unmeasured
from .budgets import EPS
from .paths import gradient, slopes


CLOCKS = {"neglog": 0, "ratio": 1, "inverse": -1}
"""The power of J by which the slope of each form is longer than that of -log J."""


def scatters(experiment: Experiment) -> tuple[np.ndarray, np.ndarray]:
    """The within-class scatter ``(d, d)`` and the difference of means ``(d,)``."""
    contrast = apart(experiment)
    if contrast is None:
        raise Unmeasured("it is about two classes")
    return np.asarray(experiment.risk.problem.within), contrast


def direction(run: Trajectory) -> np.ndarray:
    """The unit vector along the predictor in the end."""
    w = np.asarray(run.network.predictor())
    return w / np.linalg.norm(w)


def fitted(experiment: Experiment, w: np.ndarray) -> np.ndarray:
    r"""The multiple `u` of `w` that is nearest to $S_w^{-1}\delta$ in that norm."""
    S, delta = scatters(experiment)
    return w * (delta @ w) / (w @ S @ w)


def strayed(experiment: Experiment, told: np.ndarray, seen: np.ndarray) -> float:
    """The distance of two directions in the norm of $S_w$, over the length of one."""
    S, _ = scatters(experiment)
    u, v = (fitted(experiment, np.asarray(w)) for w in (seen, told))
    return float(np.sqrt(max((u - v) @ S @ (u - v), 0.0) / (v @ S @ v)))


def strayed_singular(
    experiment: Experiment, told: np.ndarray, seen: np.ndarray
) -> float:
    r"""The same where $S_w$ is singular on what the limit leaves at 0.

    There $\|x\|^2 + |(S_w v - \delta)\cdot u|$ takes the square's place, which the
    conditions bound as well: it counts what is not yet 0.
    """
    S, delta = scatters(experiment)
    u, v = (fitted(experiment, np.asarray(w)) for w in (seen, told))
    off = max((u - v) @ S @ (u - v), 0.0) + abs((S @ v - delta) @ u)
    return float(np.sqrt(off / (v @ S @ v)))


def pace(experiment: Experiment, w: np.ndarray) -> np.ndarray:
    """How much longer the slope of the form of the loss is than that of -log J.

    At one predictor or at several, along the last axis.
    """
    problem = experiment.risk.problem
    S, B = np.asarray(problem.within), np.asarray(problem.between)
    J = np.sum(w @ B * w, axis=-1) / np.sum(w @ S * w, axis=-1)
    return np.asarray(J ** CLOCKS[experiment.risk.loss.form or "neglog"])


def slope_of_log(experiment: Experiment, w: np.ndarray) -> np.ndarray:
    """The slope of -log J at one predictor or several, as the run's own risk has it."""
    several = slopes(experiment, np.atleast_2d(w)).reshape(w.shape)
    return several / pace(experiment, w)[..., None]


def on_cone(run: Trajectory, locked: np.ndarray, best: np.ndarray) -> Term:
    r"""How far the end may be from the maximiser `best` with the signs in `locked`.

    With $G = S_w u - \delta$ and $x = u - v$, $\|x\|^2 \le G\cdot x$ in the norm of
    $S_w$, since $v$ is optimal. A weight that is pushed to 0 adds at most
    $G_i u_i$, the others what they do to a vector of length $\|x\|$: together
    $\|x\| \le \frac g2 + \sqrt{\frac{g^2}4 + c}$. Where $S_w$ is singular, a weight
    that would grow adds at most $|G_i v_i|$.
    """
    experiment, w = run.experiment, np.asarray(run.network.predictor())
    S, delta = scatters(experiment)
    u, v = fitted(experiment, w), fitted(experiment, best)
    G = float(delta @ w) / 2 * slope_of_log(experiment, w)
    signs = np.where(locked, np.sign(experiment.network.predictor()), 0.0)
    signs = signs * np.sign(delta @ w)
    push, size = signs * G, np.maximum(signs * u, 0.0)
    # The smaller of what such a weight adds as one pushed to 0 and as one on the way.
    inactive = (push > 0) & (push > size * np.diag(S))
    given, moving = float(np.sum((push * size)[inactive])), np.where(inactive, 0.0, G)
    linear = np.inf
    if _definite(S):
        g = float(np.sqrt(moving @ np.linalg.solve(S, moving)))
        linear = g / 2 + np.sqrt(g**2 / 4 + given)
    short = np.where(signs == 0, np.abs(G), np.maximum(-push, 0.0))
    grown = np.sum(np.maximum(push, 0.0) * size) + np.sum(short * np.abs(v))
    left = min(linear, np.sqrt(grown)) / np.sqrt(v @ S @ v)
    return way(float(left))


def of_network(run: Trajectory) -> Term:
    r"""The same where no sign is locked, by the gradient of the first layer.

    That of $w$ is at most as long, times the length of the layer over that of $w$:
    where training is at rest, the direction is Fisher's.
    """
    experiment, network = run.experiment, run.network
    S, delta = scatters(experiment)
    w = np.asarray(network.predictor())
    slope = gradient(experiment.risk, network).layers[0]  # type: ignore[attr-defined]
    first = network.layers[0]  # type: ignore[attr-defined]
    pull = np.linalg.norm(slope) * np.linalg.norm(first) / np.linalg.norm(w)
    pull = pull / float(pace(experiment, w))
    G = abs(float(delta @ w)) / 2 * pull
    best = float(delta @ np.linalg.solve(S, delta))
    return way(float(G / np.sqrt(np.linalg.eigvalsh(S)[0] * best)))


def unmoved(run: Trajectory) -> Rival:
    """That training does not turn the predictor: nearby where it has hardly begun."""
    start = np.asarray(run.experiment.network.predictor())
    return Rival("it stays in the direction of the start", start)


def unitless(S: np.ndarray) -> np.ndarray:
    """The eigenvalues of a scatter in units of the features, rising."""
    unit = np.sqrt(np.diag(S))
    return np.linalg.eigvalsh(S / np.outer(unit, unit))


def rounded(run: Trajectory) -> Term:
    """What float64 leaves of a direction whose slope is 0."""
    sizes = unitless(scatters(run.experiment)[0])
    kept = sizes[sizes > 1e-12 * sizes[-1]]
    size = 64 * EPS * float(kept[-1] / kept[0])
    return Term(
        "rounding", size, "float64 on scatters of this condition", "better data"
    )


def _definite(S):
    sizes = unitless(S)
    return sizes[0] > 1e-12 * sizes[-1]


def way(size: float) -> Term:
    """What is left of the way to a limit, by its conditions."""
    reason = "the conditions of the maximum, where the run ends"
    return Term("what is left of the way", size, reason, "a longer run")
