"""Training on digits, for all memories and seeds side by side."""

import itertools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ...experiment import Snapshot
from ...flows import Adam
from ...networks import MLP
from ...observables import NoiseScale
from .intervals import Interval, interval
from .side_by_side import march
from .subjects import digits, DIGITS_WIDTHS, TRAINING


STEP = 2e-3
BETA1, BETA2 = (0.9, 0.95, 0.99, 0.999), (0.95, 0.99, 0.999)
PAIRS = tuple(itertools.product(BETA1, BETA2))
BATCHES = (8, 32, TRAINING)
EVERY = 20


class Seen(NamedTuple):
    """Both risks on the way."""

    training: jax.Array
    validation: jax.Array


class Runs(NamedTuple):
    """The same, ``(seeds, beta1, beta2, t)``, at `times`."""

    times: np.ndarray
    training: np.ndarray
    validation: np.ndarray

    @property
    def best(self) -> np.ndarray:
        """The lowest validation loss of each run: as if stopped there."""
        return self.validation.min(axis=-1)

    @property
    def end(self) -> np.ndarray:
        """The last one."""
        return self.validation[..., -1]

    @property
    def turned(self) -> np.ndarray:
        """Whether the lowest was before the last tenth of the run."""
        return self.validation.argmin(axis=-1) < 0.9 * len(self.times)

    def by_beta2(self, kind: str) -> Interval:
        r"""The largest $\beta_2$ minus the smallest, for every $\beta_1$."""
        values = getattr(self, kind)
        return interval(values[:, :, -1] - values[:, :, 0])

    def by_beta1(self, kind: str) -> Interval:
        r"""$\beta_1 = 0.99$ minus 0.9, for every $\beta_2$."""
        values, at = getattr(self, kind), BETA1.index(0.99)
        return interval(values[:, at] - values[:, 0])


def look(network: MLP) -> Seen:
    """Both risks of a network."""
    data = digits()
    return Seen(data.training.value(network), data.validation.value(network))


def flow_of(batch: int) -> Adam:
    """Adam at the study's step; the whole sample where the batch is all of it."""
    return Adam(STEP, 0.9, 0.999, batch=None if batch == TRAINING else batch)


def networks(seeds: int) -> list[MLP]:
    """A start for every seed."""
    return [MLP.he_normal(DIGITS_WIDTHS, seed=s, biases=True) for s in range(seeds)]


def runs_of(batch: int, seeds: int, times: np.ndarray) -> Runs:
    """All pairs of memories from every seed's start, at one batch size."""
    found = march(
        flow_of(batch), digits().training, networks(seeds), times.tolist(), look,
        betas=PAIRS,
    )  # fmt: skip
    shape = (seeds, len(BETA1), len(BETA2), len(times))
    return Runs(times, *(np.asarray(x).reshape(shape) for x in found))


def noise_of(seeds: int) -> np.ndarray:
    """The noise scale at the start: what the batch is to be held against."""
    risk = digits().training
    zero = jnp.zeros(())
    measure = jax.jit(lambda net: NoiseScale().measure(Snapshot(net, net, risk, zero)))
    return np.array([float(measure(net)) for net in networks(min(seeds, 4))])
