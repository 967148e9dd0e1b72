"""Loss curves from small starts: plateaus, and what goes on underneath."""

import functools

import numpy as np

from ...experiment import Experiment
from ...fits import find_plateaus
from ...flows import GradientFlow
from ...observables import FeatureOverlap, MeanGain, TrainingRisk
from ...reporting import number, Numbers, Picture, plots, Section
from ...training import train, Trajectory
from ..base import Answer
from . import subjects
from .subjects import EPS
from .waits import Case, off_manifold, SEEDS


ACTIVATION, DEPTH = "tanh", 4
COUNTS = (2, 3, 4)
SIZES = (EPS[0], EPS[3], EPS[6], EPS[9])
BEFORE, AFTER, BEYOND = 80, 40, 60.0
"""Records up to the escape and after it, and how long a run goes on."""

HEIGHT, LEAST = 0.05, 0.02
"""A plateau lasts while the risk stays within this share of its range, and is one if it
lasts for that share of the time."""


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """The risk against time from four sizes of the start, two to four small layers."""
    counts = COUNTS[-1:] if quick else COUNTS
    runs = {(r, eps): follow(r, eps) for r in counts for eps in SIZES}
    section = Section(
        "Plateaus",
        *_words(runs),
        Picture(
            plots.to_svg(
                _draw(runs, counts),
                alt="Loss curves against the logarithm of time, flat and then falling, "
                "later for smaller starts; below, the same against time in units of "
                "the time to escape, where the curves fall together, and the share of "
                "the first layer along the teacher, which rises during the plateau.",
            ),
            f"{ACTIVATION}, {DEPTH} layers, one random draw. Above: the risk against "
            "time for each number r of small layers. Then, for four, the "
            "risk, the first layer's share along the teacher and the geometric mean of "
            "the layers' norms in units of the time to escape.",
        ),
        _table(runs),
    )
    records = {f"r{r}-{eps:.0e}": run.to_xarray() for (r, eps), run in runs.items()}
    return Answer(section, (), records)


def escape(r: int, eps: float) -> float:
    """When that run loses its tenth of the risk, as timed to the root."""
    case = Case(ACTIVATION, DEPTH, r)
    return float(off_manifold(case).times[0, EPS.index(eps)])


@functools.cache
def follow(r: int, eps: float) -> Trajectory:
    """The run through its plateau and a while beyond."""
    start = subjects.he_normal(ACTIVATION, DEPTH, r, eps, SEEDS[0])
    flow = GradientFlow(clock="escape", rtol=subjects.FINE)
    there = escape(r, eps)
    until = there + BEYOND
    before = np.linspace(0, there, BEFORE + 1)[1:]
    after = there + np.geomspace(0.01, 1, AFTER) * BEYOND
    experiment = Experiment(start, subjects.risk(), flow, until=until)
    teacher = np.eye(subjects.FEATURES)[0]
    small = tuple(range(DEPTH))
    watch = (TrainingRisk(), MeanGain(small), FeatureOverlap(teacher))
    return train(experiment, watch, records=np.append(before, after[:-1]))


def _plateau(run: Trajectory) -> float:
    """The length of the first stretch on which the risk stays."""
    risk = run.seen["TrainingRisk"]
    found = find_plateaus(run.times, risk, height=HEIGHT, length=LEAST)
    return found[0].length if found else 0.0


def _draw(runs, counts) -> plots.Drawing:
    columns = max(len(counts), 2)
    drawing = plots.figure(2, columns, height=6.0, width=2.9 * columns + 0.4)
    look = plots.strokes([f"ε = {eps:.0e}" for eps in SIZES])
    zero = float(np.asarray(next(iter(runs.values())).seen["TrainingRisk"])[0])
    for i, r in enumerate(counts):
        curves = {
            f"ε = {eps:.0e}": (runs[r, eps].times, runs[r, eps].seen["TrainingRisk"])
            for eps in SIZES
        }
        curves = {name: (t, np.asarray(v) / zero) for name, (t, v) in curves.items()}
        drawing[0, i].frame(
            title=f"{r} of {DEPTH} layers small", x="flow time",
            y="risk / start", log="x",
        ).lines(curves, look=look, labels="key", markers=3)  # fmt: skip
    last = counts[-1]
    looks = (
        ("TrainingRisk", "risk / start", zero),
        ("FeatureOverlap", "share along the teacher", 1.0),
        ("MeanGain", "mean gain of the layers", 1.0),
    )
    for panel, (name, y, unit) in zip(
        drawing.grid.flat[len(counts) :], looks, strict=False
    ):
        curves = {
            f"ε = {eps:.0e}": (
                np.asarray(runs[last, eps].times) / escape(last, eps),
                np.asarray(runs[last, eps].seen[name]) / unit,
            )
            for eps in SIZES
        }
        panel.frame(
            title=f"{last} small", x="time / time to escape", y=y,
            log="y" if name == "MeanGain" else "",
        ).lines(curves, look=look, labels="key", markers=3).moment(1.0)  # fmt: skip
        panel.axes.set_xlim(0, 1.4)
    return drawing.key(columns=4)


def _table(runs) -> Numbers:
    rows = [
        (
            f"r = {r}, ε = {eps:.0e}", escape(r, eps), _plateau(run),
            _plateau(run) / escape(r, eps), int(run.steps),
            float(np.asarray(run.seen["FeatureOverlap"])[BEFORE - 1]),
        )
        for (r, eps), run in runs.items()
    ]  # fmt: skip
    columns = (
        "small layers", "time to escape", "plateau", "ratio",
        "steps", "share along the teacher",
    )  # fmt: skip
    return Numbers(
        columns,
        rows,
        "The length is that of the first "
        f"stretch on which the risk moves by less than {HEIGHT:.0%} of its range",
    )


def _words(runs) -> tuple[str, ...]:
    last = max(r for r, _ in runs)
    most = max(int(run.steps) for run in runs.values())
    long = max(float(run.times[-1]) for run in runs.values())
    mid = [
        np.asarray(runs[last, eps].seen["TrainingRisk"])[:BEFORE] for eps in SIZES[1:]
    ]
    spread = max(np.max(np.abs(a - mid[-1])) for a in mid) / mid[-1][0]
    share = [
        np.asarray(run.seen["FeatureOverlap"])
        for (r, _), run in runs.items() if r == last
    ]  # fmt: skip
    return (
        "While the risk stands still the layers grow and turn: where all are small, "
        "the share of the first layer along the teacher has risen by the escape from "
        f"{share[-1][0]:.2f} to {share[-1][BEFORE - 1]:.2f}. In units of the time to "
        f"escape the curves of all starts below {SIZES[0]:g} are one curve (to "
        f"{number(spread, 1)} of the start's risk): on the plateau the flow is that of "
        "the leading order, and all that ε sets is its clock. The longest run lasts "
        f"{number(long, 2)} units of flow time and takes {most} steps at most, because "
        "it is integrated in a clock that runs with the size of the small layers.",
    )
