"""Which features a balanced diagonal network keeps, and how fast it drops others."""

from collections.abc import Iterable
from typing import ClassVar

import equinox as eqx
import jax
import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Fisher, Squared
from ...networks import Diagonal
from ...observables import AbstractObservable, LinearPredictor
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.discriminants import balanced
from ..hypotheses.flows import is_gradient_flow
from ..measures.paths import along, slopes
from ..papers import LI, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import definite, few_of_many, FINE, unbalanced


class SignsFrozen(AbstractToleranceClaim[Diagonal]):
    r"""From a balanced start of two layers or more, no weight changes sign.

    $\dot w_i = -L |w_i|^{2-2/L} g_i$ with an exponent of at least 1: it takes for ever
    to reach zero. The gap counts the changes of sign.
    """

    id: ClassVar[str] = "B6"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    margin: ClassVar[float] = 1.0
    """A count has no smaller unit: one change of sign is seen."""
    tolerance: float = 0.5
    """Less than one change of sign."""

    depth: int = 3

    single: bool = False
    """Whether the foil has a single layer, instead of layers that are unbalanced."""

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield balanced(experiment)
        deep = experiment.network.depth >= 2
        yield Hypothesis("there are two layers or more", deep)

    def gap(self, run: Trajectory[Diagonal]) -> float:
        _, w = along(run)
        return float(np.sum(np.sign(w[1:]) * np.sign(w[:-1]) < 0))  # 0 by underflow

    def witness(self) -> Experiment[Diagonal]:
        problem, w0 = definite()
        start = Diagonal.balanced(w0, depth=self.depth)
        return Experiment(start, Risk(problem, Fisher()), FINE, until=5.0)

    def foil(self) -> Experiment[Diagonal]:
        true = self.witness()
        start = unbalanced(depth=self.depth)
        if self.single:
            start = Diagonal.balanced(definite()[1], depth=1)
        return Experiment(start, true.risk, FINE, until=5.0)


class EliminationLaw(AbstractToleranceClaim[Diagonal]):
    r"""Against a constant slope, deeper networks drop a weight more slowly.

    From balance $w > 0$ and for $g \ge 0$: $w_0 - gt$ for one layer, $w_0 e^{-2gt}$ for
    two, $[w_0^{-(1-2/L)} + (L-2) g t]^{-L/(L-2)}$ for more. The powers of $1/t$ are 3,
    2 and 3/2 at depth 3, 4 and 6, and tend to 1.
    """

    id: ClassVar[str] = "B7"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    tolerance: float = 1e-9
    """The relative drift of a Runge-Kutta method at rtol 1e-12; the slope is constant
    to 1e-14."""

    depth: int = 3

    shift: int = 0
    """Added to the depth in the law; another number than 0 makes it false."""

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(run.experiment)
        yield balanced(run.experiment)
        _, w = along(run)
        g = slopes(run.experiment, w)
        constant = np.ptp(g, axis=0) <= 1e-12 * np.abs(g[0])
        yield Hypothesis("the slope is constant", bool(np.all(constant)))
        above = np.all(w[0] > 0) and np.all(g[0] >= 0)
        yield Hypothesis("the weights start positive, the slopes are not", bool(above))

    def gap(self, run: Trajectory[Diagonal]) -> float:
        times, w = along(run)
        L = run.experiment.network.depth + self.shift
        fallen = slopes(run.experiment, w[:1]) * times[:, None]
        if L == 1:
            law = w[0] - fallen
        elif L == 2:
            law = w[0] * np.exp(-2 * fallen)
        else:
            law = (w[0] ** (2 / L - 1) + (L - 2) * fallen) ** (-L / (L - 2))
        return float(np.max(np.abs(w / law - 1)))

    def witness(self) -> Experiment[Diagonal]:
        # A target so far away that the residual cannot be seen to change.
        return self._pulled(distance=7e6, lever=1e-7)

    def foil(self) -> Experiment[Diagonal]:
        return self._pulled(distance=0.7, lever=1.0)

    def _pulled(self, distance, lever):
        problem = Problem(np.array([[lever]]), np.array([-distance]))
        start = Diagonal.balanced(np.array([0.5]), depth=self.depth)
        sharp = GradientFlow(rtol=1e-12, atol=0.0, chart="parameters")
        return Experiment(start, Risk(problem, Squared()), sharp, until=8.0)

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        away = -1 if self.depth > 1 else 1
        return () if self.shift else (EliminationLaw(depth=self.depth, shift=away),)


class FirstFeatures(AbstractToleranceClaim[Diagonal]):
    r"""A uniform start sets the features off in the order of their share $-w_i g_i$.

    $\frac{d}{dt} \log(w_i / w_j) = \frac{Ld}{Q} (w_j g_j - w_i g_i)$ where
    $|w_1| = \dots = |w_d|$, with $Q = \sum_i |w_i|^{2/L}$: from a balanced start
    $\dot w_i / w_i = -L |w_i|^{-2/L} w_i g_i$, and all the powers are $Q / d$.
    """

    id: ClassVar[str] = "B8"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    tolerance: float = 1e-10
    """Rounding in one evaluation, 1e-16 times the condition of the scatter."""

    depth: int = 3

    layers_count: bool = True
    """Whether $L$ is in the formula; the same speed at all depths is false."""

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield balanced(experiment)
        size = np.abs(experiment.network.predictor())
        even = np.ptp(size) <= 8 * np.finfo(float).eps * np.max(size)
        yield Hypothesis("all weights start equal in magnitude", bool(even))

    def gap(self, run: Trajectory[Diagonal]) -> float:
        network, risk = run.experiment.network, run.experiment.risk
        w, velocity = (np.asarray(x) for x in _moving(network, risk))
        L = network.depth
        share = w * slopes(run.experiment, w[None])[0]
        quasi = np.sum(np.abs(w) ** (2 / L))
        law = -(L if self.layers_count else 1) * len(w) / quasi * share
        apart = [x[:, None] - x[None] for x in (velocity / w, law)]
        return float(np.max(np.abs(apart[0] - apart[1])) / np.max(np.abs(apart[1])))

    def witness(self) -> Experiment[Diagonal]:
        problem, w0 = few_of_many()
        start = Diagonal.balanced(w0, depth=self.depth)
        return Experiment(start, Risk(problem, Fisher()), FINE, until=0.0)

    def foil(self) -> Experiment[Diagonal]:
        true = self.witness()
        uneven = np.linspace(0.5, 1.5, true.risk.problem.d) / true.risk.problem.d
        start = Diagonal.balanced(uneven, depth=self.depth)
        return Experiment(start, true.risk, FINE, until=0.0)

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        if not self.layers_count:
            return ()
        return (FirstFeatures(depth=self.depth, layers_count=False),)


@eqx.filter_jit
def _moving(network, risk):
    """The predictor, and its velocity under the gradient flow."""
    down = jax.tree.map(lambda g: -g, risk.gradient(network))
    return jax.jvp(lambda net: net.predictor(), (network,), (down,))
