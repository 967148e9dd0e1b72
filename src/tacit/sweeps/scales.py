r"""Runs that are one run at several scales: solved once, and relabelled.

For a network with $f(c\theta) = c^D f(\theta)$ and a loss free of scale the risk does
not see $c$, and its gradient falls like $1/c$. So if $\theta(t)$ is the gradient flow
from $\theta_0$, that from $c\theta_0$ is $c\,\theta(t/c^2)$: the same walk at another
pace. A sweep over the scale of the start is then one solve, recorded at more times.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np

from .._types import float64
from ..ensemble import train_ensemble
from ..experiment import Experiment
from ..flows import GradientFlow
from ..flows.records import schedule
from ..integration.clocks import Time
from ..integration.lockstep import counted
from ..integration.path import Path
from ..observables import AbstractObservable
from ..risk import Risk
from ..training import record, train, Trajectory


ULPS = 8
"""Rounding errors by which starts may differ and still be one at two scales."""


class Trained(NamedTuple):
    """A run of a batch, and what it was to be one of it."""

    run: Trajectory
    waste: float = 1.0
    """How many steps its batch took for one that its runs needed."""
    alone: str = ""
    """Why it was computed by itself; empty where it was not."""


def train_together(
    experiments: Sequence[Experiment],
    observe: tuple[AbstractObservable, ...],
    records: int | Sequence[float],
) -> list[Trained]:
    """`train_ensemble`, with what differs in scale alone solved once."""
    families = _families(experiments)
    firsts = [family[0][0] for family in families]
    found: dict[int, Trained] = {}
    single = [i for i, family in zip(firsts, families, strict=True) if len(family) == 1]
    if single:
        chosen = [experiments[i] for i in single]
        with counted() as cost:
            runs = train_ensemble(chosen, observe, records=records)
        # What stood side by side has been counted; what did not has not.
        alone = "" if cost.needed else why_alone(chosen)
        told = (Trained(run, cost.waste, alone) for run in runs)
        found |= dict(zip(single, told, strict=True))
    for family in families:
        if len(family) > 1:
            found |= _one_walk(experiments, family, observe, records)
    return [found[i] for i in range(len(experiments))]


def why_alone(experiments: Sequence[Experiment]) -> str:
    """Why runs like these, of one kind, were not computed side by side."""
    flow = experiments[0].flow
    if not isinstance(flow, GradientFlow):
        return f"{type(flow).__name__}: moves are made run by run"
    if len(experiments) == 1:
        return "no other run of its unit is of its kind"
    if experiments[0].end is None:
        return "it ends at an event, at a time of its own"
    if type(flow.clock) is not Time:
        clock = type(flow.clock).__name__
        return f"in {clock} these runs are followed one by one"
    if flow.solver == "stiff":
        return "the stiff solver follows one flow at a time"
    return "so large that a run gains nothing from others beside it"


def _scale_between(a: Experiment, b: Experiment) -> float | None:
    r"""The $c$ for which the start of `b` is $c$ times that of `a`, if one risk is it.

    None where there is no such number, or the risks differ.
    """
    if not (a.risk is b.risk or bool(eqx.tree_equal(a.risk, b.risk))):
        return None
    x, y = (
        np.concatenate([np.ravel(w) for w in jax.tree.leaves(each.network)])
        for each in (a, b)
    )
    at = int(np.argmax(np.abs(x)))
    c = float(y[at] / x[at]) if x[at] else 0.0
    same = np.abs(y - c * x) <= ULPS * np.finfo(float).eps * np.abs(y)
    return c if c > 0 and np.all(same) else None


def _is_free(experiment: Experiment) -> bool:
    """Whether the flow of `experiment` is known to keep its shape at every scale."""
    flow = experiment.flow
    return (
        isinstance(flow, GradientFlow)
        and flow.is_plain
        and flow.atol is None  # a tolerance of its own size is not free of scale
        and type(flow.clock) is Time
        and bool(experiment.end)
        and experiment.risk.loss.scale_free
        and experiment.network.degree is not None
    )


def _families(experiments) -> list[list[tuple[int, float]]]:
    """Which runs are one at several scales: places, and scales against the first."""
    families: list[list[tuple[int, float]]] = []
    known: dict[int, bytes] = {}
    on: dict[bytes, list[list[tuple[int, float]]]] = {}
    for i, experiment in enumerate(experiments):
        free, risk = _is_free(experiment), experiment.risk
        if free and id(risk) not in known:
            known[id(risk)] = _numbers(risk)
        # Only with runs on the same data, or many on data of their own would take long.
        others = on.setdefault(known[id(risk)], []) if free else []
        for family in others:
            scale = _scale_between(experiments[family[0][0]], experiment)
            if scale is not None:
                family.append((i, scale))
                break
        else:
            families.append([(i, 1.0)])
            others.append(families[-1])
    return families


def _numbers(risk: Risk) -> bytes:
    """A mark of the numbers in a risk."""
    mark = hashlib.sha256()
    for leaf in jax.tree.leaves(risk):
        mark.update(np.ascontiguousarray(leaf).tobytes())
    return mark.digest()


def _one_walk(experiments, family, observe, records) -> dict[int, Trained]:
    """The runs of a family, read off the longest of them.

    It is that of the smallest scale, which goes furthest in its own time.
    """
    first, smallest = min(family, key=lambda each: each[1])
    lead = experiments[first]
    asked = {
        i: np.asarray(
            schedule(records, experiments[i].end, experiments[i].network, lead.flow)
        )
        for i, _ in family
    }
    ours = {i: asked[i] / (c / smallest) ** 2 for i, c in family}
    times = np.unique(np.concatenate(list(ours.values())))
    times = times[np.append(True, np.diff(times) > 4 * np.finfo(float).eps * times[1:])]
    flow = lead.flow
    path = flow.path(lead.risk, lead.network, times, jax.random.key(lead.seed))
    if path.reason is not None:  # how far each of them gets, it says best itself
        alone = "the walk that it has in common with others broke off"
        runs = ((i, train(experiments[i], observe, records=records)) for i, _ in family)
        return {i: Trained(run, alone=alone) for i, run in runs}
    found = {}
    for i, c in family:
        at = np.searchsorted(times, ours[i] * (1 - 8 * np.finfo(float).eps))
        states = jax.tree.map(lambda x, at=at: x[at], path.states)
        view = _Scaled(path.view, np.asarray(c / smallest))
        end = view(jax.tree.map(lambda x: x[-1], states))
        steps = path.steps
        own = Path(states, view, float64(asked[i]), end, None, steps)
        found[i] = Trained(record(experiments[i], own, observe))
    return found


class _Scaled(eqx.Module):
    """The network at a state of another scale. A module, so that it compiles once."""

    view: Callable[[Any], Any]
    scale: np.ndarray

    def __call__(self, state):
        return jax.tree.map(lambda x: self.scale * x, self.view(state))
