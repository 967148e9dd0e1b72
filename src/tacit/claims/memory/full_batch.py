"""The memory of Adam on the whole sample: a norm of the gradient, with a sign."""

import math
from collections.abc import Iterable
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from ...experiment import Experiment
from ...flows import Adam
from ...memory import adam_memory, mean_age
from ...networks import AbstractNetwork
from ...training import Trajectory
from ..hypotheses.memory import is_adam, whole_sample
from ..measures.memory import apart, BatchLoss, flat
from ..papers import CATTANEO_2024, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.memory import briefly


class WholeSampleCorrection(AbstractToleranceClaim[AbstractNetwork]):
    r"""On the whole sample the correction is along $\nabla\|\nabla R\|_{1,\epsilon}$.

    In every coordinate it is $S(\beta_1) - \frac{g^2}{g^2 + \epsilon}S(\beta_2)$ times
    that over $\sqrt{g^2 + \epsilon}$, with $S(\beta) = \frac\beta{1-\beta} -
    \frac{(t+1)\beta^{t+1}}{1-\beta^{t+1}}$ in move $t$. The gap is to the sums over
    the batches that the run would draw, where it ends, in three moves.
    """

    id: ClassVar[str] = "M3"
    source: ClassVar[Source] = Source(
        CATTANEO_2024, "the correction of full-batch Adam", "quoted"
    )
    needs: ClassVar[type] = AbstractNetwork
    records: ClassVar[int] = 1
    tolerance: float = 1e-12
    r"""Rounding; where $\epsilon$ is 1e-8 a coordinate near 0 may cost 1e-10."""

    order: float = 1.0
    r"""The sign of the two memories in the coefficient. Only 1 is right."""

    started: bool = True
    """Whether the start of the averages is allowed for."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (WholeSampleCorrection(order=-1.0), WholeSampleCorrection(started=False))

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield from is_adam(experiment)
        yield whole_sample(experiment)

    def gap(self, run: Trajectory) -> float:
        true = run.experiment
        flow: Any = true.flow
        betas = flow.beta1, flow.beta2, flow.eps
        g, bent = map(np.asarray, _norm_slope(true.risk, run.network, betas[2]))
        gaps = []
        for t in (1, 7, 40):
            S1, S2 = (
                mean_age(beta, t if self.started else math.inf) for beta in betas[:2]
            )
            size = np.sqrt(g**2 + flow.eps)
            share = S1 - g**2 / size**2 * S2
            loss = BatchLoss(true.risk, flow.rows(true.risk, true.seed, t + 1))
            found = adam_memory(loss, np.arange(t + 1), run.network, *betas)
            gaps.append(apart(self.order * share * bent / size, flat(found.correction)))
        return max(gaps)

    def witness(self) -> Experiment[AbstractNetwork]:
        return briefly(Adam(1e-2, 0.75, 0.85, 1e-3))

    def foil(self) -> Experiment[AbstractNetwork]:
        true = self.witness()
        batches = Adam(1e-2, 0.75, 0.85, 1e-3, batch=6)
        return Experiment(true.network, true.risk, batches, until=true.until)


class AntiRegularised(AbstractToleranceClaim[AbstractNetwork]):
    r"""After long, memory lets the 1-norm of the gradient grow if $\beta_2 > \beta_1$.

    As $\epsilon \to 0$ the correction is $B_1 - B_2$ times
    $\nabla\|\nabla R\|_1 / |\nabla R|$, $B_i = \beta_i/(1-\beta_i)$: it penalises the
    norm where the mean remembers longer and favours it where the square does. The gap
    is the largest relative error of the coefficient over five pairs of memories,
    with that of the run among them.
    """

    id: ClassVar[str] = "M3b"
    source: ClassVar[Source] = Source(
        CATTANEO_2024, "the sign of the penalty", "quoted"
    )
    needs: ClassVar[type] = AbstractNetwork
    records: ClassVar[int] = 1
    tolerance: float = 1e-9
    """The start of the averages after 25 times the longest memory."""

    reverse: bool = False
    """Whether the longer second memory penalises the norm. Only no is right."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (AntiRegularised(reverse=True),)

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield from is_adam(experiment)
        yield whole_sample(experiment)
        none = getattr(experiment.flow, "eps", 1.0) == 0
        yield Hypothesis("epsilon is 0", none)

    def gap(self, run: Trajectory) -> float:
        true = run.experiment
        flow: Any = true.flow
        g, slope = map(np.asarray, _norm_slope(true.risk, run.network, 0.0))
        pairs = [
            (flow.beta1, flow.beta2),
            (0.3, 0.7),
            (0.7, 0.3),
            (0.5, 0.8),
            (0.8, 0.0),
        ]
        T = math.ceil(25 / (1 - max(max(pair) for pair in pairs)))
        loss = BatchLoss(true.risk, flow.rows(true.risk, true.seed, 1))
        order, gaps = np.zeros(T, int), []
        for beta1, beta2 in pairs:
            found = adam_memory(loss, order, run.network, beta1, beta2, flow.eps)
            pushed = np.abs(g) * flat(found.correction)
            wanted = beta1 / (1 - beta1) - beta2 / (1 - beta2)
            wanted = -wanted if self.reverse else wanted
            gaps.append(abs(slope @ pushed / (slope @ slope) / wanted - 1))
        return max(gaps)

    def witness(self) -> Experiment[AbstractNetwork]:
        return briefly(Adam(1e-2, 0.75, 0.85, 0.0))

    def foil(self) -> Experiment[AbstractNetwork]:
        true = self.witness()
        padded = eqx.tree_at(lambda f: f.eps, true.flow, 1e-2)
        return Experiment(true.network, true.risk, padded, until=true.until)


@eqx.filter_jit
def _norm_slope(risk, network, eps):
    """The gradient, and that of its perturbed 1-norm."""
    point, back = ravel_pytree(network)

    def slope(at):
        return ravel_pytree(risk.gradient(back(at)))[0]

    def norm(at):
        return jnp.sum(jnp.sqrt(slope(at) ** 2 + eps))

    return slope(point), jax.grad(norm)(point)
