"""The memory of heavy ball, averaged over the orders of its batches."""

from collections.abc import Iterable
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from ...experiment import Experiment
from ...flows import Stochastic
from ...memory import heavy_ball_memory_mean
from ...networks import AbstractNetwork
from ...training import Trajectory
from ..hypotheses.memory import fixed_batches, is_heavy_ball
from ..measures.memory import apart, batches_of, flat
from ..papers import CATTANEO_2025, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.memory import briefly


class HeavyBallOverOrders(AbstractToleranceClaim[AbstractNetwork]):
    r"""The mean correction of heavy ball over the orders of an epoch, in closed form.

    $S_{\rm tot} Hg + \bigl(S_{\rm same} -
    \frac{S_{\rm tot} - S_{\rm same}}{m - 1}\bigr)
    \mathbb E[\Xi_b\xi_b]$ for $m$ batches that come once each: what one batch has in
    excess the others lack. The gap is to the average over all orders, or over all
    sequences if the batches of the run are drawn independently.
    """

    id: ClassVar[str] = "M4"
    source: ClassVar[Source] = Source(CATTANEO_2025, "", "derived")
    needs: ClassVar[type] = AbstractNetwork
    records: ClassVar[int] = 1
    tolerance: float = 1e-12
    """Rounding of a mean over all orders."""

    independent: bool = False
    """Whether the coefficient is that of independent draws. Only no is right."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (HeavyBallOverOrders(independent=True),)

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield from is_heavy_ball(experiment)
        yield from fixed_batches(experiment, replace=False)

    def gap(self, run: Trajectory) -> float:
        flow: Any = run.experiment.flow
        loss, m = batches_of(run.experiment), len(batches_of(run.experiment).rows)
        closed = heavy_ball_memory_mean(
            loss, run.network, flow.momentum,
            orders="iid" if self.independent else "shuffled", count=m,
        )  # fmt: skip
        grid = np.array(np.meshgrid(*[range(m)] * m)).reshape(m, -1).T
        if not flow.replace:
            grid = grid[[len(set(order)) == m for order in grid.tolist()]]
        wanted = _mean_correction(loss, run.network, jnp.asarray(grid), flow.momentum)
        return apart(flat(closed.correction), np.asarray(wanted))

    def witness(self) -> Experiment[AbstractNetwork]:
        return briefly(Stochastic(1e-2, 6, momentum=0.8, fixed=True))

    def foil(self) -> Experiment[AbstractNetwork]:
        true = self.witness()
        drawn = eqx.tree_at(lambda f: f.replace, true.flow, True)  # noqa: FBT003
        return Experiment(true.network, true.risk, drawn, until=true.until)


class HeavyBallModifiedLoss(AbstractToleranceClaim[AbstractNetwork]):
    r"""After long, memory makes heavy ball descend another loss.

    In units of $\eta/(1-\beta)$ it adds
    $\frac{\eta\beta}{2(1-\beta)^2}\|\nabla R\|^2 +
    \frac{\eta\beta}{2(1-\beta)(1+\beta)}\mathbb E\|g_b - g\|^2$ for batches drawn
    independently. The gap is between the gradient of that and the mean correction after
    a history long enough.
    """

    id: ClassVar[str] = "M4b"
    source: ClassVar[Source] = Source(
        CATTANEO_2025, "heavy ball; re-derived", "derived"
    )
    needs: ClassVar[type] = AbstractNetwork
    records: ClassVar[int] = 1
    tolerance: float = 1e-11
    """What is left of a memory after 40 times its length, and rounding."""

    noise: float = 1.0
    """The share of the second term. Only 1 is right."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (HeavyBallModifiedLoss(noise=0.0),)

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield from is_heavy_ball(experiment)
        yield from fixed_batches(experiment, replace=True)

    def gap(self, run: Trajectory) -> float:
        flow: Any = run.experiment.flow
        loss, beta = batches_of(run.experiment), flow.momentum
        m, long = len(loss.rows), int(40 / (1 - beta))
        history = long if flow.replace else m
        found = heavy_ball_memory_mean(
            loss, run.network, beta, history=history, count=m,
            orders="iid" if flow.replace else "shuffled",
        )  # fmt: skip
        wanted = _modified_slope(loss, run.network, beta, self.noise)
        return apart((1 - beta) * flat(found.correction), np.asarray(wanted))

    def witness(self) -> Experiment[AbstractNetwork]:
        return briefly(Stochastic(1e-2, 6, momentum=0.8, fixed=True, replace=True))

    def foil(self) -> Experiment[AbstractNetwork]:
        true = self.witness()
        drawn = eqx.tree_at(lambda f: f.replace, true.flow, False)  # noqa: FBT003
        return Experiment(true.network, true.risk, drawn, until=true.until)


def _mean_correction(loss, network, orders, beta):
    """The mean over `orders`, of the correction by the definition."""
    return jnp.mean(_corrections(loss, network, orders, beta), axis=0)


@eqx.filter_jit
def _corrections(loss, network, orders, beta):
    point, back = ravel_pytree(network)

    def slope(at, b):
        return jax.grad(lambda w: loss(back(w), b))(at)

    every = jnp.arange(len(loss.rows))
    G = jax.vmap(slope, (None, 0))(point, every)
    H = jax.vmap(jax.jacfwd(slope), (None, 0))(point, every)
    T = orders.shape[1]
    decay = beta ** jnp.arange(T, dtype=float)

    def one(order):
        moves = [
            sum((decay[j - i] * G[order[i]] for i in range(j + 1)), 0 * point)
            for j in range(T - 1)
        ]
        pushed = [
            decay[T - 1 - k] * (H[order[k]] @ sum(moves[k:], 0 * point))
            for k in range(T - 1)
        ]
        return sum(pushed, 0 * point)

    return jax.lax.map(one, orders, batch_size=min(128, len(orders)))


@eqx.filter_jit
def _modified_slope(loss, network, beta, noise):
    point, back = ravel_pytree(network)

    def added(at):
        def slope(b):
            return jax.grad(lambda w: loss(back(w), b))(at)

        G = jax.vmap(slope)(jnp.arange(len(loss.rows)))
        g = jnp.mean(G, axis=0)
        spread = jnp.mean(jnp.sum((G - g[None]) ** 2, axis=1))
        first = beta / (2 * (1 - beta) ** 2) * jnp.sum(g**2)
        return first + noise * beta / (2 * (1 - beta) * (1 + beta)) * spread

    return jax.grad(added)(point)
