"""Weight decay under a loss that is free of scale."""

from collections.abc import Iterable
from typing import ClassVar

import jax.numpy as jnp

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import AbstractObservable, Layers
from ...risk import Risk
from ...training import train, Trajectory
from ..hypotheses.discriminants import scale_free
from ..measures.drifts import (
    EVERY,
    every_step,
    gradients,
    is_descent,
    passed,
    rates,
    squares,
)
from ..papers import LI, Source, WAN
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.batches import DECAY, noisy
from ..witnesses.discriminants import definite, FINE, unbalanced


class DecayIsAClock(AbstractToleranceClaim[Diagonal]):
    r"""Weight decay shrinks the parameters and runs the clock faster: nothing else.

    The gradient is of degree $-1$ in the parameters, so
    $\theta(t) = e^{-\mu t}\,\theta_0\bigl(\tfrac{e^{2\mu t} - 1}{2\mu}\bigr)$ with
    $\theta_0$ the flow without decay. The directions passed through are the same.
    """

    id: ClassVar[str] = "F5"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (Layers(),)
    records: ClassVar[int] = 20
    tolerance: float = 1e-9
    """Two runs of a Runge-Kutta method at rtol 1e-12 over a few hundred steps."""

    clock: bool = True
    """Whether the clock runs faster at all. It does."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        # Decay only rescales: right for the norm, wrong for the direction at time t.
        return (DecayIsAClock(clock=False),)

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield scale_free(experiment)
        flow = experiment.flow
        decays = isinstance(flow, GradientFlow) and flow.weight_decay > 0
        yield Hypothesis("it is the gradient flow with weight decay", decays)

    def gap(self, run: Trajectory[Diagonal]) -> float:
        true, times = run.experiment, run.times
        mu = getattr(true.flow, "weight_decay", 0.0)
        clock = jnp.expm1(2 * mu * times) / (2 * mu) if self.clock and mu else times
        until = float(clock[-1])
        plain = train(
            Experiment(true.network, true.risk, FINE, until=until),
            self.observes,
            records=clock,
        ).seen["Layers"]
        shrunk = jnp.exp(-mu * times)[:, None, None] * plain
        scale = jnp.max(jnp.abs(shrunk))
        return float(jnp.max(jnp.abs(run.seen["Layers"] - shrunk)) / scale)

    def witness(self) -> Experiment[Diagonal]:
        flow = GradientFlow(1e-12, 1e-14, weight_decay=0.3)
        risk = Risk(definite()[0], Fisher())
        return Experiment(unbalanced(depth=3), risk, flow, until=3.0)

    def foil(self) -> Experiment[Diagonal]:
        true = self.witness()
        ridged = Risk(true.risk.problem, Fisher(form="ratio", ridge=0.3))
        return Experiment(true.network, ridged, true.flow, until=true.until)


class DecayAgainstGrowth(AbstractToleranceClaim[Diagonal]):
    r"""With weight decay, $\|\theta_l\|^2$ is shrunk and grown by every step.

    $\|\theta_l'\|^2 = (1 - \eta\mu)^2\|\theta_l\|^2 + \eta^2\|g_l\|^2$: the gradient is
    orthogonal to the layer, however much that is shrunk.
    """

    id: ClassVar[str] = "F6"
    source: ClassVar[Source] = Source(WAN, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (Layers(),)
    records: ClassVar[int] = EVERY
    tolerance: float = 1e-12
    """Rounding of a sum of squares, 1e-15, with room for a thousand terms."""

    shrinking: float = 2.0
    """The power of $1 - \\eta\\mu$. Only 2 is right."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (DecayAgainstGrowth(shrinking=1.0),)

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield scale_free(experiment)
        yield from is_descent(experiment, decay=True, schedule=True, batches=True)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield every_step(run)

    def gap(self, run: Trajectory[Diagonal]) -> float:
        layers, rate = passed(run), rates(run)[:, None]
        mu = getattr(run.experiment.flow, "weight_decay", 0.0)
        norms, added = squares(layers), squares(gradients(run.experiment, layers[:-1]))
        kept = (1 - rate * mu) ** self.shrinking * norms[:-1]
        stray = norms[1:] - kept - rate**2 * added
        return float(jnp.max(jnp.abs(stray) / norms[:-1]))

    def witness(self) -> Experiment[Diagonal]:
        return noisy(0.2, decay=DECAY, until=200)

    def foil(self) -> Experiment[Diagonal]:
        true = self.witness()
        ridged = Risk(true.risk.problem, Fisher(form="ratio", ridge=0.3))
        return Experiment(true.network, ridged, true.flow, until=true.until)
