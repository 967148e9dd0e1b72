"""Laws that nobody wrote down: those found for the network at hand."""

from collections.abc import Iterable
from typing import Any, ClassVar

import jax
import numpy as np

from ...conservation import Laws, laws
from ...conservation.architectures import Attention
from ...errors import DataError
from ...experiment import Experiment
from ...flows import Descent, GradientFlow
from ...losses import AbstractLoss, Squared
from ...networks import AbstractNetwork
from ...observables import AbstractObservable
from ...own_code import remembered
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.flows import is_gradient_flow
from ..measures.budgets import integration, rounding
from ..measures.layers import Leaves
from ..papers import MARCOTTE, Source
from ..parts import Forecast, Hypothesis, Rival, Term


LARGEST = 120
"""How many parameters are looked at: half a second."""


class FoundLawsConserved(AbstractClaim[AbstractNetwork]):
    """What `tacit.laws` finds for a network and a loss stays, on any data.

    It speaks of networks that no theorem here was written for. Only laws that were
    tested modulo a prime count, and only networks of up to 120 parameters are looked
    at. The first term of a law alone need not stay: that is the rival.
    """

    id: ClassVar[str] = "V1"
    source: ClassVar[Source] = Source(MARCOTTE, "Section 2", "derived")
    needs: ClassVar[type] = AbstractNetwork
    observes: ClassVar[tuple[AbstractObservable, ...]] = (Leaves(),)
    sees: ClassVar[float] = 1e-6

    def hypotheses(
        self, experiment: Experiment[AbstractNetwork]
    ) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        size = sum(leaf.size for leaf in jax.tree.leaves(experiment.network))
        text = f"it has at most {LARGEST} parameters (this has {size})"
        yield Hypothesis(text, size <= LARGEST)
        if size <= LARGEST:  # in a larger one nobody has looked
            found = _found(experiment)
            text = "it has a law that tacit.laws finds, tested modulo a prime"
            yield Hypothesis(text, found is not None and bool(found.formulas))

    def forecast(self, experiment: Experiment[AbstractNetwork]) -> Forecast:
        found = _known(experiment)
        about = "; ".join(map(str, found.formulas))
        return Forecast(np.asarray(found(experiment.network)), about)

    def measured(self, run: Trajectory[AbstractNetwork]) -> np.ndarray:
        return _along(run, _known(run.experiment))

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[AbstractNetwork]
    ) -> float:
        # In units of the squared parameters: a balanced start has laws that are 0.
        largest = max(_square(run.experiment.network), np.max(np.abs(predicted)))
        return float(np.max(np.abs(measured - predicted)) / largest)

    def budget(self, run: Trajectory[AbstractNetwork]) -> Iterable[Term]:
        squares = np.sum(np.asarray(run.seen["Leaves"]) ** 2, axis=1)
        grown = max(1.0, float(np.max(squares) / _square(run.experiment.network)))
        return integration(run, grown), rounding(run, grown)

    def rivals(self, run: Trajectory[AbstractNetwork]) -> Iterable[Rival]:
        found = _known(run.experiment)
        # What the other terms would make of the law, did the first one not move.
        first = np.asarray(found.leading(run.experiment.network))
        moved = _along(run, found.leading) - first
        still = np.asarray(found(run.experiment.network))
        yield Rival("the first term of every law is one by itself", still - moved)

    def witness(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        rng = np.random.default_rng([41, seed or 0])
        X, y = rng.standard_normal((2, 20, 4))
        network = Attention.gaussian(2, 2, tokens=2, seed=seed or 0)
        risk = Risk(Problem(X, y), Squared())
        return Experiment(network, risk, GradientFlow(rtol=1e-10), until=3.0)

    def foil(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        true = self.witness(seed)
        return Experiment(true.network, true.risk, Descent(0.05), until=60)


def _found(experiment: Experiment) -> Laws | None:
    leaves, structure = jax.tree.flatten(experiment.network)
    shapes = tuple(leaf.shape for leaf in leaves)
    return _searched(structure, shapes, experiment.risk.loss)


@remembered(maxsize=64)
def _searched(structure: Any, shapes: tuple, loss: AbstractLoss) -> Laws | None:
    if sum(int(np.prod(shape)) for shape in shapes) > LARGEST:
        return None
    rng = np.random.default_rng(0)
    leaves = [jax.numpy.asarray(rng.standard_normal(shape)) for shape in shapes]
    try:
        return laws(jax.tree.unflatten(structure, leaves), loss, exact=True)
    except DataError:
        return None


def _known(experiment: Experiment) -> Laws:
    found = _found(experiment)
    assert found is not None, "a hypothesis asks for them"
    return found


def _along(run, function) -> np.ndarray:
    leaves, structure = jax.tree.flatten(run.experiment.network)
    sizes = np.cumsum([leaf.size for leaf in leaves])[:-1]

    def at(flat):
        parts = jax.numpy.split(flat, sizes)
        shaped = [p.reshape(x.shape) for p, x in zip(parts, leaves, strict=True)]
        return function(jax.tree.unflatten(structure, shaped))

    return np.asarray(jax.vmap(at)(run.seen["Leaves"]))


def _square(network) -> float:
    return float(sum(np.sum(np.asarray(x) ** 2) for x in jax.tree.leaves(network)))
