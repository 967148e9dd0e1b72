"""The mean correction of Adam to second order in the noise of its batches."""

import itertools
import math
from collections.abc import Iterable
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ...experiment import Experiment
from ...flows import Adam
from ...memory import adam_noise_terms, noise_coefficients
from ...networks import AbstractNetwork
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.memory import divides, fixed_batches, is_adam, longest_memory
from ..measures.budgets import EPS
from ..measures.memory import (
    batches_of,
    correction,
    dense,
    flat,
    flow_of,
    second_order,
    shaken,
)
from ..papers import CATTANEO_2026, Source
from ..parts import Hypothesis, Rival, Term, Unmeasured
from ..witnesses.memory import briefly


LONG = 36
"""Times over which a memory has fallen to rounding."""

MOST_MOVES = 1_000
"""At each of which noise may come, with two derivatives through all of them."""

MOST_ORDERS = 5_040
"""Orders that are all taken: those of seven batches."""


class NoiseInFiveTerms(AbstractClaim[AbstractNetwork]):
    r"""Noise adds five terms to the mean correction of Adam, to second order.

    In the noise of the coordinate, of pairs of coordinates, of what moves the
    parameters, and in the covariance of the Hessian with the gradient of the coordinate
    and with the others' (`tacit.memory.NoiseTerms`). For $\epsilon = 0$, after long,
    with batches drawn independently. Held against half the second derivative in the
    size of the noise, summed over the times at which it may come, where the run ends.
    """

    id: ClassVar[str] = "M5"
    source: ClassVar[Source] = Source(CATTANEO_2026, "coefficients derived", "derived")
    needs: ClassVar[type] = AbstractNetwork
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 1e-7

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield from is_adam(experiment)
        yield from fixed_batches(experiment, replace=True)
        eps = experiment.flow.eps
        yield Hypothesis("epsilon is 0", eps == 0)
        yield divides(experiment.risk, experiment.network, eps)

    def conditions(self, run: Trajectory) -> Iterable[Hypothesis]:
        yield divides(run.experiment.risk, run.network, flow_of(run.experiment).eps)

    def predicted(self, run: Trajectory) -> np.ndarray:
        return sum(_parts(run, run.network).values(), np.zeros(()))

    def measured(self, run: Trajectory) -> np.ndarray:
        flow, moves = flow_of(run.experiment), _history(flow_of(run.experiment))
        if moves > MOST_MOVES:
            raise Unmeasured(
                f"noise would have to come at each of {moves} moves: at most "
                f"{MOST_MOVES} are tried, memories of up to {1 - LONG / MOST_MOVES:g}"
            )
        betas = jnp.asarray([flow.beta1, flow.beta2, flow.eps], float)
        G, H = dense(batches_of(run.experiment), run.network)
        return np.asarray(second_order(G, H, betas, moves, settled=True)[0])

    def budget(self, run: Trajectory) -> Iterable[Term]:
        flow, parts = flow_of(run.experiment), _parts(run, run.network)
        T = _history(flow)
        left = T**2 * longest_memory(flow) ** T
        size = max(np.abs(part).max() for part in parts.values())
        cancels = float(size / np.abs(self.predicted(run)).max())
        reason = f"what is left of a memory after {T} moves"
        yield Term("the start", left * cancels, reason, "nothing")
        reason = "float64, in terms that cancel"
        yield Term("cancellation", 1e3 * EPS * T * cancels, reason, "shorter memories")
        yield shaken(
            lambda at: sum(_parts(run, at).values(), np.zeros(())), run.network
        )

    def rivals(self, run: Trajectory) -> Iterable[Rival]:
        told, parts = self.predicted(run), _parts(run, run.network)
        flow = flow_of(run.experiment)
        k = noise_coefficients(flow.beta1, flow.beta2)
        twice = 3 * flow.beta2**2 / (1 + flow.beta2) ** 2
        text = "without the noise that the square sees twice"
        yield Rival(text, told - parts["own"] * twice / k.own)
        ratio = k.crossed / k.bent_other
        both = parts["crossed"] * (1 / ratio - 1) + parts["bent_other"] * (ratio - 1)
        yield Rival("with two of its coefficients exchanged", told + both)

    def witness(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        flow = Adam(1e-3, 0.75, 0.85, 0.0, batch=6, fixed=True, replace=True)
        return briefly(flow, seed=seed)

    def foil(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        true = self.witness(seed)
        padded = eqx.tree_at(lambda f: f.eps, true.flow, 1e-2)
        return Experiment(true.network, true.risk, padded, until=true.until)


class NoiseWithoutReplacement(AbstractClaim[AbstractNetwork]):
    r"""In the first epoch $m$ batches that come once each have less noise in common.

    To second order $\mathbb E_\pi = \frac m{m-1}\mathbb E_{\rm iid} -
    \frac1{m-1}\mathbb E_{\rm coherent}$, since two of them have covariance
    $-\Sigma/(m-1)$; coherent noise is that of one batch at all times. Held against half
    the second derivative in the size of the noise, on average over all $m!$ orders.
    """

    id: ClassVar[str] = "M6"
    source: ClassVar[Source] = Source(CATTANEO_2026, "", "derived")
    needs: ClassVar[type] = AbstractNetwork
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 1e-9

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield from is_adam(experiment)
        yield from fixed_batches(experiment, replace=False)
        yield divides(experiment.risk, experiment.network, experiment.flow.eps)

    def predicted(self, run: Trajectory) -> np.ndarray:
        return self._blend(run, run.network, -1)

    def measured(self, run: Trajectory) -> np.ndarray:
        return np.mean(self._by_order(run), axis=0)

    def budget(self, run: Trajectory) -> Iterable[Term]:
        found = self._by_order(run)
        told, m = np.abs(self.predicted(run)).max(), _count(run)
        if len(found) < math.factorial(m) and not flow_of(run.experiment).replace:
            error = np.std(found, axis=0, ddof=1).max() / math.sqrt(len(found))
            reason = f"five standard errors of {len(found)} of the orders"
            remedy = f"more orders, or all {MOST_ORDERS} of seven batches"
            yield Term("sampling", float(5 * error / told), reason, remedy)
        size = np.abs(found).max() / told
        yield Term(
            "summation", float(1e3 * EPS * size), "orders that cancel", "nothing"
        )
        yield shaken(lambda at: self._blend(run, at, -1), run.network)

    def rivals(self, run: Trajectory) -> Iterable[Rival]:
        G, H, betas = _dense(run, run.network)
        alone, _ = second_order(G, H, betas, len(G), settled=False)
        yield Rival("as if they were drawn independently", np.asarray(alone))
        text = "what they have in common adds to it"
        yield Rival(text, self._blend(run, run.network, 1))

    def _blend(self, run, network, sign):
        G, H, betas = _dense(run, network)
        m = len(G)
        if m == 1:
            raise Unmeasured("an epoch of one batch has no orders")
        alone, together = second_order(G, H, betas, m, settled=False)
        return np.asarray(m * alone + sign * together) / (m - 1)

    def _by_order(self, run):
        G, H, betas = _dense(run, run.network)
        return np.asarray(_bends(G, H, _orders(run), betas))

    def witness(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        return briefly(Adam(1e-3, 0.6, 0.8, 1e-3, batch=6, fixed=True), seed=seed)

    def foil(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        true = self.witness(seed)
        drawn = eqx.tree_at(lambda f: f.replace, true.flow, True)  # noqa: FBT003
        return Experiment(true.network, true.risk, drawn, until=true.until)


def _parts(run, network):
    """The five terms, by name."""
    flow, loss = flow_of(run.experiment), batches_of(run.experiment)
    betas, m = (flow.beta1, flow.beta2), len(loss.rows)
    terms = adam_noise_terms(loss, network, *betas, count=m)._asdict()
    del terms["full"]
    return {name: flat(part) for name, part in terms.items()}


def _history(flow):
    return int(LONG / (1 - longest_memory(flow)))


def _count(run):
    return len(batches_of(run.experiment).rows)


def _dense(run, network):
    flow = flow_of(run.experiment)
    betas = jnp.asarray([flow.beta1, flow.beta2, flow.eps], float)
    return *dense(batches_of(run.experiment), network), betas


def _orders(run):
    """Orders of an epoch ``(orders, m)``: all of them, or as many as seven have."""
    m, drawn = _count(run), flow_of(run.experiment).replace
    many = m**m if drawn else math.factorial(m)
    if many <= MOST_ORDERS:
        every = range(m)
        found = itertools.product(every, repeat=m) if drawn else None
        return jnp.asarray(list(found or itertools.permutations(every)))
    rng = np.random.default_rng(0)
    if drawn:
        return jnp.asarray(rng.integers(m, size=(MOST_ORDERS, m)))
    return jnp.asarray(rng.permuted(np.tile(np.arange(m), (MOST_ORDERS, 1)), axis=1))


@eqx.filter_jit
def _bends(G, H, orders, betas):
    """Half the second derivative of the correction in the noise, for every order."""

    def one(order):
        def at(kappa):
            scale = jnp.full(len(order), kappa)
            return correction(G, H, order, scale, betas, settled=False)

        def first(kappa):
            return jax.jvp(at, (kappa,), (jnp.ones(()),))[1]

        return jax.jvp(first, (jnp.zeros(()),), (jnp.ones(()),))[1] / 2

    return jax.lax.map(one, orders, batch_size=min(128, len(orders)))
