"""Weight decay under a loss that is free of scale."""

from collections.abc import Iterable
from typing import ClassVar

import jax.numpy as jnp

from ...experiment import Experiment
from ...flows import GradientFlow, Stochastic
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
from ..witnesses.discriminants import definite, FINE, unbalanced, weak_shift


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
        return _equilibrium(until=200)

    def foil(self) -> Experiment[Diagonal]:
        true = self.witness()
        ridged = Risk(true.risk.problem, Fisher(form="ratio", ridge=0.3))
        return Experiment(true.network, ridged, true.flow, until=true.until)


class EquilibriumTurn(AbstractToleranceClaim[Diagonal]):
    r"""Once decay and growth balance, a step turns every layer by $\sqrt{2\eta\mu}$.

    The root mean square over steps of $\eta\|g_l\|/\|\theta_l\|$, the tangent of the
    turn. It depends neither on the data nor on the loss.
    """

    id: ClassVar[str] = "F6b"
    source: ClassVar[Source] = Source(WAN, "", "quoted")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (Layers(),)
    records: ClassVar[int] = EVERY
    tolerance: float = 0.02
    r"""The next order in $\eta\mu$, a few parts in a thousand, and the scatter of a
    mean over 50 spans of $1/\eta\mu$ steps."""

    margin: ClassVar[float] = 10.0
    """The law is of first order and the mean one of finitely many steps."""

    power: float = 0.5
    """Of $2\\eta\\mu$. Only a half is right."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (EquilibriumTurn(power=1.0),)

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        del experiment
        return ()

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield from _at_equilibrium(run)

    def gap(self, run: Trajectory[Diagonal]) -> float:
        settled, added = _second_half(run)
        turn = jnp.mean(added / settled[:-1], axis=0)
        step = getattr(run.experiment.flow, "step", 1.0)
        mu = getattr(run.experiment.flow, "weight_decay", 0.0)
        turn_wanted = (2 * step * mu) ** self.power
        return float(jnp.max(jnp.abs(turn_wanted / jnp.sqrt(turn) - 1)))

    def witness(self) -> Experiment[Diagonal]:
        return _equilibrium()

    def foil(self) -> Experiment[Diagonal]:
        return _equilibrium(decay=0.0)


class EquilibriumMoments(AbstractToleranceClaim[Diagonal]):
    r"""Once decay and growth balance, so do the squares of $N = \|\theta_l\|^2$.

    $(1 - c^2)\,E N^2 = 2 c\,\eta^2 E[N\|g\|^2] + \eta^4 E\|g\|^4$ with
    $c = (1 - \eta\mu)^2$: the square of one step's law, averaged.
    """

    id: ClassVar[str] = "F6c"
    source: ClassVar[Source] = Source(WAN, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (Layers(),)
    records: ClassVar[int] = EVERY
    tolerance: float = 0.01
    r"""What is left of the two ends in a mean over 50 spans of $1/\eta\mu$ steps: the
    spread of $N^2$ over 200."""

    margin: ClassVar[float] = 20.0
    """The mean is one of finitely many steps."""

    kicks: float = 1.0
    """What the last term, 3% of the whole, is multiplied with. Only 1 is right."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (EquilibriumMoments(kicks=0.0),)

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        del experiment
        return ()

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield from _at_equilibrium(run)

    def gap(self, run: Trajectory[Diagonal]) -> float:
        settled, added = _second_half(run)
        step = getattr(run.experiment.flow, "step", 1.0)
        mu = getattr(run.experiment.flow, "weight_decay", 0.0)
        c = (1 - step * mu) ** 2
        lost = (1 - c**2) * jnp.mean(settled[:-1] ** 2, axis=0)
        gained = 2 * c * jnp.mean(settled[:-1] * added, axis=0)
        gained = gained + self.kicks * jnp.mean(added**2, axis=0)
        return float(jnp.max(jnp.abs(lost / gained - 1)))

    def witness(self) -> Experiment[Diagonal]:
        return _equilibrium()

    def foil(self) -> Experiment[Diagonal]:
        return _equilibrium(decay=0.0)


def _equilibrium(decay=0.0125, until=40_000):
    """Steps 0.2 and decay 0.0125: 100 spans of 1/(step decay) in the long run."""
    start = Diagonal(jnp.full((2, 6), 0.6))
    risk = Risk(weak_shift(), Fisher(form="ratio"))
    flow = Stochastic(0.2, 24, balanced=True, replace=True, weight_decay=decay)
    return Experiment(start, risk, flow, until=until)


def _at_equilibrium(run):
    flow = run.experiment.flow
    yield scale_free(run.experiment)
    yield from is_descent(run.experiment, decay=True, batches=True)
    yield Hypothesis("the batches are random", isinstance(flow, Stochastic))
    yield every_step(run)
    spans = run.steps * getattr(flow, "step", 0.0) * getattr(flow, "weight_decay", 0.0)
    text = "there is weight decay, and 100 spans of 1/(step decay) steps to settle"
    yield Hypothesis(text, spans >= 100 * (1 - 1e-12))


def _second_half(run):
    """The squared norms from half-way on, and what every step adds to them."""
    layers = passed(run)
    half = len(layers) // 2
    added = rates(run)[:, None] ** 2 * squares(gradients(run.experiment, layers[:-1]))
    return squares(layers)[half:], added[half:]
