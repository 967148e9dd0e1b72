"""The flow that descent follows more closely than that of its own risk."""

from collections.abc import Iterable
from typing import Any, ClassVar

import equinox as eqx
import numpy as np
from jax.flatten_util import ravel_pytree

from ...experiment import Experiment
from ...flows import Descent, GradientFlow
from ...losses import Fisher
from ...networks import AbstractNetwork
from ...risk import Risk
from ...training import train, Trajectory
from ..base import AbstractClaim
from ..measures.budgets import rounding
from ..measures.drifts import is_descent, Shortened, shorter
from ..papers import BARRETT, Source
from ..parts import Hypothesis, Rival, Term, Unmeasured
from ..witnesses.discriminants import definite, unbalanced


RTOL = 1e-12


class DescentFollowsModifiedFlow(AbstractClaim[AbstractNetwork]):
    r"""Descent stays $O(\eta^2)$ from the flow of $R + \frac\eta4\|\nabla R\|^2$.

    From the flow of $R$ alone it stays $O(\eta)$. A step and the flow over its length
    differ by $\frac{\eta^2}2 R''R' = \frac{\eta^2}4\nabla\|\nabla R\|^2$, which the
    second term takes up. Any network and any smooth loss.

    What the second term moves and what descent moves, both from the end of the flow of
    $R$, must agree to first order in the step: by the run and those of a half and a
    quarter of it.
    """

    id: ClassVar[str] = "F3"
    source: ClassVar[Source] = Source(BARRETT, "Theorem 3.1", "quoted")
    needs: ClassVar[type] = AbstractNetwork
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 2e-2

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield from is_descent(experiment)

    def predicted(self, run: Trajectory) -> np.ndarray:
        return self._moved(run).leading(1)

    def measured(self, run: Trajectory) -> np.ndarray:
        return self._descended(run).leading(1)

    def distance(self, predicted: Any, measured: Any, run: Trajectory) -> float:
        size = np.linalg.norm(predicted)
        if not size:
            size = np.linalg.norm(self.predicted(run))
        return float(np.linalg.norm(measured - predicted) / size)

    def budget(self, run: Trajectory) -> Iterable[Term]:
        descended, moved = self._descended(run), self._moved(run)
        yield max(
            (each.next_order(1) for each in (descended, moved)),
            key=lambda term: term.size,
        )
        size = np.linalg.norm(ravel_pytree(run.network)[0])
        lever = 16 * float(size / np.linalg.norm(moved.leading(1)))
        reason = "that of the flows, against how far descent is from them"
        yield Term("integration", 3 * RTOL * lever, reason, "longer steps")
        yield rounding(run, lever)

    def rivals(self, run: Trajectory) -> Iterable[Rival]:
        told = self.predicted(run)
        yield Rival("with half the step in place of a quarter", 2 * told)
        yield Rival("descent follows the flow of the risk alone", 0 * told)

    def _descended(self, run):
        """From the flow of the risk to descent, for every step."""
        plain = self._flow(run, 0.0)
        return Shortened(*(_end(each) - plain for each in shorter(run)))

    def _moved(self, run):
        """From the flow of the risk to the modified one, for every step."""
        step, plain = run.experiment.flow.step, self._flow(run, 0.0)
        parts = (1.0, 0.5, 0.25)
        return Shortened(*(self._flow(run, part * step) - plain for part in parts))

    def _flow(self, run, descent_step):
        true = run.experiment
        flow = GradientFlow(RTOL, 1e-14, "parameters", descent_step=descent_step)
        until = true.flow.step * float(run.times[-1])
        return _end(train(Experiment(true.network, true.risk, flow, until=until)))

    def witness(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        risk = Risk(definite(seed)[0], Fisher())
        return Experiment(unbalanced(seed, depth=3), risk, Descent(0.01), until=100)

    def foil(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        true = self.witness(seed)
        heavy = eqx.tree_at(lambda f: f.momentum, true.flow, 0.5)
        return Experiment(true.network, true.risk, heavy, until=true.until)


def _end(run: Trajectory) -> np.ndarray:
    """All parameters at the end of a run, as one vector."""
    if not run.finite:
        raise Unmeasured(f"a run to compare with stops early: {run.reason}")
    return np.asarray(ravel_pytree(run.network)[0])
