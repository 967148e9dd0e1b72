"""What the criterion of a mini-batch is on average."""

from collections.abc import Iterable
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..._types import float64
from ...experiment import Experiment
from ...flows import Stochastic
from ...losses import Fisher, RatioTrace
from ...networks import AbstractLinearNetwork, DeepLinear
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..papers import MUIRHEAD, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.draws import draw


DRAWS = 100_000
"""Batches that a mean is taken of."""

FEW = 10_000
"""Those that tell by how much they differ."""


class BatchesInflateTheCriterion(AbstractClaim[AbstractLinearNetwork]):
    r"""A small batch overstates the ratio trace, but points the right way.

    Of Gaussian classes with one covariance, a batch of $n$ samples, as many of each of
    $C$ classes, seen through $k$ outputs, has on average the criterion
    $\frac{n}{n - C - k - 1}\bigl(R + \frac{k(C - 1)}n\bigr)$ where
    $R = \mathrm{tr}\,S_w^{-1}S_b$ is that of the population, and the gradient
    $\frac{n}{n - C - k - 1}\nabla R$: the maximiser does not move. The scatter within
    and the class means of a batch are independent, and the first is a Wishart matrix,
    whose inverse has a known mean.

    Batches are drawn from Gaussians with the class means and covariances of the
    problem; their size is that of the flow. The criterion and its gradient are measured
    as means over 100,000 batches, and allowed four standard errors: half of what it
    sees takes four times the batches.
    """

    id: ClassVar[str] = "F9"
    source: ClassVar[Source] = Source(MUIRHEAD, "Chapter 3", "derived")
    needs: ClassVar[type] = AbstractLinearNetwork
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 0.025

    classes: int = 2
    """How many classes the witness has; it has one output fewer."""

    def hypotheses(
        self, experiment: Experiment[AbstractLinearNetwork]
    ) -> Iterable[Hypothesis]:
        loss, flow = experiment.risk.loss, experiment.flow
        plain = isinstance(loss, RatioTrace | Fisher) and not (
            loss.ridge or loss.input_ridge or (loss.form or "ratio") != "ratio"
        )
        yield Hypothesis("the loss is the ratio trace, without a ridge", plain)
        problem = experiment.risk.problem
        even = isinstance(flow, Stochastic) and flow.balanced
        yield Hypothesis("batches hold as many of every class", even)
        if problem.priors is None or not isinstance(flow, Stochastic):
            return
        alike = problem.weights is None or bool(jnp.ptp(problem.weights) == 0)
        equal = bool(jnp.ptp(problem.priors) < 1e-12) and alike
        yield Hypothesis("so does the sample, and all of it weighs alike", equal)
        C, k = len(problem.classes), len(_predictor(experiment))
        enough = flow.batch - C > k + 3
        yield Hypothesis("the batch has more than C + k + 3 samples", enough)
        spread = _covariances(problem)
        apart = np.max(np.abs(spread - spread.mean(0))) / np.max(np.abs(spread))
        yield Hypothesis("all classes have the same covariance", bool(apart < 1e-10))

    def forecast(self, experiment: Experiment[AbstractLinearNetwork]) -> Forecast:
        n, C, k = _counts(experiment)
        inflated = n / (n - C - k - 1)
        about = "the mean criterion of a batch, and its gradient"
        return Forecast(_wanted(experiment, inflated, inflated), about)

    def measured(self, run: Trajectory[AbstractLinearNetwork]) -> np.ndarray:
        return np.mean(_drawn(run.experiment, DRAWS), axis=0)

    def budget(self, run: Trajectory[AbstractLinearNetwork]) -> Iterable[Term]:
        found = _drawn(run.experiment, FEW)
        error = np.max(np.std(found, axis=0)) / np.sqrt(DRAWS)
        size = 4 * error / np.max(np.abs(self.forecast(run.experiment).value))
        reason = f"four standard errors of a mean over {DRAWS:,} batches"
        yield Term("sampling", float(size), reason, "larger batches")

    def rivals(self, run: Trajectory[AbstractLinearNetwork]) -> Iterable[Rival]:
        n, C, k = _counts(run.experiment)
        inflated, pooled = n / (n - C - k - 1), n / (n - C)
        for text, value, slope in (
            ("a batch has the criterion of the population", 1.0, 1.0),
            ("only the scatter is made unbiased", pooled, pooled),
            ("the gradient is inflated, the criterion is not", 1.0, inflated),
        ):
            yield Rival(text, _wanted(run.experiment, value, slope))

    def witness(self, seed: int | None = None) -> Experiment[AbstractLinearNetwork]:
        return _experiment(self.classes, np.ones(self.classes), seed)

    def foil(self, seed: int | None = None) -> Experiment[AbstractLinearNetwork]:
        return _experiment(self.classes, np.geomspace(1, 5, self.classes), seed)


