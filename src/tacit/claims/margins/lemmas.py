"""What bounds rank and alignment at all times, and what moves the first layer."""

from collections.abc import Iterable
from typing import Any, ClassVar

import equinox as eqx
import numpy as np

from ...experiment import Experiment
from ...flows import Descent, GradientFlow
from ...losses import AbstractMarginLoss, Exponential
from ...networks import DeepLinear
from ...observables import AbstractObservable, FlatWeights
from ...oracles import max_margin
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.margins import one_margin, separable as on_two_sides
from ..measures.budgets import cancellation, integration, rounding
from ..measures.spectra import allowance, spectra
from ..papers import JI, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.margins import half_normal, rank_one, separable


def _trained(
    loss: AbstractMarginLoss, norm: float, rtol: float, seed: int | None
) -> Experiment[DeepLinear]:
    problem = separable(seed=seed)
    start = half_normal(problem, 5, 4, seed=seed)
    flow = GradientFlow(rtol, clock="log-risk")
    return Experiment(start, Risk(problem, loss), flow, until=norm)


class AlignmentBounded(AbstractClaim[DeepLinear]):
    r"""What a layer lacks of rank one, and pairs of alignment, is bounded by the start.

    $\|W_k\|_F^2 - \|W_k\|_2^2 \le D$ and $1 - \langle v_{k+1}, u_k\rangle^2 \le
    (D + \|W_{k+1}(0)\|_2^2 + \|W_k(0)\|_2^2) / \|W_{k+1}\|_2^2$, with
    $D = \max_k\|W_k\|_F^2 - \|W_L\|_F^2 + \sum_k \|W_kW_k^\top -
    W_{k+1}^\top W_{k+1}\|_2$ at the start, at every time. The first is held against the
    bound in units of $\|W_k\|_F^2$. The lemma leaves room: far lower bounds
    would be true of the witness as well, which is why `sees` is large.
    """

    id: ClassVar[str] = "I1c"
    source: ClassVar[Source] = Source(JI, "Lemma 2", "quoted")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(),)
    at_most: ClassVar[bool] = True
    sees: ClassVar[float] = 0.8

    loss: AbstractMarginLoss = Exponential()
    """That of the witness."""

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        one = experiment.network.predictor().ndim == 1
        yield Hypothesis("there is one output", one)
        some = all(bool(np.any(W)) for W in experiment.network.layers)
        yield Hypothesis("no layer starts at 0", some)

    def predicted(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        return self._bounds(run, 1.0)

    def measured(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        seen = spectra(run)
        return np.concatenate([seen.excess, seen.misalignment], axis=1)

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[DeepLinear]
    ) -> float:
        del run  # both are shares of 1, and the bound may be 0
        return float(np.max(measured - predicted, initial=0.0))

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        return integration(run, run.network.depth), rounding(run)

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        yield Rival("a tenth of D is enough", self._bounds(run, 0.1))

    def _bounds(self, run, share):
        seen = spectra(run)
        start = [np.asarray(W) for W in run.experiment.network.layers]
        D, tops = allowance(start), [np.linalg.norm(W, 2) ** 2 for W in start]
        both = np.add(tops[1:], tops[:-1])
        now = seen.squares * (1 - seen.excess)
        pairs = share * (D + both) / now[:, 1:]
        return np.concatenate([share * D / seen.squares, pairs], axis=1)

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return _trained(self.loss, 1e6, 1e-7, seed)

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        flow, until = Descent(20.0), 50
        true = self.witness(seed)
        return eqx.tree_at(lambda e: (e.flow, e.until), true, (flow, until))


class RankOneStays(AbstractClaim[DeepLinear]):
    r"""From $D = 0$ every layer is of rank one and aligned at all times.

    Lemma 2 then leaves nothing: both of its left sides are 0. Held against each other
    are $\|W_k\|_2^2/\|W_k\|_F^2$ and $\langle v_{k+1}, u_k\rangle^2$ and 1.
    """

    id: ClassVar[str] = "I4"
    source: ClassVar[Source] = Source(JI, "Lemma 2 with D = 0", "quoted")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(),)
    sees: ClassVar[float] = 1e-7

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        layers = [np.asarray(W) for W in experiment.network.layers]
        none = allowance(layers) <= 1e-13 * np.sum(layers[0] ** 2)
        yield Hypothesis("the constant D of Lemma 2 is 0 at the start", bool(none))
        yield Hypothesis("the start is not 0", bool(np.any(layers[0])))

    def forecast(self, experiment: Experiment[DeepLinear]) -> Forecast:
        about = (
            "the squared ratios of the norms of the layers, and the squared cosines of "
            "neighbours, all along"
        )
        return Forecast(np.ones(2 * experiment.network.depth - 1), about)

    def measured(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        seen = spectra(run)
        return 1 - np.concatenate([seen.excess, seen.misalignment], axis=1)

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        return integration(run, run.network.depth), rounding(run)

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        squares, L = spectra(run).squares, run.network.depth
        start = [np.sum(np.asarray(W) ** 2) for W in run.experiment.network.layers]
        gained = 1 - np.array(start) / squares
        left = np.concatenate([1 - gained / 2, np.ones((len(squares), L - 1))], axis=1)
        yield Rival("half of what a layer gains is off its first direction", left)

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        problem, flow = separable(2003, seed=seed), GradientFlow(1e-9, clock="log-risk")
        start = rank_one(problem, 3, seed=seed)
        return Experiment(start, Risk(problem, Exponential()), flow, until=1e5)

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return _trained(Exponential(), 3e3, 1e-9, seed)


class ProjectedNormMoves(AbstractClaim[DeepLinear]):
    r"""$\frac{d}{dt}\|W_1P_\perp\|_F^2 = -2\langle P_\perp w, \nabla R(w)\rangle$.

    $P_\perp$ projects off the direction of the margin. The paper displays it without
    the factor 2, which harms nothing there: only the sign is used. The rival is the
    display as printed.
    """

    id: ClassVar[str] = "I9"
    source: ClassVar[Source] = Source(JI, "proof of Theorem 2", "corrected")
    needs: ClassVar[type] = DeepLinear
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 1e-9

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield one_margin(experiment)
        yield on_two_sides(experiment)

    def predicted(self, run: Trajectory[DeepLinear]) -> float:
        return self._across(run, 2.0)

    def measured(self, run: Trajectory[DeepLinear]) -> float:
        return float(2 * np.vdot(*self._moving(run)))

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[DeepLinear]
    ) -> float:
        # Its terms may cancel: in units of what they would add up to.
        across, moves = map(np.linalg.norm, self._moving(run))
        size = float(across * moves)
        return abs(predicted - measured) / size if size > 0 else float("nan")

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        yield cancellation(run, run.network.depth)

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        text = "without the factor 2, as the proof displays it"
        yield Rival(text, self._across(run, 1.0))

    def _across(self, run, factor):
        risk, w = run.experiment.risk, run.network.predictor()
        unit, slope = max_margin(risk.problem).value, np.asarray(risk.slope(w))
        across = np.asarray(w) - (np.asarray(w) @ unit) * unit
        return float(-factor * across @ slope)

    def _moving(self, run):
        """The first layer across the margin, and how all of it moves."""
        risk, flow = run.experiment.risk, run.experiment.flow
        unit, W = max_margin(risk.problem).value, np.asarray(run.network.layers[0])
        decay = flow.weight_decay * W
        moves = -np.asarray(risk.gradient(run.network).layers[0]) - decay
        return W - np.outer(W @ unit, unit), moves

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        problem = separable(seed=seed)
        start = half_normal(problem, 5, 4, seed=seed)
        risk = Risk(problem, Exponential())
        return Experiment(start, risk, GradientFlow(), until=0)

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        true = self.witness(seed)
        flow = GradientFlow(weight_decay=0.1)
        return Experiment(true.network, true.risk, flow, until=0)
