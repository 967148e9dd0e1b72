"""What the steps on mini-batches add to the layers, one by one."""

from collections.abc import Iterable
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from ...experiment import Experiment
from ...flows import PowerDecay
from ...networks import Diagonal
from ...observables import AbstractObservable, Layers
from ...training import Trajectory
from ..base import AbstractClaim
from ..measures.budgets import rounding
from ..measures.drifts import (
    EVERY,
    every_step,
    gradients,
    on_batches,
    passed,
    rates,
    squares,
)
from ..papers import LI, Source
from ..parts import Hypothesis, Rival, Term
from ..witnesses.batches import noisy, ridged


class SquaredNormsAddUp(AbstractClaim[Diagonal]):
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
    sees: ClassVar[float] = 1e-2

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield from on_batches(experiment, schedule=True)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield every_step(run)

    def predicted(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return self._sum(run, 2)

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return np.asarray(squares(passed(run))[-1] ** 2)

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        left_out = np.asarray(jnp.sum(_growth(run)[1] ** 2, axis=0))
        size = float(np.max(left_out) / np.max(self.predicted(run)))
        reason = "the sum of the squares of what the steps add"
        yield Term("next order", size, reason, "shorter steps")
        yield rounding(run, 1 + size)

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        yield Rival("with the sum once", self._sum(run, 1))
        yield Rival("the norms stay", self._sum(run, 0))

    def _sum(self, run, times):
        norms, added = _growth(run)
        cross = jnp.sum(norms[:-1] * added, axis=0)
        return np.asarray(norms[0] ** 2 + times * cross)

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        return noisy(0.5, PowerDecay(0.25), until=20_000, seed=seed)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        return ridged(self.witness(seed))


def _growth(run):
    """The squared norms ``(t, L)``, and what every step should add to them."""
    layers = passed(run)
    added = rates(run)[:, None] ** 2 * squares(gradients(run.experiment, layers[:-1]))
    return squares(layers), added
