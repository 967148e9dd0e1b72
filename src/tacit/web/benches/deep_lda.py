"""Deep LDA, live: a diagonal network on the criterion of discriminant analysis."""

import functools

import jax.numpy as jnp
import numpy as np

from ...claims.catalogue import as_claim
from ...errors import DataError
from ...experiment import Experiment
from ...flows import AbstractFlow, Descent, GradientFlow, Stochastic
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import (
    Imbalance,
    LayerNorms,
    LinearPredictor,
    QuasiNorm,
    Sine,
    TrainingRisk,
)
from ...oracles import fisher_direction, orthant_limit
from ...problems import Problem, strong_weak_noise
from ...risk import Risk
from ...training import Trajectory
from ...verdict import missing, observed_by
from ..controls import Values
from ..panels import above, Curve, drift, Mark, Panel
from .base import Bench, moves


FLOOR = 1e-17
RTOL = 1e-10
FEATURES = 20
RECORDS = 90
CLAIMS = ("B1", "B2", "B3", "B6", "C1", "C2", "C7", "F2")
PANELS = (
    Panel(
        "weights", "Weights", "flow time", "weight / length",
        "Solid: the network. Dashed: where it ends, if a theorem says so.", "x",
    ),
    Panel(
        "conserved", "What is conserved", "flow time", "relative drift",
        "The flow keeps all three; steps of descent do not.", "xy",
    ),
    Panel(
        "alignment", "Direction", "flow time", "sine of the angle",
        "To the limit in the orthant of the start, and to plain LDA.", "xy",
    ),
    Panel(
        "margin", "Separation of the classes", "flow time", "1 − J / max J",
        "How much of the best separation of the class means is still missing.", "xy",
    ),
)  # fmt: skip


def bench(values: Values) -> Bench:
    """The experiment that `values` describe, on the synthetic design."""
    problem = drawn(int(values["seed"]), float(values["ratio"]))
    kinds = [name.split("_")[0] for name in problem.features or ()]
    return on(problem, kinds, values)


@functools.lru_cache(maxsize=64)
def drawn(seed: int, ratio: float) -> Problem:
    """Strong, weak and noise features, `ratio` times as many samples."""
    n = 2 * round(ratio * FEATURES / 2)
    return strong_weak_noise(seed, n, 2, 4, 14).standardised()


def on(problem: Problem, kinds: list[str], values: Values) -> Bench:
    """The same on a problem of two classes whose features are of these `kinds`."""
    batch, step = int(values["batch"]), float(values["step"])
    if batch and not step:
        raise DataError("batches are for steps: choose a step above 0 first.")
    if batch > problem.n:
        raise DataError(f"a batch of {batch} from {problem.n} samples: take fewer.")
    w0 = start(problem, int(values["wrong"]), float(values["start"]))
    network = layers(w0, int(values["depth"]), float(values["imbalance"]))
    # Known by its scatter only, so that another n/d compiles nothing.
    scatter = scatter_of(problem)
    risk = Risk(problem if batch else scatter, Fisher())
    until = float(values["time"])
    flow, end = flow_of(step, batch, until)
    experiment = Experiment(network, risk, flow, until=end)
    fisher, orthant = fisher_direction(scatter), orthant_limit(scatter, w0)
    watch = {
        "LinearPredictor": LinearPredictor(),
        "QuasiNorm": QuasiNorm(),
        "LayerNorms": LayerNorms(),
        "Imbalance": Imbalance(),
        "TrainingRisk": TrainingRisk(),
        "Sine": Sine(orthant.value),
    }
    claims = [as_claim(name) for name in CLAIMS]
    watch |= {each.name: each for each in observed_by(*claims)}
    best = -float(risk.criterion(jnp.asarray(fisher.value)))
    draw = functools.partial(
        curves, kinds=kinds, fisher=np.asarray(fisher.value), best=best, step=step
    )
    return Bench(
        experiment, claims, tuple(watch.values()), places(step, end, until), draw,
        marks(experiment, kinds),
    )  # fmt: skip


