"""Changes that leave the orbit of a gradient flow alone and only turn its clock."""

import dataclasses
from collections.abc import Callable, Iterable
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Fisher
from ...networks import AbstractLinearNetwork, AbstractNetwork, Diagonal
from ...observables import AbstractObservable, TrainingRisk
from ...risk import Risk
from ...training import train, Trajectory
from ..hypotheses.discriminants import scale_free
from ..hypotheses.flows import is_gradient_flow, resolved
from ..measures.paths import over_time
from ..papers import LI, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import definite, FINE, unbalanced


CRITERION: dict[str, Callable] = {
    "neglog": lambda R: np.exp(-R),
    "ratio": lambda R: -R,
    "inverse": lambda R: 1 / R,
}
"""$J$ of the risk in every form."""

ORDER = {"ratio": 0, "neglog": 1, "inverse": 2}
"""The power of $1 / J$ by which the loss, and with it the flow, is slower than $-J$."""


class SameOrbits(AbstractToleranceClaim[AbstractNetwork]):
    r"""$-J$, $-\log J$ and $1/J$ have the same orbits; only their clocks differ.

    They are increasing functions of one another, so their gradients are parallel for
    every network: $dt_{\log} = J^{-1} dt_{1/J}$ and $dt_{-J} = J^{-2} dt_{1/J}$. The
    gap compares the networks where the other two clocks show the end of the run.
    """

    id: ClassVar[str] = "A3"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = AbstractNetwork
    observes: ClassVar[tuple[AbstractObservable, ...]] = (TrainingRisk(),)
    records: ClassVar[int] = 200
    tolerance: float = 1e-8
    """Ten times that of one flow: three flows and the integral of a clock."""

    depth: int = 3

    turned: bool = True
    """Whether the clocks are turned; at equal times the networks differ."""

    def conditions(self, run: Trajectory) -> Iterable[Hypothesis]:
        loss = run.experiment.risk.loss
        yield Hypothesis("the loss is Fisher's criterion", isinstance(loss, Fisher))
        yield is_gradient_flow(run.experiment)
        if isinstance(loss, Fisher):
            yield resolved(max(error for _, error in self._clocks(run).values()))

    def gap(self, run: Trajectory) -> float:
        true, loss = run.experiment, run.experiment.risk.loss
        if not isinstance(loss, Fisher) or not isinstance(true.flow, GradientFlow):
            return np.nan
        apart = [0.0]
        for form, (until, _) in self._clocks(run).items():
            if not np.isfinite(until):
                return np.nan
            twin = dataclasses.replace(loss, form=form)
            risk = Risk(true.risk.problem, twin, singular=True)
            until = until if self.turned else float(run.times[-1])
            other = train(
                Experiment(true.network, risk, true.flow, until=until),
                self.observes,
                records=self.records,
            )
            apart.append(_distance(other.network, run.network))
        return max(apart)

    def _clocks(self, run):
        """What the clocks of the other forms show at the end of the run."""
        form = run.experiment.risk.loss.form
        before = run.experiment.risk.value(run.experiment.network)
        risks = np.append(np.asarray(before), np.asarray(run.seen["TrainingRisk"]))
        J, times = CRITERION[form](risks), np.append(0.0, np.asarray(run.times))
        found = {}
        for other in set(CRITERION) - {form}:
            shown, error = over_time(times, J ** float(ORDER[other] - ORDER[form]))
            found[other] = float(shown[-1]), error
        return found

    def witness(self) -> Experiment:
        problem, w0 = definite(own=1007)
        start = Diagonal.balanced(w0, depth=self.depth)
        return Experiment(start, Risk(problem, Fisher()), FINE, until=0.5)

    def foil(self) -> Experiment:
        true = self.witness()
        decaying = GradientFlow(rtol=1e-12, atol=1e-14, weight_decay=0.1)
        return Experiment(true.network, true.risk, decaying, until=0.5)

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (SameOrbits(depth=self.depth, turned=False),) if self.turned else ()


class ScaleIsAClock(AbstractToleranceClaim[AbstractLinearNetwork]):
    r"""If the loss is free of scale, $\theta(s^2t; s\theta_0) = s\theta(t; \theta_0)$.

    The risk does not change when all layers are scaled, so its gradient shrinks by $s$
    while the parameters grow by $s$. For a balanced diagonal network
    $w(t; c w_0) = c\, w(c^{-2/L} t; w_0)$: the size of the start sets the speed alone.
    """

    id: ClassVar[str] = "A4"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = AbstractLinearNetwork
    tolerance: float = 1e-9
    """The drift of a Runge-Kutta method at rtol 1e-12 over a few hundred steps."""

    depth: int = 3

    scale: float = 1.55
    """$s$; for three balanced layers it multiplies the predictor by 3.7."""

    power: float = 2.0
    """The power of $s$ by which times are stretched; any other than 2 is false."""

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield scale_free(experiment)
        yield is_gradient_flow(experiment)

    def gap(self, run: Trajectory) -> float:
        true, s = run.experiment, self.scale
        if not isinstance(true.flow, GradientFlow):
            return np.nan
        larger = jax.tree.map(lambda x: s * x, true.network)
        until = float(run.times[-1]) * s**self.power
        other = train(Experiment(larger, true.risk, true.flow, until=until))
        return _distance(other.network, jax.tree.map(lambda x: s * x, run.network))

    def witness(self) -> Experiment:
        problem, _ = definite()
        start = unbalanced(depth=self.depth)
        return Experiment(start, Risk(problem, Fisher()), FINE, until=1.0)

    def foil(self) -> Experiment:
        true = self.witness()
        ridged = Risk(true.risk.problem, Fisher(form="ratio", ridge=0.3))
        return Experiment(true.network, ridged, FINE, until=1.0)

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        if self.power != 2:
            return ()
        return tuple(ScaleIsAClock(depth=self.depth, power=p) for p in (0.0, 1.0))


def _distance(one, other):
    apart = jax.tree.map(lambda x, y: jnp.max(jnp.abs(x - y)), one, other)
    size = max(float(jnp.max(jnp.abs(x))) for x in jax.tree.leaves(other))
    return max(float(x) for x in jax.tree.leaves(apart)) / size
