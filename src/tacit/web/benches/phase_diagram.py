"""Where deep LDA ends, live: one flow, and where those of other imbalances end."""

import dataclasses
import functools

import numpy as np

from ...claims.catalogue import as_claim
from ...claims.measures.arrival import strayed
from ...ensemble import train_ensemble
from ...experiment import Experiment
from ...observables import LinearPredictor
from ...oracles import orthant_limit
from ...studies.phase_diagram.ends import CLOSE, experiment, GRID
from ...training import Trajectory
from ...verdict import observed_by
from ..controls import Values
from ..panels import above, Curve, Mark, Panel
from .base import Bench


RECORDS, FLOOR = 60, 1e-9
ROW = GRID["imbalance"][1:]
"""Imbalances whose flows are run beside that of the sliders."""

CLAIMS = ("B1", "B2", "B6", "C1", "C7")
PANELS = (
    Panel(
        "weights", "Weights", "flow time", "weight / length",
        "Solid: the network. Dashed: the limit of the orthant it starts in.", "x",
    ),
    Panel(
        "alignment", "Distance to the limit", "flow time", "distance, norm of S_w",
        "A run below the dashed line ends in the limit of its orthant.", "xy",
    ),
    Panel(
        "margin", "Separation of the classes", "flow time", "1 − J / max J",
        "How much of the best separation of the class means is still missing.", "xy",
    ),
    Panel(
        "row", "Other imbalances", "imbalance", "distance in the end",
        "The same network and sample from other starts; upright: this one.", "xy",
    ),
)  # fmt: skip


def bench(values: Values) -> Bench:
    """The experiment that `values` describe, on the draw of the study."""
    place = int(values["depth"]), float(values["imbalance"])
    drawn = float(values["ratio"]), int(values["seed"])
    until = float(values["time"])
    own = of(*place, *drawn, until)
    told = limit_of(own)
    claims = [as_claim(name) for name in CLAIMS]
    observe = {each.name: each for each in (LinearPredictor(), *observed_by(*claims))}
    marks = [
        Mark("weights", f"w{i + 1}", float(x), f"w{i + 1}")
        for i, x in enumerate(told / np.linalg.norm(told))
    ]
    marks.append(Mark("alignment", "counts as the limit, below", CLOSE))
    marks.append(Mark("row", "counts as there", CLOSE))
    if place[1] > 0:
        marks.append(Mark("row", "this one", place[1], upright=True))
    return Bench(
        own, claims, tuple(observe.values()), np.geomspace(1e-2, until, RECORDS),
        functools.partial(curves, told=told), marks,
        later=functools.partial(row, place[0], *drawn, until),
    )  # fmt: skip


def curves(run: Trajectory, told: np.ndarray) -> list[Curve]:
    """What the panels show of a run."""
    own, at = run.experiment, np.asarray(run.times)
    w = np.asarray(run.seen["LinearPredictor"])
    unit = w / np.linalg.norm(w, axis=1, keepdims=True)
    found = [
        Curve("weights", f"w{i + 1}", at, column, f"w{i + 1}")
        for i, column in enumerate(unit.T)
    ]
    far = np.array([strayed(own, told, each) for each in w])
    found.append(Curve("alignment", "to the limit", at, above(far, FLOOR)))
    S, delta = np.asarray(own.risk.problem.within), np.asarray(own.risk.problem.delta)
    best = delta @ np.linalg.solve(S, delta)
    share = (w @ delta) ** 2 / np.sum(w @ S * w, axis=1) / best
    return [*found, Curve("margin", "missing", at, above(1 - share, FLOOR))]


@functools.lru_cache(maxsize=64)
def row(depth: int, ratio: float, seed: int, until: float) -> list[Curve]:
    """How far from the limit of their orthant flows from the imbalances `ROW` end.

    All start along one direction and so in one orthant, the run of the sliders too.
    """
    others = [of(depth, x, ratio, seed, until) for x in ROW]
    told = limit_of(others[0])
    ends = [each.network.predictor() for each in train_ensemble(others, records=1)]
    far = np.array([strayed(others[0], told, np.asarray(each)) for each in ends])
    return [Curve("row", "where they end", ROW, above(far, FLOOR))]


def of(
    depth: int, imbalance: float, ratio: float, seed: int, until: float
) -> Experiment:
    """That of the study, to another time."""
    made = experiment(depth, imbalance, ratio, seed)
    return dataclasses.replace(made, until=until)


def limit_of(own: Experiment) -> np.ndarray:
    """The limit of the orthant it starts in."""
    limit = orthant_limit(own.risk.problem, np.asarray(own.network.predictor()))
    return np.asarray(limit.value)
