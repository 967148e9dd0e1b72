"""How fast layers align, and how fast the risk falls: sharper than the paper."""

from collections.abc import Iterable
from typing import ClassVar, NamedTuple

import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Exponential
from ...networks import DeepLinear
from ...observables import AbstractObservable, FlatWeights, LogRisk
from ...oracles import max_margin, residual_direction
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.flows import is_gradient_flow, matched_layers
from ..hypotheses.margins import (
    exponential,
    exponential_tail,
    held_firmly,
    one_margin,
    separable,
    spanned,
)
from ..measures.budgets import EPS
from ..measures.margins import beside, in_time
from ..measures.powers import of_powers, Power, power
from ..measures.spectra import allowance, spectra
from ..papers import JI, LYU, SOUDRY, Source
from ..parts import Forecast, Hypothesis, Rival, Term, Unmeasured
from ..witnesses.margins import half_normal, rank_one, separable as separable_data


class AlignmentRates(AbstractClaim[DeepLinear]):
    r"""Layers lose rank like $\|W\|_F^{-2}$, and squared sines fall like its square.

    $\|W_k\|_F^2 - \|W_k\|_2^2$ tends to a positive constant, so what a layer lacks of
    rank one falls exactly as fast as Lemma 2 of the paper allows; but
    $1 - \langle v_{k+1}, u_k\rangle^2$ falls like $\|W_{k+1}\|_F^{-4}$, one power of
    $\|W\|^2$ faster than its bound.
    """

    id: ClassVar[str] = "I2"
    source: ClassVar[Source] = Source(JI, "Lemma 2", "derived")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(),)
    sees: ClassVar[float] = 2e-2

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield one_margin(experiment)
        yield exponential_tail(experiment)
        yield separable(experiment)
        several = experiment.network.depth > 1 and any(_wide(experiment))
        yield Hypothesis("there are two layers, one of rank above 1", bool(several))
        layers = [np.asarray(W) for W in experiment.network.layers]
        some = allowance(layers) > 1e-9 * max(np.sum(W**2) for W in layers)
        text = "the start is not balanced and of rank one: nothing would be left"
        yield Hypothesis(text, bool(some))

    def forecast(self, experiment: Experiment[DeepLinear]) -> Forecast:
        about = (
            "the powers of the squared norms of the layers by which they lose rank, "
            "and by which the squared sines of neighbours fall"
        )
        return Forecast(self._powers(experiment, -1.0, -2.0), about)

    def measured(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        return np.array([each.value for each in _seen(run)])

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        reason = "the constant D of Lemma 2 over the squared norm, the next order"
        return tuple(
            # In units of the largest power that is foreseen.
            term._replace(size=term.size / 2)
            for term in of_powers(_seen(run), reason)
        )

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        experiment = run.experiment
        slow = self._powers(experiment, -1.0, -1.0)
        yield Rival("the angles close as slowly as Lemma 2 allows", slow)
        fast = self._powers(experiment, -2.0, -2.0)
        yield Rival("layers lose rank as fast as the angles close", fast)

    def _powers(self, experiment, rank, sines):
        wide = sum(_wide(experiment))
        return np.array([rank] * wide + [sines] * (experiment.network.depth - 1))

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        problem, flow = separable_data(seed=seed), GradientFlow(1e-7, clock="log-risk")
        start = half_normal(problem, 5, 4, seed=seed)
        return Experiment(start, Risk(problem, Exponential()), flow, until=1e6)

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        problem, true = separable_data(2003, seed=seed), self.witness(seed)
        start = rank_one(problem, 3, seed=seed)
        return Experiment(start, Risk(problem, Exponential()), true.flow, until=1e6)


class Clearest(NamedTuple):
    r"""$R\,t\,\|w\|^{2-2/L}$ at one record, and what it may be off its law by.

    `far` is the margin times the norm there.
    """

    seen: float
    power: float
    far: float
    left: float
    blurred: float


class RiskTimesTime(AbstractClaim[DeepLinear]):
    r"""$R\,t\,L\gamma^2\|w\|^{2-2/L} = 1 + (2-2/L)/(\gamma\|w\|) + O(\|w\|^{-2})$.

    For the exponential loss and a balanced start, with $\gamma$ the margin: the
    constant in $R = \Theta(1/(t (\log t)^{2-2/L}))$, and the next order. For one layer
    $R\,t \to 1/\gamma^2$, and what is left falls with time, not with its logarithm.
    """

    id: ClassVar[str] = "I2a"
    source: ClassVar[tuple[Source, ...]] = (
        Source(LYU, "Theorem 4.3", "derived"),
        Source(SOUDRY, "Theorem 3", "derived"),
    )
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(), LogRisk())
    sees: ClassVar[float] = 1e-4

    depth: int = 3

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield one_margin(experiment)
        yield exponential(experiment)
        yield separable(experiment)
        yield matched_layers(experiment)
        yield held_firmly(experiment)
        if experiment.network.depth > 1:
            yield spanned(experiment)

    def forecast(self, experiment: Experiment[DeepLinear]) -> Forecast:
        found, L = max_margin(experiment.risk.problem), experiment.network.depth
        about = f"R t |w|^(2 - 2/{L}) in the end"
        off = float(2 * found.residual / found.margin)
        return Forecast(1 / (L * found.margin**2), about, off)

    def predicted(self, run: Trajectory[DeepLinear]) -> float:
        at = _clearest(run)
        return self.forecast(run.experiment).value * (1 + at.power / at.far)

    def measured(self, run: Trajectory[DeepLinear]) -> float:
        return _clearest(run).seen

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        at = _clearest(run)
        text = "the next orders in 1/(margin |w|), and samples off the support"
        yield Term("what is left of the way", at.left, text, "a longer run")
        steps = "the time is summed up along steps at their rtol"
        yield Term("integration", at.blurred, steps, "a smaller rtol")

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        at, L = _clearest(run), run.network.depth
        told = self.predicted(run)
        gamma = max_margin(run.experiment.risk.problem).margin
        if L > 1:
            yield Rival("depth does not show in the constant", told * L)
            yield Rival("there is no next order", told / (1 + at.power / at.far))
        yield Rival("by the margin, not its square", told * gamma)
        yield Rival("by the constant of one layer more", told * L / (L + 1))

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        problem = separable_data(2003, seed=seed)
        return self._experiment(problem, rank_one(problem, self.depth, seed=seed))

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        problem = separable_data(seed=seed)
        start = half_normal(problem, 5, 4, scale=3.0, seed=seed)
        return self._experiment(problem, start)

    def _experiment(self, problem: Problem, start: DeepLinear):
        flow = GradientFlow(1e-9, clock="log-risk")
        return Experiment(start, Risk(problem, Exponential()), flow, until=3e4)


