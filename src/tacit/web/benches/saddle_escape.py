"""Escape from a saddle, live: interchangeable units whose last layers start small."""

import functools
import math

import numpy as np

from ...claims.catalogue import as_claim
from ...errors import DataError
from ...events import Reaches
from ...experiment import Experiment
from ...flows import AbstractFlow, Descent, GradientFlow, Stochastic
from ...losses import Squared
from ...networks import Chain, MLP
from ...observables import (
    FrobeniusNorms,
    Imbalance,
    MeanGain,
    Misalignment,
    TrainingRisk,
)
from ...oracles import escape_time
from ...problems import Problem
from ...risk import Risk
from ...saddles import small_layers
from ...training import train, Trajectory
from ...verdict import observed_by
from ..controls import Values
from ..panels import above, Curve, Mark, Panel
from .base import Bench, moves


FEATURES, WIDTH, RECORDS = 6, 10, 400
LEVEL = 0.05
"""The gain of the small layers at which the law is read: its next order is small."""

LARGE = 0.9
"""The gain at which it is over, below that of the layers that are taken for fixed."""

HALF = 0.45
"""From this gain to `LARGE` is, by the law, how long an escape itself takes."""

BEYOND, REST = 2.5, 6000.0
"""How many times the law's time the run goes on for, and the most flow time after it:
at the minimum every step is as short as the last, and millions of them show nothing."""

AFTER = 30
"""The most time after an escape that was looked for, in lengths of it."""

FALLEN = 0.8
"""The share of the risk of 0 at which an escape is under way."""

CLOCK = 1e-10
"""How exactly, relative to itself, the time to escape is known after integration."""

FLOOR = 1e-17
CLAIMS = ("S1", "S2")
TOO_LONG = (
    "the wait, {:.1g}, is integrated to about {:.1g}, and the escape takes {:.1g}: no "
    "record is sure to be in it, and what is integrated over it stays undecided. A "
    "larger start or fewer small layers wait less."
)
PANELS = (
    Panel(
        "weights", "Layers", "flow time", "Frobenius norm",
        "Dashed: when the law says that the small layers reach 0.05.", "y",
    ),
    Panel(
        "conserved", "Balance", "flow time", "drift of ‖W‖² between layers",
        "Kept by activations of degree 1, and moved by the others.", "y",
    ),
    Panel(
        "alignment", "Alignment", "flow time", "1 − ⟨v, u⟩² of neighbours",
        "Units that start alike stay alike: the layers are aligned throughout.", "y",
    ),
    Panel(
        "margin", "The plateau", "flow time", "risk / risk of 0",
        "Nothing happens for a long time, then everything at once.",
    ),
)  # fmt: skip


def bench(values: Values) -> Bench:
    """The experiment that `values` describe."""
    depth, small = int(values["depth"]), int(values["small"])
    if small > depth:
        raise DataError(f"{small} small layers of {depth}: choose at most the depth.")
    eps, off = float(values["start"]), float(values["imbalance"])
    activation = str(values["activation"])
    gains = [1.0] * (depth - small) + [eps] * small
    gains[-1] *= 1 - off
    if small < depth:
        gains[0] = 0.8 * WIDTH**0.5
    first = gains[0] * np.eye(FEATURES)[0]
    network = MLP.symmetric(first, gains[1:], width=WIDTH, activation=activation)
    step, batch, down = float(values["step"]), int(values["batch"]), risk(values)
    told = float(escape_time(network, down, LEVEL).value)
    over = float(escape_time(network, down, LARGE).value)
    width, span = (over - told) / 5, told + min((BEYOND - 1) * told, REST)
    if small > 2:  # a long wait: the law is off by more than the escape takes
        width = over - float(escape_time(network, down, HALF).value)
        over = falling(down, gains, activation) or over
        span = over + min((BEYOND - 1) * over, AFTER * width)
    flow, until = flow_of(step, batch, span, down.problem.n)
    experiment = Experiment(network, down, flow, until=until)
    claims = [as_claim(name) for name in CLAIMS]
    watch = [FrobeniusNorms(), Imbalance(), Misalignment(), TrainingRisk()]
    observe = {each.name: each for each in (*watch, *observed_by(*claims))}
    # With fewer small layers the next order is no small part of the time.
    law = [(as_claim("S6"), leaving(down, flow, gains, activation))]
    return Bench(
        experiment, claims, tuple(observe.values()),
        places(over, width, span, step), functools.partial(curves, step=step),
        [Mark(panel.key, "escape, by the law", told, "law", upright=True)
         for panel in PANELS if panel.key in ("weights", "margin")],
        told=[("Too short to be seen", TOO_LONG.format(over, CLOCK * over, width))]
        if CLOCK * over > width else (),
        remedy="a larger start, fewer small layers or another activation",
        judged_apart=law if small > 2 and not step else (),
    )  # fmt: skip


