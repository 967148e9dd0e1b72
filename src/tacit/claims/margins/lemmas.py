"""What the gradient flow of a deep linear network conserves, and what that bounds."""

import dataclasses
import math
from collections.abc import Iterable
from typing import ClassVar

import equinox as eqx
import numpy as np

from ...experiment import Experiment
from ...flows import Descent, GradientFlow
from ...losses import AbstractMarginLoss, Exponential
from ...networks import DeepLinear
from ...observables import AbstractObservable, FlatWeights
from ...oracles import max_margin, separability
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.margins import separable as on_two_sides
from ..measures.spectra import allowance, imbalances, layers_along, spectra
from ..papers import ARORA_2018, JI, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.margins import half_normal, rank_one, separable


def _trained(loss: AbstractMarginLoss, norm: float, rtol: float):
    problem = separable()
    start = half_normal(problem, 5, 4)
    flow = GradientFlow(rtol, clock="log-risk")
    return Experiment(start, Risk(problem, loss), flow, until=norm)


def _descending(experiment: Experiment[DeepLinear], step: float):
    flow, until = Descent(step), 50
    return eqx.tree_at(lambda e: (e.flow, e.until), experiment, (flow, until))


class ImbalanceKept(AbstractToleranceClaim[DeepLinear]):
    r"""$W_{k+1}^\top W_{k+1} - W_k W_k^\top$ stays, however long the layers grow.

    Everything that is known of alignment rests on it. The drift is the spectral norm,
    against that of the start.
    """

    id: ClassVar[str] = "I1b"
    source: ClassVar[tuple[Source, ...]] = (
        Source(JI, "proof of Lemma 2", "quoted"),
        Source(ARORA_2018, "Theorem 1", "quoted"),
    )
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(),)
    tolerance: float = 1e-7
    """The drift of a method of order 3 at rtol 1e-9 while the squares grow by 100."""

    loss: AbstractMarginLoss = Exponential()

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        start = imbalances([np.asarray(W) for W in run.experiment.network.layers])
        size = max(np.linalg.norm(B, 2) for B in start)
        drifts = [
            np.linalg.norm(B - B0, 2)
            for layers in layers_along(run)
            for B, B0 in zip(imbalances(layers), start, strict=True)
        ]
        return float(max(drifts) / size)

    def witness(self) -> Experiment[DeepLinear]:
        return _trained(self.loss, 3e3, 1e-9)

    def foil(self) -> Experiment[DeepLinear]:
        return _descending(self.witness(), 0.1)


