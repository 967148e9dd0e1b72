"""Many soft flows at once: a block of them shares every step's overhead."""

from collections.abc import Callable, Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ...networks import AbstractLinearNetwork
from ...risk import Risk
from ..bound import bound
from ..lockstep import count
from ..pieces import follow
from .margin_flow import MarginSegment, piece, work


BLOCK = 8
"""Flows side by side: more of them leave the cache, fewer leave the overhead."""


def margin_flows(
    risks: Sequence[Risk],
    networks: Sequence[AbstractLinearNetwork],
    crossing: Callable,
    targets: np.ndarray,
    rtol: np.ndarray,
    max_steps: np.ndarray,
    *,
    rebalance: bool,
) -> list[MarginSegment]:
    """`margin_flow` of every network down its risk, or all down the one there is.

    In blocks, one after another; what is stopped from outside is where it was.
    """
    size = min(BLOCK, len(networks))
    legs = []
    for begin in range(0, len(networks), size):
        # The last block is filled with copies: one compilation serves them all.
        chosen = [min(begin + i, len(networks) - 1) for i in range(size)]
        one = len(risks) == 1
        own = None if one else _stacked([risks[i] for i in chosen])
        rest = (crossing, targets, rtol, max_steps, rebalance)
        stack = _stacked([networks[i] for i in chosen])
        loop = bound(_pieces, risks[0] if one else None, own, stack, *rest)
        found = follow(loop, size * work(risks[0], networks[0]))
        parts = [np.asarray(part) for part in found[:-1]]
        steps = np.asarray(found.steps)
        count(size * int(steps.max()), int(steps[: len(networks) - begin].sum()))
        rows = zip(*parts, strict=True)
        legs += [MarginSegment._make((*row, found.stopped)) for row in rows]
    return legs[: len(networks)]


def _pieces(shared, own, networks, crossing, targets, rtol, max_steps, rebalance, most, courses):  # fmt: skip  # noqa: E501
    stacked, whole = eqx.partition(own, eqx.is_array)

    def one(own, network, course):
        risk = eqx.combine(own, whole) if shared is None else shared
        return piece(
            risk, network, crossing, targets, rtol, max_steps, None, rebalance, most,
            course,
        )  # fmt: skip

    courses, legs, over = jax.vmap(one)(stacked, networks, courses)
    return courses, legs, jnp.all(over)


def _stacked(trees):
    return jax.tree.map(
        lambda *leaves: np.stack(leaves) if eqx.is_array(leaves[0]) else leaves[0],
        *trees,
    )