def flow_of(
    step: float, batch: int, time: float, samples: int
) -> tuple[AbstractFlow, float | int]:
    """The flow, and when it ends in its own unit."""
    if not step:
        if batch:
            raise DataError("batches are for steps: choose a step above 0 first.")
        return GradientFlow(rtol=1e-11, clock="escape"), time
    if batch > samples:
        raise DataError(f"a batch of {batch} from {samples} samples: take fewer.")
    flow = Stochastic(step, batch) if batch else Descent(step)
    return flow, moves(time, step)


def places(over: float, width: float, until: float, step: float) -> np.ndarray:
    """Where to record: ever closer to `over`, when all happens at once, within `width`.

    For steps of this length in their number, else in flow time.
    """
    first, last = (float(np.arcsinh(x / width)) for x in (-over, until - over))
    found = over + width * np.sinh(np.linspace(first, last, RECORDS + 1)[1:])
    found[-1] = until
    if not step:
        return found
    return np.unique(np.clip((found / step).round(), 1, moves(until, step)).astype(int))


def leaving(
    down: Risk, flow: AbstractFlow, gains: list[float], activation: str
) -> Experiment:
    """The same function, one unit for all alike, to the moment the law is about.

    All other features are mirrored, so that the first layer never turns to them.
    """
    alike = Chain(gains[0], gains[1:], activation, WIDTH)
    event = Reaches(MeanGain(small_layers(alike.layers)), LEVEL)
    return Experiment(alike, along(down), flow, until=event)


def along(down: Risk) -> Risk:
    """The risk on the feature that the teacher looks at, alone."""
    first = Problem(np.asarray(down.problem.X)[:, :1], down.problem.y)
    return Risk(first, Squared())


def falling(down: Risk, gains: list[float], activation: str) -> float | None:
    """When the flow of that function is on its way out; None where it is not found."""
    alike = Chain(gains[0], gains[1:], activation, WIDTH)
    event = Reaches(TrainingRisk(), FALLEN * zero(down))
    flow = GradientFlow(rtol=1e-11, clock="escape")
    run = train(Experiment(alike, along(down), flow, until=event), records=1)
    return None if run.reason else float(run.times[-1])


def zero(down: Risk) -> float:
    """The risk of the network that is 0."""
    targets = np.asarray(down.problem.targets)
    return 0.5 * math.fsum(targets**2) / len(targets)


def risk(values: Values) -> Risk:
    """The risk on `ratio` samples a feature."""
    return sampled(2 * round(float(values["ratio"]) * FEATURES / 2))


@functools.lru_cache(maxsize=16)
def sampled(samples: int) -> Risk:
    r"""White, normal inputs and the teacher $\tanh x_1$, each with its mirror image."""
    half = np.random.default_rng(1000).standard_normal((samples // 2, FEATURES))
    half[:, 0] -= half[:, 0].mean()
    X = np.vstack([half, half * np.append(1.0, -np.ones(FEATURES - 1))])
    X = X @ np.linalg.inv(np.linalg.cholesky(X.T @ X / samples)).T
    return Risk(Problem(X, np.tanh(X[:, 0])), Squared())


def curves(run: Trajectory, step: float) -> list[Curve]:
    """What the panels show of a run."""
    at, found = np.asarray(run.times) * (step or 1.0), []
    for i, column in enumerate(np.asarray(run.seen["FrobeniusNorms"]).T):
        found.append(Curve("weights", f"layer {i + 1}", at, column))
    balance = np.asarray(run.seen["Imbalance"])
    start = np.asarray(run.experiment.network.imbalance())
    pairs = [f"layers {i + 1} and {i + 2}" for i in range(balance.shape[1])]
    for name, column in zip(pairs, np.abs(balance - start).T, strict=True):
        found.append(Curve("conserved", name, at, above(column, FLOOR), name))
    for name, column in zip(pairs, np.asarray(run.seen["Misalignment"]).T, strict=True):
        found.append(Curve("alignment", name, at, above(column, FLOOR), name))
    share = np.asarray(run.seen["TrainingRisk"]) / zero(run.experiment.risk)
    return [*found, Curve("margin", "risk", at, share)]
