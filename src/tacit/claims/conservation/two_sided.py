"""What the two sides of $w = u^L - v^L$ conserve."""

from collections.abc import Iterable
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ...experiment import Experiment, Snapshot
from ...flows import Descent, GradientFlow
from ...losses import Fisher
from ...networks import TwoSided
from ...observables import AbstractObservable, LayerNorms, LinearPredictor, SidePairing
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import scale_free
from ..hypotheses.flows import is_gradient_flow
from ..measures.budgets import coarseness, integration, quadrature, rounding
from ..measures.paths import along, over_time, slopes
from ..papers import LI, Source, WOODWORTH
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.discriminants import definite, FINE
from ..witnesses.draws import draw


SEED = 1007
SIDES = 1513
"""Their start is far from where J = 0, so that 200 records resolve the slopes."""


class Sides(AbstractObservable[TwoSided]):
    """`u` and `v`, ``(2, d)``."""

    needs: ClassVar[type] = TwoSided
    dims: ClassVar[tuple[str, ...]] = ("side", "feature")

    def measure(self, at: Snapshot[TwoSided]) -> Float[Array, "2 d"]:
        return jnp.stack([at.network.u, at.network.v])


class SidesPaired(AbstractClaim[TwoSided]):
    r"""Under any loss $u_i v_i$ is constant at depth 2, $u_i^{2-L} + v_i^{2-L}$ beyond.

    $\dot u = -L u^{L-1} g$ and $\dot v = L v^{L-1} g$, so $\log u$ and $\log v$, or
    $u^{2-L}$ and $v^{2-L}$, move by opposite amounts.
    """

    id: ClassVar[str] = "B11"
    source: ClassVar[Source] = Source(WOODWORTH, "", "derived")
    needs: ClassVar[type] = TwoSided
    observes: ClassVar[tuple[AbstractObservable, ...]] = (SidePairing(), Sides())
    sees: ClassVar[float] = 1e-9

    depth: int = 2

    def hypotheses(self, experiment: Experiment[TwoSided]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield Hypothesis("the depth is at least 2", experiment.network.depth >= 2)
        yield _positive(experiment)

    def forecast(self, experiment: Experiment[TwoSided]) -> Forecast:
        start = experiment.network
        u, v = np.asarray(start.u), np.asarray(start.v)
        about = "the pairing of the two sides, feature by feature, all along"
        return Forecast(_paired(u, v, start.depth), about)

    def measured(self, run: Trajectory[TwoSided]) -> np.ndarray:
        return np.asarray(run.seen["SidePairing"])

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[TwoSided]
    ) -> float:
        del run
        return float(np.max(np.abs(measured / predicted - 1)))

    def budget(self, run: Trajectory[TwoSided]) -> Iterable[Term]:
        smallest = np.min(np.abs(np.asarray(run.seen["Sides"])))
        growth = run.experiment.network.depth * coarseness(run, smallest)
        return integration(run, growth), rounding(run, growth)

    def rivals(self, run: Trajectory[TwoSided]) -> Iterable[Rival]:
        L, sides = run.experiment.network.depth, np.asarray(run.seen["Sides"])
        still = np.asarray(run.experiment.network.v)
        yield Rival("only the side u moves", _paired(sides[:, 0], still, L))

    def witness(self, seed: int | None = None) -> Experiment[TwoSided]:
        problem, _ = definite(seed, own=SEED)
        ridged = Risk(problem, Fisher(form="ratio", ridge=0.3))
        return Experiment(_sides(self.depth, seed), ridged, FINE, until=5.0)

    def foil(self, seed: int | None = None) -> Experiment[TwoSided]:
        true = self.witness(seed)
        return Experiment(true.network, true.risk, Descent(0.02), until=250)


