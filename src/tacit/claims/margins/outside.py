"""What is outside the span of the support vectors, and outside that of the samples."""

from collections.abc import Iterable
from typing import Any, ClassVar

import equinox as eqx
import numpy as np

from ...errors import DataError
from ...experiment import Experiment
from ...flows import Descent, GradientFlow
from ...losses import Exponential
from ...networks import DeepLinear
from ...observables import AbstractObservable, FlatWeights
from ...oracles import residual_direction
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.margins import (
    exponential_tail,
    margin_of,
    one_margin,
    separable,
    spanned,
)
from ..measures.budgets import EPS, rounding
from ..measures.margins import beside, in_time
from ..measures.powers import of_powers, Power, power
from ..measures.residual import across
from ..measures.spectra import allowance, layers_along, spectra
from ..papers import JI, Source
from ..parts import Forecast, Hypothesis, Rival, Term, Unmeasured
from ..witnesses.margins import (
    fewer_than_features,
    half_normal,
    separable as separable_data,
)


FLOW = GradientFlow(rtol=1e-9, clock="log-risk")


class DeeperIsSlowerOutside(AbstractClaim[DeepLinear]):
    r"""Outside the span of the support vectors the error falls like $\|w\|^{-1/L}$.

    Inside it falls like $1/\|w\|$, at every depth. Nothing pulls on the part outside
    but its own layers, and it grows like $\|w\|^{1-1/L}$: without Assumption 3 of the
    paper the limit is still the margin's, and the deeper the network the later it is
    seen.
    """

    id: ClassVar[str] = "I3a"
    source: ClassVar[Source] = Source(JI, "Assumption 3", "derived")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(),)
    sees: ClassVar[float] = 2e-2

    depth: int = 3

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield one_margin(experiment)
        yield exponential_tail(experiment)
        yield separable(experiment)
        less = not spanned(experiment).met
        yield Hypothesis("the support vectors do not span all directions", less)
        first = np.asarray(experiment.network.layers[0])
        outside = first - first @ _inside(experiment).T @ _inside(experiment)
        some = bool(np.linalg.norm(outside) > 1e-12 * np.linalg.norm(first))
        yield Hypothesis("the first layer starts with a part outside", some)

    def forecast(self, experiment: Experiment[DeepLinear]) -> Forecast:
        about = (
            "the powers of |w| by which the error of the direction falls, outside the "
            "span of the support vectors and, if there is any, inside"
        )
        return Forecast(self._powers(experiment, experiment.network.depth), about)

    def measured(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        return np.array([each.value for each in _falling(run)])

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[DeepLinear]
    ) -> float:
        del run  # powers have a scale of their own
        return float(np.max(np.abs(measured - predicted)))

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        reason = "D of Lemma 2 over the squared norms, and samples off the support"
        return of_powers(_falling(run), reason)

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        experiment, L = run.experiment, run.experiment.network.depth
        text = "outside it falls as with one layer more"
        yield Rival(text, self._powers(experiment, L + 1))
        if L > 1:
            text = "outside it falls like 1/|w| too, at every depth"
            yield Rival(text, self._powers(experiment, 1))

    def _powers(self, experiment, depth):
        return -np.array([1 / depth, 1.0][: 1 + (_rest(experiment) is not None)])

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return _short(self.depth, seed)

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        problem = separable_data(seed=seed)
        start = half_normal(problem, 5, 4, seed=seed)
        return Experiment(start, Risk(problem, Exponential()), FLOW, until=1e6)


