"""Alignment, live: a deep linear network on data that a hyperplane separates."""

import functools

import numpy as np

from ...claims.catalogue import as_claim
from ...claims.witnesses.margins import separable
from ...errors import DataError
from ...experiment import Experiment
from ...flows import AbstractFlow, Descent, GradientFlow, LossNormalized, Stochastic
from ...losses import Exponential
from ...networks import DeepLinear
from ...observables import (
    BalanceDrift,
    LinearPredictor,
    Misalignment,
    NormalizedMargin,
    RankExcess,
    Sine,
)
from ...oracles import max_margin
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from ...verdict import observed_by
from ..controls import Values
from ..panels import above, Curve, Mark, Panel
from .base import Bench


FEATURES, WIDTH, RECORDS, MOVES = 6, 6, 60, 4000
FLOOR = 1e-17
LENGTH = 0.2
"""Of the predictor at the start, where nothing was moved."""

CLAIMS = ("I1a", "I1c", "I2", "I2a", "I4", "H1")
PANELS = (
    Panel(
        "weights", "Weights", "norm of w", "weight / length",
        "Solid: the predictor. Dashed: the direction of largest margin.", "x",
    ),
    Panel(
        "conserved", "What is conserved", "norm of w", "drift of the balance",
        "How far the balance of each pair of layers is from its start.", "xy",
    ),
    Panel(
        "alignment", "Alignment", "norm of w", "what is missing",
        "Rank one in every layer, neighbours aligned, and the direction of the margin: "
        "all are 0 in the end.", "xy",
    ),
    Panel(
        "margin", "Margin", "norm of w", "smallest margin / length",
        "Dashed: the largest margin there is.", "x",
    ),
)  # fmt: skip


def bench(values: Values) -> Bench:
    """The experiment that `values` describe."""
    batch, step = int(values["batch"]), float(values["step"])
    if batch and not step:
        raise DataError("batches are for steps: choose a step above 0 first.")
    problem = drawn(int(values["seed"]), float(values["ratio"]))
    if batch > problem.n:
        raise DataError(f"a batch of {batch} from {problem.n} samples: take fewer.")
    network = start(problem, values)
    size = float(np.linalg.norm(np.asarray(network.predictor())))
    flow, until = flow_of(step, batch, float(values["norm"]))
    records = MOVES // RECORDS * np.arange(1, RECORDS + 1) if step else None
    if records is None:
        if until <= size:
            raise DataError(f"the predictor starts at a norm of {size:g}: go further.")
        # From beyond the start, whose norm is its own to rounding only.
        records = np.geomspace(size, until, RECORDS + 1)[1:]
    best = max_margin(problem)
    claims = [as_claim(name) for name in CLAIMS]
    watch = [
        LinearPredictor(), NormalizedMargin(), BalanceDrift(), Misalignment(),
        RankExcess(), Sine(best.value),
    ]  # fmt: skip
    observe = {each.name: each for each in (*watch, *observed_by(*claims))}
    experiment = Experiment(network, Risk(problem, Exponential()), flow, until=until)
    goal = np.asarray(best.value)
    told = [
        Mark("weights", f"w{i + 1}", float(x), f"w{i + 1}")
        for i, x in enumerate(goal / np.linalg.norm(goal))
    ]
    told.append(Mark("margin", "largest margin", float(best.margin)))
    return Bench(experiment, claims, tuple(observe.values()), records, curves, told)


@functools.lru_cache(maxsize=32)
def drawn(seed: int, ratio: float) -> Problem:
    """Points of the unit ball in two classes, with a gap between them."""
    return separable(2017 + seed, n=round(ratio * FEATURES), d=FEATURES, margin=0.12)


def start(problem: Problem, values: Values) -> DeepLinear:
    """Balanced layers of rank one for a short random predictor, and noise on them."""
    X, y = np.asarray(problem.X), np.asarray(problem.targets)
    rng = np.random.default_rng(0)
    w = rng.standard_normal(problem.d)
    w *= LENGTH * float(values["start"]) / np.linalg.norm(w)
    w *= np.sign(np.mean(y * (X @ w)))
    depth, noise = int(values["depth"]), float(values["imbalance"])
    network = DeepLinear.balanced(w, depth=depth, width=WIDTH)
    if not noise:
        return network
    return DeepLinear(
        [
            np.asarray(W) + noise * rng.standard_normal(W.shape) / np.sqrt(W.shape[1])
            for W in network.layers
        ]
    )


def flow_of(step: float, batch: int, norm: float) -> tuple[AbstractFlow, float | int]:
    """The flow, and when it ends in its own unit."""
    if not step:
        return GradientFlow(rtol=1e-7, clock="log-risk"), norm
    if batch:
        return Stochastic(step, batch, balanced=True), MOVES
    return Descent(LossNormalized(step)), MOVES


def curves(run: Trajectory) -> list[Curve]:
    """What the panels show of a run."""
    w = np.asarray(run.seen["LinearPredictor"])
    at = np.linalg.norm(w, axis=1)
    unit = w / np.where(at > 0, at, np.nan)[:, None]
    (sine,) = (v for k, v in run.seen.items() if k.startswith("Sine"))
    found = [
        Curve("weights", f"w{i + 1}", at, column, f"w{i + 1}")
        for i, column in enumerate(unit.T)
    ]
    per_pair = {"conserved": "BalanceDrift", "alignment": "Misalignment"}
    for panel, seen in per_pair.items():
        for i, column in enumerate(np.asarray(run.seen[seen]).T):
            name = f"layers {i + 1} and {i + 2}"
            found.append(Curve(panel, name, at, above(column, FLOOR), name))
    for i, column in enumerate(np.asarray(run.seen["RankExcess"]).T):
        if np.max(column) > 0:
            name = f"rank of layer {i + 1}"
            found.append(Curve("alignment", name, at, above(column, FLOOR), name))
    angle = above(np.asarray(sine), FLOOR)
    found.append(Curve("alignment", "angle to the margin's direction", at, angle))
    return [
        *found,
        Curve("margin", "margin", at, np.asarray(run.seen["NormalizedMargin"])),
    ]