class AlignmentBounded(AbstractToleranceClaim[DeepLinear]):
    r"""What a layer lacks of rank one, and pairs of alignment, is bounded by the start.

    $\|W_k\|_F^2 - \|W_k\|_2^2 \le D$ and $1 - \langle v_{k+1}, u_k\rangle^2 \le
    (D + \|W_{k+1}(0)\|_2^2 + \|W_k(0)\|_2^2) / \|W_{k+1}\|_2^2$, with
    $D = \max_k\|W_k\|_F^2 - \|W_L\|_F^2 + \sum_k \|W_kW_k^\top -
    W_{k+1}^\top W_{k+1}\|_2$ at the start, at every time.
    """

    id: ClassVar[str] = "I1c"
    source: ClassVar[Source] = Source(JI, "Lemma 2", "quoted")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(),)
    tolerance: float = 1e-9
    """It is an inequality: what rounding may add to one that is an equality."""

    loss: AbstractMarginLoss = Exponential()

    share: float = 1.0
    """What $D$ is multiplied with. A tenth is too little."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (dataclasses.replace(self, share=0.1),) if self.share == 1 else ()

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        seen, start = spectra(run), run.experiment.network.layers
        first = [np.asarray(W) for W in start]
        D = self.share * allowance(first)
        lacking = (seen.squares * seen.excess - D) / max(D, 1e-300)
        tops = np.array([np.linalg.norm(W, 2) ** 2 for W in first])
        now = seen.squares * (1 - seen.excess)
        bound = (D + tops[1:] + tops[:-1]) / now[:, 1:]
        over = np.max(seen.misalignment - bound, initial=0.0)
        return float(max(lacking.max(), over, 0.0))

    def witness(self) -> Experiment[DeepLinear]:
        return _trained(self.loss, 1e6, 1e-7)

    def foil(self) -> Experiment[DeepLinear]:
        return _descending(self.witness(), 20.0)


class RankOneStays(AbstractToleranceClaim[DeepLinear]):
    r"""From $D = 0$ every layer is of rank one and aligned at all times.

    Lemma 2 then leaves nothing: both of its left sides are 0.
    """

    id: ClassVar[str] = "I4"
    source: ClassVar[Source] = Source(JI, "Lemma 2 with D = 0", "quoted")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(),)
    tolerance: float = 1e-12
    """Squares of rounding would be 1e-31; a thousand steps may add some of it up."""

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        layers = [np.asarray(W) for W in experiment.network.layers]
        none = allowance(layers) <= 1e-13 * np.sum(layers[0] ** 2)
        yield Hypothesis("the constant D of Lemma 2 is 0 at the start", bool(none))

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        seen = spectra(run)
        return float(max(seen.excess.max(), np.max(seen.misalignment, initial=0.0)))

    def witness(self) -> Experiment[DeepLinear]:
        problem, flow = separable(2003), GradientFlow(1e-9, clock="log-risk")
        start = rank_one(problem, 3)
        return Experiment(start, Risk(problem, Exponential()), flow, until=1e5)

    def foil(self) -> Experiment[DeepLinear]:
        return _trained(Exponential(), 3e3, 1e-9)


class ProjectedNormMoves(AbstractToleranceClaim[DeepLinear]):
    r"""$\frac{d}{dt}\|W_1P_\perp\|_F^2 = -2\langle P_\perp w, \nabla R(w)\rangle$.

    $P_\perp$ projects off the direction of the margin. The paper displays it without
    the factor 2, which harms nothing there: only the sign is used. The rival is the
    display as printed, and must fail.
    """

    id: ClassVar[str] = "I9"
    source: ClassVar[Source] = Source(JI, "proof of Theorem 2", "corrected")
    needs: ClassVar[type] = DeepLinear
    records: ClassVar[int] = 1
    tolerance: float = 1e-10
    """Rounding of two ways to one number."""

    factor: float = 2.0
    """That of the display; the paper prints 1."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (ProjectedNormMoves(factor=1.0),) if self.factor == 2 else ()

    def conditions(self, run: Trajectory[DeepLinear]) -> Iterable[Hypothesis]:
        flow = run.experiment.flow
        plain = isinstance(flow, GradientFlow) and not flow.weight_decay
        yield Hypothesis("it is the gradient flow, without weight decay", plain)
        yield on_two_sides(run.experiment)

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        risk, net = run.experiment.risk, run.network
        if not separability(risk.problem).separable:
            return math.inf
        unit = max_margin(risk.problem).value
        decay = getattr(run.experiment.flow, "weight_decay", 0.0)
        W = np.asarray(net.layers[0])
        moves = -np.asarray(risk.gradient(net).layers[0]) - decay * W
        off = W - np.outer(W @ unit, unit)
        w, slope = np.asarray(net.predictor()), np.asarray(risk.slope(net.predictor()))
        across = (w - (w @ unit) * unit) @ slope
        return float(abs(2 * np.sum(off * moves) / (-self.factor * across) - 1))

    def witness(self) -> Experiment[DeepLinear]:
        problem = separable()
        start = half_normal(problem, 5, 4)
        risk = Risk(problem, Exponential())
        return Experiment(start, risk, GradientFlow(), until=0)

    def foil(self) -> Experiment[DeepLinear]:
        true = self.witness()
        flow = GradientFlow(weight_decay=0.1)
        return Experiment(true.network, true.risk, flow, until=0)
