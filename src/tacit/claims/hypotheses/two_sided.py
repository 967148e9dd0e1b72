"""Conditions on how a two-sided network starts."""

from collections.abc import Iterable

import numpy as np

from ...experiment import Experiment
from ...networks import TwoSided
from ..parts import Hypothesis


def of_depth_two(experiment: Experiment[TwoSided]) -> Iterable[Hypothesis]:
    """Whether it has two layers and one product of the sides for all features."""
    start = experiment.network
    yield Hypothesis("the depth is 2", start.depth == 2)
    products = np.asarray(start.u * start.v)
    even = bool(products.min() > 0 and np.ptp(products) <= 1e-9 * products.max())
    yield Hypothesis("u v is the same number above 0 for every feature", even)


def kappa_of(experiment: Experiment[TwoSided]) -> float:
    """The product of the sides."""
    return float(experiment.network.u[0] * experiment.network.v[0])


def both_positive(experiment: Experiment[TwoSided]) -> Hypothesis:
    """Whether both sides of every feature start above 0."""
    start = experiment.network
    met = bool(np.all(np.asarray(start.u) > 0) and np.all(np.asarray(start.v) > 0))
    return Hypothesis("both sides start positive", met)


def of_one_size(experiment: Experiment[TwoSided]) -> Hypothesis:
    """Whether all entries of both sides start equal, above 0."""
    start = experiment.network
    entries = np.concatenate([np.asarray(start.u), np.asarray(start.v)])
    even = bool(np.ptp(entries) <= 1e-15 * np.abs(entries).max() and entries[0] > 0)
    return Hypothesis("it starts at u = v = alpha > 0 in every coordinate", even)
