"""The theorems of Ji and Telgarsky on the gradient flow of deep linear networks."""

import dataclasses
from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import AbstractMarginLoss, Exponential, PolynomialTail
from ...networks import DeepLinear
from ...observables import AbstractObservable, FlatWeights, LogRisk
from ...oracles import max_margin, separability
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.margins import (
    exponential_tail,
    of_margins,
    reaches,
    separable,
    spanned,
    starts_well,
)
from ..measures.spectra import limit, spectra
from ..papers import JI, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.margins import half_normal, mislabelled, separable as separable_data


FLOW = GradientFlow(rtol=1e-7, clock="log-risk")
FAR = 1e6


def trained(loss: AbstractMarginLoss) -> Experiment[DeepLinear]:
    """Three layers on separable data, to the norm `FAR`."""
    problem = separable_data()
    start = half_normal(problem, 5, 4)
    return Experiment(start, Risk(problem, loss), FLOW, until=FAR)


class LayersAlign(AbstractToleranceClaim[DeepLinear]):
    r"""The risk goes to 0, every layer to rank one, and neighbours align.

    $R \to 0$, $\|W_k\|_F \to \infty$, $\|W_k\|_2/\|W_k\|_F \to 1$,
    $|\langle v_{k+1}, u_k\rangle| \to 1$ and
    $|\langle w/\prod_k\|W_k\|_F, v_1\rangle| \to 1$, under Assumptions 1 and 2. Limits
    are read off lines in $1/\|W_k\|_F^2$.
    """

    id: ClassVar[str] = "I1"
    source: ClassVar[Source] = Source(JI, "Theorem 1; growth by Lemma 1", "quoted")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(), LogRisk())
    tolerance: float = 1e-6
    """The square of what a layer lacks of rank one, 3e-4 at the norm of 1e6: the second
    order, of which the lines know nothing."""

    loss: AbstractMarginLoss = Exponential()

    ratio: float = 1.0
    """The claimed limit of the ratios of norms; another than 1 is false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        # That a layer settles with half of its mass off the top direction.
        return (dataclasses.replace(self, ratio=0.5**0.5),) if self.ratio == 1 else ()

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield of_margins(experiment)
        yield separable(experiment)
        yield from starts_well(experiment)

    def conditions(self, run: Trajectory[DeepLinear]) -> Iterable[Hypothesis]:
        yield reaches(run, FAR)

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        seen = spectra(run)
        sizes, first = seen.squares, seen.squares[:, 0]
        ratios = [
            limit(np.sqrt(1 - e), s)
            for e, s in zip(seen.excess.T, sizes.T, strict=True)
        ]
        angles = [
            limit(m, s)
            for m, s in zip(seen.misalignment.T, sizes[:, 1:].T, strict=True)
        ]
        along = limit(np.abs(np.sum(seen.share * seen.top, axis=1)), first)
        off = [abs(ratio - self.ratio) for ratio in ratios] + [*angles, 1 - along]
        left = np.exp(min(float(run.seen["LogRisk"][-1]), 0.0))
        grown = float(seen.squares[-1].min()) ** -2
        return float(max(*np.abs(off), left, grown))

    def witness(self) -> Experiment[DeepLinear]:
        return trained(self.loss)

    def foil(self) -> Experiment[DeepLinear]:
        true, risk = self.witness(), Risk(mislabelled(), self.loss)
        return Experiment(true.network, risk, true.flow, until=true.until)


class LayersFindTheMargin(AbstractToleranceClaim[DeepLinear]):
    r"""$|\langle v_1, \bar u\rangle| \to 1$ and $w/\prod_k\|W_k\|_F \to \bar u$.

    $\bar u$ is the direction of largest margin. Under Assumptions 2 and 3, for a loss
    with an exponential tail and almost all data.
    """

    id: ClassVar[str] = "I1a"
    source: ClassVar[Source] = Source(JI, "Theorem 2", "quoted")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(),)
    tolerance: float = 1e-5
    """The second order in what a layer lacks of rank one, 3e-4 at the norm of 1e6, and
    in three of them."""

    loss: AbstractMarginLoss = Exponential()

    towards: str = "margin"
    """The claimed direction: that of the margin, or, wrongly, the "mean" sample's."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (
            (dataclasses.replace(self, towards="mean"),)
            if self.towards == "margin"
            else ()
        )

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield exponential_tail(experiment)
        yield separable(experiment)
        yield from starts_well(experiment)
        yield spanned(experiment)

    def conditions(self, run: Trajectory[DeepLinear]) -> Iterable[Hypothesis]:
        yield reaches(run, FAR)

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        problem = run.experiment.risk.problem
        if not separability(problem).separable:
            return 1.0
        aim = max_margin(problem).value
        if self.towards == "mean":
            aim = np.asarray(problem.y) @ np.asarray(problem.X)
            aim = aim / np.linalg.norm(aim)
        seen = spectra(run)
        first = seen.squares[:, 0]
        ends = limit(seen.share, first), limit(seen.top, seen.norm)
        return float(max(np.linalg.norm(end - aim) for end in ends))

    def witness(self) -> Experiment[DeepLinear]:
        return trained(self.loss)

    def foil(self) -> Experiment[DeepLinear]:
        return trained(PolynomialTail(2.0))
