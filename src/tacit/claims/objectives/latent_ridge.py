"""What a ridge on the outputs does to a balanced diagonal network."""

import math
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from ...experiment import Experiment
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import AbstractObservable, LayerNorms, LinearPredictor
from ...oracles import fisher_direction
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import balanced, deep, invertible, orthant_end
from ..hypotheses.flows import is_gradient_flow, settled
from ..measures.budgets import integration, quadrature, rough, rounding
from ..measures.layers import LayerSums
from ..measures.paths import along, over_time
from ..papers import LI, Source
from ..parts import Hypothesis, Rival, Term
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import definite, FINE, LONG, unbalanced


def _ridged(experiment: Experiment) -> Iterable[Hypothesis]:
    loss = experiment.risk.loss
    ratio = isinstance(loss, Fisher) and loss.form == "ratio" and not loss.input_ridge
    yield Hypothesis("the loss is -J", ratio)
    yield is_gradient_flow(experiment)


def _parts(experiment: Experiment, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The squared contrast and the within-class variance of predictors ``(t, d)``."""
    contrast = np.asarray(experiment.risk.problem.contrast)
    within = np.asarray(experiment.risk.problem.within)
    return np.sum((w @ contrast) ** 2, axis=1), np.sum(w @ within * w, axis=1)


class RidgeLengthensLayers(AbstractClaim[Diagonal]):
    r"""With a latent ridge every layer grows at the same rate, whatever the start.

    Of $-J_\lambda = -a^2 / (b + \lambda)$, scaling a layer lowers the loss:
    $\frac{d}{dt} \|\theta_l\|^2 = 4 \lambda a^2 / (b + \lambda)^2$. Held against the
    run as an integral over time.
    """

    id: ClassVar[str] = "E3"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (
        LinearPredictor(),
        LayerNorms(),
        LayerSums(),
    )
    records: ClassVar[int] = 200
    sees: ClassVar[float] = 1e-6

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield from _ridged(experiment)

    def predicted(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return _squares(run) + self._grown(run)[0]

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return np.asarray(run.seen["LayerNorms"])

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[Diagonal]
    ) -> float:
        del run
        return float(np.max(np.abs(measured / predicted - 1)))

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        grown, error = self._grown(run)
        growth = 1 + np.max(grown) / np.min(_squares(run))
        yield quadrature(error, growth - 1)
        yield integration(run, float(growth) * rough(run))
        yield rounding(run, float(growth))

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        before, (grown, _) = _squares(run), self._grown(run)
        start = np.sum(np.abs(np.asarray(run.experiment.network.layers)), axis=1)
        sums = start / np.asarray(run.seen["LayerSums"])
        kept = np.asarray(run.seen["LayerNorms"]) * sums**2
        yield Rival("the 1-norm of every layer grows instead", kept + grown)
        if np.any(grown):
            yield Rival("no layer grows", before + 0 * grown)
            yield Rival("the rate is half of it", before + grown / 2)

    def _grown(self, run) -> tuple[np.ndarray, float]:
        """What every layer has gained at every record, ``(t, 1)``, and how surely."""
        (times, w), ridge = along(run), getattr(run.experiment.risk.loss, "ridge", 0.0)
        a2, b = _parts(run.experiment, w)
        total, error = over_time(times, 4 * ridge * a2 / (b + ridge) ** 2)
        return total[-len(run.times) :, None], error

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        problem, _ = definite(seed, own=1005)
        risk = Risk(problem, Fisher(form="ratio", ridge=0.3))
        start = unbalanced(seed, own=1005, depth=3)
        return Experiment(start, risk, FINE, until=2.0)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        true = self.witness(seed)
        other = Risk(true.risk.problem, Fisher(form="neglog", ridge=0.3))
        return Experiment(true.network, other, FINE, until=2.0)


def _squares(run: Trajectory[Diagonal]) -> np.ndarray:
    return np.sum(np.asarray(run.experiment.network.layers) ** 2, axis=1)


class RidgeGrowth(AbstractToleranceClaim[Diagonal]):
    r"""From balance and with a latent ridge, layers grow like $t^{1/(L+1)}$ for ever.

    The direction still goes to the maximiser of J in the orthant. With $k = b / N^L$
    there and $N = \|\theta_l\|^2$, $\dot N = 4 \lambda J^* / (k N^L)$ to first order
    in $\lambda / b$, so $N^{L+1} = (L + 1)\, 4 \lambda J^* t / k$. Held against the
    last nine tenths of the run.
    """

    id: ClassVar[str] = "E3b"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (
        LinearPredictor(),
        LayerNorms(),
    )
    tolerance: float = 1e-4
    """The next order takes the part 2 lambda / b, below 5e-5, from the norm."""

    depth: int = 2

    shift: int = 0
    """Added to the depth in the formula; another number than 0 makes it false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (RidgeGrowth(depth=self.depth, shift=1),)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield from _ridged(run.experiment)
        ridge = getattr(run.experiment.risk.loss, "ridge", 0.0)
        yield Hypothesis("it has a ridge on the outputs", ridge > 0)
        yield invertible(run.experiment)
        yield deep(run.experiment)
        yield balanced(run.experiment)
        two = orthant_end(run.experiment) is not None
        yield Hypothesis("two classes, which w0 tells apart", two)
        if two:
            times, w = along(run)
            b = _parts(run.experiment, w[times >= times[-1] / 10])[1]
            far = bool(2 * ridge < 5e-5 * b.min())
            yield Hypothesis("the ridge has become small against b", far)
        yield settled(run, turn=self.tolerance)

    def gap(self, run: Trajectory[Diagonal]) -> float:
        limit = orthant_end(run.experiment)
        if limit is None:
            return math.nan
        times, L = np.asarray(run.times), len(run.experiment.network.layers)
        late = times >= times[-1] / 10
        norms = np.asarray(run.seen["LayerNorms"])[late]
        w, ridge = limit.value, getattr(run.experiment.risk.loss, "ridge", 0.0)
        k = _parts(run.experiment, w[None])[1][0] / np.sum(np.abs(w) ** (2 / L)) ** L
        power = L + 1 + self.shift
        law = (power * 4 * ridge * limit.objective * times[late] / k) ** (1 / power)
        end = np.asarray(run.network.predictor())
        turned = np.linalg.norm(end / np.linalg.norm(end) - w)
        return float(max(np.max(np.abs(law[:, None] / norms - 1)), turned))

    def witness(self) -> Experiment[Diagonal]:
        return self._ridge(0.3)

    def foil(self) -> Experiment[Diagonal]:
        return self._ridge(0.0)

    def _ridge(self, ridge):
        problem, w0 = definite()
        sign = np.sign(fisher_direction(problem).value)
        start = Diagonal.balanced(sign * w0, depth=self.depth)
        risk = Risk(problem, Fisher(form="ratio", ridge=ridge))
        return Experiment(start, risk, LONG, until=1e8)
