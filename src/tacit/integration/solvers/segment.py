"""What an integrator hands on: the states so far, and where it stands."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ...networks import AbstractNetwork
from ..charts import AbstractChart
from ..pieces import STOPPED, WAY_OUT


class Segment(NamedTuple):
    """A stretch of a flow in the coordinates of a chart.

    `states` are stacked ``(m, ...)`` at the first `m` recorded times, `last` is the
    state at `time`, `end` the network there if it was computed; `times` are those asked
    for, where they came back. `good` says whether the
    segment got where it was sent, or met its event; else `reason` says why not.
    """

    states: Any
    last: Any
    end: AbstractNetwork | None
    time: Any
    steps: Any
    good: Any
    reason: str | None = None
    stopped: bool = False
    times: Any = None

    @classmethod
    def begin(cls, chart: AbstractChart, network: AbstractNetwork) -> "Segment":
        """An empty segment at the start."""
        start = entered(chart, network)
        none = jax.tree.map(lambda x: x[None][:0], start)
        return cls(none, start, network, 0.0, 0, False)  # noqa: FBT003

    @property
    def done(self) -> int:
        """How many recorded times have been reached."""
        return len(jax.tree.leaves(self.states)[0])

    def cut(self, times: np.ndarray | Array, until: float) -> "Segment":
        """Only the states that were reached, with the reason for stopping."""
        reached, goal = float(self.time), float(until)
        done = int(np.sum(np.asarray(times) <= reached))
        reason = (
            f"{int(self.steps)} explicit steps reached t = {reached:.6g} of {goal:.6g}"
        )
        reason += f"; {STOPPED if self.stopped else WAY_OUT}"
        # By NumPy, as in `join`: of JAX arrays every number of states is compiled.
        states = jax.tree.map(lambda x: jnp.asarray(np.asarray(x)[:done]), self.states)
        return self._replace(states=states, time=reached, reason=reason)

    def closed(self, times: np.ndarray) -> tuple[Any, Array]:
        """States and times; the last state ends them if it is between two records."""
        kept = times[: self.done]
        if self.done == len(times) or self.done and kept[-1] == self.time:
            return self.states, jnp.asarray(kept)
        with_end = jax.tree.map(lambda x: x[None], self.last)
        return join(self.states, with_end), jnp.asarray(np.append(kept, self.time))


def entered(chart: AbstractChart, network: AbstractNetwork) -> Any:
    """The coordinates of `network`; to look up a method of a module takes 20 µs."""
    return type(chart).enter(chart, network)


def join(a: Any, b: Any) -> Any:
    """Two stacks of states, one after the other."""
    return jax.tree.map(lambda x, y: jnp.asarray(np.concatenate([x, y])), a, b)


def shaped_as(like: Any, flat: np.ndarray) -> Any:
    """Stacked states of the shapes in `like`, from rows ``(m, P)`` of numbers."""
    leaves, tree = jax.tree.flatten(like)
    ends = np.cumsum([x.size for x in leaves])[:-1]
    parts = np.split(flat, ends, axis=1)
    shaped = [
        p.reshape(len(flat), *x.shape) for p, x in zip(parts, leaves, strict=True)
    ]
    return jax.tree.unflatten(tree, [jnp.asarray(each) for each in shaped])
