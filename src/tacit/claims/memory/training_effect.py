"""What memory does in training: with it and without, on the same batches."""

from collections.abc import Iterable
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from ...experiment import Experiment
from ...flows import Adam, Memoryless
from ...networks import MLP
from ...training import Trajectory
from ..hypotheses.memory import fixed_batches, is_adam, short_steps
from ..measures.memory import one_norm, sharpness, stacked, trained
from ..papers import CATTANEO_2026, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.memory import student, taught


INITS = 16

MEMORIES = (0.9, 0.96)
r"""The $\beta_2$ between which a trend is measured."""

WARM = 200
"""Batches that the averages have seen before: eight times the longer memory."""


class NoiseDampsMemory(AbstractToleranceClaim[MLP]):
    r"""In training, noise damps what a longer second memory does to the sharpness.

    Adam is trained beside its memoryless iteration on the same batches, the averages
    warm, and what it has in excess is the effect of memory. From $\beta_2 = 0.9$ to
    0.96 the effect on $\operatorname{tr}\nabla^2R$ rises on the whole sample, and by
    less than half of that in mini-batches; that on the 1-norm of the gradient rises in
    both. The gap is by how much, over 16 initialisations on average, relative to the
    rises on the whole sample, one of these is missed.
    """

    id: ClassVar[str] = "M11"
    source: ClassVar[Source] = Source(CATTANEO_2026, "experiments", "derived")
    needs: ClassVar[type] = MLP
    records: ClassVar[int] = 1
    tolerance: float = 0.1
    """A standard error of the mean rise, relative to the whole sample's."""

    margin: ClassVar[float] = 3.0
    """Means over initialisations are compared."""

    reverses: bool = False
    """Whether noise turns the effect on the 1-norm round. It does not."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (NoiseDampsMemory(reverses=True),)

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield from is_adam(experiment)
        yield from fixed_batches(experiment, replace=False)
        n, batch = (
            experiment.risk.problem.n,
            getattr(experiment.flow, "batch", 0),
        )
        yield Hypothesis(
            "a batch is a quarter of the sample or less", bool(batch and batch <= n / 4)
        )
        yield short_steps(experiment)

    def gap(self, run: Trajectory) -> float:
        true = run.experiment
        flow: Any = true.flow
        n = true.risk.problem.n
        starts = stacked([student(seed) for seed in range(INITS)])
        noisy = self._rises(flow, flow.batch or n, true.risk, starts, run.steps)
        whole = self._rises(flow, n, true.risk, starts, run.steps)
        sharper, norm = (noisy.mean(axis=0) / whole.mean(axis=0)).tolist()
        missed = norm if self.reverses else -norm
        return max(0.0, *(-whole.mean(axis=0)), abs(sharper) - 0.5, missed)

    def _rises(self, flow, batch, risk, starts, moves):
        """By how much the effect of memory rises, ``(inits, 2)``."""
        seeds, found = jnp.arange(INITS), []
        for beta2 in MEMORIES:
            kept = Adam(
                flow.step, flow.beta1, beta2, flow.eps, batch, fixed=True, warm=WARM
            )
            ends = [
                _measured(risk, trained(f, risk, starts, seeds, moves))
                for f in (kept, Memoryless(kept, correction=False, window=WARM))
            ]
            found.append(np.asarray(ends[0]) - np.asarray(ends[1]))
        return found[1] - found[0]

    def witness(self) -> Experiment[MLP]:
        flow = Adam(2e-3, 0.8, 0.96, 1e-6, batch=4, fixed=True)
        return Experiment(student(0), taught(), flow, until=60)

    def foil(self) -> Experiment[MLP]:
        true = self.witness()
        whole = eqx.tree_at(lambda f: f.batch, true.flow, 32)
        return Experiment(true.network, true.risk, whole, until=true.until)


@eqx.filter_jit
def _measured(risk, networks):
    _, back = ravel_pytree(jax.tree.map(lambda x: x[0], networks))

    def one(network):
        at, _ = ravel_pytree(network)
        return jnp.stack([sharpness(risk, back, at), one_norm(risk, back, at)])

    return jax.lax.map(one, networks)
