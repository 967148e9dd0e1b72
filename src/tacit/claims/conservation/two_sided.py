"""What the two sides of $w = u^L - v^L$ conserve."""

from collections.abc import Iterable
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from ...experiment import Experiment
from ...flows import Descent, GradientFlow
from ...losses import Fisher
from ...networks import TwoSided
from ...observables import AbstractObservable, LayerNorms, LinearPredictor, SidePairing
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.discriminants import scale_free
from ..hypotheses.flows import is_gradient_flow, resolved
from ..measures.paths import along, over_time, slopes
from ..papers import LI, Source, WOODWORTH
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import definite, FINE


SEED = 1007
SIDES = 1513
"""Their start is far from where J = 0, so that 200 records resolve the slopes."""


class SidesPaired(AbstractToleranceClaim[TwoSided]):
    r"""Under any loss $u_i v_i$ is constant at depth 2, $u_i^{2-L} + v_i^{2-L}$ beyond.

    $\dot u = -L u^{L-1} g$ and $\dot v = L v^{L-1} g$, so $\log u$ and $\log v$, or
    $u^{2-L}$ and $v^{2-L}$, move by opposite amounts.
    """

    id: ClassVar[str] = "B11"
    source: ClassVar[Source] = Source(WOODWORTH, "", "derived")
    needs: ClassVar[type] = TwoSided
    observes: ClassVar[tuple[AbstractObservable, ...]] = (SidePairing(),)
    tolerance: float = 1e-9
    """The drift of a Runge-Kutta method at rtol 1e-12 over a few hundred steps."""

    depth: int = 2

    def hypotheses(self, experiment: Experiment[TwoSided]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        start = experiment.network
        yield Hypothesis("the depth is at least 2", start.depth >= 2)
        apart = bool(np.all(start.u > 0) and np.all(start.v > 0))
        yield Hypothesis("both sides start positive", apart)

    def gap(self, run: Trajectory[TwoSided]) -> float:
        start = run.experiment.network
        u, v, L = start.u, start.v, start.depth
        before = u * v if L == 2 else jnp.abs(u) ** (2 - L) + jnp.abs(v) ** (2 - L)
        return float(jnp.max(jnp.abs(run.seen["SidePairing"] / before[None] - 1)))

    def witness(self) -> Experiment[TwoSided]:
        problem, _ = definite(own=SEED)
        ridged = Risk(problem, Fisher(form="ratio", ridge=0.3))
        return Experiment(_sides(self.depth), ridged, FINE, until=5.0)

    def foil(self) -> Experiment[TwoSided]:
        true = self.witness()
        return Experiment(true.network, true.risk, Descent(0.02), until=250)


class SidesNorm(AbstractToleranceClaim[TwoSided]):
    r"""If the loss is free of scale, $\|u\|^2 + \|v\|^2$ is constant.

    Scaling `u` and `v` together scales the output, so the gradient is orthogonal to
    the pair of them; to one side alone it is not. At depth 2 the sum is
    $\sum_i \sqrt{w_i^2 + 4 \kappa_i^2}$ with $\kappa = u v$.
    """

    id: ClassVar[str] = "B11b"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = TwoSided
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LayerNorms(),)
    tolerance: float = 1e-9
    """The drift of a Runge-Kutta method at rtol 1e-12 over a few hundred steps."""

    depth: int = 2

    together: bool = True
    """Whether the two norms are added; that each is constant alone is false."""

    def hypotheses(self, experiment: Experiment[TwoSided]) -> Iterable[Hypothesis]:
        yield scale_free(experiment)
        yield is_gradient_flow(experiment)

    def gap(self, run: Trajectory[TwoSided]) -> float:
        start = run.experiment.network
        before = np.array([np.sum(start.u**2), np.sum(start.v**2)])
        drift = np.asarray(run.seen["LayerNorms"]) - before
        drift = np.sum(drift, axis=1) if self.together else drift
        return float(np.max(np.abs(drift)) / np.sum(before))

    def witness(self) -> Experiment[TwoSided]:
        problem, _ = definite(own=SEED)
        return Experiment(_sides(self.depth), Risk(problem, Fisher()), FINE, until=5.0)

    def foil(self) -> Experiment[TwoSided]:
        true = self.witness()
        ridged = Risk(true.risk.problem, Fisher(form="ratio", ridge=0.3))
        return Experiment(true.network, ridged, FINE, until=5.0)

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        alone = SidesNorm(depth=self.depth, together=False)
        return (alone,) if self.together else ()


class SidesMirror(AbstractToleranceClaim[TwoSided]):
    r"""At depth 2 $w_i = 2 \kappa_i \sinh \phi_i$ with $\dot \phi_i = -4 g_i$.

    $\kappa = u v$ is constant and $\phi = \log(u / v)$, under any loss; so $w$ follows
    the mirror flow of the hyperbolic entropy $\sum_i \kappa_i q(w_i / \kappa_i)$.
    """

    id: ClassVar[str] = "B11c"
    source: ClassVar[Source] = Source(WOODWORTH, "", "quoted")
    needs: ClassVar[type] = TwoSided
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    records: ClassVar[int] = 200
    tolerance: float = 1e-9
    """The drift of a Runge-Kutta method at rtol 1e-12 over a few hundred steps."""

    speed: float = 4.0
    """The factor of the slope; another number than 4 makes it false."""

    def conditions(self, run: Trajectory[TwoSided]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(run.experiment)
        start = run.experiment.network
        yield Hypothesis("the depth is 2", start.depth == 2)
        apart = bool(np.all(start.u > 0) and np.all(start.v > 0))
        yield Hypothesis("both sides start positive", apart)
        times, w = along(run)
        yield resolved(over_time(times, slopes(run.experiment, w))[1])

    def gap(self, run: Trajectory[TwoSided]) -> float:
        start = run.experiment.network
        times, w = along(run)
        angle = np.arcsinh(w / (2 * np.asarray(start.u * start.v)))
        moved, _ = over_time(times, self.speed * slopes(run.experiment, w))
        return float(np.max(np.abs(angle - angle[0] + moved)) / np.max(np.abs(angle)))

    def witness(self) -> Experiment[TwoSided]:
        problem, _ = definite(own=SEED)
        return Experiment(_sides(2), Risk(problem, Fisher()), FINE, until=0.2)

    def foil(self) -> Experiment[TwoSided]:
        true = self.witness()
        decaying = GradientFlow(rtol=1e-12, atol=1e-14, weight_decay=0.1)
        return Experiment(true.network, true.risk, decaying, until=0.2)

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (SidesMirror(speed=2.0),) if self.speed == 4 else ()


def _sides(depth):
    u, v = np.random.default_rng(SIDES).uniform(0.5, 1.2, (2, 7))
    return TwoSided(u, v, depth)
