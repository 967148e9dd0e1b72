"""The mean correction, projected on the gradients of what it may act on."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from ...experiment import Snapshot
from ...flows import Adam
from ...memory import adam_long_memory, adam_memory_mean, long_memory, sampling_share
from ...observables import GradientOneNorm, HessianTrace, NoiseScale
from ...risk import Risk
from .side_by_side import march
from .subjects import EPS, parameters, regression, SAMPLES, starts


BATCHES = (SAMPLES, 8, 2, 1)
QUANTITIES = (GradientOneNorm(EPS), HessianTrace())
WARM_UP = 100
"""Steps of Adam on the whole sample, of 0.001 each, before the look."""

CHECKED = (0.8, 0.97)
"""The pair at which the closed form is held against drawn orders."""

HISTORY = 400


class Parts(NamedTuple):
    r"""What each unit of $B_1$ and of $B_2$ does, ``(batches, starts, quantities)``.

    `noise` ``(starts,)`` is the noise scale where it was looked at.
    """

    first: np.ndarray
    second: np.ndarray
    noise: np.ndarray

    def at(self, beta1: float, beta2: float) -> np.ndarray:
        """The effect of both memories together."""
        ages = beta1 / (1 - beta1), beta2 / (1 - beta2)
        return ages[0] * self.first + ages[1] * self.second


def trained(count: int) -> list:
    """The starts after a short training, the same for every batch size."""
    flow = Adam(1e-3, 0.9, 0.99, EPS)
    states = march(flow, regression(), starts(count), [WARM_UP], parameters)
    _, back = ravel_pytree(starts(1)[0])
    return [back(jnp.asarray(state[0])) for state in states]


def parts_of(networks: list) -> Parts:
    """Both parts of every network, at every batch size."""
    together = jax.tree.map(lambda *leaves: jnp.stack(leaves), *networks)
    shares = jnp.asarray([sampling_share(SAMPLES, b) for b in BATCHES])
    first, second, noise = map(np.asarray, _measured(regression(), together, shares))
    return Parts(first.swapaxes(0, 1), second.swapaxes(0, 1), noise)


@eqx.filter_jit
def _measured(risk, together, shares):
    """Projections of both parts for every share of the variance, and the noise scale.

    What `MemoryProjection` measures, with the gradient of each quantity taken once.
    """

    def one(network):
        flat, back = ravel_pytree(network)

        def pushed(observable):
            def value(where):
                there = back(where)
                return observable.measure(Snapshot(there, there, risk, jnp.zeros(())))

            slope = jax.grad(value)(flat)
            return slope / jnp.linalg.norm(slope)

        slopes = jnp.stack([pushed(observable) for observable in QUANTITIES])

        def effects(share):
            def moments(where):
                def single(i):
                    return jax.grad(lambda w: risk.value(back(w), i[None]))(where)

                G = jax.vmap(single)(jnp.arange(SAMPLES))
                g = jnp.mean(G, axis=0)
                return g, g**2 + share * jnp.var(G, axis=0)

            found = long_memory(moments, flat, 1.0, 1.0, EPS)
            return slopes @ found.of_beta1, slopes @ found.of_beta2

        at = Snapshot(network, network, risk, jnp.zeros(()))
        return *jax.vmap(effects)(shares), NoiseScale().measure(at)

    return jax.lax.map(one, together)


class SampleLoss(eqx.Module):
    """The loss of a single sample, by its number."""

    risk: Risk

    def __call__(self, network, i):
        return self.risk.value(network, i[None])


def against_orders(networks: list, draws: int) -> tuple[str, ...]:
    """The closed form against drawn orders of single samples."""
    if not draws:
        return ()
    found, loss = [], SampleLoss(regression())
    for network in networks[:4]:
        words = (network, *CHECKED, EPS)
        drawn = adam_memory_mean(
            loss, *words, history=HISTORY, draws=draws, count=SAMPLES
        ).correction
        closed = adam_long_memory(loss, *words, samples=SAMPLES, batch=1).correction
        a, b = (np.asarray(ravel_pytree(x)[0]) for x in (drawn, closed))
        found.append((a @ b / np.sqrt(a @ a * (b @ b)), np.sqrt(a @ a / (b @ b))))
    cosines, lengths = np.array(found).T
    return (
        f"The closed form was held against {draws} drawn orders of {HISTORY} "
        f"batches of one sample, at $\\beta = {CHECKED}$ in {len(found)} of the "
        f"starts: the mean correction has a cosine of {cosines.min():.3f} or more to "
        f"it, and {lengths.min():.2f} to {lengths.max():.2f} times its length.",
    )
