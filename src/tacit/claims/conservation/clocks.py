"""Changes that leave the orbit of a gradient flow alone and only turn its clock."""

import dataclasses
from collections.abc import Callable, Iterable
from typing import ClassVar

import jax
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from ...experiment import Experiment, Snapshot
from ...flows import GradientFlow
from ...losses import Fisher
from ...networks import AbstractLinearNetwork, AbstractNetwork, Diagonal
from ...observables import AbstractObservable, TrainingRisk
from ...risk import Risk
from ...training import train, Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import scale_free
from ..hypotheses.flows import is_gradient_flow
from ..measures.budgets import coarseness, integration, quadrature, rounding
from ..measures.paths import over_time
from ..papers import LI, Source
from ..parts import Hypothesis, Rival, Term
from ..witnesses.discriminants import definite, FINE, unbalanced


CRITERION: dict[str, Callable] = {
    "neglog": lambda R: np.exp(-R),
    "ratio": lambda R: -R,
    "inverse": lambda R: 1 / R,
}
"""$J$ of the risk in every form."""

ORDER = {"ratio": 0, "neglog": 1, "inverse": 2}
"""The power of $1 / J$ by which the loss, and with it the flow, is slower than $-J$."""


class Parameters(AbstractObservable[AbstractNetwork]):
    """All parameters in one row."""

    dims: ClassVar[tuple[str, ...]] = ("entry",)

    def measure(self, at: Snapshot) -> Float[Array, " entries"]:
        return _flat(at.network)


class SameOrbits(AbstractClaim[AbstractNetwork]):
    r"""$-J$, $-\log J$ and $1/J$ have the same orbits; only their clocks differ.

    They are increasing functions of one another, so their gradients are parallel for
    every network: $dt_{\log} = J^{-1} dt_{1/J}$ and $dt_{-J} = J^{-2} dt_{1/J}$. The
    other two flows are followed to where their clocks show the end of this run: there
    the networks are predicted to be the one of this run.
    """

    id: ClassVar[str] = "A3"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = AbstractNetwork
    observes: ClassVar[tuple[AbstractObservable, ...]] = (TrainingRisk(), Parameters())
    records: ClassVar[int] = 200
    sees: ClassVar[float] = 1e-6

    depth: int = 3

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        criterion = isinstance(experiment.risk.loss, Fisher)
        yield Hypothesis("the loss is Fisher's criterion", criterion)
        yield is_gradient_flow(experiment)

    def predicted(self, run: Trajectory) -> np.ndarray:
        return np.stack([_flat(run.network)] * 2)

    def measured(self, run: Trajectory) -> np.ndarray:
        true, ends = run.experiment, []
        for form, power in self._others(run):
            twin = dataclasses.replace(true.risk.loss, form=form)
            risk = Risk(true.risk.problem, twin, singular=True)
            until = float(self._clock(run, power)[0][-1])
            other = Experiment(true.network, risk, true.flow, until=until)
            ends.append(_flat(train(other, records=1).network))
        return np.stack(ends)

    def budget(self, run: Trajectory) -> Iterable[Term]:
        times, states = _from_the_start(run)
        size = np.max(np.abs(states[-1]))
        ways = np.sum(np.linalg.norm(np.diff(states, axis=0), axis=1))
        last = np.linalg.norm(states[-1] - states[-2]) / (times[-1] - times[-2])
        # A clock that is off by a part of what it shows stops that much along the way.
        late = []
        for _, power in self._others(run):
            shown, error = self._clock(run, power)
            late.append(float(error * shown[-1] / self._pace(run, power)[-1]))
        growth = (1 + float(ways / size)) * coarseness(run, size)
        yield quadrature(max(late), last / size)
        yield integration(run, 3 * growth)
        yield rounding(run, growth)

    def rivals(self, run: Trajectory) -> Iterable[Rival]:
        times, states = _from_the_start(run)
        # Of two false clocks the one that is ahead: it shows what the true ones show
        # now at an earlier state, which the run has recorded.
        ahead = max((1.0, -1.0), key=lambda shift: self._clock(run, shift)[0][-1])
        ends = []
        for _, power in self._others(run):
            shown, false = (self._clock(run, p)[0] for p in (power, power + ahead))
            then = np.interp(shown[-1], false, times)
            ends.append([np.interp(then, times, column) for column in states.T])
        yield Rival(f"the clocks are turned by J^{ahead:g} more", np.array(ends))

    def _others(self, run) -> Iterable[tuple[str, float]]:
        """The other forms, and the power of $J$ that their clocks are turned by."""
        form = run.experiment.risk.loss.form
        for other in sorted(set(CRITERION) - {form}):
            yield other, float(ORDER[other] - ORDER[form])

    def _pace(self, run, power: float) -> np.ndarray:
        before = run.experiment.risk.value(run.experiment.network)
        risks = np.asarray(run.seen["TrainingRisk"])
        if run.times[0] > 0:
            risks = np.append(np.asarray(before), risks)
        return CRITERION[run.experiment.risk.loss.form](risks) ** power

    def _clock(self, run, power: float) -> tuple[np.ndarray, float]:
        return over_time(_from_the_start(run)[0], self._pace(run, power))

    def witness(self, seed: int | None = None) -> Experiment:
        problem, w0 = definite(seed, own=1007)
        start = Diagonal.balanced(w0, depth=self.depth)
        return Experiment(start, Risk(problem, Fisher()), FINE, until=0.1)

    def foil(self, seed: int | None = None) -> Experiment:
        true = self.witness(seed)
        decaying = GradientFlow(rtol=1e-12, atol=1e-14, weight_decay=0.1)
        return Experiment(true.network, true.risk, decaying, until=0.1)


