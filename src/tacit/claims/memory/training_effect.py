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
from ..base import AbstractClaim
from ..hypotheses.memory import (
    fixed_batches,
    is_adam,
    is_of_samples,
    redrawable,
    short_steps,
    small_batches,
)
from ..measures.signs import signs_apart, signs_over_draws
from ..measures.starts import one_norm, redrawn, sharpness, trained
from ..papers import CATTANEO_2026, Source
from ..parts import Hypothesis, Rival, Term
from ..witnesses.memory import student, taught


INITS = 96

MEMORIES = (0.9, 0.96)
r"""The $\beta_2$ between which a trend is measured."""

WARM = 200
"""Batches that the averages have seen before: eight times the longer memory."""

LEAST, MOST = 25, 0.2
"""Moves that the longer memory needs to be filled by, and how far they may go."""

SIGNS = (-1.0, 1.0, 1.0, 1.0)


class NoiseDampsMemory(AbstractClaim[MLP]):
    r"""In training, noise turns what a longer second memory does to the sharpness.

    Adam is trained beside its memoryless iteration on the same batches, the averages
    warm, and what it has in excess is the effect of memory. From $\beta_2 = 0.9$ to
    0.96 the effect on $\operatorname{tr}\nabla^2R$ falls in mini-batches, and is then
    below what it is on the whole sample; that on the 1-norm of the gradient rises in
    both. That is early, in moves of 0.2 in all. Held against the signs of the means
    over 96 initialisations with the layers' sizes, by two standard errors.
    """

    id: ClassVar[str] = "M11"
    source: ClassVar[Source] = Source(CATTANEO_2026, "experiments", "derived")
    needs: ClassVar[type] = MLP
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 1.0

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield from is_adam(experiment)
        yield from fixed_batches(experiment, replace=False)
        yield is_of_samples(experiment)
        yield small_batches(experiment)
        yield short_steps(experiment)
        yield from redrawable(experiment)

    def conditions(self, run: Trajectory) -> Iterable[Hypothesis]:
        far = run.steps * run.experiment.flow.step
        text = f"it makes {LEAST} moves or more, of {MOST:g} in all at most"
        # Later memory has also delayed the descent, and sharpness changes on the way.
        yield Hypothesis(text, bool(run.steps >= LEAST and far <= MOST))

    def predicted(self, run: Trajectory) -> np.ndarray:
        del run
        return np.array(SIGNS)

    def measured(self, run: Trajectory) -> np.ndarray:
        return self._signs(run).seen

    def distance(self, predicted: Any, measured: Any, run: Trajectory) -> float:
        del run
        return signs_apart(predicted, measured)

    def budget(self, run: Trajectory) -> Iterable[Term]:
        yield self._signs(run).sampling()

    def rivals(self, run: Trajectory) -> Iterable[Rival]:
        del run
        words = (
            "a longer memory does nothing to the sharpness in batches",
            "noise changes nothing of what it does to the sharpness",
            "it does nothing to the 1-norm on the whole sample",
        )
        for i, text in enumerate(words):
            yield Rival(text, np.array(SIGNS) * (np.arange(len(SIGNS)) != i))
        text = "noise turns its effect on the 1-norm round"
        yield Rival(text, np.array(SIGNS) * [1, 1, 1, -1])

    def _signs(self, run):
        """Of the rises: sharpness in batches, what it has more on the whole, norms."""
        true = run.experiment
        n, starts = true.risk.problem.n, redrawn(true.network, INITS)
        noisy, whole = (
            _rises(true.flow, size, true.risk, starts, run.steps)
            for size in (true.flow.batch or n, n)
        )
        found = (noisy[:, 0], whole[:, 0] - noisy[:, 0], whole[:, 1], noisy[:, 1])
        return signs_over_draws(np.stack(found, axis=1))

    def witness(self, seed: int | None = None) -> Experiment[MLP]:
        flow = Adam(2e-3, 0.8, 0.96, 1e-6, batch=4, fixed=True)
        return Experiment(student(seed), taught(seed), flow, until=60)

    def foil(self, seed: int | None = None) -> Experiment[MLP]:
        true = self.witness(seed)
        whole = eqx.tree_at(lambda f: f.batch, true.flow, 32)
        return Experiment(true.network, true.risk, whole, until=true.until)


def _rises(flow, batch, risk, starts, moves):
    """By how much the effect of memory rises with its length, ``(inits, 2)``."""
    seeds, found = jnp.arange(INITS), []
    for beta2 in MEMORIES:
        kept = Adam(
            flow.step, flow.beta1, beta2, flow.eps, batch, fixed=True, warm=WARM
        )
        ends = [
            _measured(risk, trained(f, risk, starts, seeds, moves), flow.eps)
            for f in (kept, Memoryless(kept, correction=False, window=WARM))
        ]
        found.append(np.asarray(ends[0]) - np.asarray(ends[1]))
    return found[1] - found[0]


@eqx.filter_jit
def _measured(risk, networks, eps):
    _, back = ravel_pytree(jax.tree.map(lambda x: x[0], networks))

    def one(network):
        at, _ = ravel_pytree(network)
        norm = one_norm(risk, back, at, eps)
        return jnp.stack([sharpness(risk, back, at), norm])

    return jax.lax.map(one, networks)
