"""What a ridge on the outputs does to a balanced diagonal network."""

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from ...experiment import Experiment
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import AbstractObservable, LayerNorms, LinearPredictor
from ...oracles import fisher_direction, orthant_limit
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import balanced, deep, invertible, orthant_end
from ..hypotheses.flows import is_gradient_flow
from ..measures.arrival import on_cone
from ..measures.budgets import integration, quadrature, rough, rounding
from ..measures.layers import LayerSums
from ..measures.paths import along, over_time
from ..papers import LI, Source
from ..parts import Forecast, Hypothesis, Rival, Term, Unmeasured
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
        (times, w), ridge = along(run), run.experiment.risk.loss.ridge
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


class RidgeGrowth(AbstractClaim[Diagonal]):
    r"""From balance and with a latent ridge, layers grow like $t^{1/(L+1)}$ for ever.

    The direction still goes to the maximiser of J in the orthant. With $k = b / N^L$
    there and $N = \|\theta_l\|^2$, $\dot N = 4 \lambda J^* / (k N^L)$ to first order
    in $\lambda / b$, so $N^{L+1} = (L + 1)\, 4 \lambda J^* t / k$.
    """

    id: ClassVar[str] = "E3b"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (
        LinearPredictor(),
        LayerNorms(),
    )
    sees: ClassVar[float] = 0.02

    depth: int = 2

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield from _ridged(experiment)
        ridge = experiment.risk.loss.ridge
        yield Hypothesis("it has a ridge on the outputs", bool(ridge > 0))
        yield invertible(experiment)
        yield deep(experiment)
        yield balanced(experiment)
        two = orthant_end(experiment) is not None
        yield Hypothesis("two classes, which w0 tells apart", two)

    def forecast(self, experiment: Experiment[Diagonal]) -> Forecast:
        time, L = experiment.end, experiment.network.depth
        if time is None:
            raise Unmeasured(
                "it foresees the norms at a time; the run ends at an event"
            )
        about = "the squared norm of every layer at the end"
        limit = orthant_limit(experiment.risk.problem, experiment.network.predictor())
        return Forecast(_grown_to(experiment, time, L + 1), about, limit.residual)

    def predicted(self, run: Trajectory[Diagonal]) -> np.ndarray:
        L = run.experiment.network.depth
        return _grown_to(run.experiment, float(run.times[-1]), L + 1)

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return np.asarray(run.seen["LayerNorms"])[-1]

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        (times, w), L = along(run), run.experiment.network.depth
        ridge = run.experiment.risk.loss.ridge
        a2, b = _parts(run.experiment, w)
        yield Term(
            "start",
            float((_squares(run)[0] / self.predicted(run)[0]) ** (L + 1) / (L + 1)),
            "what the start adds to the power L + 1 of the norm",
            "a longer run",
        )
        yield Term(
            "next order",
            float(4 * ridge / b[-1]),
            "twice the next order in the ridge over b",
            "a longer run",
        )
        # What drives the norm is J / k of the direction, averaged over the run; between
        # two records it is taken to be as far off as at the worse of them.
        driven = a2 / (b + ridge) ** 2 * np.sum(np.abs(w) ** (2 / L), axis=1) ** L
        off = np.abs(driven / driven[-1] - 1)
        stray = np.maximum(off[1:], off[:-1]) @ np.diff(times) / times[-1]
        yield Term(
            "way so far",
            float(1 - (1 - min(stray, 1.0)) ** (1 / (L + 1)) + max(stray - 1, 0.0)),
            "by how much the direction drove the norms otherwise on the way",
            "a longer run",
        )
        best = orthant_limit(run.experiment.risk.problem, w[0]).value
        left = on_cone(run, np.ones(len(best), bool), best)
        yield left._replace(size=2 * L * left.size)
        yield integration(run, L)

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        time, L = float(run.times[-1]), run.experiment.network.depth
        other = _grown_to(run.experiment, time, L + 2)
        yield Rival("the power of time is that of one layer more", other)
        half = self.predicted(run) / 2 ** (1 / (L + 1))
        yield Rival("the rate is half of it", half)
        yield Rival("the norms stay as they are", _squares(run))

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        return self._under("ratio", seed)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        return self._under("neglog", seed)

    def _under(self, form: str, seed: int | None) -> Experiment[Diagonal]:
        problem, w0 = definite(seed)
        sign = np.sign(fisher_direction(problem).value)
        start = Diagonal.balanced(sign * w0, depth=self.depth)
        risk = Risk(problem, Fisher(form=form, ridge=0.3))
        return Experiment(start, risk, LONG, until=1e8)


def _grown_to(experiment: Experiment[Diagonal], time: float, power: int) -> np.ndarray:
    """The squared norm of every layer by the law with this power of it."""
    limit, L = orthant_end(experiment), experiment.network.depth
    if limit is None:
        return np.full(L, np.nan)
    w, ridge = limit.value, experiment.risk.loss.ridge
    k = _parts(experiment, w[None])[1][0] / np.sum(np.abs(w) ** (2 / L)) ** L
    law = (power * 4 * ridge * limit.objective * time / k) ** (1 / power)
    return np.full(L, law)