class SidesNorm(AbstractClaim[TwoSided]):
    r"""If the loss is free of scale, $\|u\|^2 + \|v\|^2$ is constant.

    Scaling `u` and `v` together scales the output, so the gradient is orthogonal to
    the pair of them; to one side alone it is not. At depth 2 the sum is
    $\sum_i \sqrt{w_i^2 + 4 \kappa_i^2}$ with $\kappa = u v$.
    """

    id: ClassVar[str] = "B11b"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = TwoSided
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LayerNorms(),)
    sees: ClassVar[float] = 1e-9

    depth: int = 2

    def hypotheses(self, experiment: Experiment[TwoSided]) -> Iterable[Hypothesis]:
        yield scale_free(experiment)
        yield is_gradient_flow(experiment)

    def forecast(self, experiment: Experiment[TwoSided]) -> Forecast:
        total = np.sum(_squares(experiment))
        return Forecast(total, "the sum of the squared norms of the sides, all along")

    def measured(self, run: Trajectory[TwoSided]) -> np.ndarray:
        return np.sum(np.asarray(run.seen["LayerNorms"]), axis=1)

    def budget(self, run: Trajectory[TwoSided]) -> Iterable[Term]:
        return integration(run, 2), rounding(run, 2)

    def rivals(self, run: Trajectory[TwoSided]) -> Iterable[Rival]:
        norms, before = np.asarray(run.seen["LayerNorms"]), _squares(run.experiment)
        yield Rival("the norm of u is constant alone", before[0] + norms[:, 1])

    def witness(self, seed: int | None = None) -> Experiment[TwoSided]:
        problem, _ = definite(seed, own=SEED)
        start = _sides(self.depth, seed)
        return Experiment(start, Risk(problem, Fisher()), FINE, until=5.0)

    def foil(self, seed: int | None = None) -> Experiment[TwoSided]:
        true = self.witness(seed)
        ridged = Risk(true.risk.problem, Fisher(form="ratio", ridge=0.3))
        return Experiment(true.network, ridged, FINE, until=5.0)


class SidesMirror(AbstractClaim[TwoSided]):
    r"""At depth 2 $w_i = 2 \kappa_i \sinh \phi_i$ with $\dot \phi_i = -4 g_i$.

    $\kappa = u v$ is constant and $\phi = \log(u / v)$, under any loss; so $w$ follows
    the mirror flow of the hyperbolic entropy $\sum_i \kappa_i q(w_i / \kappa_i)$.
    """

    id: ClassVar[str] = "B11c"
    source: ClassVar[Source] = Source(WOODWORTH, "", "quoted")
    needs: ClassVar[type] = TwoSided
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    records: ClassVar[int] = 200
    sees: ClassVar[float] = 1e-6

    def hypotheses(self, experiment: Experiment[TwoSided]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield Hypothesis("the depth is 2", experiment.network.depth == 2)
        yield _positive(experiment)

    def predicted(self, run: Trajectory[TwoSided]) -> np.ndarray:
        return self.measured(run)[:1] - self._pushed(run)[0]

    def measured(self, run: Trajectory[TwoSided]) -> np.ndarray:
        start = run.experiment.network
        return np.arcsinh(along(run)[1] / (2 * np.asarray(start.u * start.v)))

    def budget(self, run: Trajectory[TwoSided]) -> Iterable[Term]:
        angle, (pushed, error) = np.abs(self.measured(run)), self._pushed(run)
        size = np.max(angle)
        # Both sides are followed to rtol, and so is the speed on all of the way.
        growth = float((4 + np.max(np.abs(pushed))) / size)
        yield quadrature(error, np.max(np.abs(pushed)) / size)
        yield integration(run, growth)
        yield rounding(run, growth)

    def rivals(self, run: Trajectory[TwoSided]) -> Iterable[Rival]:
        start, (pushed, _) = self.measured(run)[:1], self._pushed(run)
        yield Rival("the angle moves at half that speed", start - pushed / 2)

    def _pushed(self, run):
        times, w = along(run)
        return over_time(times, 4 * slopes(run.experiment, w))

    def witness(self, seed: int | None = None) -> Experiment[TwoSided]:
        problem, _ = definite(seed, own=SEED)
        return Experiment(_sides(2, seed), Risk(problem, Fisher()), FINE, until=0.2)

    def foil(self, seed: int | None = None) -> Experiment[TwoSided]:
        true = self.witness(seed)
        decaying = GradientFlow(rtol=1e-12, atol=1e-14, weight_decay=0.1)
        return Experiment(true.network, true.risk, decaying, until=0.2)


def _positive(experiment: Experiment[TwoSided]) -> Hypothesis:
    start = experiment.network
    apart = bool(np.all(start.u > 0) and np.all(start.v > 0))
    return Hypothesis("both sides start positive", apart)


def _paired(u: np.ndarray, v: np.ndarray, L: int) -> np.ndarray:
    return u * v if L == 2 else np.abs(u) ** (2 - L) + np.abs(v) ** (2 - L)


def _squares(experiment: Experiment[TwoSided]) -> np.ndarray:
    return np.array([np.sum(np.asarray(x) ** 2) for x in experiment.network.layers])


def _sides(depth: int, seed: int | None) -> TwoSided:
    u, v = draw(SIDES, seed).uniform(0.5, 1.2, (2, 7))
    return TwoSided(u, v, depth)
