"""What claims about single steps of descent share."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ...experiment import Experiment
from ...flows import Descent, Stochastic
from ...networks import Diagonal
from ...training import train, Trajectory
from ..hypotheses.discriminants import scale_free
from ..parts import Hypothesis, Term, Unmeasured
from .budgets import EPS


EVERY = 100_000
"""So many records that every step of a shorter run is one."""

Stack = Float[Array, "t L d"]


def every_step(run: Trajectory) -> Hypothesis:
    """Whether every step of the run was recorded."""
    times = np.asarray(run.times)
    whole = bool(times[0] <= 1 and np.all(np.diff(times) == 1))
    return Hypothesis(f"it has fewer than {EVERY:,} steps, all recorded", whole)


def is_descent(
    experiment: Experiment,
    *,
    momentum: bool = False,
    decay: bool = False,
    schedule: bool = False,
    batches: bool = False,
) -> Iterable[Hypothesis]:
    """Whether it is gradient descent, with no addition other than those allowed."""
    flow = experiment.flow
    kinds = (Descent, Stochastic) if batches else Descent
    yield Hypothesis(
        "it is gradient descent, on mini-batches or not"
        if batches
        else "it is gradient descent on the whole sample",
        isinstance(flow, kinds),
    )
    if not isinstance(flow, Descent | Stochastic):
        return
    plain = isinstance(flow.step, float)
    yield Hypothesis("the step is a number, not a rule", plain)
    yield Hypothesis("there is no momentum", momentum or not flow.momentum)
    yield Hypothesis("there is no weight decay", decay or not flow.weight_decay)
    yield Hypothesis("the step is constant", schedule or flow.schedule is None)


def on_batches(experiment: Experiment, *, schedule: bool) -> Iterable[Hypothesis]:
    """Whether it is plain descent of a loss free of scale, on random mini-batches."""
    yield scale_free(experiment)
    yield from is_descent(experiment, schedule=schedule, batches=True)
    random = isinstance(experiment.flow, Stochastic)
    yield Hypothesis("the batches are random", random)


def passed(run: Trajectory[Diagonal]) -> Stack:
    """The layers at the start and after every step, of a run that watched `Layers`."""
    layers = run.seen["Layers"]
    if run.times[0] == 0:
        return layers
    return jnp.concatenate([run.experiment.network.layers[None], layers])


def rates(run: Trajectory) -> Float[Array, " moves"]:
    """The step of every move of the run."""
    flow = run.experiment.flow
    moves = jnp.arange(int(run.times[-1]))
    schedule = flow.schedule
    factor = jnp.ones(len(moves)) if schedule is None else jax.vmap(schedule)(moves)
    return (flow.step or 1.0) * factor


def gradients(experiment: Experiment[Diagonal], at: Stack) -> Stack:
    """The gradient that each move of the run saw, computed anew at the layers `at`.

    For mini-batches the rows are drawn again, from the seed of the experiment.
    """
    rows = None
    if isinstance(experiment.flow, Stochastic):
        rows = experiment.flow.rows(experiment.risk, experiment.seed, len(at))
    return _gradients(experiment.risk, at, rows)


@eqx.filter_jit
def _gradients(risk, at, rows):
    def one(layers, rows):
        return risk.gradient(Diagonal(layers), rows).layers

    return jax.vmap(one, (0, None if rows is None else 0))(at, rows)


def halved(run: Trajectory) -> Experiment:
    """The flow time that the run took, in moves of half the length."""
    experiment = run.experiment
    step = experiment.flow.step or 1.0
    flow = eqx.tree_at(lambda f: f.step, experiment.flow, step / 2)
    until = 2 * int(run.times[-1])  # at an event a shorter step ends elsewhere
    return eqx.tree_at(lambda e: (e.flow, e.until), experiment, (flow, until))


def growth(layers: Stack) -> Float[Array, "moves L"]:
    """What every move adds to the squared norm of every layer."""
    return jnp.diff(squares(layers), axis=0)


def over_norms(layers: Stack, predicted: object, measured: object) -> float:
    """The largest difference of two squared norms after a step, over the norms.

    Over the larger of those before and after it: a step may be longer than a layer.
    """
    norms = np.asarray(squares(layers))
    off = np.abs(np.asarray(measured) - np.asarray(predicted))
    return float(np.max(off / np.maximum(norms[1:], norms[:-1]), initial=0.0))


def of_one_step(run: Trajectory, smallest: float) -> Term:
    r"""What float64 loses in the identity of a step.

    In the squared norms themselves, and in the angle of the gradient, whose terms are
    of the length of 1 over the layer: a share $\eta / \|\theta_l\|^2$ of the norm.
    """
    size = 64 * EPS * (1 + float(np.max(rates(run), initial=0.0)) / smallest)
    return Term("rounding", size, "float64 in one step", "longer steps")


class Shortened(NamedTuple):
    """A quantity at the step of a run, at half of it and at a quarter."""

    whole: np.ndarray
    half: np.ndarray
    quarter: np.ndarray

    def leading(self, order: int = 0) -> np.ndarray:
        """Its part of this order in the step, in units of a half: the next is gone."""
        return _leading(self.half, self.quarter, order)

    def next_order(self, order: int = 0) -> Term:
        """What `leading` leaves, by what it was at double the steps: thrice as much."""
        found = self.leading(order)
        before = _leading(self.whole, self.half, order) / 2**order
        off = float(np.linalg.norm(found - before) / np.linalg.norm(found))
        size = off if off < 0.75 else np.inf  # no expansion to speak of
        reason = "what double the steps change in the extrapolation"
        return Term("next order", size, reason, "shorter steps")

    def square(self, order: int = 0) -> Term:
        """Four times the square of what the step changes: a bend that is not even."""
        found = self.leading(order)
        change = np.linalg.norm(found - self.whole / 2**order) / np.linalg.norm(found)
        reason = "four times the square of what the step itself changes"
        return Term("its square", 4 * float(change) ** 2, reason, "shorter steps")


def _leading(whole, half, order):
    return 2 ** (order + 1) * half - whole


def shorter(run: Trajectory) -> Iterator[Trajectory]:
    """The run itself, with half its step, and with a quarter of it."""
    for _ in range(3):
        if not run.finite:
            raise Unmeasured(f"with a shorter step the run stops early: {run.reason}")
        yield run
        run = train(halved(run), run.observed, records=1)


def squares(layers: Stack) -> Float[Array, "t L"]:
    """The squared norm of every layer."""
    return jnp.sum(layers**2, axis=2)


def slope(x: object, y: object) -> float:
    """The slope of a straight line through ``log y`` over ``log x``."""
    return float(np.polyfit(np.log(np.asarray(x)), np.log(np.asarray(y)), 1)[0])
