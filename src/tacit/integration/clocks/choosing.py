"""In which coordinates a flow is integrated."""

from typing import Any

import jax

from ...networks import AbstractNetwork
from ..charts import AbstractChart, Parameters, Sides, SmallestLayer, Softmax, Stack
from ..fields import AbstractField
from ..solvers import Segment
from .base import Settings


CHARTS: tuple[type[AbstractChart], ...] = (Softmax, SmallestLayer, Sides, Parameters)

LARGEST_STACKED = 1024
"""Parameters up to which the steps of a diagonal network cost no more for layers that
are not there."""


def choose_chart(
    settings: Settings, field: AbstractField, network: AbstractNetwork
) -> AbstractChart:
    """The chart in which the flow of `field` from `network` is integrated."""
    if settings.chart == "parameters":
        return Parameters()
    risk = field.risk
    able = (kind for kind in CHARTS if isinstance(field, kind.fields))
    return next(kind for kind in able if kind.valid(network, risk)).at(network, risk)


def stacked(
    chart: AbstractChart, field: AbstractField, network: AbstractNetwork
) -> AbstractChart:
    """A `Stack` in place of the plain parameters, where that is one and is small."""
    plain = isinstance(chart, Parameters) and isinstance(field, Stack.fields)
    small = size(network) <= LARGEST_STACKED
    if plain and small and Stack.valid(network, field.risk):
        return Stack.at(network, field.risk)
    return chart


def unstacked(chart: Stack, leg: Segment) -> Segment:
    """A segment in a `Stack`, in the plain parameters."""
    states = jax.vmap(chart.leave)(leg.states)
    return leg._replace(states=states, last=chart.leave(leg.last))


def size(tree: Any) -> int:
    """How many numbers there are."""
    return sum(leaf.size for leaf in jax.tree.leaves(tree))
