"""Adam's memory, live: a run, its iteration without memory, and the correction."""

import functools

import numpy as np

from ...claims.catalogue import as_claim
from ...claims.measures.layers import Leaves
from ...experiment import Experiment
from ...flows import Adam, Memoryless
from ...losses import Squared
from ...networks import MLP
from ...observables import GradientOneNorm, HessianTrace, TrainingRisk
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from ...verdict import observed_by
from ..controls import Values
from ..panels import Curve, Panel
from .base import Bench


WIDTHS, SAMPLES, RECORDS = (4, 6, 1), 32, 40
EPS = 1e-6
WINDOW = 400
r"""Moves that are remembered, and before the start: $0.98^{400} = 3\cdot10^{-4}$."""

CLAIMS = ("M2", "M3", "M7", "M9")
ITSELF = "Adam"
PANELS = (
    Panel(
        "weights", "Where memory carries it", "steps", "distance of parameters",
        "From the iteration without memory, on the same batches. Dashed: foretold, by "
        "that iteration with the correction.",
    ),
    Panel(
        "conserved", "Sharpness", "steps", "trace of the Hessian",
        "Dashed: foretold, without memory and with the correction.",
    ),
    Panel(
        "alignment", "1-norm of the gradient", "steps", "|g|₁",
        "A longer second memory raises it, at every batch size.",
    ),
    Panel(
        "margin", "Risk", "steps", "mean squared error", "Of the whole sample.", "y",
    ),
)  # fmt: skip


def bench(values: Values) -> Bench:
    """The experiment that `values` describe, and what is drawn beside it."""
    batch = int(values["batch"])
    memories = float(values["beta1"]), float(values["beta2"])
    flow = Adam(
        float(values["step"]), *memories, EPS, warm=WINDOW,
        batch=batch if batch < SAMPLES else None, fixed=batch < SAMPLES,
    )  # fmt: skip
    seed, until = int(values["seed"]), int(values["moves"])
    network, risk = MLP.he_normal(WIDTHS, seed=seed), regression(float(values["noise"]))

    def along(way):
        return Experiment(network, risk, way, until=until, seed=seed)

    ways = (Memoryless(flow, correct, WINDOW) for correct in (True, False))
    claims = [as_claim(name) for name in CLAIMS]
    watch = (Leaves(), HessianTrace(), GradientOneNorm(), TrainingRisk())
    observe = {each.name: each for each in (*watch, *observed_by(*claims))}
    return Bench(
        along(flow), claims, tuple(observe.values()),
        np.unique(np.linspace(1, until, RECORDS).round().astype(int)),
        curves, beside=[along(way) for way in ways],
    )  # fmt: skip


@functools.lru_cache(maxsize=32)
def regression(noise: float) -> Risk:
    """A tanh teacher of 4 features, with noise of this size in its targets."""
    rng = np.random.default_rng(5)
    X = rng.standard_normal((SAMPLES, WIDTHS[0]))
    apart = rng.standard_normal(SAMPLES)
    y = np.tanh(X @ np.array([0.9, -0.6, 0.4, 1.1])) + noise * apart
    return Risk(Problem(X, y), Squared())


def curves(run: Trajectory, told: Trajectory, bare: Trajectory) -> list[Curve]:
    """What the panels show: the run, and the iterations without memory beside it."""
    at, found = np.asarray(run.times), []
    places = [np.asarray(each.seen["Leaves"]) for each in (run, told, bare)]
    own, corrected, without = places
    for name, apart, foretold in (
        (ITSELF, own - without, False),
        (ITSELF, corrected - without, True),
        ("what the correction misses", own - corrected, False),
    ):
        size = np.linalg.norm(apart, axis=1)
        found.append(Curve("weights", name, at, size, foretold=foretold))
    seen = {
        "conserved": "HessianTrace",
        "alignment": "GradientOneNorm",
        "margin": "TrainingRisk",
    }
    for panel, key in seen.items():
        for name, each in ((ITSELF, run), (ITSELF, told), ("without memory", bare)):
            values = np.asarray(each.seen[key])
            found.append(Curve(panel, name, at, values, foretold=each is told))
    return found
