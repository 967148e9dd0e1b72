"""Lemmas of Ji and Telgarsky that hold of a risk, whatever is trained."""

import dataclasses
import math
from collections.abc import Iterable
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from scipy.special import log_expit, softmax

from ...experiment import Experiment
from ...flows import curvature_bound, Descent, GradientFlow
from ...losses import AbstractMarginLoss, Exponential, Logistic
from ...networks import DeepLinear
from ...oracles import separability, support_strength
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.margins import separable
from ..papers import JI, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.margins import half_normal, held_by_one, separable as separable_data


POINTS = 150
"""How many random networks an inequality is tried on."""


class CurvatureBounded(AbstractToleranceClaim[DeepLinear]):
    r"""$\|\nabla^2 R\|_2 \le \beta(R) = 2L^2R^{2L-2}(\beta + G)$ in the ball of $R$.

    That is where $\|W_k\|_F \le R$ for all $k$, with $R \ge 1$, samples no longer than
    1 and a loss whose slope is $\beta$-Lipschitz and below $G$. Tried on random
    networks, half of them of rank one. $LR^{2L-2}(\beta + G)$ would do.
    """

    id: ClassVar[str] = "I5"
    source: ClassVar[Source] = Source(JI, "Lemma 5", "quoted")
    needs: ClassVar[type] = DeepLinear
    records: ClassVar[int] = 1
    tolerance: float = 1e-9
    """It is an inequality: rounding of an eigenvalue."""

    bound: str = "paper"
    """The bound of the "paper", the "sharp" one, or, wrongly, that of one "layer"."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return () if self.bound == "layer" else (CurvatureBounded(bound="layer"),)

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        risk = experiment.risk
        text = "the slope of the loss is bounded and Lipschitz (Assumption 4)"
        bounds = risk.loss.smoothness, risk.loss.slope_bound
        yield Hypothesis(text, None not in bounds)
        longest = np.linalg.norm(np.asarray(risk.problem.X), axis=1).max()
        yield Hypothesis("no sample is longer than 1", bool(longest <= 1 + 1e-12))

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        start, loss = run.experiment.network, run.experiment.risk.loss
        depth, rng = len(start.layers), np.random.default_rng(5)
        radii = rng.uniform(1, 3, POINTS)
        points = [_within(rng, start, R, i % 2 == 0) for i, R in enumerate(radii)]
        flat = jnp.stack([ravel_pytree(net)[0] for net in points])
        found = np.asarray(_curvatures(run.experiment.risk, start, flat))
        known = loss if isinstance(loss, Logistic) else Logistic()
        bounds = np.array([curvature_bound(known, depth, R) for R in radii])
        if self.bound == "sharp":
            bounds = bounds / (2 * depth)
        elif self.bound == "layer":
            bounds = np.full(POINTS, known.smoothness)
        return float(max(np.max(found / bounds) - 1, 0.0))

    def witness(self) -> Experiment[DeepLinear]:
        return _standing(Logistic())

    def foil(self) -> Experiment[DeepLinear]:
        return _standing(Exponential())


class ResidualPulledBack(AbstractToleranceClaim[DeepLinear]):
    r"""Far beside the margin the gradient points outwards: descent comes back.

    $\langle P_\perp w, \nabla R(w)\rangle \ge 0$ wherever $\langle w, \bar u\rangle \ge
    0$ and $\|P_\perp w\|$ exceeds $1 + \ln(n)/\alpha$ (exponential loss) or
    $2n/(e\alpha)$ (logistic), with $\alpha = \min_{\xi \perp \bar u} \max_S
    \langle\xi, z_i\rangle$, above 0 for almost all data (Lemma 3). Tried on a grid.
    """

    id: ClassVar[str] = "I8"
    source: ClassVar[Source] = Source(JI, "Lemmas 3 and 4", "quoted")
    needs: ClassVar[type] = DeepLinear
    records: ClassVar[int] = 1
    tolerance: float = 1e-9
    """It is an inequality: rounding of a sum of n terms."""

    loss: AbstractMarginLoss = Exponential()

    reach: float = 1.0
    """What the radius is multiplied with: a thousandth is not enough."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (dataclasses.replace(self, reach=0.001),) if self.reach == 1 else ()

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        risk = experiment.risk
        known = isinstance(risk.loss, Exponential | Logistic)
        yield Hypothesis("the loss is exponential or logistic", known)
        even = risk.problem.weights is None
        yield Hypothesis("all samples weigh alike", even)
        yield separable(experiment)
        yield Hypothesis("alpha is above 0 (Lemma 3)", _alpha(risk) > 1e-9)

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        risk = run.experiment.risk
        worst = _alpha(risk)
        if worst <= 1e-9:
            return math.inf
        rows, unit = (
            np.asarray(risk.margin_rows),
            support_strength(risk.problem).margin.value,
        )
        n, plain = len(rows), isinstance(risk.loss, Exponential)
        radius = 1 + np.log(n) / worst if plain else 2 * n / (np.e * worst)
        rng = np.random.default_rng(8)
        turned = rng.standard_normal((200, len(unit)))
        turned = turned - np.outer(turned @ unit, unit)
        turned /= np.linalg.norm(turned, axis=1)[:, None]
        least = math.inf
        for r in self.reach * radius * np.array([1.0, 1.3, 2.0, 5.0, 30.0]):
            for s in (0.0, 0.1, 1.0, 10.0, 100.0, 500.0):
                margins = (s * unit + r * turned) @ rows.T
                logs = -margins if plain else log_expit(-margins)
                pull = softmax(logs, axis=1) @ rows
                inward = np.sum(pull * turned, axis=1) / np.linalg.norm(pull, axis=1)
                least = min(least, float(np.min(-inward)))
        return max(-least, 0.0)

    def witness(self) -> Experiment[DeepLinear]:
        return _standing(self.loss, 2003)

    def foil(self) -> Experiment[DeepLinear]:
        problem = held_by_one()
        start = DeepLinear([np.full((1, 2), 0.1)])
        return Experiment(start, Risk(problem, self.loss), Descent(0.1), until=0)


def _standing(loss, seed=2001):
    """A network that is looked at where it is."""
    problem = separable_data(seed)
    start = half_normal(problem, 5, 4)
    return Experiment(start, Risk(problem, loss), GradientFlow(), until=0)


def _alpha(risk):
    if not separability(risk.problem).separable:
        return 0.0
    return float(support_strength(risk.problem).least)


def _within(rng, start, radius, thin):
    """A random network whose widest layer has norm `radius`, perhaps of rank one."""
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
