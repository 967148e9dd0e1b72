"""What steps of finite length add to the norms that the flow conserves."""

from collections.abc import Iterable
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np

from ...experiment import Experiment
from ...flows import Descent, SignDescent
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import (
    AbstractObservable,
    LayerNorms,
    Layers,
    QuasiNorm,
    TrainingRisk,
)
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import balanced, scale_free
from ..measures.budgets import rounding
from ..measures.drifts import (
    EVERY,
    every_step,
    gradients,
    growth,
    is_descent,
    of_one_step,
    over_norms,
    passed,
    rates,
    Shortened,
    shorter,
    squares,
)
from ..papers import LI, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.batches import noisy
from ..witnesses.discriminants import definite, unbalanced


class LayersGrowByTheSlope(AbstractClaim[Diagonal]):
    r"""A step of descent adds $\eta^2\|g_l\|^2$ to the squared norm of layer $l$.

    If the loss is free of scale the gradient is orthogonal to every layer, so the step
    is the side of a right triangle: $\|\theta_l - \eta g_l\|^2 = \|\theta_l\|^2 +
    \eta^2\|g_l\|^2$. So it is for every mini-batch, whose loss is free of scale too.
    """

    id: ClassVar[str] = "F1"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (Layers(),)
    records: ClassVar[int] = EVERY
    sees: ClassVar[float] = 1e-6

    batches: bool = False
    """Whether the witness trains on mini-batches."""

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield scale_free(experiment)
        yield from is_descent(experiment, schedule=True, batches=True)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield every_step(run)

    def predicted(self, run: Trajectory[Diagonal]) -> np.ndarray:
        g = gradients(run.experiment, passed(run)[:-1])
        return np.asarray(rates(run)[:, None] ** 2 * squares(g))

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return np.asarray(growth(passed(run)))

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[Diagonal]
    ) -> float:
        return over_norms(passed(run), predicted, measured)

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        yield of_one_step(run, float(jnp.min(squares(passed(run)))))

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        told = self.predicted(run)
        yield Rival("the norms are conserved, as by the flow", 0 * told)
        yield Rival("they grow by half of that", told / 2)

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        if self.batches:
            return noisy(0.2, until=200, seed=seed)
        risk = Risk(definite(seed)[0], Fisher())
        return Experiment(unbalanced(seed, depth=3), risk, Descent(0.01), until=200)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        true = self.witness(seed)
        ridged = Risk(true.risk.problem, Fisher(form="ratio", ridge=0.3))
        return Experiment(true.network, ridged, true.flow, until=true.until)


class DescentDrift(AbstractClaim[Diagonal]):
    r"""The squared norms drift by the step times the fall of the risk.

    Over a fixed flow time
    $\sum_l \Delta\|\theta_l\|^2 = \eta(R_0 - R_T)(1 + O(\eta))$: each step adds
    $\eta^2\|g\|^2$ and lowers the risk by $\eta\|g\|^2$. From a balanced start all
    layers share alike, and $Q = \sum_i |w_i|^{2/L}$ drifts by $1/L$ of it.

    Measured in the limit $\eta \to 0$, extrapolated from the run at hand and those
    of a half and a quarter of its step.
    """

    id: ClassVar[str] = "F2"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (
        LayerNorms(),
        QuasiNorm(),
        TrainingRisk(),
    )
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 1e-3

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield scale_free(experiment)
        yield from is_descent(experiment)
        yield balanced(experiment)
        yield Hypothesis("the depth is 2 or more", experiment.network.depth >= 2)

    def forecast(self, experiment: Experiment[Diagonal]) -> Forecast:
        about = "the drifts of the squared norms, summed, and of L Q, over that product"
        del experiment
        return Forecast(np.ones(2), about)

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return self._shortened(run).leading()

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        yield self._shortened(run).next_order()
        yield self._shortened(run).square()
        size = float(jnp.sum(run.experiment.network.layers**2))
        drift = abs(float(jnp.sum(run.seen["LayerNorms"][-1])) - size)
        yield rounding(run, size / drift if drift else np.inf)

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        depth = run.experiment.network.depth
        yield Rival("Q drifts by all of it", np.array([1.0, depth]))
        yield Rival("they drift by half the fall", np.full(2, 0.5))

    def _shortened(self, run):
        return Shortened(*(self._shares(each) for each in shorter(run)))

    def _shares(self, run):
        """The drifts of the norms and of `Q`, over what they should be."""
        start, step = run.experiment.network, run.experiment.flow.step
        fall = run.experiment.risk.value(start) - run.seen["TrainingRisk"][-1]
        norms = jnp.sum(run.seen["LayerNorms"][-1]) - jnp.sum(start.layers**2)
        power = 2 / start.depth
        before = jnp.sum(jnp.abs(start.predictor()) ** power)
        quasi = run.seen["QuasiNorm"][-1] ** power - before
        drifts = jnp.stack([norms, start.depth * quasi])
        return np.asarray(drifts / (step * fall))

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        problem, w0 = definite(seed)
        start = Diagonal.balanced(w0, depth=3)
        return Experiment(start, Risk(problem, Fisher()), Descent(2e-3), until=500)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        true = self.witness(seed)
        return Experiment(true.network, true.risk, SignDescent(2e-3), until=500)
