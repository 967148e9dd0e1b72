"""Optimisers that forget how long the gradient is."""

from collections.abc import Iterable
from typing import ClassVar

import jax.numpy as jnp

from ...experiment import Experiment
from ...flows import Adam, Descent, SignDescent
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import AbstractObservable, LayerNorms
from ...risk import Risk
from ...training import train, Trajectory
from ..hypotheses.discriminants import scale_free
from ..measures.drifts import halved
from ..papers import LI, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import definite


class SignStepsDrift(AbstractToleranceClaim[Diagonal]):
    r"""Sign descent and Adam move the norms, however short their steps.

    The sign of the gradient is not orthogonal to the layers, so even in the limit of
    short steps $\frac{d}{dt}\|\theta_l\|^2 = -2\langle\theta_l, \mathrm{sign}\,
    g_l\rangle \ne 0$, where descent drifts in proportion to its step.

    The gap is the order in the step at which the drift over a fixed time vanishes.
    """

    id: ClassVar[str] = "F10"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LayerNorms(),)
    records: ClassVar[int] = 1
    tolerance: float = 0.05
    """The first-order part of the drift at steps of a thousandth over half a unit."""

    margin: ClassVar[float] = 10.0
    """Orders are whole numbers: that of descent is 20 tolerances away."""

    adam: bool = False
    """Whether the witness is Adam instead of sign descent."""

    order: int = 0
    """The order at which the drift is said to vanish. That of descent is 1."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (SignStepsDrift(adam=self.adam, order=1),)

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield scale_free(experiment)
        flow = experiment.flow
        forgets = isinstance(flow, SignDescent | Adam)
        yield Hypothesis("it is sign descent or Adam", forgets)
        whole = getattr(flow, "batch", None) is None
        yield Hypothesis("it is on the whole sample", whole)

    def gap(self, run: Trajectory[Diagonal]) -> float:
        shorter = train(halved(run.experiment), self.observes, records=1)
        before = jnp.sum(run.experiment.network.layers**2, axis=1)
        drifts = [r.seen["LayerNorms"][-1] - before for r in (run, shorter)]
        found = jnp.log2(jnp.abs(drifts[0] / drifts[1]))
        return float(jnp.max(jnp.abs(found - self.order)))

    def witness(self) -> Experiment[Diagonal]:
        problem, w0 = definite()
        start = Diagonal.balanced(w0, depth=2)
        flow = Adam(1e-3) if self.adam else SignDescent(1e-3)
        return Experiment(start, Risk(problem, Fisher()), flow, until=500)

    def foil(self) -> Experiment[Diagonal]:
        true = self.witness()
        return Experiment(true.network, true.risk, Descent(1e-3), until=true.until)
