"""Networks whose hidden units are all alike, and what training makes of them."""

import dataclasses
import math
from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...events import RiskBelow
from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Squared
from ...networks import Chain, MLP
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.flows import is_gradient_flow
from ..measures.paths import gradient
from ..papers import RAWAL, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.saddles import STILL


def alike(network: MLP) -> float:
    """How far the hidden units are from interchangeable: 0 if they are."""
    first, *hidden, last = [np.asarray(W) for W in network.weights]
    means = [
        np.broadcast_to(first.mean(axis=0), first.shape),
        *(np.full(W.shape, W.mean()) for W in hidden),
        np.full(last.shape, last.mean()),
    ]
    pairs = zip([first, *hidden, last], means, strict=True)
    return math.sqrt(sum(np.sum((W - M) ** 2) for W, M in pairs))


def reduced(network: MLP) -> Chain:
    """The chain of a network whose hidden units are all alike."""
    first, *hidden, last = [np.asarray(W) for W in network.weights]
    m = len(first)
    gains = [m * W.mean() for W in hidden] + [math.sqrt(m) * last.mean()]
    return Chain(math.sqrt(m) * first.mean(axis=0), gains, network.activation, m)


class SymmetricReduction(AbstractToleranceClaim[MLP]):
    r"""Hidden units that start alike stay alike, and the flow is that of a chain.

    For any data, loss and activation. In the Frobenius norms of the layers the reduced
    metric is the identity: the gradient is that of
    $f = \sqrt N X_L\sigma(X_{L-1}\cdots\sigma(v^\top x/\sqrt N))$ for $N$ units.
    """

    id: ClassVar[str] = "S3"
    source: ClassVar[Source] = Source(
        RAWAL, "the symmetric manifold; the metric derived", "quoted"
    )
    needs: ClassVar[type] = MLP
    tolerance: float = 1e-12
    """Rounding of two gradients, with three digits to spare."""

    inner: float = 1.0
    """The metric of the hidden gains, in units of the true one. The theorem has 1."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (dataclasses.replace(self, inner=1 / 7),)

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        network = experiment.network
        yield Hypothesis("there are no biases", network.biases is None)
        sizes = {len(W) for W in network.weights[:-1]}
        yield Hypothesis("the hidden layers are equally wide", len(sizes) == 1)
        one = len(network.weights[-1]) == 1
        yield Hypothesis("there is one output", one)
        text = "the hidden units start alike"
        yield Hypothesis(text, len(sizes) == 1 and one and alike(network) < 1e-13)

    def gap(self, run: Trajectory[MLP]) -> float:
        risk, network = run.experiment.risk, run.network
        full = gradient(risk, network)
        chain = gradient(risk, reduced(network))
        gains = (
            np.asarray(chain.gains) * np.r_[[self.inner] * (len(chain.gains) - 1), 1]
        )
        told = MLP.symmetric(
            np.asarray(chain.first), gains,
            width=len(network.weights[0]), activation=network.activation,
        )  # fmt: skip
        pairs = list(zip(full.weights, told.weights, strict=True))
        off = sum(float(np.sum((np.asarray(G) - T) ** 2)) for G, T in pairs)
        return math.sqrt(off / sum(float(np.sum(np.asarray(G) ** 2)) for G, _ in pairs))

    def witness(self) -> Experiment[MLP]:
        return Experiment(_symmetric(7, 4), _data(19), STILL, until=0.0)

    def foil(self) -> Experiment[MLP]:
        start = _symmetric(7, 4)
        weights = [np.array(W) for W in start.weights]
        weights[1][0, 1] += 1e-3
        return Experiment(MLP(weights, "gelu"), _data(19), STILL, until=0.0)


class SymmetryRepels(AbstractToleranceClaim[MLP]):
    """Hidden units that start nearly alike grow apart: the symmetry does not attract.

    By a factor of tens when the network leaves the saddle. So what is proved of
    networks on the manifold is not a statement on those near it.
    """

    id: ClassVar[str] = "S3b"
    source: ClassVar[Source] = Source(RAWAL, "the symmetric manifold", "derived")
    needs: ClassVar[type] = MLP
    records: ClassVar[int] = 1
    margin: ClassVar[float] = 5.0
    """Units that stay alike count as a gap of 1."""

    tolerance: float = 0.1
    """The distance grows tenfold at least."""

    attracts: bool = False
    """Whether it is said to attract, which is false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (dataclasses.replace(self, attracts=True),)

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        away = alike(experiment.network)
        size = max(float(np.linalg.norm(W)) for W in experiment.network.weights)
        near = 1e-12 * size < away < 1e-2 * size
        yield Hypothesis("the hidden units start nearly alike, not quite", near)
        ended = isinstance(experiment.until, RiskBelow)
        yield Hypothesis("the run ends where the risk has fallen", ended)

    def gap(self, run: Trajectory[MLP]) -> float:
        before, after = alike(run.experiment.network), alike(run.network)
        if before < 1e-14:
            return 1.0
        return after / before if self.attracts else before / after

    def witness(self) -> Experiment[MLP]:
        return _nearly(1e-5)

    def foil(self) -> Experiment[MLP]:
        return _nearly(0.0)


def _symmetric(width: int, depth: int) -> MLP:
    rng = np.random.default_rng(1021)
    gains = rng.uniform(0.5, 1.5, depth - 1)
    first = rng.standard_normal(4)
    return MLP.symmetric(first, gains, width=width, activation="gelu")


def _data(n: int) -> Risk:
    rng = np.random.default_rng(1022)
    X = rng.standard_normal((n, 4))
    return Risk(Problem(X, np.tanh(X[:, 0]) + 0.3 * X[:, 1]), Squared())


def _nearly(distance: float) -> Experiment[MLP]:
    """Five units in each of two layers, small, and a push off the symmetry."""
    eps, risk = 2e-3, _data(60)
    start = MLP.symmetric(np.array([eps, 0, 0, 0]), [eps] * 2, width=5)
    push = np.random.default_rng(1023).standard_normal((5, 5))
    weights = [np.asarray(W) for W in start.weights]
    weights[1] = weights[1] + eps * distance * push / np.linalg.norm(push)
    flow = GradientFlow(rtol=1e-9, clock="escape")
    level = 0.5 * float(risk.value(MLP([0 * W for W in weights])))
    return Experiment(MLP(weights), risk, flow, until=RiskBelow(level))
