"""Many runs of a flow that repeats a move, memories and seeds differing, vectorised.

`train_ensemble` takes one flow and one seed, and its runs are bit for bit those of
`train`; here there are hundreds, of which only averages are read.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from ...flows import AbstractFixedStep, Memoryless
from ...flows.moves import looked_at
from ...networks import AbstractNetwork
from ...risk import Risk


K = TypeVar("K")
T = TypeVar("T")


def march(
    flow: AbstractFixedStep,
    risk: Risk,
    starts: Sequence[AbstractNetwork],
    ticks: Sequence[int],
    look: Callable[[Any], PyTree],
    *,
    betas: Sequence[tuple[float, float]] | None = None,
) -> Any:
    """What `look` sees at the `ticks`, as arrays ``(starts, betas, t, ...)``.

    `flow` runs from every start with each pair of memories `betas`, on the batches that
    an `Experiment` draws whose seed is the number of the start: the same for all pairs.
    Without `betas` the flow keeps its own and the arrays are ``(starts, t, ...)``.
    """
    pairs = [(0.0, 0.0)] if betas is None else list(betas)
    runs = [(i, pair) for i in range(len(starts)) for pair in pairs]
    networks = jax.tree.map(
        lambda *leaves: jnp.stack(leaves), *[starts[i] for i, _ in runs]
    )
    keys = jnp.stack([jax.random.key(i) for i, _ in runs])
    memories = jnp.asarray([pair for _, pair in runs])
    # Numbers as arrays: another step is no reason to compile again.
    flow = jax.tree.map(lambda x: jnp.asarray(x) if isinstance(x, float) else x, flow)
    found = _marched(
        flow, memories, risk, networks, keys, jnp.asarray(ticks), look, betas is None
    )
    shape = (len(starts),) if betas is None else (len(starts), len(pairs))
    return jax.tree.map(lambda x: np.asarray(x).reshape(*shape, *x.shape[1:]), found)


def together(function: Callable[[K], T], keys: Iterable[K]) -> dict[K, T]:
    """`function` of every key, two at a time: most of the time goes into compiling."""
    names = list(keys)
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(names, pool.map(function, names), strict=True))


def remembering(flow: Any, pair: Float[Array, " 2"]) -> Any:
    """`flow`, or what it is the memoryless iteration of, with these two memories."""

    def memories(f: Any) -> tuple:
        of: Any = f.of if isinstance(f, Memoryless) else f
        return of.beta1, of.beta2

    return eqx.tree_at(memories, flow, (pair[0], pair[1]))


@eqx.filter_jit
def _marched(flow, memories, risk, networks, keys, ticks, look, as_it_is):
    def one(pair, network, key):
        now = flow if as_it_is else remembering(flow, pair)
        return looked_at(now, risk, network, key, ticks, look)

    return jax.vmap(one)(memories, networks, keys)
