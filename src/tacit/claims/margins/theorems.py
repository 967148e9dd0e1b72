"""The theorems of Ji and Telgarsky on the gradient flow of deep linear networks."""

from collections.abc import Iterable
from functools import partial
from typing import Any, ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import AbstractMarginLoss, Exponential, PolynomialTail
from ...networks import DeepLinear
from ...observables import AbstractObservable, FlatWeights, LogRisk
from ...oracles import max_margin
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.margins import (
    exponential_tail,
    of_margins,
    one_margin,
    separable,
    spanned,
    starts_well,
)
from ..measures.alignment import aligned, left_over, Room, room, unaligned
from ..measures.budgets import integration, rounding
from ..measures.margins import rows_of, still_to_fall, still_to_turn, turn_left
from ..measures.residual import left_by_residual
from ..measures.spectra import spectra
from ..papers import JI, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.draws import redrawn
from ..witnesses.margins import half_normal, mislabelled, separable as separable_data


FLOW = GradientFlow(rtol=1e-7, clock="log-risk")
FAR = 1e6


def trained(loss: AbstractMarginLoss, seed: int | None) -> Experiment[DeepLinear]:
    """Three layers on separable data, to the norm `FAR`."""
    problem = separable_data(seed=seed)
    start = half_normal(problem, 5, 4, seed=seed)
    return Experiment(start, Risk(problem, loss), FLOW, until=FAR)


class LayersAlign(AbstractClaim[DeepLinear]):
    r"""The risk goes to 0, every layer to rank one, and neighbours align.

    $R \to 0$, $\|W_k\|_2/\|W_k\|_F \to 1$, $|\langle v_{k+1}, u_k\rangle| \to 1$ and
    $|\langle w/\prod_k\|W_k\|_F, v_1\rangle| \to 1$, under Assumptions 1 and 2. What is
    left of the way is what Lemma 2 leaves at the norms that the layers have reached.
    """

    id: ClassVar[str] = "I1"
    source: ClassVar[Source] = Source(JI, "Theorem 1; growth by Lemma 1", "quoted")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(), LogRisk())
    sees: ClassVar[float] = 5e-3

    loss: AbstractMarginLoss = Exponential()
    """That of the witness."""

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield one_margin(experiment)
        yield of_margins(experiment)
        yield separable(experiment)
        yield from starts_well(experiment)

    def forecast(self, experiment: Experiment[DeepLinear]) -> Forecast:
        about = (
            "in the end: the ratios of the norms of the layers, the cosines of "
            "neighbours and of w with the first layer, the part of the risk that is "
            "gone"
        )
        return Forecast(np.ones(2 * experiment.network.depth + 1), about)

    def measured(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        return aligned(run)

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        yield left_over(_room(run))
        yield still_to_fall(run)
        yield integration(run, run.network.depth)
        yield rounding(run)

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        return unaligned(run)

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return trained(self.loss, seed)

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        true, risk = self.witness(seed), Risk(mislabelled(seed), self.loss)
        return Experiment(true.network, risk, true.flow, until=true.until)


class LayersFindTheMargin(AbstractClaim[DeepLinear]):
    r"""$|\langle v_1, \bar u\rangle| \to 1$ and $w/\prod_k\|W_k\|_F \to \bar u$.

    $\bar u$ is the direction of largest margin. Under Assumptions 2 and 3, for a loss
    with an exponential tail: all that is checked.

    The paper asks for almost all data besides, which here comes to a multiplier above 0
    at every support vector. That is not checked. Its proof needs it; on the two samples
    of I8, which lack it, the direction tends to $\bar u$ all the same, more slowly
    (J2c).
    """

    id: ClassVar[str] = "I1a"
    source: ClassVar[Source] = Source(JI, "Theorem 2", "quoted")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(),)
    sees: ClassVar[float] = 2e-3

    loss: AbstractMarginLoss = Exponential()
    """That of the witness."""

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield one_margin(experiment)
        yield exponential_tail(experiment)
        yield separable(experiment)
        yield from starts_well(experiment)
        yield spanned(experiment)

    def forecast(self, experiment: Experiment[DeepLinear]) -> Forecast:
        found = max_margin(experiment.risk.problem)
        size = np.linalg.norm(rows_of(experiment)[0], axis=1).max()
        about = "the direction of w in the end, and of v_1: that of the largest margin"
        return Forecast(found.value, about, float(found.residual * size / found.margin))

    def measured(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        seen = spectra(run)
        return np.stack([seen.share[-1], seen.top[-1]])

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[DeepLinear]
    ) -> float:
        del run
        return float(np.max(np.linalg.norm(measured - predicted, axis=-1)))

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        foretold = left_by_residual(run, spectra(run).predictor)
        yield still_to_turn(min(turn_left(run), foretold))
        yield left_over(_room(run))
        yield integration(run, run.network.depth)
        yield rounding(run)

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        rows, mass = rows_of(run.experiment)
        for text, to in (
            ("it goes in the direction of the mean sample", mass @ rows),
            ("it stays in the direction of the start", _start(run)),
        ):
            yield Rival(text, to / np.linalg.norm(to))

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return redrawn(seed, partial(trained, self.loss), lambda t: spanned(t).met)

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        true = self.witness(seed)
        heavy = Risk(true.risk.problem, PolynomialTail(2.0))
        return Experiment(true.network, heavy, true.flow, until=true.until)


def _start(run: Trajectory[DeepLinear]) -> np.ndarray:
    return np.asarray(run.experiment.network.predictor())


def _room(run: Trajectory[DeepLinear]) -> Room:
    return room(run, np.array([np.sum(np.asarray(W) ** 2) for W in run.network.layers]))
