"""Activations for which the escape law is another one."""

import dataclasses
from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...experiment import Experiment
from ...fits import fit_exponent
from ...flows import GradientFlow
from ...networks import Chain
from ...oracles import escape_time
from ...saddles import pull_of
from ...training import Trajectory
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.saddles import all_small_and_alike, of_class, squared_loss, to_a_gain
from ..measures.paths import gradient
from ..papers import RAWAL, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.saddles import escapes, even, gaussian, leaving


STIFF = GradientFlow(rtol=1e-8, clock="escape")
"""The read-out relaxes far faster than the rest moves; finer costs more steps."""


class SlavedReadOut(AbstractToleranceClaim[Chain]):
    r"""Where $\sigma(0) \ne 0$ and the targets are centred, the power is $2r - 4$.

    The read-out follows the constant feature at once and is held at
    $\sigma'(0)^{L-1}hP/\sigma(0)^2$, $P$ the product of the other gains: what drives
    the rest is smaller, and the plateau of a `Chain` longer than $r - 2$ says.
    """

    id: ClassVar[str] = "S11"
    source: ClassVar[Source] = Source(RAWAL, "the escape law", "derived")
    needs: ClassVar[type] = Chain
    records: ClassVar[int] = 1
    margin: ClassVar[float] = 10.0
    """The tolerance is a neglected order, not rounding."""

    tolerance: float = 0.02
    """The next order, and the time in which the read-out comes to be held."""

    usual: bool = False
    """Whether the usual power $r - 2$ is said to hold as well, which is false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (dataclasses.replace(self, usual=True),)

    def hypotheses(self, experiment: Experiment[Chain]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield squared_loss(experiment)
        yield of_class(experiment, "D")
        yield to_a_gain(experiment)
        yield from all_small_and_alike(experiment)
        pull = pull_of(experiment.risk.loss, experiment.risk.problem)
        centred = abs(pull.sum()) < 1e-9 * np.abs(pull).sum()
        yield Hypothesis("the targets have mean 0", bool(centred))

    def gap(self, run: Trajectory[Chain]) -> float:
        before = escapes(run.experiment, (2.0,))[0]
        slope = np.log(float(run.times[-1]) / before) / np.log(2)
        L = len(run.experiment.network.weights)
        if self.usual:
            return abs(slope / (L - 2) - 1)
        off = abs(slope / (2 * L - 4) - 1)
        if off > self.tolerance:
            return off
        network, risk = run.experiment.network, run.experiment.risk
        law = escape_time(network, risk, run.experiment.until.level)
        return max(off, abs(float(run.times[-1]) / float(law.value) - 1))

    def witness(self) -> Experiment[Chain]:
        return leaving(even(0.01, 3, "softplus"), _centred(), 0.1, flow=STIFF)

    def foil(self) -> Experiment[Chain]:
        return leaving(even(0.01, 3, "tanh"), _centred(), 0.1, flow=STIFF)


class MonomialEscape(AbstractToleranceClaim[Chain]):
    r"""For $\sigma(z) = z^k$ the power is $\sum_{j<L} k^j - 2$.

    The degree of the output in the small layers, less 2: with no slope at 0 no layer
    acts as a linear map. Read off the differences of the times at three gains.
    """

    id: ClassVar[str] = "S12"
    source: ClassVar[Source] = Source(RAWAL, "the escape law", "derived")
    needs: ClassVar[type] = Chain
    records: ClassVar[int] = 1
    margin: ClassVar[float] = 10.0
    """The tolerance is a neglected order, not rounding."""

    tolerance: float = 0.03
    """The next order over a factor of four in the gain, relative to the power."""

    degree: int = 2

    usual: bool = False
    """Whether the usual power $r - 2$ is said to hold as well, which is false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (dataclasses.replace(self, usual=True),)

    def hypotheses(self, experiment: Experiment[Chain]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield _monomial(experiment, self.degree)
        yield to_a_gain(experiment)
        yield from all_small_and_alike(experiment)

    def gap(self, run: Trajectory[Chain]) -> float:
        times = np.append(escapes(run.experiment, (4.0, 2.0)), float(run.times[-1]))
        found = -fit_exponent(np.array([4.0, 2.0, 1.0]), times).value
        L = len(run.experiment.network.weights)
        power = sum(self.degree**j for j in range(L)) - 2
        told = L - 2 if self.usual else power
        return abs(found - told) / max(told, 1)

    def witness(self) -> Experiment[Chain]:
        return _power("square" if self.degree == 2 else "cube", self.degree)

    def foil(self) -> Experiment[Chain]:
        return _power("tanh", 1)


class MonomialBalance(AbstractToleranceClaim[Chain]):
    r"""For $\sigma(z) = z^k$ the flow conserves $\|W_l\|^2 - k\|W_{l+1}\|^2$.

    Scaling layer $l$ by $c$ is scaling the one above by $c^k$, under any loss.
    """

    id: ClassVar[str] = "S12b"
    source: ClassVar[Source] = Source(RAWAL, "the imbalance identity", "derived")
    needs: ClassVar[type] = Chain
    records: ClassVar[int] = 1
    tolerance: float = 1e-12
    """Rounding of a gradient, with three digits to spare."""

    degree: int = 3

    even: bool = False
    """Whether both layers count alike, which is false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (dataclasses.replace(self, even=True),)

    def hypotheses(self, experiment: Experiment[Chain]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield _monomial(experiment, self.degree)

    def gap(self, run: Trajectory[Chain]) -> float:
        slope = gradient(run.experiment.risk, run.network).weights
        pairs = zip(run.network.weights, slope, strict=True)
        moved = np.array([float(np.sum(np.asarray(W) * G)) for W, G in pairs])
        k = 1 if self.even else self.degree
        return float(np.max(np.abs(moved[:-1] - k * moved[1:])) / np.abs(moved).max())

    def witness(self) -> Experiment[Chain]:
        return self._still("square" if self.degree == 2 else "cube")

    def foil(self) -> Experiment[Chain]:
        return self._still("tanh")

    def _still(self, activation):
        start = Chain(0.7, [1.1, 0.8], activation)
        return Experiment(start, gaussian(np.tanh), GradientFlow(), until=0.0)


def _monomial(experiment: Experiment[Chain], degree: int) -> Hypothesis:
    z = np.linspace(-2.0, 2.0, 9)
    same = np.allclose(experiment.network.sigma(z), z**degree, rtol=1e-13)
    return Hypothesis(f"the activation is the power {degree}", bool(same))


def _power(activation: str, degree: int) -> Experiment[Chain]:
    risk = gaussian(lambda u: u ** (degree**2))
    return leaving(even(0.025, 3, activation), risk, 0.3)


def _centred():
    u, mass = np.polynomial.hermite_e.hermegauss(80)
    mean = mass @ np.logaddexp(0, u) / mass.sum()
    return gaussian(lambda u: np.logaddexp(0, u) - mean)