def _experiment(
    classes, scales, seed, d=4, each=50
) -> Experiment[AbstractLinearNetwork]:
    """The same rows round every class mean, blown up class by class by `scales`."""
    rng = draw(1351, seed)
    rows = rng.standard_normal((each, d)) @ rng.standard_normal((d, d))
    rows -= rows.mean(axis=0)
    means = 5 * rng.standard_normal((classes, d))
    X = np.concatenate([m + s * rows for m, s in zip(means, scales, strict=True)])
    problem = Problem(X, np.repeat(np.arange(classes), each))
    network = DeepLinear([rng.standard_normal((classes - 1, d))])
    flow = Stochastic(0.1, 12 * classes, balanced=True, replace=True)
    return Experiment(network, Risk(problem, RatioTrace()), flow, until=0)


def _predictor(experiment):
    return jnp.atleast_2d(experiment.network.predictor())


def _counts(experiment) -> tuple[int, int, int]:
    """The samples of a batch, the classes and the outputs."""
    n = experiment.flow.batch or experiment.risk.problem.n
    return n, len(experiment.risk.problem.classes), len(_predictor(experiment))


def _wanted(experiment, of_value: float, of_slope: float) -> np.ndarray:
    """Criterion and gradient of the population, inflated by these factors.

    The gradient is that in units of the predictor, so that both are free of scale.
    """
    risk, E, (n, C, k) = experiment.risk, _predictor(experiment), _counts(experiment)
    value = of_value * (-risk.criterion(E) + k * (C - 1) / n)
    return np.append(value, -of_slope * risk.slope(E) * jnp.linalg.norm(E))


def _drawn(experiment, draws: int) -> np.ndarray:
    """Criterion and gradient of every batch drawn, ``(draws, 1 + k d)``."""
    risk, (n, C, _) = experiment.risk, _counts(experiment)
    E = _predictor(experiment)
    found = -np.asarray(_values(risk.loss, E, *_batches(risk.problem, n // C, draws)))
    found[:, 1:] *= float(jnp.linalg.norm(E))
    return found


def _covariances(problem):
    """The covariance of every class, ``(C, d, d)``."""
    X, codes = np.asarray(problem.X), problem.codes
    classes = range(len(problem.classes))
    return np.stack([np.cov(X[codes == c].T, bias=True) for c in classes])


def _batches(problem, share, draws):
    """Gaussian samples, `share` of each class: ``(draws, n, d)``, and their targets."""
    rng = np.random.default_rng(1351)
    C, d = len(problem.classes), problem.d
    factor = np.linalg.cholesky(_covariances(problem))
    noise = rng.standard_normal((draws, C, share, d)) @ factor.swapaxes(1, 2)
    X = noise + np.asarray(problem.means)[:, None]
    codes = np.repeat(np.arange(C), share)
    targets = 2 * codes - 1 if C == 2 else np.eye(C)[codes]
    return float64(X.reshape(draws, C * share, d)), float64(targets)


@eqx.filter_jit
def _values(loss, E, batches, targets):
    """The loss of every batch and its gradient in `E`, side by side."""

    def one(X):
        value, slope = jax.value_and_grad(lambda F: loss(X @ F.T, targets))(E)
        return jnp.append(value, slope)

    return jax.lax.map(one, batches, batch_size=10_000)