class FrozenOutsideData(AbstractClaim[DeepLinear]):
    r"""The first layer does not move outside the span of the samples.

    $W_1 P$ is constant for the projection $P$ off that span, under any loss: the
    gradient of $W_1$ has its rows in the span.
    """

    id: ClassVar[str] = "I3b"
    source: ClassVar[Source] = Source(JI, "Assumption 3", "derived")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(),)
    sees: ClassVar[float] = 1e-10

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        flow, X = experiment.flow, experiment.risk.problem.X
        follows = isinstance(flow, GradientFlow) and flow.memory is None
        plain = (follows or isinstance(flow, Descent)) and not flow.weight_decay
        yield Hypothesis("it is the gradient flow or descent, without decay", plain)
        none = X is None or len(_off(np.asarray(X))) == 0
        yield Hypothesis("the samples do not span all directions", not none)

    def forecast(self, experiment: Experiment[DeepLinear]) -> Forecast:
        off = _off(np.asarray(experiment.risk.problem.X))
        value = np.asarray(experiment.network.layers[0]) @ off.T
        return Forecast(value, "the first layer outside the data, all along")

    def measured(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        off = _off(np.asarray(run.experiment.risk.problem.X))
        return np.stack([W[0] @ off.T for W in layers_along(run)])

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[DeepLinear]
    ) -> float:
        # In units of the whole layer: it may start at 0 outside.
        first = np.asarray(run.experiment.network.layers[0])
        size = max(np.linalg.norm(first), *np.abs(_firsts(run)).max(axis=(1, 2)))
        return float(np.max(np.abs(measured - predicted)) / size)

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        yield rounding(run)

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        start = np.asarray(run.experiment.network.layers[0])
        moved = np.linalg.norm(_firsts(run) - start, axis=(1, 2))
        kept = self.forecast(run.experiment).value
        text = "it moves outside the data by a thousandth of what it moves inside"
        yield Rival(text, kept + 1e-3 * moved[:, None, None])

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return _short(3, seed)

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        flow, until = Descent(0.1, weight_decay=0.1), 100
        true = self.witness(seed)
        return eqx.tree_at(lambda e: (e.flow, e.until), true, (flow, until))


def _short(depth: int, seed: int | None) -> Experiment[DeepLinear]:
    problem = fewer_than_features(seed=seed)
    start = half_normal(problem, *[4] * (depth - 1), own=2012, seed=seed)
    flow = GradientFlow(rtol=1e-7, clock="log-risk")
    return Experiment(start, Risk(problem, Exponential()), flow, until=1e6)


def _firsts(run: Trajectory[DeepLinear]) -> np.ndarray:
    """The first layer at every record."""
    return np.stack([layers[0] for layers in layers_along(run)])


def _inside(experiment: Experiment[DeepLinear]) -> np.ndarray:
    """A basis of the span of the support vectors; none where there is no margin."""
    found = margin_of(experiment)
    d = np.shape(experiment.network.layers[0])[1]
    if found is None:
        return np.zeros((0, d))
    return _span(np.asarray(experiment.risk.problem.X)[found.support])


def _rest(experiment: Experiment[DeepLinear]) -> np.ndarray | None:
    """The limit of what is inside across the margin; None where it is 0 or no limit."""
    try:
        found = residual_direction(experiment.risk.problem)
    except DataError:
        return None
    size = np.linalg.norm(np.asarray(experiment.risk.problem.X), axis=1).max()
    return found.value if np.linalg.norm(found.value) * size > 1e-6 else None


def _falling(run: Trajectory[DeepLinear]) -> list[Power]:
    """The powers of the norm by which the error falls outside and inside."""
    experiment, seen, on = run.experiment, spectra(run), in_time(run)
    found = margin_of(experiment)
    if found is None or not on.any():
        raise Unmeasured("it needs records of the flow on separable data")
    w, inside = seen.predictor[on], _inside(experiment)
    norm, rtol = np.linalg.norm(w, axis=1), experiment.flow.rtol
    outer = np.linalg.norm(w - w @ inside.T @ inside, axis=1)
    layers = [np.asarray(W) for W in experiment.network.layers]
    first = layers[0] - layers[0] @ inside.T @ inside
    above = seen.norm[on] / np.sqrt(seen.squares[on, 0])
    # How much of the part outside the direction of the layers above picks up.
    picked = np.linalg.norm(first) * above / outer
    uneven = allowance(layers) / seen.squares[on].min(axis=1)
    others = beside(run, found.support, w) * norm
    left, blur = (1 + picked) * uneven + others, rtol + EPS * norm / outer
    if len(layers) == 1:
        left = others + (outer / norm) ** 2
    powers = [power(norm, np.log(outer / norm), left, blur)]
    if _rest(experiment) is not None:
        at = across(run, seen.predictor)
        size = np.linalg.norm(at.rest.value)
        inner = np.linalg.norm(at.value @ inside.T, axis=1)
        drawn = np.linalg.norm(at.drawn, axis=1)
        left = (drawn + at.left) / size + uneven + (outer / norm) ** 2
        powers.append(power(norm, np.log(inner / norm), left, at.blurred / size))
    return powers


def _span(rows: np.ndarray) -> np.ndarray:
    _, sizes, axes = np.linalg.svd(rows, full_matrices=False)
    return axes[sizes > 1e-10 * sizes[0]]


def _off(rows: np.ndarray) -> np.ndarray:
    """A basis of the complement of the span of the rows."""
    rank = len(_span(rows))
    return np.linalg.svd(rows)[2][rank:]
