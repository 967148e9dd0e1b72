"""Where the norms drift in a network that normalises its batch."""

from collections.abc import Iterable
from typing import ClassVar

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
from ...risk import Risk
from ...training import Trajectory
from ..measures.paths import gradient
from ..papers import IOFFE, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import rectified, three_classes


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


class LastPairDrifts(AbstractToleranceClaim[BatchNormalised]):
    r"""With normalised layers the ridge pulls at the last scales and shifts only.

    A normalised layer is free of the scale of every row of its weights, whatever the
    loss: $\langle W_{l,i}, \nabla\rangle = 0$. So are the inner pairs
    $(\gamma_l, \beta_l)$. The outputs scale with the last pair, which takes the whole
    $-\frac{2\lambda}{q}\sum_j v_j\|e_j\|^2$.
    """

    id: ClassVar[str] = "G6"
    source: ClassVar[Source] = Source(IOFFE, "3.3", "derived")
    needs: ClassVar[type] = BatchNormalised
    tolerance: float = 1e-10
    """Rounding of a gradient through eigenvalues, 1e-13, and of a sum of its terms."""

    spread: bool = False
    """Whether every layer is pulled alike, as in a plain network. False here."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (LastPairDrifts(spread=True),)

    def hypotheses(
        self, experiment: Experiment[BatchNormalised]
    ) -> Iterable[Hypothesis]:
        problem, loss = experiment.risk.problem, experiment.risk.loss
        ours = isinstance(loss, Dorfer)
        yield Hypothesis("the loss is the mean of the smallest LDA eigenvalues", ours)
        exact = experiment.network.epsilon == 0
        yield Hypothesis("nothing is added to the variance", exact)
        sample = np.asarray(experiment.network.sample)
        whole = np.array_equal(sample, np.asarray(problem.X))
        yield Hypothesis("the sample is the one that is trained on", whole)

    def gap(self, run: Trajectory[BatchNormalised]) -> float:
        network, risk = run.network, run.experiment.risk
        slope = gradient(risk, network)
        products = jax.tree.map(lambda p, g: p * g, network, slope)
        rows = jnp.concatenate([jnp.sum(W, axis=1) for W in products.weights])
        pairs = jnp.stack(
            [
                jnp.sum(g) + jnp.sum(b)
                for g, b in zip(products.scales, products.shifts, strict=True)
            ]
        )
        pull = _pull(risk, network)
        told = jnp.full(len(pairs), pull) if self.spread else pull * _last(len(pairs))
        stray = jnp.concatenate([rows, pairs - told])
        return float(jnp.max(jnp.abs(stray)) / jnp.abs(pull))

    def witness(self) -> Experiment[BatchNormalised]:
        return self._with(0.0)

    def foil(self) -> Experiment[BatchNormalised]:
        return self._with(0.1)

    def _with(self, epsilon: float):
        problem = three_classes()
        sample = tuple(map(tuple, np.asarray(problem.X).tolist()))
        plain, rng = rectified(biases=True), np.random.default_rng(1902)
        scales = [jnp.asarray(rng.uniform(0.5, 1.5, len(W))) for W in plain.weights]
        assert plain.biases is not None
        start = BatchNormalised(plain.weights, scales, plain.biases, sample, epsilon)
        risk = Risk(problem, Dorfer(ridge=0.1))
        return Experiment(start, risk, GradientFlow(), until=0.0)


def _last(n: int) -> Array:
    return (jnp.arange(n) == n - 1).astype(float)


@eqx.filter_jit
def _pull(risk: Risk, network: AbstractNetwork) -> Array:
    """The slope of the loss along its outputs, as the theorem has it."""
    loss, problem = risk.loss, risk.problem
    if not isinstance(loss, Dorfer):
        return jnp.ones(())
    outputs = jax.vmap(network)(jnp.asarray(problem.X))
    return loss.radial_slope(outputs, problem.targets, problem.weights)
