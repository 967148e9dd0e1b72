"""What training conserves, live: laws counted by machine, and their drift on a run."""

import functools

import jax.numpy as jnp
import numpy as np

from ...claims.catalogue import as_claim
from ...conservation import Laws, laws
from ...conservation.catalogue import network_of
from ...experiment import Experiment
from ...flows import AbstractFlow, Adam, Descent, GradientFlow, Stochastic
from ...losses import Squared
from ...networks import AbstractNetwork
from ...observables import (
    AbstractObservable,
    Conserved,
    LayerNorms,
    NoiseDrift,
    StepDrift,
    TrainingRisk,
)
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from ...verdict import observed_by
from ..controls import Values
from ..panels import above, Curve, Panel
from .base import Bench, moves


SAMPLES, RECORDS, DECAY, MEMORY = 24, 60, 0.1, 0.5
FLOOR, RTOL = 1e-17, 1e-10
SHOWN = 6
"""Laws that are drawn: of more those that have moved furthest."""

KNOWN = {
    "deep-linear": "GramDifferencesConserved",
    "diagonal": "BalanceConserved",
    "two-sided": "SidesPaired",
    "mlp": "HomogeneousBalance",
}
"""The theorem of a paper that speaks of such a network."""

PANELS = (
    Panel(
        "weights", "Layers", "flow time", "norm of the layer",
        "What moves while the laws stay.",
    ),
    Panel(
        "conserved", "Drift of the laws", "flow time", "relative drift",
        "Solid: on the run. Dashed: what is predicted, where something is.", "y",
    ),
    Panel(
        "alignment", "Off the prediction", "flow time", "relative difference",
        "How far measured and predicted drift are apart.", "y",
    ),
    Panel(
        "margin", "Risk", "flow time", "risk", "Of the squared loss.", "y",
    ),
)  # fmt: skip


def bench(values: Values) -> Bench:
    """The experiment that `values` describe, and the laws of its network."""
    kind, widths, words = subject(values)
    network, found = counted(kind, widths, words)
    span = float(values["time"])
    flow, until = flow_of(values, span)
    problem = sample(widths[0], network, int(values["seed"]))
    experiment = Experiment(network, Risk(problem, Squared()), flow, until=until)
    names = ("FoundLawsConserved", *filter(None, (KNOWN.get(kind),)))
    claims = [as_claim(name) for name in names]
    watch = (LayerNorms(), TrainingRisk(), *drifts(found, flow), *observed_by(*claims))
    observe = {each.name: each for each in watch}
    places = np.linspace(0, until, RECORDS + 1)[1:]
    if not isinstance(flow, GradientFlow):
        places = np.unique(np.ceil(places).astype(int))
    formulas = "; ".join(map(str, found.formulas)) or "no formula"
    return Bench(
        experiment, claims, tuple(observe.values()), places,
        functools.partial(curves, found=found, unit=span / until),
        told=[("independent laws", f"{found.count} ({found.status}): {formulas}")],
    )  # fmt: skip


def subject(values: Values) -> tuple[str, tuple[int, ...], tuple]:
    """Kind, widths and words of the network, as the catalogue of laws takes them."""
    kind, depth = str(values["network"]), int(values["depth"])
    inputs, hidden = int(values["inputs"]), int(values["hidden"])
    if kind in ("diagonal", "two-sided"):
        return kind, (inputs, depth), ()
    widths = (inputs, *[hidden] * (depth - 1), int(values["outputs"]))
    if kind == "deep-linear":
        return kind, widths, ()
    words = {"activation": values["activation"], "biases": values["biases"] == "yes"}
    return kind, widths, tuple(words.items())


@functools.lru_cache(maxsize=128)
def counted(kind: str, widths: tuple, words: tuple) -> tuple[AbstractNetwork, Laws]:
    """The network, and what training keeps of it."""
    network = network_of(kind, widths, **dict(words))
    return network, laws(network)


def sample(inputs: int, network: AbstractNetwork, seed: int) -> Problem:
    """Normal inputs, and the targets of a linear teacher with some noise."""
    rng = np.random.default_rng([51, seed])
    X = rng.standard_normal((SAMPLES, inputs))
    teacher = rng.standard_normal((inputs, *np.shape(network(jnp.asarray(X[0])))))
    y = X @ teacher
    return Problem(X, y + 0.1 * rng.standard_normal(y.shape))


def flow_of(values: Values, span: float) -> tuple[AbstractFlow, float | int]:
    """The way of descending, and when it ends in its own unit."""
    way, step, batch = str(values["way"]), float(values["step"]), int(values["batch"])
    if way in ("flow", "decay"):
        return GradientFlow(rtol=RTOL, weight_decay=DECAY * (way == "decay")), span
    until = moves(span, step)
    if way == "batches":
        return Stochastic(step, batch), until
    if way == "momentum":  # so short that it goes as far as the others
        return Descent(step * (1 - MEMORY), momentum=MEMORY), until
    return (Adam(step) if way == "adam" else Descent(step)), until


def drifts(found: Laws, flow: AbstractFlow) -> list[AbstractObservable]:
    """What has to be seen of a run to say how far the laws should have moved."""
    kinds = [Conserved]
    kinds += [StepDrift] if isinstance(flow, Descent | Stochastic) else []
    kinds += [NoiseDrift] if isinstance(flow, Stochastic) else []
    return [kind(found) for kind in kinds]


def curves(run: Trajectory, found: Laws, unit: float) -> list[Curve]:
    """What the panels show of a run."""
    at = np.asarray(run.times) * unit
    norms = np.sqrt(np.asarray(run.seen["LayerNorms"]))
    drawn = [
        Curve("weights", f"layer {i + 1}", at, column)
        for i, column in enumerate(norms.T)
    ]
    drawn.append(Curve("margin", "risk", at, np.asarray(run.seen["TrainingRisk"])))
    if not found.names:
        return drawn
    drift = found.drift(run)
    moved = (drift.values[1:] - drift.values[0]) / drift.scale
    furthest = np.argsort(-np.max(np.abs(moved), axis=0), kind="stable")[:SHOWN]
    for i in sorted(furthest):
        law = drift.names[i]
        size = above(moved[:, i], FLOOR)
        drawn.append(Curve("conserved", law, at, size, law))
        if drift.predicted is None:
            continue
        told = (drift.predicted[1:, i] - drift.predicted[0, i]) / drift.scale
        ahead = above(told, FLOOR)
        drawn.append(Curve("conserved", law, at, ahead, law, foretold=True))
        off = above(moved[:, i] - told, FLOOR)
        drawn.append(Curve("alignment", law, at, off, law))
    return drawn
