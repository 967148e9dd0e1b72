"""What descent adds to the matrices that the flow of a linear network conserves."""

from collections.abc import Iterable
from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float

from ...experiment import Experiment, Snapshot
from ...flows import Descent
from ...losses import LogDet
from ...networks import DeepLinear
from ...observables import AbstractObservable, LayerNorms, TopGram
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.discriminants import basis_free, scale_free
from ..measures.drifts import EVERY, every_step, is_descent
from ..papers import LI, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
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


class TopGramGrows(AbstractToleranceClaim[DeepLinear]):
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
    tolerance: float = 1e-12
    """Rounding of a sum of squares, 1e-15, with room for a thousand terms."""

    growth: float = 1.0
    """What the growth is multiplied with. Only 1 is right."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        # The flow's conservation law, taken for granted of its discretisation.
        return (TopGramGrows(growth=0.0),)

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield scale_free(experiment)
        yield basis_free(experiment)
        yield from is_descent(experiment)

    def conditions(self, run: Trajectory[DeepLinear]) -> Iterable[Hypothesis]:
        yield every_step(run)

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        step = getattr(run.experiment.flow, "step", 1.0)
        stray = []
        for held, slope in (("LayerNorms", "SlopeNorms"), ("TopGram", "SlopeGram")):
            value, added = run.seen[held], self.growth * step**2 * run.seen[slope]
            off = value[1:] - value[:-1] - added[:-1]
            stray.append(jnp.max(jnp.abs(off)) / jnp.max(jnp.abs(value)))
        return float(jnp.max(jnp.stack(stray)))

    def witness(self) -> Experiment[DeepLinear]:
        risk = Risk(three_classes(), LogDet())
        start = fully_connected(8, 6, 4, 2)
        return Experiment(start, risk, Descent(0.01), until=100)

    def foil(self) -> Experiment[DeepLinear]:
        true = self.witness()
        ridged = Risk(true.risk.problem, LogDet(ridge=0.2))
        return Experiment(true.network, ridged, true.flow, until=100)
