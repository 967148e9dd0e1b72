"""The correction by Hessian-vector products, against differentiation of the moves."""

from collections.abc import Iterable
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from ...experiment import Experiment
from ...flows import Adam
from ...memory import adam_memory
from ...networks import AbstractNetwork
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.memory import divides, is_adam
from ..measures.memory import BatchLoss, flat, flow_of, shaken
from ..papers import CATTANEO_2025, Source
from ..parts import Hypothesis, Rival, Term
from ..witnesses.memory import briefly


HISTORY = 32
"""Moves that the averages have seen."""


class CorrectionByProducts(AbstractClaim[AbstractNetwork]):
    r"""$\mathrm{Corr}_t$ is sums of Hessian-vector products, one a past move.

    With $D_k = \sum_{j=k}^{t-1} F_j$ and $\delta_k = H_{b_k} D_k$ it is
    $\delta m / \sqrt{v+\epsilon} - m\,\delta v / 2 (v + \epsilon)^{3/2}$, where
    $\delta m = \sum_k a_k \delta_k$ and $\delta v = 2\sum_k c_k g_k \delta_k$ have the
    weights of the averages. Gathered by batches it takes two products a batch, however
    long the history. Both forms, where the run ends, are held against
    $\sum_k \partial_{\theta_{t-k}}F_t$ by automatic differentiation of the move.
    """

    id: ClassVar[str] = "M2"
    source: ClassVar[Source] = Source(
        CATTANEO_2025, "the grouped form is derived", "quoted"
    )
    needs: ClassVar[type] = AbstractNetwork
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 1e-9

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        flow: Any = flow_of(experiment)
        yield from is_adam(experiment)
        sees = flow.batch is not None
        yield Hypothesis("the moves see mini-batches", sees)
        eps = flow.eps
        yield divides(experiment.risk, experiment.network, eps)

    def predicted(self, run: Trajectory) -> np.ndarray:
        return self._by_products(run, run.network)

    def measured(self, run: Trajectory) -> np.ndarray:
        return np.stack([self._differentiated(run)[0]] * 2)

    def budget(self, run: Trajectory) -> Iterable[Term]:
        yield shaken(lambda network: self._by_products(run, network), run.network)

    def rivals(self, run: Trajectory) -> Iterable[Rival]:
        whole, by_mean = self._differentiated(run)
        text = "it comes through the mean gradient alone"
        yield Rival(text, np.stack([by_mean] * 2))
        turned = np.stack([2 * by_mean - whole] * 2)
        yield Rival("the square's share has the other sign", turned)

    def _by_products(self, run, network):
        """The correction in both forms, ``(2, P)``."""
        flow, (loss, order, m) = flow_of(run.experiment), _history(run)
        betas = flow.beta1, flow.beta2, flow.eps
        forms = [
            adam_memory(loss, order, network, *betas, count=m, form=form)
            for form in ("direct", "grouped")
        ]
        return np.stack([flat(found.correction) for found in forms])

    def _differentiated(self, run):
        loss, order, _ = _history(run)
        rule = flow_of(run.experiment).memory_rule
        rule = jax.tree.map(jnp.asarray, rule)  # another memory compiles nothing
        found = _differentiated(loss, run.network, jnp.asarray(order), rule)
        return tuple(map(np.asarray, found))

    def witness(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        return briefly(Adam(1e-2, 0.75, 0.85, 1e-2, batch=6), seed=seed)

    def foil(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        true = self.witness(seed)
        outside = eqx.tree_at(lambda f: f.inside, true.flow, False)  # noqa: FBT003
        return Experiment(true.network, true.risk, outside, until=true.until)


def _history(run):
    """The losses of the batches of an epoch, an order of them, and how many."""
    true = run.experiment
    m = true.risk.problem.n // true.flow.batch
    rng = np.random.default_rng(true.seed)
    order = np.concatenate([rng.permutation(m) for _ in range(HISTORY)])[:HISTORY]
    return BatchLoss(true.risk, true.flow.rows(true.risk, true.seed, m)), order, m


@eqx.filter_jit
def _differentiated(loss, network, order, rule):
    """The correction, and what of it comes through the mean gradient alone."""
    T = len(order)
    point, back = ravel_pytree(network)
    still, zero = jnp.tile(point[None], (T, 1)), jnp.zeros_like(point)

    def moves(points, *, square=True):
        G = jax.vmap(lambda at, b: jax.grad(lambda w: loss(back(w), b))(at))(
            points, order
        )

        def average(state, moment):
            g, k = moment
            m, v = rule.update(*state, g)
            fixed = v if square else jax.lax.stop_gradient(v)
            return (m, v), rule.direction(*rule.debias(m, fixed, k))

        return jax.lax.scan(average, (zero, zero), (G, jnp.arange(T)))[1]

    passed = moves(still)[:-1]
    between = jnp.flip(jnp.cumsum(jnp.flip(passed, 0), 0), 0)
    between = jnp.concatenate([between, zero[None]])
    _, whole = jax.jvp(lambda x: moves(x)[-1], (still,), (between,))
    _, by_mean = jax.jvp(lambda x: moves(x, square=False)[-1], (still,), (between,))
    return whole, by_mean
