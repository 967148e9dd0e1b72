"""Where weight decay and the growth by mini-batches balance."""

from collections.abc import Iterable
from typing import ClassVar

import jax.numpy as jnp

from ...experiment import Experiment
from ...flows import Stochastic
from ...networks import Diagonal
from ...observables import AbstractObservable, Layers
from ...training import Trajectory
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
from ..papers import Source, WAN
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.batches import DECAY, noisy


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
        return noisy(0.2, decay=DECAY, until=40_000)

    def foil(self) -> Experiment[Diagonal]:
        return noisy(0.2, until=40_000)


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
        return noisy(0.2, decay=DECAY, until=40_000)

    def foil(self) -> Experiment[Diagonal]:
        return noisy(0.2, until=40_000)


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
