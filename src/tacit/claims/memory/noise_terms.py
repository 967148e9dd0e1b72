"""The mean correction of Adam to second order in the noise of its batches."""

import itertools
from collections.abc import Iterable
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ...experiment import Experiment
from ...flows import Adam
from ...memory import adam_noise_terms, noise_coefficients
from ...networks import AbstractNetwork
from ...training import Trajectory
from ..hypotheses.memory import fixed_batches, is_adam
from ..measures.memory import apart, batches_of, correction, dense, flat, second_order
from ..papers import CATTANEO_2026, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.memory import briefly


class NoiseInFiveTerms(AbstractToleranceClaim[AbstractNetwork]):
    r"""Noise adds five terms to the mean correction of Adam, to second order.

    In the noise of the coordinate, of pairs of coordinates, of what moves the
    parameters, and in the covariance of the Hessian with the gradient of the coordinate
    and with the others' (`tacit.memory.NoiseTerms`). For $\epsilon = 0$, after long,
    with batches drawn independently. The gap is to half the second derivative in the
    size of the noise, summed over the times at which it may come, where the run ends.
    """

    id: ClassVar[str] = "M5"
    source: ClassVar[Source] = Source(CATTANEO_2026, "coefficients derived", "quoted")
    needs: ClassVar[type] = AbstractNetwork
    records: ClassVar[int] = 1
    tolerance: float = 1e-11
    """Rounding, and what is left of a memory after 36 times its length."""

    mistaken: str = ""
    """A false set of coefficients, "own" or "swapped". Only none is right."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return tuple(NoiseInFiveTerms(mistaken=word) for word in ("own", "swapped"))

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield from is_adam(experiment)
        yield from fixed_batches(experiment, replace=True)
        none = getattr(experiment.flow, "eps", 1.0) == 0
        yield Hypothesis("epsilon is 0", none)

    def gap(self, run: Trajectory) -> float:
        flow: Any = run.experiment.flow
        loss, network = batches_of(run.experiment), run.network
        betas = flow.beta1, flow.beta2
        terms = adam_noise_terms(loss, network, *betas, count=len(loss.rows))
        parts = {name: flat(part) for name, part in terms._asdict().items()}
        del parts["full"]
        k = noise_coefficients(*betas)
        if self.mistaken == "own":  # without the noise that the square sees twice
            twice = 3 * betas[1] ** 2 / (1 + betas[1]) ** 2
            parts["own"] = parts["own"] * ((k.own - twice) / k.own)
        if self.mistaken == "swapped":
            ratio = k.crossed / k.bent_other
            parts["crossed"] = parts["crossed"] / ratio
            parts["bent_other"] = parts["bent_other"] * ratio
        moves = int(36 / (1 - max(betas)))
        three = jnp.asarray([*betas, flow.eps], float)
        wanted, _ = second_order(*dense(loss, network), three, moves, settled=True)
        return apart(sum(parts.values(), np.zeros(len(wanted))), np.asarray(wanted))

    def witness(self) -> Experiment[AbstractNetwork]:
        flow = Adam(1e-3, 0.75, 0.85, 0.0, batch=6, fixed=True, replace=True)
        return briefly(flow)

    def foil(self) -> Experiment[AbstractNetwork]:
        true = self.witness()
        padded = eqx.tree_at(lambda f: f.eps, true.flow, 1e-2)
        return Experiment(true.network, true.risk, padded, until=true.until)


class NoiseWithoutReplacement(AbstractToleranceClaim[AbstractNetwork]):
    r"""In the first epoch $m$ batches that come once each have less noise in common.

    To second order $\mathbb E_\pi = \frac m{m-1}\mathbb E_{\rm iid} -
    \frac1{m-1}\mathbb E_{\rm coherent}$, since two of them have covariance
    $-\Sigma/(m-1)$; coherent noise is that of one batch at all times. The gap is how
    far the order in the noise of the relative error is from 1, over all $m!$ orders.
    """

    id: ClassVar[str] = "M6"
    source: ClassVar[Source] = Source(CATTANEO_2026, "", "derived")
    needs: ClassVar[type] = AbstractNetwork
    records: ClassVar[int] = 1
    tolerance: float = 0.1
    """The next order in the noise, at noise of a thousandth."""

    margin: ClassVar[float] = 5.0
    """Orders are compared: where the error does not vanish it is of order 0."""

    coherent: float = 1.0
    """The share of what is the same at all times. Only 1 is right."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (NoiseWithoutReplacement(coherent=0.0),)

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield from is_adam(experiment)
        yield from fixed_batches(experiment, replace=False)

    def gap(self, run: Trajectory) -> float:
        flow: Any = run.experiment.flow
        G, H = dense(batches_of(run.experiment), run.network)
        m = len(G)
        betas = jnp.asarray([flow.beta1, flow.beta2, flow.eps], float)
        alone, together = second_order(G, H, betas, m, settled=False)
        predicted = (m * alone - self.coherent * together) / (m - 1)
        every = itertools.permutations(range(m))
        if flow.replace:
            every = itertools.product(range(m), repeat=m)
        orders = jnp.asarray(list(every))
        still = _mean(G, H, orders, jnp.zeros(()), betas)
        errors = []
        for kappa in (1e-3, 5e-4):
            found = (_mean(G, H, orders, jnp.asarray(kappa), betas) - still) / kappa**2
            errors.append(apart(np.asarray(found), np.asarray(predicted)))
        return abs(float(np.log2(errors[0] / errors[1])) - 1)

    def witness(self) -> Experiment[AbstractNetwork]:
        return briefly(Adam(1e-3, 0.6, 0.8, 1e-3, batch=6, fixed=True))

    def foil(self) -> Experiment[AbstractNetwork]:
        true = self.witness()
        drawn = eqx.tree_at(lambda f: f.replace, true.flow, True)  # noqa: FBT003
        return Experiment(true.network, true.risk, drawn, until=true.until)


@eqx.filter_jit
def _mean(G, H, orders, kappa, betas):
    def one(order):
        scale = jnp.full(len(order), kappa)
        return correction(G, H, order, scale, betas, settled=False)

    found = jax.lax.map(one, orders, batch_size=min(128, len(orders)))
    return jnp.mean(found, axis=0)
