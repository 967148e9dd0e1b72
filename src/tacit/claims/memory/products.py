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
from ..hypotheses.memory import is_adam
from ..measures.memory import apart, BatchLoss, flat
from ..papers import CATTANEO_2025, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.memory import briefly


HISTORY = 32
"""Moves that the averages have seen."""


class CorrectionByProducts(AbstractToleranceClaim[AbstractNetwork]):
    r"""$\mathrm{Corr}_t$ is sums of Hessian-vector products, one a past move.

    With $D_k = \sum_{j=k}^{t-1} F_j$ and $\delta_k = H_{b_k} D_k$ it is
    $\delta m / \sqrt{v+\epsilon} - m\,\delta v / 2 (v + \epsilon)^{3/2}$, where
    $\delta m = \sum_k a_k \delta_k$ and $\delta v = 2\sum_k c_k g_k \delta_k$ have the
    weights of the averages. Gathered by batches it takes two products a batch, however
    long the history. The gap is to $\sum_k \partial_{\theta_{t-k}}F_t$ by automatic
    differentiation of the move, where the run ends, in both forms.
    """

    id: ClassVar[str] = "M2"
    source: ClassVar[Source] = Source(
        CATTANEO_2025, "the grouped form is derived", "quoted"
    )
    needs: ClassVar[type] = AbstractNetwork
    records: ClassVar[int] = 1
    tolerance: float = 1e-11
    """Rounding of sums over 32 moves."""

    square: float = 1.0
    r"""The share of $\delta v$ that counts. Only 1 is right."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (CorrectionByProducts(square=0.0), CorrectionByProducts(square=-1.0))

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield from is_adam(experiment)
        sees = getattr(experiment.flow, "batch", None) is not None
        yield Hypothesis("the moves see mini-batches", sees)

    def gap(self, run: Trajectory) -> float:
        true = run.experiment
        flow: Any = true.flow
        m = true.risk.problem.n // flow.batch
        rng = np.random.default_rng(true.seed)
        order = np.concatenate([rng.permutation(m) for _ in range(HISTORY)])[:HISTORY]
        loss = BatchLoss(true.risk, flow.rows(true.risk, true.seed, m))
        betas = flow.beta1, flow.beta2, flow.eps
        wanted = _differentiated(
            loss, run.network, jnp.asarray(order), flow.memory_rule
        )
        main, correction, by_mean = map(np.asarray, wanted)
        gaps = []
        for form in ("direct", "grouped"):
            found = adam_memory(loss, order, run.network, *betas, count=m, form=form)
            mixed = by_mean + self.square * (flat(found.correction) - by_mean)
            gaps += [apart(flat(found.main), main), apart(mixed, correction)]
        return max(gaps)

    def witness(self) -> Experiment[AbstractNetwork]:
        return briefly(Adam(1e-2, 0.75, 0.85, 1e-2, batch=6))

    def foil(self) -> Experiment[AbstractNetwork]:
        true = self.witness()
        outside = eqx.tree_at(lambda f: f.inside, true.flow, False)  # noqa: FBT003
        return Experiment(true.network, true.risk, outside, until=true.until)


@eqx.filter_jit
def _differentiated(loss, network, order, rule):
    """Main, the correction, and what of it comes through the mean gradient alone."""
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
    main, correction = jax.jvp(lambda x: moves(x)[-1], (still,), (between,))
    _, by_mean = jax.jvp(lambda x: moves(x, square=False)[-1], (still,), (between,))
    return main, correction, by_mean