def _wide(experiment: Experiment[DeepLinear]) -> list[bool]:
    """Which layers can be of rank above 1."""
    return [min(W.shape) > 1 for W in experiment.network.layers]


def _seen(run: Trajectory[DeepLinear]) -> list[Power]:
    """The powers of rank, layer by layer, and of the sines, pair by pair."""
    seen, flow = spectra(run), run.experiment.flow
    start = [np.asarray(W) for W in run.experiment.network.layers]
    rtol, D = flow.rtol, allowance(start)
    found = []
    with np.errstate(divide="ignore"):
        for k, wide in enumerate(_wide(run.experiment)):
            if wide:
                size, value = seen.squares[:, k], seen.excess[:, k]
                blur = 2 * (rtol + EPS / np.sqrt(value))
                found.append(power(size, _logs(value), D / size, blur))
        for k, value in enumerate(seen.misalignment.T):
            size = seen.squares[:, k + 1]
            blur = 2 * (rtol + EPS) / np.sqrt(value)
            found.append(power(size, _logs(value), 2 * D / size, blur))
    return found


def _logs(squares: np.ndarray) -> np.ndarray:
    """Their logarithms; NaN where they are the squares of rounding."""
    return np.where(squares > 1e-26, np.log(squares), np.nan)


def _clearest(run: Trajectory[DeepLinear]) -> Clearest:
    """The record that must be closest to the law of the risk and time."""
    on = in_time(run)
    if run.log_time is None or not on.any():
        raise Unmeasured(
            'it needs the time of the flow itself, as clock="log-risk" keeps it'
        )
    L, rtol = run.network.depth, run.experiment.flow.rtol
    rest, power = residual_direction(run.experiment.risk.problem), 2 - 2 / L
    w = spectra(run).predictor[on]
    norm = np.linalg.norm(w, axis=1)
    far = rest.margin.margin * norm
    bent = power * (power + 1)
    if L > 1:
        bent += (L + 1) * (rest.margin.margin * np.linalg.norm(rest.value)) ** 2
    # The time before the support alone pulls is forgotten as fast as the risk falls.
    others = (1 + power) * beside(run, rest.margin.support, w)
    left = bent / far**2 + others + np.exp(-far / 2)
    blurred = 10 * rtol + 64 * EPS * np.maximum(far, 1.0)
    i = int(np.argmin(left + blurred))
    logs = np.asarray(run.seen["LogRisk"]) + np.asarray(run.log_time)
    seen = np.exp(logs[on][i] + power * np.log(norm[i]))
    parts = (seen, power, far[i], left[i], blurred[i])
    return Clearest(*(float(part) for part in parts))
