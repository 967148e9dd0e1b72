"""The memory of heavy ball, averaged over the orders of its batches."""

from collections.abc import Iterable
from typing import ClassVar

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
from ..base import AbstractClaim
from ..hypotheses.memory import fixed_batches, is_heavy_ball
from ..measures.memory import batches_of, dense, flat, flow_of, shaken
from ..papers import CATTANEO_2025, Source
from ..parts import Hypothesis, Rival, Term
from ..witnesses.memory import briefly


LONG = 40
"""Times over which a memory has fallen to rounding."""


class HeavyBallOverOrders(AbstractClaim[AbstractNetwork]):
    r"""The mean correction of heavy ball over the orders of an epoch, in closed form.

    $S_{\rm tot} Hg + \bigl(S_{\rm same} -
    \frac{S_{\rm tot} - S_{\rm same}}{m - 1}\bigr)
    \mathbb E[\Xi_b\xi_b]$ for $m$ batches that come once each: what one batch has in
    excess the others lack. The correction is a sum over pairs of moves, so that the
    mean over all $m!$ orders, where the run ends, is over all pairs of batches.
    """

    id: ClassVar[str] = "M4"
    source: ClassVar[Source] = Source(CATTANEO_2025, "", "derived")
    needs: ClassVar[type] = AbstractNetwork
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 1e-9

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield from is_heavy_ball(experiment)
        yield from fixed_batches(experiment, replace=False)

    def predicted(self, run: Trajectory) -> np.ndarray:
        return self._closed(run, run.network, "shuffled")

    def measured(self, run: Trajectory) -> np.ndarray:
        flow, loss = flow_of(run.experiment), batches_of(run.experiment)
        G, H = map(np.asarray, dense(loss, run.network))
        own = np.einsum("bij,bj->i", H, G)
        pairs = np.einsum("bij,cj->i", H, G) - own
        m, beta = len(G), flow.momentum
        # Two moves of an epoch see two different batches; independent draws any two.
        same = own / m
        other = (own + pairs) / m**2 if flow.replace else pairs / max(m * (m - 1), 1)
        total = np.zeros_like(own)
        for k in range(m - 1):  # the gradient of move k was taken where it was
            for j in range(k, m - 1):  # before the moves j ...
                for i in range(j + 1):  # ... which remember the gradients i
                    weight = beta ** (m - 1 - k + j - i)
                    total += weight * (same if i == k else other)
        return total

    def budget(self, run: Trajectory) -> Iterable[Term]:
        yield shaken(lambda at: self._closed(run, at, "shuffled"), run.network)

    def rivals(self, run: Trajectory) -> Iterable[Rival]:
        told, alone = self.predicted(run), self._closed(run, run.network, "iid")
        yield Rival("the batches are as good as drawn independently", alone)
        text = "what one batch has in excess the others have too"
        yield Rival(text, 2 * alone - told)

    def _closed(self, run, network, orders):
        loss, beta = batches_of(run.experiment), flow_of(run.experiment).momentum
        found = heavy_ball_memory_mean(
            loss, network, beta, orders=orders, count=len(loss.rows)
        )
        return flat(found.correction)

    def witness(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        return briefly(Stochastic(1e-2, 6, momentum=0.8, fixed=True), seed=seed)

    def foil(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        true = self.witness(seed)
        drawn = eqx.tree_at(lambda f: f.replace, true.flow, True)  # noqa: FBT003
        return Experiment(true.network, true.risk, drawn, until=true.until)


class HeavyBallModifiedLoss(AbstractClaim[AbstractNetwork]):
    r"""After long, memory makes heavy ball descend another loss.

    In units of $\eta/(1-\beta)$ it adds
    $\frac{\eta\beta}{2(1-\beta)^2}\|\nabla R\|^2 +
    \frac{\eta\beta}{2(1-\beta)(1+\beta)}\mathbb E\|g_b - g\|^2$ for batches drawn
    independently. Its gradient, where the run ends, against the mean correction after a
    history long enough.
    """

    id: ClassVar[str] = "M4b"
    source: ClassVar[Source] = Source(
        CATTANEO_2025, "heavy ball; re-derived", "derived"
    )
    needs: ClassVar[type] = AbstractNetwork
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 1e-9

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield from is_heavy_ball(experiment)
        yield from fixed_batches(experiment, replace=True)

    def predicted(self, run: Trajectory) -> np.ndarray:
        return self._slope(run, run.network, 1.0)

    def measured(self, run: Trajectory) -> np.ndarray:
        flow = flow_of(run.experiment)
        loss, beta = batches_of(run.experiment), flow.momentum
        m, long = len(loss.rows), int(LONG / (1 - beta))
        history = long if flow.replace else m
        orders = "iid" if flow.replace else "shuffled"
        found = heavy_ball_memory_mean(
            loss, run.network, beta, history=history, count=m, orders=orders
        )
        return (1 - beta) * flat(found.correction)

    def budget(self, run: Trajectory) -> Iterable[Term]:
        beta = flow_of(run.experiment).momentum
        T = int(LONG / (1 - beta))
        reason = f"what is left of a memory after {T} moves"
        yield Term("the start", 2 * T**2 * beta**T, reason, "nothing")
        yield shaken(lambda at: self._slope(run, at, 1.0), run.network)

    def rivals(self, run: Trajectory) -> Iterable[Rival]:
        yield Rival("noise adds nothing", self._slope(run, run.network, 0.0))
        yield Rival("noise adds half of that", self._slope(run, run.network, 0.5))
        beta = flow_of(run.experiment).momentum
        as_gradient = (1 + beta) / (1 - beta)
        text = "noise adds as much as the gradient itself"
        yield Rival(text, self._slope(run, run.network, as_gradient))

    def _slope(self, run, network, noise):
        loss, beta = batches_of(run.experiment), flow_of(run.experiment).momentum
        return np.asarray(_modified_slope(loss, network, beta, noise))

    def witness(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        flow = Stochastic(1e-2, 6, momentum=0.8, fixed=True, replace=True)
        return briefly(flow, seed=seed)

    def foil(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        true = self.witness(seed)
        drawn = eqx.tree_at(lambda f: f.replace, true.flow, False)  # noqa: FBT003
        return Experiment(true.network, true.risk, drawn, until=true.until)


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
