"""Where weight decay and the growth by mini-batches balance."""

from collections.abc import Iterable
from typing import Any, cast, ClassVar, NamedTuple

import numpy as np

from ...experiment import Experiment
from ...flows import Stochastic
from ...networks import Diagonal
from ...observables import AbstractObservable, Layers
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import scale_free
from ..measures.budgets import rounding
from ..measures.drifts import (
    EVERY,
    every_step,
    gradients,
    is_descent,
    passed,
    rates,
    squares,
)
from ..papers import Source, WAN
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.batches import DECAY, noisy, ridged


class Balance(NamedTuple):
    r"""The second half of a run: squared norms $N$ and what every step adds to them.

    `norms` ``(t + 1, L)``, `added` ``(t, L)``; `kept` is the share of $N$ that decay
    leaves in a step, $(1 - \eta\mu)^2$.
    """

    norms: np.ndarray
    added: np.ndarray
    kept: float


def _balance(run: Trajectory[Diagonal]) -> Balance:
    layers, flow = passed(run), cast(Any, run.experiment.flow)
    half, step = (len(layers) - 1) // 2, rates(run)[:, None]
    added = step**2 * squares(gradients(run.experiment, layers[:-1]))
    kept = (1 - flow.step * flow.weight_decay) ** 2
    return Balance(np.asarray(squares(layers))[half:], np.asarray(added)[half:], kept)


def _decays(experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
    yield scale_free(experiment)
    yield from is_descent(experiment, decay=True, batches=True)
    random = isinstance(experiment.flow, Stochastic)
    yield Hypothesis("the batches are random", random)
    decays = bool(experiment.flow.weight_decay)
    yield Hypothesis("there is weight decay", decays)


class EquilibriumTurn(AbstractClaim[Diagonal]):
    r"""Once decay and growth balance, a step turns every layer by $\sqrt{2\eta\mu}$.

    The root mean square over steps of $\eta\|g_l\|/\|\theta_l\|$, the tangent of the
    turn. It depends neither on the data nor on the loss.
    """

    id: ClassVar[str] = "F6b"
    source: ClassVar[Source] = Source(WAN, "", "quoted")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (Layers(),)
    records: ClassVar[int] = EVERY
    sees: ClassVar[float] = 2e-2

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        return _decays(experiment)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield every_step(run)

    def forecast(self, experiment: Experiment[Diagonal]) -> Forecast:
        about = "the root mean square turn of a layer in a step, in the long run"
        return Forecast(float(np.sqrt(_rate(experiment))), about)

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        norms, added, _ = _balance(run)
        return np.sqrt(np.mean(added / norms[:-1], axis=0))

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[Diagonal]
    ) -> float:
        del run
        return float(np.max(np.abs(measured / predicted - 1)))

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        # log N' / N = log(1 + x) with x = added / N - (1 - kept), over all steps.
        norms, added, kept = _balance(run)
        rate, x = _rate(run.experiment), added / norms[:-1] - (1 - kept)
        turned = float(np.max(np.abs(np.log(norms[-1] / norms[0]))))
        ends = turned / len(added) / rate
        bend = np.max(np.mean(x**2 / np.minimum(1 + x, 1) / 2, axis=0)) / rate
        late = float(bend + 1 - (1 - kept) / rate)
        whole = ends + late
        # Of the square; half as much of its root while it is small.
        root = max(1 - np.sqrt(max(1 - whole, 0.0)), whole / 2) / whole
        reason = "how much the norms still changed, over the steps of its second half"
        yield Term("what is left of the way", root * ends, reason, "a longer run")
        reason = "the square of what a step changes in the norms, and of step decay"
        yield Term("next order", root * late, reason, "shorter steps")
        yield rounding(run)

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        rate = _rate(run.experiment)
        yield Rival("it turns by the rate itself, not its root", rate)
        yield Rival("by the root of step times decay, without the 2", np.sqrt(rate / 2))

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        return noisy(0.2, decay=DECAY, until=40_000, seed=seed)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        return ridged(self.witness(seed))


class EquilibriumMoments(AbstractClaim[Diagonal]):
    r"""Once decay and growth balance, so do the squares of $N = \|\theta_l\|^2$.

    $(1 - c^2)\,E N^2 = 2 c\,\eta^2 E[N\|g\|^2] + \eta^4 E\|g\|^4$ with
    $c = (1 - \eta\mu)^2$: the square of one step's law, averaged.
    """

    id: ClassVar[str] = "F6c"
    source: ClassVar[Source] = Source(WAN, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (Layers(),)
    records: ClassVar[int] = EVERY
    sees: ClassVar[float] = 2e-2

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        return _decays(experiment)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield every_step(run)

    def predicted(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return np.asarray(sum(self._gains(run)))

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        norms, _, kept = _balance(run)
        return (1 - kept**2) * np.mean(norms[:-1] ** 2, axis=0)

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        (norms, added, _), told = _balance(run), self.predicted(run)
        ends = np.abs(norms[-1] ** 2 - norms[0] ** 2) / len(added)
        reason = "how much the squares still changed, over the steps of its second half"
        size = float(np.max(ends / told))
        yield Term("what is left of the way", size, reason, "a longer run")
        # What a step changes is a small part of the squares that it is read off.
        yield rounding(run, float(np.max(norms**2) / np.min(told)))

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        crossed, kicks = self._gains(run)
        yield Rival("without the squares of what the steps add", crossed)
        yield Rival("with half of these squares", crossed + kicks / 2)

    def _gains(self, run):
        """What the cross term and the square of the growth add to the squares."""
        norms, added, kept = _balance(run)
        crossed = 2 * kept * np.mean(norms[:-1] * added, axis=0)
        return crossed, np.mean(added**2, axis=0)

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        return noisy(0.2, decay=DECAY, until=28_000, seed=seed)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        return ridged(self.witness(seed))


def _rate(experiment: Experiment[Diagonal]) -> float:
    r"""$2\eta\mu$: the share of a squared norm that decay takes in a step."""
    flow: Any = experiment.flow
    return 2 * flow.step * flow.weight_decay
