"""How fast mini-batches lengthen the layers."""

from collections.abc import Iterable
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from ...experiment import Experiment
from ...flows import Descent, PowerDecay, Stochastic
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import AbstractObservable, Layers
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.discriminants import scale_free
from ..measures.drifts import (
    EVERY,
    every_step,
    gradients,
    is_descent,
    passed,
    rates,
    slope,
    squares,
)
from ..papers import LI, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.batches import noisy


class NormGrowsLikeRoot(AbstractToleranceClaim[Diagonal]):
    r"""Mini-batches lengthen every layer like $\|\theta_l\|^2 \sim t^{1/2}$, for ever.

    The gradient of a batch is of degree $-1$, so with $N = \|\theta_l\|^2$ the product
    $N\|g\|^2$ depends on the direction only, which wanders for ever: the gain of $N^2$
    in a step, $2\eta^2 N\|g\|^2 + \eta^4\|g\|^4$, is on average a constant. On the
    whole sample the gradient vanishes in the end and the norms stay.

    The gap is that of the exponent, over the last factor of 30 in time.
    """

    id: ClassVar[str] = "F7"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (Layers(),)
    records: ClassVar[int] = EVERY
    tolerance: float = 0.03
    """The scatter of a sum over directions that turn round some hundred times, and the
    share of the start in the squares, an eighth at most."""

    margin: ClassVar[float] = 10.0
    """Exponents are compared: a foil is off by tenths."""

    exponent: float = 0.5
    """Of time. Only a half is right."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        # A constant gain of N itself, as if the gradient did not shrink with growth.
        return (NormGrowsLikeRoot(exponent=1.0),)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield from _on_batches(run, schedule=False)
        at, norms = _late(run)
        grown = bool(jnp.all(norms[at[0]] > 2 * norms[0]))
        yield Hypothesis("the norms have doubled by a thirtieth of the time", grown)

    def gap(self, run: Trajectory[Diagonal]) -> float:
        at, norms = _late(run)
        found = [slope(at, norm[at]) for norm in norms.T]
        return max(abs(s - self.exponent) for s in found)

    def witness(self) -> Experiment[Diagonal]:
        return noisy(0.2, until=30_000)

    def foil(self) -> Experiment[Diagonal]:
        true = self.witness()
        return Experiment(true.network, true.risk, Descent(0.2), until=true.until)


class SquaredNormsAddUp(AbstractToleranceClaim[Diagonal]):
    r"""$N_T^2 \approx N_0^2 + 2\sum_t \eta_t^2 N_t\|g_t\|^2$ for mini-batches.

    With $N$ the squared norm of a layer: the square of the law of one step, less
    $\sum_t \eta_t^4\|g_t\|^4$. Each term of the sum depends on the direction and the
    step only.
    """

    id: ClassVar[str] = "F8"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (Layers(),)
    records: ClassVar[int] = EVERY
    tolerance: float = 2e-3
    r"""The term left out is $\eta^2\|g\|^2 / 2N$ of the one kept, below 0.2% on average
    where that is."""

    margin: ClassVar[float] = 10.0
    """The law leaves out a term of the next order."""

    times: float = 2.0
    """The factor before the sum. Only 2 is right."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (SquaredNormsAddUp(times=1.0),)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield from _on_batches(run, schedule=True)
        norms, added = _growth(run)
        mean = jnp.sum(added**2, axis=0) / jnp.sum(norms[:-1] * added, axis=0)
        short = bool(jnp.all(mean < 4e-3))
        yield Hypothesis("a step lengthens the layers by less than 0.4%", short)

    def gap(self, run: Trajectory[Diagonal]) -> float:
        norms, added = _growth(run)
        total = norms[0] ** 2 + self.times * jnp.sum(norms[:-1] * added, axis=0)
        return float(jnp.max(jnp.abs(total / norms[-1] ** 2 - 1)))

    def witness(self) -> Experiment[Diagonal]:
        return noisy(0.5, PowerDecay(0.25), until=20_000)

    def foil(self) -> Experiment[Diagonal]:
        true = self.witness()
        ridged = Risk(true.risk.problem, Fisher(form="ratio", ridge=0.3))
        return Experiment(true.network, ridged, true.flow, until=true.until)


class NormsFollowSchedule(AbstractToleranceClaim[Diagonal]):
    r"""For mini-batches with steps $\eta_t$, $N^2$ grows like $\sum_t \eta_t^2$.

    $N$ is the squared norm of a layer. For $\eta_t \propto t^{-p}$ that is $t^{1 - 2p}$
    below $p = \frac12$, $\log t$ there, and a bounded sum beyond: then the norms
    converge, although the steps still add up to infinity.

    The gap is between the exponents of $N_t^2 - N_0^2$ and of the sum, over the last
    factor of 30 in time.
    """

    id: ClassVar[str] = "F8b"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (Layers(),)
    records: ClassVar[int] = EVERY
    tolerance: float = 0.1
    """The scatter of a sum over directions that turn round a few dozen times."""

    margin: ClassVar[float] = 3.0
    """Exponents are compared: that of the foil, 0, is a half from what it should be."""

    power: float = 0.25
    """How fast the steps of the witness decay."""

    exponent: float = 2.0
    """The power of the steps that adds up. Only 2 is right."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (NormsFollowSchedule(power=self.power, exponent=1.0),)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield from _on_batches(run, schedule=True)
        yield Hypothesis("it takes 10,000 steps or more", run.steps >= 10_000)
        norms, added = _growth(run)
        short = bool(jnp.max(added / norms[:-1]) < 0.1)
        yield Hypothesis("no step lengthens a layer by more than 10%", short)

    def gap(self, run: Trajectory[Diagonal]) -> float:
        at, norms = _late(run)
        wanted = slope(at, jnp.cumsum(rates(run) ** self.exponent)[at - 1])
        gained = norms**2 - norms[:1] ** 2
        return max(abs(slope(at, gain[at]) - wanted) for gain in gained.T)

    def witness(self) -> Experiment[Diagonal]:
        return noisy(0.5, PowerDecay(self.power), until=20_000)

    def foil(self) -> Experiment[Diagonal]:
        true = self.witness()
        still = Descent(0.5, schedule=PowerDecay(0.25))
        return Experiment(true.network, true.risk, still, until=true.until)


def _on_batches(run, *, schedule):
    yield scale_free(run.experiment)
    yield from is_descent(run.experiment, schedule=schedule, batches=True)
    random = isinstance(run.experiment.flow, Stochastic)
    yield Hypothesis("the batches are random", random)
    yield every_step(run)


def _growth(run):
    """The squared norms ``(t, L)``, and what every step should add to them."""
    layers = passed(run)
    added = rates(run)[:, None] ** 2 * squares(gradients(run.experiment, layers[:-1]))
    return squares(layers), added


def _late(run):
    """60 steps of the last factor of 30 in time, and the squared norms ``(t, L)``."""
    norms = squares(passed(run))
    last = len(norms) - 1
    return np.unique(np.geomspace(last / 30, last, 60).astype(int)), norms
