"""Real data: how long a small network waits before it learns anything."""

import functools
import math
from typing import NamedTuple

import numpy as np

from ...events import RiskBelow
from ...experiment import Experiment
from ...fits import Exponent, find_plateaus, fit_exponent
from ...flows import GradientFlow
from ...losses import CrossEntropy, Logistic
from ...networks import MLP
from ...observables import TrainingRisk
from ...problems import load, Problem
from ...reporting import number, Numbers, Picture, plots, Section
from ...risk import Risk
from ...training import train, Trajectory
from ..base import Answer
from . import subjects


SEEDS = (1, 2, 3)
DEPTH, HIDDEN, ACTIVATION = 3, 10, "tanh"
SIZES = tuple(float(e) for e in np.geomspace(1e-1, 1e-4, 7))
SHOWN = (0, 2, 4, 6)
EVERY, RECORDS = 5, 60
"""Of the digits every fifth is taken; the records are before the escape, and after."""


class Subject(NamedTuple):
    """Data, how many outputs a network of them has, and how long a curve is drawn.

    `beyond` is how long after the escape.
    """

    title: str
    risk: Risk
    outputs: int
    beyond: float

    @property
    def zero(self) -> float:
        """The risk of the network that is 0 everywhere."""
        return math.log(max(self.outputs, 2))

    def network(self, eps: float, seed: int) -> MLP:
        """Random layers, all of them small."""
        d = self.risk.problem.d
        widths = (d, *[HIDDEN] * (DEPTH - 1), self.outputs)
        return MLP.he_normal(
            widths, seed=seed, small=DEPTH, eps=eps, activation=ACTIVATION
        )


class Waited(NamedTuple):
    """Escape times ``(seeds, eps)``, their exponent, and measured over predicted."""

    times: np.ndarray
    fit: Exponent
    ratio: np.ndarray


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """Plateaus of a three-layer network on tumours and on handwritten digits."""
    names = ("breast_cancer",) if quick else ("breast_cancer", "digits")
    seeds = SEEDS[:1] if quick else SEEDS
    found = subjects.side_by_side(lambda name: wait(name, seeds), names)
    curves = {name: [follow(name, i) for i in SHOWN] for name in names}
    section = Section(
        "Real data",
        *_words(found),
        Picture(
            plots.to_svg(
                _draw(found, curves),
                alt="Left: the risk on real data against time, with a plateau that is "
                "longer for smaller starts. Right: the time to escape against the size "
                "of the start, on the predicted line.",
            ),
            f"{DEPTH} layers, {HIDDEN} hidden units, {ACTIVATION}, all layers small. "
            "Left: the risk of one draw. Right: the time to escape for every draw, and "
            "dashed the leading-order flow, which is not fitted.",
        ),
        _table(found, curves),
    )
    records = {
        f"{name}-{SIZES[i]:.0e}": run.to_xarray()
        for name, runs in curves.items()
        for i, run in zip(SHOWN, runs, strict=True)
    }
    return Answer(section, (), records)


@functools.cache
def subject(name: str) -> Subject:
    """The data, every feature standardised."""
    if name == "breast_cancer":
        risk = Risk(load(name).standardised(), Logistic())
        return Subject("Breast cancer", risk, 1, 60.0)
    whole = load(name)
    few = Problem(np.asarray(whole.X)[::EVERY], np.asarray(whole.labels)[::EVERY])
    return Subject(
        "Digits", Risk(few.varying().standardised(), CrossEntropy()), 10, 6.0
    )


def _event(data: Subject) -> RiskBelow:
    return RiskBelow((1 - subjects.DROP) * data.zero)


@functools.cache
def wait(name: str, seeds: tuple[int, ...]) -> Waited:
    """The times from every size and seed, and the law of each seed."""
    data = subject(name)
    spent, laws = [], []
    for seed in seeds:
        starts = [data.network(eps, seed) for eps in SIZES]
        runs = subjects.timed(starts, data.risk, _event(data), 1e-8)
        spent.append(subjects.times(runs))
        law = subjects.leading(starts[-1], data.risk, DEPTH)
        laws.append(law.time(level=1e4) * SIZES[-1])
    times = np.array(spent)
    fit = fit_exponent(np.array(SIZES), times, power=float(DEPTH - 2))
    return Waited(times, fit, fit.prefactors / np.array(laws))


