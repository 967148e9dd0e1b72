"""The flow that descent follows more closely than that of its own risk."""

from collections.abc import Iterable
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp

from ...experiment import Experiment
from ...flows import Descent, GradientFlow
from ...losses import Fisher
from ...networks import AbstractNetwork
from ...risk import Risk
from ...training import train, Trajectory
from ..measures.drifts import halved, is_descent
from ..papers import BARRETT, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import definite, unbalanced


class DescentFollowsModifiedFlow(AbstractToleranceClaim[AbstractNetwork]):
    r"""Descent stays $O(\eta^2)$ from the flow of $R + \frac\eta4\|\nabla R\|^2$.

    From the flow of $R$ alone it stays $O(\eta)$. A step and the flow over its length
    differ by $\frac{\eta^2}2 R''R' = \frac{\eta^2}4\nabla\|\nabla R\|^2$, which the
    second term takes up. Any network and any smooth loss.

    The gap is how far the orders, measured by halving the step, are from 2 and 1.
    """

    id: ClassVar[str] = "F3"
    source: ClassVar[Source] = Source(BARRETT, "Theorem 3.1", "quoted")
    needs: ClassVar[type] = AbstractNetwork
    records: ClassVar[int] = 1
    tolerance: float = 0.1
    """The next order of the expansion, at steps of a hundredth."""

    margin: ClassVar[float] = 4.0
    """Orders are whole numbers: one off is ten tolerances."""

    strength: float = 1.0
    """The second term over $\\frac\\eta4\\|\\nabla R\\|^2$. Only 1 is right."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (DescentFollowsModifiedFlow(strength=2.0),)

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield from is_descent(experiment)

    def gap(self, run: Trajectory) -> float:
        shorter = train(halved(run.experiment), records=1)
        modified, plain = (
            jnp.log2(self._distance(run, s) / self._distance(shorter, s))
            for s in (self.strength, 0.0)
        )
        return float(jnp.maximum(jnp.abs(modified - 2), jnp.abs(plain - 1)))

    def _distance(self, run, strength):
        """From the end of the run to that of the flow, in the parameters."""
        true = run.experiment
        step = getattr(true.flow, "step", 1.0)
        flow = GradientFlow(1e-12, 1e-14, "parameters", descent_step=strength * step)
        until = step * float(run.times[-1])
        there = train(Experiment(true.network, true.risk, flow, until=until), records=1)
        apart = jax.tree.map(
            lambda a, b: jnp.sum((a - b) ** 2), run.network, there.network
        )
        return jnp.sqrt(sum(jax.tree.leaves(apart), jnp.zeros(())))

    def witness(self) -> Experiment[AbstractNetwork]:
        risk = Risk(definite()[0], Fisher())
        return Experiment(unbalanced(depth=3), risk, Descent(0.01), until=100)

    def foil(self) -> Experiment[AbstractNetwork]:
        true = self.witness()
        heavy = eqx.tree_at(lambda f: f.momentum, true.flow, 0.5)
        return Experiment(true.network, true.risk, heavy, until=true.until)
