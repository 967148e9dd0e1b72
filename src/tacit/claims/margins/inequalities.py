"""Lemmas of Ji and Telgarsky that hold of a risk, whatever is trained."""

from collections.abc import Iterable
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from ...experiment import Experiment
from ...flows import curvature_bound, Descent, GradientFlow
from ...losses import AbstractMarginLoss, Exponential, Logistic
from ...networks import DeepLinear
from ...oracles import separability, support_strength
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.margins import one_margin, separable
from ..measures.budgets import cancellation, EPS
from ..measures.margins import rows_of, shares
from ..papers import JI, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.margins import half_normal, held_by_one, separable as separable_data


POINTS = 150
"""How many random networks an inequality is tried on."""


class CurvatureBounded(AbstractClaim[DeepLinear]):
    r"""$\|\nabla^2 R\|_2 \le \beta(R) = 2L^2R^{2L-2}(\beta + G)$ in the ball of $R$.

    That is where $\|W_k\|_F \le R$ for all $k$, with $R \ge 1$, samples no longer than
    1 and a loss whose slope is $\beta$-Lipschitz and below $G$. Tried on random
    networks, half of them of rank one, against $LR^{2L-2}(\beta + G)$ as well: each of
    the $L \times L$ blocks is at most $\beta R^{2L-2} + GR^{L-2}$, which would do. The
    lemma leaves room: far lower bounds would be true of the witness as well, which is
    why `sees` is large.
    """

    id: ClassVar[str] = "I5"
    source: ClassVar[tuple[Source, ...]] = (
        Source(JI, "Lemma 5", "quoted"),
        Source(JI, "Lemma 5, without a factor of 2L", "derived"),
    )
    needs: ClassVar[type] = DeepLinear
    records: ClassVar[int] = 1
    at_most: ClassVar[bool] = True
    sees: ClassVar[float] = 0.97

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        risk = experiment.risk
        text = "slope_bound and smoothness of the loss are known (Assumption 4)"
        bounds = risk.loss.smoothness, risk.loss.slope_bound
        yield Hypothesis(text, None not in bounds)
        yield one_margin(experiment)
        X = risk.problem.X
        longest = np.inf if X is None else np.linalg.norm(np.asarray(X), axis=1).max()
        yield Hypothesis("no sample is longer than 1", bool(longest <= 1 + 1e-12))

    def predicted(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        loss, depth = run.experiment.risk.loss, run.experiment.network.depth
        known = loss if loss.slope_bound is not None else Logistic()
        paper = np.array([curvature_bound(known, depth, R) for R in _points(run)[0]])
        return np.stack([paper, paper / (2 * depth)])

    def measured(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        flat = jnp.stack([ravel_pytree(net)[0] for net in _points(run)[1]])
        start = run.experiment.network
        found = np.asarray(_curvatures(run.experiment.risk, start, flat))
        return np.stack([found, found])

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        yield cancellation(run, run.experiment.network.depth)

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        loss, depth = run.experiment.risk.loss, run.experiment.network.depth
        if depth > 1:
            alone = np.full((2, POINTS), loss.smoothness)
            yield Rival("the bound of one layer does", alone)
        small = self.predicted(run)[1:] / 30
        yield Rival("a thirtieth of the smaller bound does", small)

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return _standing(Logistic(), seed)

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return _standing(Exponential(), seed)


class ResidualPulledBack(AbstractClaim[DeepLinear]):
    r"""Far beside the margin the gradient points outwards: descent comes back.

    $\langle P_\perp w, \nabla R(w)\rangle \ge 0$ wherever $\langle w, \bar u\rangle \ge
    0$ and $\|P_\perp w\|$ exceeds $1 + \ln(n)/\alpha$ (exponential loss) or
    $2n/(e\alpha)$ (logistic), with $\alpha = \min_{\xi \perp \bar u} \max_S
    \langle\xi, z_i\rangle$, above 0 for almost all data (Lemma 3). The risk is convex,
    so along every ray it is so from one radius on: the largest that is found on a grid
    of rays is held against the bound. The lemmas leave room: far lower bounds would
    be true of the witness as well, which is why `sees` is large.
    """

    id: ClassVar[str] = "I8"
    source: ClassVar[Source] = Source(JI, "Lemmas 3 and 4", "quoted")
    needs: ClassVar[type] = DeepLinear
    records: ClassVar[int] = 1
    at_most: ClassVar[bool] = True
    sees: ClassVar[float] = 0.98

    loss: AbstractMarginLoss = Exponential()
    """That of the witness."""

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        risk = experiment.risk
        known = isinstance(risk.loss, Exponential | Logistic)
        yield Hypothesis("the loss is exponential or logistic", known)
        weights = risk.problem.weights
        even = weights is None or bool(np.ptp(weights) <= 1e-12 * np.max(weights))
        yield Hypothesis("all samples weigh alike", even)
        yield one_margin(experiment)
        yield separable(experiment)
        yield Hypothesis("alpha is above 0 (Lemma 3)", _alpha(risk) > 0)

    def forecast(self, experiment: Experiment[DeepLinear]) -> Forecast:
        about = "the radius beyond which the gradient points outwards, at most"
        return Forecast(_radius(experiment), about)

    def measured(self, run: Trajectory[DeepLinear]) -> float:
        experiment, reach = run.experiment, 2 * _radius(run.experiment)
        found = support_strength(experiment.risk.problem).margin
        rng = np.random.default_rng(8)
        turned = rng.standard_normal((200, len(found.value)))
        turned = turned - np.outer(turned @ found.value, found.value)
        turned /= np.linalg.norm(turned, axis=1)[:, None]
        worst = 0.0
        for far in np.array([0.0, 0.01, 0.1, 1.0, 10.0, 50.0]) / found.margin:
            below, above = np.zeros(len(turned)), np.full(len(turned), reach)
            for _ in range(40):
                middle = (below + above) / 2
                out = _outwards(experiment, far * found.value, turned, middle) >= 0
                below = np.where(out, below, middle)
                above = np.where(out, middle, above)
            worst = max(worst, float(above.max()))
        return worst

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[DeepLinear]
    ) -> float:
        # Where alpha is 0 there is no bound.
        known = np.isfinite(predicted)
        return super().distance(predicted, measured, run) if known else np.nan

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        yield cancellation(run)
        size = 2.0**-39 + 64 * EPS
        yield Term("bisection", size, "forty halves of twice the bound", "nothing")

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        radius = _radius(run.experiment)
        yield Rival("a two hundredth of the radius does", radius / 200)

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return _standing(self.loss, seed, own=2003)

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        problem = held_by_one(seed)
        start = DeepLinear([np.full((1, 2), 0.1)])
        return Experiment(start, Risk(problem, self.loss), Descent(0.1), until=0)


def _standing(loss, seed, own=2001):
    """A network that is looked at where it is."""
    problem = separable_data(own, seed=seed)
    start = half_normal(problem, 5, 4, seed=seed)
    return Experiment(start, Risk(problem, loss), GradientFlow(), until=0)


def _alpha(risk: Risk) -> float:
    """The constant of Lemma 3, in a proved lower bound; 0 where rounding may be it."""
    if not risk.problem.binary or not separability(risk.problem).separable:
        return 0.0
    size = float(np.linalg.norm(np.asarray(risk.problem.X), axis=1).max())
    least = float(support_strength(risk.problem).least)
    return least if least > 1e-9 * size else 0.0


def _radius(experiment: Experiment[DeepLinear]) -> float:
    """The bound of Lemma 4."""
    risk, n = experiment.risk, experiment.risk.problem.n
    alpha = np.float64(_alpha(risk))
    if isinstance(risk.loss, Exponential):
        return float(1 + np.log(n) / alpha)
    return float(2 * n / (np.e * alpha))


def _outwards(
    experiment: Experiment[DeepLinear], along: np.ndarray, turned: np.ndarray, radii
) -> np.ndarray:
    """The slope along every ray, at its radius, of the samples in their shares."""
    w = along + radii[:, None] * turned
    pull = shares(experiment.risk, w) @ rows_of(experiment)[0]
    return -np.sum(pull * turned, axis=1)


def _points(run: Trajectory[DeepLinear]) -> tuple[np.ndarray, list[DeepLinear]]:
    """Radii, and a random network whose widest layer has each of them for its norm."""
    rng = np.random.default_rng(5)
    radii = rng.uniform(1, 3, POINTS)
    start = run.experiment.network
    return radii, [
        _within(rng, start, radius, thin=i % 2 == 0) for i, radius in enumerate(radii)
    ]


def _within(rng, start, radius, *, thin):
    """A random network whose layers have norm `radius`, perhaps of rank one."""
    layers = []
    for rows, columns in (W.shape for W in start.layers):
        full = rng.standard_normal((rows, columns))
        if thin:
            full = np.outer(full[:, 0], rng.standard_normal(columns))
        layers.append(radius * full / np.linalg.norm(full))
    return DeepLinear(layers)


@eqx.filter_jit
def _curvatures(risk, start, flat):
    shaped = ravel_pytree(start)[1]

    def value(theta):
        return risk.value(shaped(theta))

    hessians = jax.lax.map(jax.hessian(value), flat)
    return jnp.max(jnp.abs(jnp.linalg.eigvalsh(hessians)), axis=1)
