"""Where the norms drift in a network that normalises its batch."""

from collections.abc import Iterable
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..._types import Vector
from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Dorfer
from ...networks import AbstractNetwork
from ...observables import AbstractObservable
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.objectives import of_dorfer
from ..measures.budgets import cancellation
from ..measures.layers import Sizes
from ..measures.paths import gradient
from ..measures.ridge import pull
from ..papers import IOFFE, Source
from ..parts import Hypothesis, Rival, Term
from ..witnesses.discriminants import rectified, three_classes
from ..witnesses.draws import draw


class BatchNormalised(AbstractNetwork):
    r"""$h_l = \max(0, \gamma_l (z - \bar z)/\sigma_z + \beta_l)$, $z = W_l h_{l-1}$.

    Mean and variance are those over the `sample`, the whole batch, which makes the
    output a function of one input; the last layer is not rectified.
    """

    weights: list[Array]
    scales: list[Array]
    shifts: list[Array]
    sample: tuple[tuple[float, ...], ...] = eqx.field(static=True)
    epsilon: float = eqx.field(default=0.0, static=True)
    """What is added to the variance, as programs do. Only 0 is free of scale."""

    def __call__(self, x: Vector) -> Float[Array, " k"]:
        h, batch = x[None], jnp.asarray(self.sample)
        for i, W in enumerate(self.weights):
            z = batch @ W.T
            mean, variance = jnp.mean(z, axis=0), jnp.var(z, axis=0)
            scale = (self.scales[i] / jnp.sqrt(variance + self.epsilon))[None]
            shift = self.shifts[i][None] - mean[None] * scale
            h, batch = h @ W.T * scale + shift, z * scale + shift
            if i < len(self.weights) - 1:
                h, batch = jax.nn.relu(h), jax.nn.relu(batch)
        return h[0]


class LastPairDrifts(AbstractClaim[BatchNormalised]):
    r"""With normalised layers the ridge pulls at the last scales and shifts only.

    A normalised layer is free of the scale of every row of its weights, whatever the
    loss: $\langle W_{l,i}, \nabla\rangle = 0$. So are the inner pairs
    $(\gamma_l, \beta_l)$. The outputs scale with the last pair, which takes the whole
    $-\frac{2\lambda}{q}\sum_j v_j\|e_j\|^2$. Held against both ends of a run.
    """

    id: ClassVar[str] = "G6"
    source: ClassVar[Source] = Source(IOFFE, "3.3", "derived")
    needs: ClassVar[type] = BatchNormalised
    observes: ClassVar[tuple[AbstractObservable, ...]] = (Sizes(),)
    records: ClassVar[int] = 10
    sees: ClassVar[float] = 1e-8

    def hypotheses(
        self, experiment: Experiment[BatchNormalised]
    ) -> Iterable[Hypothesis]:
        yield of_dorfer(experiment)
        exact = experiment.network.epsilon == 0
        yield Hypothesis("nothing is added to the variance", exact)
        sample = np.asarray(experiment.network.sample)
        whole = np.array_equal(sample, np.asarray(experiment.risk.problem.X))
        yield Hypothesis("the sample is the one that is trained on", whole)

    def predicted(self, run: Trajectory[BatchNormalised]) -> np.ndarray:
        return self._told(run, last=True)

    def measured(self, run: Trajectory[BatchNormalised]) -> np.ndarray:
        return np.stack([_pairings(run.experiment.risk, net) for net in _ends(run)])

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[BatchNormalised]
    ) -> float:
        # In units of the whole slope: without a ridge nothing is pulled.
        return float(np.max(np.abs(measured - predicted)) / _size(run))

    def budget(self, run: Trajectory[BatchNormalised]) -> Iterable[Term]:
        return (cancellation(run),)

    def rivals(self, run: Trajectory[BatchNormalised]) -> Iterable[Rival]:
        law = self.predicted(run)
        lean = np.zeros_like(law)
        lean[:, 0] = _size(run) / 100
        yield Rival("a hundredth of the slope is along the first row", law + lean)
        if np.any(law):
            text = "every pair is pulled alike, as the layers of a plain network"
            yield Rival(text, self._told(run, last=False))

    def _told(self, run, *, last: bool) -> np.ndarray:
        """What is along every row of weights, and then along every pair."""
        network, risk = run.experiment.network, run.experiment.risk
        rows, pairs = sum(map(len, network.weights)), len(network.scales)
        told = np.zeros((2, rows + pairs))
        first = rows + pairs - 1 if last else rows
        told[:, first:] = [[float(pull(risk, net))] for net in _ends(run)]
        return told

    def witness(self, seed: int | None = None) -> Experiment[BatchNormalised]:
        return self._with(0.0, seed)

    def foil(self, seed: int | None = None) -> Experiment[BatchNormalised]:
        return self._with(0.1, seed)

    def _with(self, epsilon: float, seed: int | None) -> Experiment[BatchNormalised]:
        problem = three_classes(seed)
        sample = tuple(map(tuple, np.asarray(problem.X).tolist()))
        plain, rng = rectified(seed=seed, biases=True), draw(1902, seed)
        scales = [jnp.asarray(rng.uniform(0.5, 1.5, len(W))) for W in plain.weights]
        assert plain.biases is not None
        start = BatchNormalised(plain.weights, scales, plain.biases, sample, epsilon)
        risk = Risk(problem, Dorfer(ridge=0.1))
        return Experiment(start, risk, GradientFlow(), until=0.0)


def _ends(
    run: Trajectory[BatchNormalised],
) -> tuple[BatchNormalised, BatchNormalised]:
    return run.experiment.network, run.network


def _size(run: Trajectory[BatchNormalised]) -> float:
    """The largest norm of parameters times that of the gradient in them."""
    return float(np.max(np.asarray(run.seen["Sizes"])))


def _pairings(risk: Risk, network: BatchNormalised) -> np.ndarray:
    """The slope along every row of weights, and along every pair."""
    along = jax.tree.map(lambda p, g: p * g, network, gradient(risk, network))
    rows = [jnp.sum(W, axis=1) for W in along.weights]
    pairs = zip(along.scales, along.shifts, strict=True)
    return np.concatenate(
        [*rows, jnp.stack([jnp.sum(g) + jnp.sum(b) for g, b in pairs])]
    )
