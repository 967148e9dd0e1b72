"""How fast mini-batches lengthen the layers."""

from collections.abc import Iterable
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np

from ...experiment import Experiment
from ...flows import PowerDecay
from ...networks import Diagonal
from ...observables import AbstractObservable, Layers
from ...training import Trajectory
from ..base import AbstractClaim
from ..measures.drifts import EVERY, every_step, on_batches, passed, rates, squares
from ..measures.wandering import sampling, wandering
from ..papers import LI, Source
from ..parts import Hypothesis, Rival, Term, Unmeasured
from ..witnesses.batches import noisy, ridged


class NormGrowsLikeRoot(AbstractClaim[Diagonal]):
    r"""Mini-batches lengthen every layer like $\|\theta_l\|^2 \sim t^{1/2}$, for ever.

    The gradient of a batch is of degree $-1$, so with $N = \|\theta_l\|^2$ the product
    $N\|g\|^2$ depends on the direction only, which wanders for ever: the gain of $N^2$
    in a step, $2\eta^2 N\|g\|^2 + \eta^4\|g\|^4$, is on average a constant. On the
    whole sample the gradient vanishes in the end and the norms stay.

    Compared are the shares that $N^2$ and time have gained by 60 times of the last
    factor of 30, of all that they gain in it. What it sees is set by how far the gains
    wander: 90,000 steps are as many as a run records, and half as much takes four times
    as many.
    """

    id: ClassVar[str] = "F7"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (Layers(),)
    records: ClassVar[int] = EVERY
    sees: ClassVar[float] = 0.07

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield from on_batches(experiment, schedule=False)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield every_step(run)
        yield _gradual(run)

    def predicted(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return _shares(_late(run))

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return _shares(_total(run)[_late(run)] ** 2)

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[Diagonal]
    ) -> float:
        # Shares have a scale of their own.
        del run
        return float(np.max(np.abs(measured - predicted)))

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        yield _wandered(run)

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        yield Rival("N itself gains a constant, so N ~ t", self._by(run, 1))
        yield Rival("its cube does, so N ~ t^(1/3)", self._by(run, 3))

    def _by(self, run, power):
        """The shares, were it N to this power that gains a constant."""
        at, total = _late(run), _total(run)
        ends = total[at[0]] ** power, total[at[-1]] ** power
        even = ends[0] + (ends[1] - ends[0]) * _shares(at)
        return _shares(even ** (2 / power))

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        return noisy(0.2, until=90_000, seed=seed)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        return noisy(0.5, PowerDecay(0.25), until=30_000, seed=seed)


class NormsFollowSchedule(AbstractClaim[Diagonal]):
    r"""For mini-batches with steps $\eta_t$, $N^2$ grows like $\sum_t \eta_t^2$.

    $N$ is the squared norm of a layer. For $\eta_t \propto t^{-p}$ that is $t^{1 - 2p}$
    below $p = \frac12$, $\log t$ there, and a bounded sum beyond: then the norms
    converge, although the steps still add up to infinity.

    Compared are the shares that both have gained by 60 times of the last factor of 30,
    of all that they gain in it. As for `NormGrowsLikeRoot`, half of what it sees takes
    four times the steps.
    """

    id: ClassVar[str] = "F8b"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (Layers(),)
    records: ClassVar[int] = EVERY
    sees: ClassVar[float] = 0.09

    power: float = 0.25
    """How fast the steps of the witness decay."""

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield from on_batches(experiment, schedule=True)
        planned = experiment.flow.schedule is not None
        yield Hypothesis("the step follows a schedule", planned)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield every_step(run)
        yield _gradual(run)

    def predicted(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return _shares(_clock(run, 2)[_late(run)])

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return _shares(_total(run)[_late(run)] ** 2)

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[Diagonal]
    ) -> float:
        # Shares have a scale of their own.
        del run
        return float(np.max(np.abs(measured - predicted)))

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        yield _wandered(run)

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        text = "it grows like the sum of the steps"
        yield Rival(text, _shares(_clock(run, 1)[_late(run)]))
        yield Rival("it grows in proportion to time", _shares(_late(run)))

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        return noisy(0.5, PowerDecay(self.power), until=80_000, seed=seed)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        # Where N^3 follows the sum of the steps, which at 1/4 comes to the same.
        return ridged(noisy(0.5, PowerDecay(0.5), until=20_000, seed=seed))


def _gradual(run) -> Hypothesis:
    """That the direction wanders: after one huge step it hardly turns any more."""
    squared = _total(run) ** 2
    holds = len(squared) > 1 and bool(np.diff(squared).max() <= squared[-1] / 2)
    return Hypothesis("no step alone makes half of what N² is in the end", holds)


def _total(run):
    """The squared norms after every step, on average over the layers ``(t,)``."""
    return np.asarray(jnp.mean(squares(passed(run)), axis=1))


def _late(run):
    """60 steps of the last factor of 30 in time."""
    last = int(run.times[-1])
    if last < 1_000:
        raise Unmeasured("it needs a thousand steps or more")
    return np.unique(np.geomspace(last / 30, last, 60).astype(int))


def _shares(values):
    """How much of their whole gain the values have gained."""
    return (values - values[0]) / (values[-1] - values[0])


def _wandered(run):
    """How far the shares may be from their means by the scatter of the gains."""
    at, begin = _late(run), _late(run)[0]
    squared, clock = _total(run)[begin:] ** 2, _clock(run, 2)[begin:]
    paths = wandering(squared, clock - clock[0])
    return sampling([_shares(path[at - begin]) for path in paths])


def _clock(run, power):
    """The sum of the steps to this power, before every step and after the last."""
    return np.append(0.0, np.cumsum(np.asarray(rates(run)) ** power))