class ScaleIsAClock(AbstractClaim[AbstractLinearNetwork]):
    r"""If the loss is free of scale, $\theta(s^2t; s\theta_0) = s\theta(t; \theta_0)$.

    The risk does not change when all layers are scaled, so its gradient shrinks by $s$
    while the parameters grow by $s$. For a balanced diagonal network
    $w(t; c w_0) = c\, w(c^{-2/L} t; w_0)$: the size of the start sets the speed alone.
    A start twice as large is followed for four times as long.
    """

    id: ClassVar[str] = "A4"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = AbstractLinearNetwork
    observes: ClassVar[tuple[AbstractObservable, ...]] = (Parameters(),)
    sees: ClassVar[float] = 1e-9

    depth: int = 3

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield scale_free(experiment)
        yield is_gradient_flow(experiment)

    def predicted(self, run: Trajectory) -> np.ndarray:
        return np.asarray(2 * _flat(run.network))

    def measured(self, run: Trajectory) -> np.ndarray:
        true = run.experiment
        larger = jax.tree.map(lambda x: 2 * x, true.network)
        until = 4 * float(run.times[-1])
        other = Experiment(larger, true.risk, true.flow, until=until)
        return np.asarray(_flat(train(other, records=1).network))

    def budget(self, run: Trajectory) -> Iterable[Term]:
        _, states = _from_the_start(run)
        size = np.max(np.abs(states[-1]))
        ways = np.sum(np.linalg.norm(np.diff(states, axis=0), axis=1))
        growth = (1 + float(ways / size)) * coarseness(run, size)
        return integration(run, 2 * growth), rounding(run, growth)

    def rivals(self, run: Trajectory) -> Iterable[Rival]:
        times, states = _from_the_start(run)
        half = [np.interp(times[-1] / 2, times, column) for column in states.T]
        yield Rival("times are stretched by the cube of s", 2 * np.array(half))

    def witness(self, seed: int | None = None) -> Experiment:
        problem, _ = definite(seed)
        start = unbalanced(seed, depth=self.depth)
        return Experiment(start, Risk(problem, Fisher()), FINE, until=1.0)

    def foil(self, seed: int | None = None) -> Experiment:
        true = self.witness(seed)
        ridged = Fisher(form="ratio", ridge=0.3)
        risk = Risk(true.risk.problem, ridged)
        return Experiment(true.network, risk, FINE, until=1.0)


def _flat(network: AbstractNetwork) -> Array:
    return ravel_pytree(network)[0]


def _from_the_start(run: Trajectory) -> tuple[np.ndarray, np.ndarray]:
    """Times from 0 on, and all parameters at them."""
    times, states = np.asarray(run.times), np.asarray(run.seen["Parameters"])
    if times[0] == 0:
        return times, states
    start = np.asarray(_flat(run.experiment.network))
    return np.append(0.0, times), np.concatenate([start[None], states])
