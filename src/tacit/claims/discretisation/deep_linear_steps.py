"""What descent adds to the matrices that the flow of a linear network conserves."""

from collections.abc import Iterable
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ...experiment import Experiment, Snapshot
from ...flows import Descent
from ...losses import LogDet
from ...networks import DeepLinear
from ...observables import AbstractObservable, LayerNorms, TopGram
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import basis_free, scale_free
from ..measures.drifts import EVERY, every_step, is_descent, of_one_step
from ..papers import LI, Source
from ..parts import Hypothesis, Rival, Term
from ..witnesses.discriminants import fully_connected, three_classes


class SlopeNorms(AbstractObservable[DeepLinear]):
    r"""$\|\nabla_l\|^2$ of every layer."""

    needs: ClassVar[type] = DeepLinear
    dims: ClassVar[tuple[str, ...]] = ("layer",)

    def measure(self, at: Snapshot[DeepLinear]) -> Float[Array, " L"]:
        slope = at.risk.gradient(at.network)
        return jnp.stack([jnp.sum(g**2) for g in slope.layers])


class SlopeGram(AbstractObservable[DeepLinear]):
    r"""$\nabla_L \nabla_L^\top$ of the last layer, ``(k, k)``."""

    needs: ClassVar[type] = DeepLinear
    dims: ClassVar[tuple[str, ...]] = ("output", "output_")

    def measure(self, at: Snapshot[DeepLinear]) -> Float[Array, "k k"]:
        g = at.risk.gradient(at.network).layers[-1]
        return g @ g.T


class TopGramGrows(AbstractClaim[DeepLinear]):
    r"""A step of descent adds $\eta^2\nabla_L\nabla_L^\top$ to $W_L W_L^\top$.

    And $\eta^2\|\nabla_l\|^2$ to every $\|W_l\|^2$. The slope is orthogonal to what the
    flow conserves, so nothing of first order is left; the norms can only grow.
    """

    id: ClassVar[str] = "H10"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (
        LayerNorms(),
        TopGram(),
        SlopeNorms(),
        SlopeGram(),
    )
    records: ClassVar[int] = EVERY
    sees: ClassVar[float] = 1e-6

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield scale_free(experiment)
        yield basis_free(experiment)
        yield from is_descent(experiment)

    def conditions(self, run: Trajectory[DeepLinear]) -> Iterable[Hypothesis]:
        yield every_step(run)

    def predicted(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        flow: Any = run.experiment.flow
        step = flow.step
        added = [
            step**2 * np.asarray(run.seen[name])[:-1]
            for name in ("SlopeNorms", "SlopeGram")
        ]
        return _in_units(run, added)

    def measured(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        grown = [np.diff(np.asarray(run.seen[name]), axis=0) for name in HELD]
        return _in_units(run, grown)

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[DeepLinear]
    ) -> float:
        del run
        return float(np.max(np.abs(measured - predicted), initial=0.0))

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        yield of_one_step(run, float(np.min(run.seen["LayerNorms"])))

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        told = self.predicted(run)
        yield Rival("they are conserved, as by the flow", 0 * told)
        yield Rival("they grow by half of that", told / 2)

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        risk = Risk(three_classes(seed), LogDet())
        start = fully_connected(8, 6, 4, 2, seed=seed)
        return Experiment(start, risk, Descent(0.01), until=100)

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        true = self.witness(seed)
        ridged = Risk(true.risk.problem, LogDet(ridge=0.2))
        return Experiment(true.network, ridged, true.flow, until=100)


HELD = ("LayerNorms", "TopGram")


def _in_units(run: Trajectory[DeepLinear], parts: list[np.ndarray]) -> np.ndarray:
    """What is added in every step, over the largest norm and the largest entry."""
    sizes = [np.abs(np.asarray(run.seen[name])).max() for name in HELD]
    flat = [
        part.reshape(len(part), int(np.prod(part.shape[1:]))) / size
        for part, size in zip(parts, sizes, strict=True)
    ]
    return np.concatenate(flat, axis=1)
