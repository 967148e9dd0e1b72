"""Many soft flows at once: a block of them shares every step's overhead."""

from collections.abc import Callable

import equinox as eqx
import jax
from jaxtyping import Array

from ...networks import AbstractLinearNetwork
from ...risk import Risk
from .rosenbrock import margin_flow, MarginSegment


BLOCK = 8
"""Flows side by side: more of them leave the cache, fewer leave the overhead."""


@eqx.filter_jit
def margin_flows(
    risk: Risk,
    networks: AbstractLinearNetwork,
    crossing: Callable,
    targets: Array,
    rtol: Array,
    max_steps: Array,
    *,
    rebalance: bool,
    shared: bool,
) -> MarginSegment:
    """`margin_flow` of every network in a stack ``(flows, ...)``, stacked likewise.

    `risk` is one for all if `shared`, else a stack as well.
    """
    stacked, whole = eqx.partition(risk, eqx.is_array)

    def one(args):
        network, own = args
        mine = risk if shared else eqx.combine(own, whole)
        leg = margin_flow(
            mine, network, crossing, targets, rtol, max_steps, rebalance=rebalance
        )
        return tuple(leg)

    each = (networks, None if shared else stacked)
    return MarginSegment(*jax.lax.map(one, each, batch_size=BLOCK))
