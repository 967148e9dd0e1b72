"""What a flow hands on: where it went, and how it ended."""

import abc
from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..networks import AbstractNetwork


Times = Float[Array, " t"] | Float[np.ndarray, " t"]


class Path(NamedTuple):
    """Where a flow went: states at the recorded times, and how it ended.

    `states` are stacked along a first axis ``(t, ...)`` and ``view(state)`` is the
    network at one of them. `end` is the last network that is finite, reached at
    `times[-1]`; `reason` says why the flow stopped early, and is None if it did not.
    `steps` counts the moves or the accepted and rejected steps.

    Where `times` are not flow time, `log_time` is its natural logarithm. From
    `asymptotic_from` on the states are those of a limiting flow.

    ``common(state)``, where it is not None, is a network of a shape that does not tell
    the depth, with the predictor of ``view(state)``.

    A flow that was given a `Look` hands on what was `seen` instead of the states.
    """

    states: Any
    view: Callable[[Any], AbstractNetwork]
    times: Float[Array, " t"]
    end: AbstractNetwork
    reason: str | None
    steps: int
    log_time: Float[Array, " t"] | None = None
    asymptotic_from: float | None = None
    seen: Any = None
    common: Callable[[Any], AbstractNetwork] | None = None


Look = Callable[..., Any]
"""``look(view, states, times, common)``: what is to be recorded of a stack of states.
Without `common` nothing is shared between depths."""


class AbstractOfPredictor(eqx.Module):
    """A crossing that asks nothing of a linear network but its predictor."""

    @abc.abstractmethod
    def __call__(self, network: AbstractNetwork, time: Any) -> Any:
        """The number whose change of sign is looked for."""


class Arrival(NamedTuple):
    """When an event was met; else how far the flow was followed, and the `reason`.

    Where `end` is not None it is the network there: near a saddle the time alone does
    not fix it. `steps` counts those of the search. Where the search was `stopped` from
    outside, `end` is how far it came.
    """

    time: float
    reason: str | None
    end: AbstractNetwork | None = None
    steps: int = 0
    stopped: bool = False


def at_event(times: Times, end: AbstractNetwork, steps: int) -> Path:
    """The way to an event that was met at `end`, recorded there alone."""
    states = jax.tree.map(lambda x: np.asarray(x)[None], end)
    return Path(states, _itself, jnp.asarray(times), end, None, steps)


def with_end(path: Path, end: AbstractNetwork) -> Path:
    """`path`, whose states are networks, with `end` for its last one."""
    states = jax.tree.map(lambda xs, x: xs.at[-1].set(x), path.states, end)
    return path._replace(states=states, end=end)


def _itself(state):
    return state
