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
from ..base import AbstractClaim
from ..hypotheses.memory import divides, is_adam, longest_memory, whole_sample
from ..measures.budgets import EPS
from ..measures.memory import BatchLoss, flat, flow_of, shaken
from ..papers import CATTANEO_2024, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.memory import briefly


MOVES = (1, 7, 40)
"""Before which the averages have been seeing the start for so many moves."""

LONG = 25
"""Times over which a memory has fallen to 1e-11."""


class WholeSampleCorrection(AbstractClaim[AbstractNetwork]):
    r"""On the whole sample the correction is along $\nabla\|\nabla R\|_{1,\epsilon}$.

    In every coordinate it is $S(\beta_1) - \frac{g^2}{g^2 + \epsilon}S(\beta_2)$ times
    that over $\sqrt{g^2 + \epsilon}$, with $S(\beta) = \frac\beta{1-\beta} -
    \frac{(t+1)\beta^{t+1}}{1-\beta^{t+1}}$ in move $t$. Held, where the run starts and
    in three moves, against the sums over the batches that it draws.
    """

    id: ClassVar[str] = "M3"
    source: ClassVar[Source] = Source(
        CATTANEO_2024, "the correction of full-batch Adam", "quoted"
    )
    needs: ClassVar[type] = AbstractNetwork
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 1e-9

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield from _on_the_whole(experiment)

    def forecast(self, experiment: Experiment) -> Forecast:
        value = _closed(experiment, experiment.network)
        told = ", ".join(map(str, MOVES))
        about = f"what memory adds to moves {told} at the start, per square of the step"
        return Forecast(value, about)

    def measured(self, run: Trajectory) -> np.ndarray:
        true, flow = run.experiment, flow_of(run.experiment)
        betas, found = (flow.beta1, flow.beta2, flow.eps), []
        for t in MOVES:
            loss = BatchLoss(true.risk, flow.rows(true.risk, true.seed, t + 1))
            terms = adam_memory(loss, np.arange(t + 1), true.network, *betas)
            found.append(flat(terms.correction))
        return np.stack(found)

    def distance(self, predicted: Any, measured: Any, run: Trajectory) -> float:
        del run
        off, size = (
            np.linalg.norm(each, axis=1) for each in (measured - predicted, predicted)
        )
        return float(np.max(off / size))

    def budget(self, run: Trajectory) -> Iterable[Term]:
        true = run.experiment
        yield shaken(lambda network: _closed(true, network), true.network)
        g = np.abs(flat(true.risk.gradient(true.network)))
        least = np.min(g[g > 0], initial=g.max())
        reason = "1 - β^t of the bias correction, where the memory is long"
        lost = 16 * EPS / (1 - longest_memory(true.flow))
        yield Term("bias correction", lost, reason, "a shorter memory")
        reason = "a gradient is known to a part of its largest entry"
        size = 64 * EPS * float(g.max() / least) if least > 0 else 0.0
        yield Term("cancellation", size, reason, "units that are less saturated")

    def rivals(self, run: Trajectory) -> Iterable[Rival]:
        true = run.experiment
        yield Rival(
            "the two memories have each other's sign", -self.forecast(true).value
        )
        text = "as after long, whatever the move"
        yield Rival(text, _closed(true, true.network, (math.inf,) * len(MOVES)))

    def witness(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        return briefly(Adam(1e-2, 0.75, 0.85, 1e-3), seed=seed)

    def foil(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        true = self.witness(seed)
        batches = Adam(1e-2, 0.75, 0.85, 1e-3, batch=6)
        return Experiment(true.network, true.risk, batches, until=true.until)


class AntiRegularised(AbstractClaim[AbstractNetwork]):
    r"""After long, memory lets the 1-norm of the gradient grow if $\beta_2 > \beta_1$.

    As $\epsilon \to 0$ the correction is $B_1 - B_2$ times
    $\nabla\|\nabla R\|_1 / |\nabla R|$, $B_i = \beta_i/(1-\beta_i)$: it penalises the
    norm where the mean remembers longer and favours it where the square does. Measured
    where the run ends, by least squares over the coordinates.
    """

    id: ClassVar[str] = "M3b"
    source: ClassVar[Source] = Source(
        CATTANEO_2024, "the sign of the penalty", "quoted"
    )
    needs: ClassVar[type] = AbstractNetwork
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 1e-7

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield from _on_the_whole(experiment)
        yield Hypothesis("it has a memory", longest_memory(experiment.flow) > 0)

    def conditions(self, run: Trajectory) -> Iterable[Hypothesis]:
        yield divides(run.experiment.risk, run.network, flow_of(run.experiment).eps)

    def forecast(self, experiment: Experiment) -> Forecast:
        B1, B2 = _ages(experiment)
        about = "the factor of the 1-norm's slope over |g| in memory's correction"
        return Forecast(B1 - B2, about)

    def measured(self, run: Trajectory) -> float:
        return self._factor(run, run.network)

    def distance(self, predicted: Any, measured: Any, run: Trajectory) -> float:
        # In units of the longer age: of equal memories the factor is 0.
        return float(abs(measured - predicted) / max(_ages(run.experiment)))

    def budget(self, run: Trajectory) -> Iterable[Term]:
        true, flow = run.experiment, flow_of(run.experiment)
        g, slope = map(np.asarray, _norm_slope(true.risk, run.network, flow.eps))
        left_out = flow.eps / (g**2 + flow.eps)
        share = float(left_out @ slope**2 / (slope @ slope))
        size = 1.01 * share * _ages(true)[1] / max(_ages(true))
        reason = "epsilon over g² in the coordinates that count"
        yield Term("epsilon", size, reason, "a smaller epsilon")
        T = _history(flow)
        left = max(T * beta**T for beta in (flow.beta1, flow.beta2))
        yield Term("the start", 2 * left, f"what is left after {T} moves", "nothing")
        yield shaken(lambda at: np.atleast_1d(self._factor(run, at)), run.network)

    def rivals(self, run: Trajectory) -> Iterable[Rival]:
        B1, B2 = _ages(run.experiment)
        yield Rival("a longer second memory penalises the norm", B2 - B1)
        yield Rival("both memories penalise it", B1 + B2)

    def _factor(self, run, network):
        true, flow = run.experiment, flow_of(run.experiment)
        m = 1 if flow.batch is None else true.risk.problem.n // flow.batch
        loss = BatchLoss(true.risk, flow.rows(true.risk, true.seed, m))
        betas, order = (flow.beta1, flow.beta2), np.arange(_history(flow)) % m
        found = adam_memory(loss, order, network, *betas, flow.eps, count=m)
        g, slope = map(np.asarray, _norm_slope(true.risk, network, flow.eps))
        pushed = np.sqrt(g**2 + flow.eps) * flat(found.correction)
        return float(slope @ pushed / (slope @ slope))

    def witness(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        return briefly(Adam(1e-2, 0.75, 0.85, 0.0), seed=seed)

    def foil(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        true = self.witness(seed)
        batches = eqx.tree_at(
            lambda f: f.batch, true.flow, 6, is_leaf=lambda x: x is None
        )
        return Experiment(true.network, true.risk, batches, until=true.until)


def _on_the_whole(experiment):
    yield from is_adam(experiment)
    yield whole_sample(experiment)
    eps = experiment.flow.eps
    yield divides(experiment.risk, experiment.network, eps)


def _history(flow):
    return math.ceil(LONG / (1 - longest_memory(flow)))


def _ages(experiment):
    return flow_of(experiment).memory_rule.ages


def _closed(experiment, network, moves=MOVES):
    """The correction in closed form, one row a move."""
    flow: Any = flow_of(experiment)
    g, bent = map(np.asarray, _norm_slope(experiment.risk, network, flow.eps))
    size = np.sqrt(g**2 + flow.eps)
    rows = []
    for t in moves:
        S1, S2 = mean_age(flow.beta1, t), mean_age(flow.beta2, t)
        rows.append((S1 - g**2 / size**2 * S2) * bent / size)
    return np.stack(rows)


@eqx.filter_jit
def _norm_slope(risk, network, eps):
    """The gradient, and that of its perturbed 1-norm."""
    point, back = ravel_pytree(network)

    def slope(at):
        return ravel_pytree(risk.gradient(back(at)))[0]

    def norm(at):
        return jnp.sum(jnp.sqrt(slope(at) ** 2 + eps))

    return slope(point), jax.grad(norm)(point)