def start(problem: Problem, wrong: int, size: float) -> np.ndarray:
    """1/d in every feature, signed as its class means say but for the first `wrong`."""
    delta = np.asarray(problem.delta)
    signs = np.where(delta < 0, -1.0, 1.0)
    signs[:wrong] *= -1
    return size * signs / len(delta)


def layers(w0: np.ndarray, depth: int, imbalance: float) -> Diagonal:
    """The balanced layers, the first two of them apart by a share."""
    found = np.array(Diagonal.balanced(w0, depth=depth).layers)
    if imbalance and depth < 2:
        raise DataError("one layer cannot be off balance: choose a depth from 2 on.")
    if imbalance:
        found[0] *= 1 + imbalance
        found[1] *= 1 - imbalance
    return Diagonal(found)


def scatter_of(problem: Problem) -> Problem:
    """All that the loss needs to know of a problem, computed in NumPy."""
    X, codes = np.asarray(problem.X), problem.codes
    rows = X - np.asarray(problem.means)[codes]
    return Problem.from_scatter(
        within=rows.T @ rows / len(rows), delta=np.asarray(problem.contrast)[:, 0]
    )


def flow_of(step: float, batch: int, time: float) -> tuple[AbstractFlow, float | int]:
    """The flow, and when it ends in its own unit."""
    if not step:
        return GradientFlow(rtol=RTOL), time
    if batch:
        return Stochastic(step, batch, balanced=True), moves(time, step)
    return Descent(step), moves(time, step)


def places(step: float, end: float, time: float) -> np.ndarray:
    """Where to record, evenly in the logarithm of time."""
    if step:
        return np.unique(np.geomspace(1, end, RECORDS).round().astype(int))
    return np.geomspace(1e-2, time, RECORDS)


def curves(run: Trajectory, kinds, fisher, best, step) -> list[Curve]:
    """What the panels show of a run."""
    at = np.asarray(run.times) * (step or 1.0)
    w = np.asarray(run.seen["LinearPredictor"])
    length = np.linalg.norm(w, axis=1, keepdims=True)
    unit = w / length
    found = [
        Curve("weights", f"{kind} {i + 1}", at, unit[:, i], kind)
        for i, kind in enumerate(kinds)
    ]
    kept = {
        "quasi-norm of w": "QuasiNorm",
        "norms of the layers": "LayerNorms",
        "balance": "Imbalance",
    }
    for name, seen in kept.items():
        values = np.asarray(run.seen[seen])
        if not values[0].size:
            continue
        if seen == "Imbalance":  # near balance its own size is 0: that of the layers
            values = values / np.max(np.abs(run.seen["LayerNorms"]))
            off = np.max(np.abs(values - values[0]).reshape(len(values), -1), axis=1)
        else:
            off = drift(values)
        found.append(Curve("conserved", name, at, above(off, FLOOR)))
    off = unit - (unit @ fisher)[:, None] / (fisher @ fisher) * fisher
    plain = np.linalg.norm(off, axis=1)
    found += [
        Curve("alignment", "to the limit in the orthant", at,
              above(np.asarray(run.seen["Sine"]), FLOOR)),
        Curve("alignment", "to plain LDA", at, above(plain, FLOOR)),
    ]  # fmt: skip
    missing = -np.expm1(np.minimum(-np.asarray(run.seen["TrainingRisk"]) - best, 0.0))
    return [*found, Curve("margin", "missing", at, above(missing, FLOOR))]


def marks(experiment: Experiment, kinds: list[str]) -> list[Mark]:
    """The weights in the end, where a theorem foretells them, and the error allowed."""
    if isinstance(experiment.flow, GradientFlow):
        found = [Mark("conserved", "allowed to the integrator", 10 * RTOL)]
    else:
        found = []
    limit = as_claim("C7")  # of every start: which signs are locked is part of it
    if missing(limit, experiment):
        return found
    level = np.asarray(limit.forecast(experiment).value)
    return found + [
        Mark("weights", f"{kind} {i + 1}", float(x), kind)
        for i, (kind, x) in enumerate(
            zip(kinds, level / np.linalg.norm(level), strict=True)
        )
    ]
