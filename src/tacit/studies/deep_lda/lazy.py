"""How near two long sides are to one layer."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from ...events import Reaches
from ...experiment import Experiment
from ...flows import GradientFlow
from ...networks import AbstractLinearNetwork, Diagonal, TwoSided
from ...observables import FisherRatio
from ...oracles import fisher_direction
from ...training import train
from .subjects import Subject


FLOW = GradientFlow(rtol=1e-11, atol=1e-13, solver="stiff")
SHARES = (1.0, 0.3, 0.1, 0.03, 0.01)
"""Sizes of the start relative to its two sides: epsilon."""


class Lazy(NamedTuple):
    """How far two sides are from one layer, halfway up in J, for each epsilon."""

    shares: np.ndarray
    distances: np.ndarray

    @property
    def order(self) -> float:
        """The power of epsilon, from the last two."""
        last = np.log(self.distances[-2:]), np.log(self.shares[-2:])
        return float(np.diff(last[0])[0] / np.diff(last[1])[0])


def sides(subject: Subject, share: float) -> TwoSided:
    """Both sides of one length, the start `share` of what they are."""
    return TwoSided.at(subject.w0, kappa=1 / (2 * share * subject.problem.d))


def against_one_layer(subject: Subject, shares: tuple[float, ...]) -> Lazy:
    """The distance of the directions, where J is halfway to the best."""
    start = float(np.exp(-float(subject.risk.criterion(jnp.asarray(subject.w0)))))
    best = fisher_direction(subject.problem).objective
    until = Reaches(FisherRatio(), (start + best) / 2)

    def direction(network: AbstractLinearNetwork) -> np.ndarray:
        run = train(Experiment(network, subject.risk, FLOW, until=until), records=1)
        w = np.asarray(run.network.predictor())
        return w / np.linalg.norm(w)

    plain = direction(Diagonal(subject.w0[None]))
    off = [np.linalg.norm(direction(sides(subject, e)) - plain) for e in shares]
    return Lazy(np.array(shares), np.array(off))