@functools.cache
def follow(name: str, i: int) -> Trajectory:
    """The curve of the first seed from the `i`-th size."""
    data = subject(name)
    there = float(wait(name, SEEDS[:1]).times[0, i])
    before = np.linspace(0, there, RECORDS + 1)[1:]
    after = there + np.geomspace(0.01, 1, RECORDS) * data.beyond
    flow, start = (
        GradientFlow(clock="escape", rtol=1e-8),
        data.network(SIZES[i], SEEDS[0]),
    )
    experiment = Experiment(start, data.risk, flow, until=float(after[-1]))
    return train(experiment, (TrainingRisk(),), records=np.append(before, after[:-1]))


def _length(run: Trajectory) -> float:
    found = find_plateaus(run.times, run.seen["TrainingRisk"], length=0.02)
    return found[0].length if found else math.nan


def _draw(found, curves) -> plots.Drawing:
    drawing = plots.figure(len(found), 2, height=3.3 * len(found) + 0.3, width=8.4)
    look = plots.strokes([f"ε = {SIZES[i]:.0e}" for i in SHOWN])
    for row, (name, each) in enumerate(found.items()):
        data = subject(name)
        lines = {}
        for i, run in zip(SHOWN, curves[name], strict=True):
            t, risk = np.asarray(run.times), np.asarray(run.seen["TrainingRisk"])
            lines[f"ε = {SIZES[i]:.0e}"] = (t[1:], risk[1:])
        drawing[row, 0].frame(
            title=data.title, x="flow time", y="risk (nats)", log="x"
        ).lines(lines, look=look, labels="key", markers=3)
        panel = drawing[row, 1].frame(
            title="time to escape", x="size of the start ε", y="flow time", log="xy"
        )
        for mark, times, ratio in zip("os^", each.times, each.ratio, strict=False):
            panel.axes.plot(
                SIZES, times, mark, color="#0072b2", mfc="none", ms=5, ls=""
            )
            A = (times[-1] - times[-2]) / (1 / SIZES[-1] - 1 / SIZES[-2]) / ratio
            panel.axes.plot(SIZES, A / np.array(SIZES), "--", color="#59616b", lw=1)
        panel.axes.invert_xaxis()
    return drawing.key(columns=4)


def _table(found, curves) -> Numbers:
    rows = []
    for name, each in found.items():
        for k, i in enumerate(SHOWN):
            rows.append(
                (
                    f"{subject(name).title}, ε = {SIZES[i]:.0e}",
                    float(np.median(each.times[:, i])),
                    float(np.median(each.times[:, i]) * SIZES[i]),
                    _length(curves[name][k]),
                )
            )
    columns = ("data", "time to escape, median", "times ε", "plateau of the first draw")
    return Numbers(
        columns, rows,
        "The plateau ends where the risk has moved by 5 % of what it moves in all",
    )  # fmt: skip


def _between(ratio: np.ndarray) -> str:
    ends = sorted({f"{ratio.min():.4f}", f"{ratio.max():.4f}"})
    return " to ".join(ends)


def _words(found) -> tuple[str, ...]:
    said = []
    for name, each in found.items():
        data, fit = subject(name), each.fit
        range_ = (
            f"95 % interval {fit.low:.6f} to {fit.high:.6f}".replace("-", "−")
            if np.isfinite(fit.low)
            else "a single draw"
        )
        said.append(
            f"On {data.title.lower()} ({data.risk.problem.n} samples, "
            f"{data.risk.problem.d} features) the exponent over the last decade is "
            f"{fit.value:.6f}".replace("-", "−")
            + f" for −{DEPTH - 2} ({range_}), and the measured "
            "prefactor over that of the leading-order flow is "
            f"{_between(each.ratio)}."
        )
    longest = max(float(each.times.max()) for each in found.values())
    return (
        "Nothing in the law asks for a teacher or for white inputs: to leading order "
        "the data enter by $\\mathbb E[y\\,x]$ alone, through the slope of the loss at "
        "output 0. " + " ".join(said),
        f"The longest plateau lasts {number(longest, 2)} units of flow time; descent "
        "with a step of 0.1 would take ten times as many steps to leave it. Starting "
        "ten times smaller makes it ten times longer, for nothing.",
    )
