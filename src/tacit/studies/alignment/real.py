"""Real data that a hyperplane separates, and some that none does."""

import functools

import numpy as np

from ...claims.margins import DeeperIsSlowerOutside, LayersAlign, LayersFindTheMargin
from ...experiment import Experiment
from ...flows import GradientFlow
from ...integration.clocks import LogRisk as LogRiskClock
from ...observables import FlatWeights, LinearPredictor, LogRisk
from ...reporting import Finding, number, Numbers, Picture, plots, Section
from ...training import train, Trajectory
from ...verdict import judge
from ..base import Answer
from . import ends
from .subjects import real, Subject


LAYERS = (1, 3)
END = 1e10
STEPS = 3_000
"""The most steps of a run: it ends there where the data are not separable."""

SETS = (
    ("iris", "setosa", "versicolor"),
    ("wine", "class_0", "class_1"),
    ("breast_cancer",),
    ("digits", 3, 8),
    ("golub",),
    ("iris", "versicolor", "virginica"),
)
FOLLOWED = (0, 2, 4)
"""Those whose flow is followed; of the others the margin is computed."""


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """Margin, support vectors and the error of the direction on real data."""
    found = {i: subject for i, key in enumerate(SETS) if (subject := _load(key))}
    together = list(found.values())
    apart = [each for each in together if each.apart.separable]
    mixed = next(each for each in together if not each.apart.separable)
    followed = [found[i] for i in (FOLLOWED[:1] if quick else FOLLOWED) if i in found]
    pairs = [(followed[0], 1), *((s, LAYERS[-1]) for s in followed)]
    runs = {(s, L): _follow(s, L) for s, L in pairs}
    stuck = _follow(mixed, LAYERS[-1])
    section = Section(
        "Real data",
        *_words(apart, mixed, runs, stuck, missing=len(SETS) - len(together)),
        Picture(
            plots.to_svg(
                _draw(runs, followed[0], mixed, stuck),
                alt="Left: the angle to the direction of largest margin against the "
                "norm on real data, one layer and three; three are far behind. Right: "
                "the risk against the norm: with separable classes it falls for ever, "
                "with others it stops at a finite norm.",
            ),
            f"Balanced layers of rank one. Left: the direction, {LAYERS[-1]} layers "
            "and one; asymptotic beyond the upright line, or 1000 over the margin if "
            f"that is more. Right: {LAYERS[-1]} layers on {followed[0].title} and on "
            f"{mixed.title}.",
        ),
        _margins(apart),
        _rates(runs),
    )
    findings = [
        Finding.of(judge(claim, run), on=f"{s.title}, L = {L}")
        for (s, L), run in runs.items()
        for claim in _claims(L)
    ]
    close = _follow(mixed, LAYERS[-1], float(0.5 * stuck.times[-1]))
    on = f"{mixed.title}, L = {LAYERS[-1]}"
    findings.append(Finding.of(judge(LayersAlign(), close), on=on))
    records = {f"{s.name}-L{L}": run.to_xarray() for (s, L), run in runs.items()}
    return Answer(section, tuple(findings), records)


def _claims(L: int):
    rate = DeeperIsSlowerOutside(depth=L)
    return (rate,) if L == 1 else (rate, LayersAlign(), LayersFindTheMargin())


def _load(key: tuple) -> Subject | None:
    name, *classes = key
    return real(name, *classes)


@functools.cache
def _follow(subject: Subject, depth: int, until: float = 0.0) -> Trajectory:
    """The flow to the end or to the norm `until`; where classes mix it stops itself."""
    network, meet = subject.balanced(depth), until or ends.HAND_OVER
    if subject.apart.separable:
        meet = max(meet, 1e3 / subject.best.margin)
    clock = LogRiskClock(hand_over=meet)
    flow = GradientFlow(clock=clock, rtol=1e-6, max_steps=STEPS)
    watch = (FlatWeights(), LinearPredictor(), LogRisk())
    times = ends.records(network, meet, END)
    if not subject.apart.separable:
        times = times[: ends.SOFT]
    experiment = Experiment(network, subject.risk, flow, until=float(times[-1]))
    return train(experiment, watch, records=times)


def _draw(runs, first: Subject, mixed: Subject, stuck: Trajectory) -> plots.Drawing:
    drawing = plots.figure(1, 2, height=3.6, width=8.0)
    curves = {
        f"{s.name.split('_')[-1].capitalize()}, L = {L}": (
            ends.norms(run),
            ends.turned(run, s),
        )
        for (s, L), run in runs.items()
    }
    drawing[0].frame(
        title="direction", x="norm of the predictor", y="sine to the margin", log="xy"
    ).lines(curves, floor=ends.ROUNDING)
    drawing[0].moment(ends.HAND_OVER, "asymptotic")
    drawing[0].axes.set_ylim(ends.ROUNDING, 30)
    both = {first.title: runs[first, LAYERS[-1]], mixed.title: stuck}
    curves = {}
    for name, run in both.items():
        near = ends.norms(run) < 300
        risk = np.exp(np.asarray(run.seen["LogRisk"])[near])
        curves[name.split(" ")[-1]] = (ends.norms(run)[near], risk)
    drawing[1].frame(
        title="risk on iris", x="norm of the predictor", y="risk", log="xy"
    ).lines(curves, labels="key")
    drawing[1].moment(float(stuck.times[-1]), "it stops here")
    drawing[1].axes.set_ylim(1e-8, 3)
    drawing[1].key("lower left")
    return drawing


def _margins(apart: list[Subject]) -> Numbers:
    rows = []
    for s in apart:
        held = int(s.best.support.sum())
        rows.append((s.title, s.problem.n, s.problem.d, s.best.margin, held, s.rank))
    return Numbers(
        ("data", "samples", "features", "margin", "support", "span"),
        rows,
        "Data that are separable with an intercept (counted as a feature): the margin "
        "in units of the longest sample, how many support vectors there are, and how "
        "many dimensions they span",
    )


def _power(run: Trajectory, subject: Subject) -> float:
    floor = max(1e-12, 100 * np.finfo(float).eps / subject.best.margin)
    return ends.slope(ends.norms(run), ends.turned(run, subject), floor=floor)


def _rates(runs) -> Numbers:
    rows = [
        (s.title, L, ends.turned(run, s)[-1], _power(run, s), s.power(L))
        for (s, L), run in runs.items()
    ]
    return Numbers(
        ("data", "layers", "sine at the end", "power of the norm", "predicted"),
        rows,
        "How the error of the direction falls, over its last decade above rounding",
    )


def _words(apart, mixed: Subject, runs, stuck: Trajectory, *, missing: int):
    spans = [s.title for s in apart if s.best.spanning]
    most = sum(s.problem.n > s.problem.d for s in apart)
    first, L = next(iter(runs))[0], LAYERS[-1]
    off = max(abs(_power(run, s) - s.power(depth)) for (s, depth), run in runs.items())
    said = (
        f"{len(apart)} of the {len(apart) + 1} pairs of classes tried are separable "
        "once there is an intercept, each with a certificate. "
        + (
            "On **none of them do the support vectors span**"
            if not spans
            else f"The support vectors span on {', '.join(spans)} only"
        )
        + f", though {most} have more samples than features: Assumption 3 is not what "
        "real data are like. The limit is right all the same, and the price is paid "
        f"in depth. The error falls like $\\|w\\|^{{-1/{L}}}$ with {L} layers (the "
        f"powers measured are within {number(off, 1)} of those predicted). "
    )
    one, deep = (ends.turned(runs[first, k], first)[-1] for k in (1, L))
    said += (
        f"On {first.title} the sine at $\\|w\\| = 10^{{10}}$ is "
        f"{number(one, 2)} with one layer and {number(deep, 2)} with {L}."
    )
    held = int(np.sum(mixed.apart.value > 0))
    low = float(np.exp(np.asarray(stuck.seen["LogRisk"])[-1]))
    second = (
        f"{mixed.title} is not separable, and the proof is a mixture of {held} samples "
        f"$y_i x_i$ that is 0 (to {number(max(mixed.apart.residual, 1e-17), 1)}). The "
        "theorem's setting says so and its statement does not; here every claim about "
        "margins answers *does not apply* and hands over that mixture. The flow then "
        f"comes to rest at $\\|w\\|$ = {number(stuck.times[-1])}, with risk "
        f"{number(low)}."
    )
    if missing:
        second += (
            " The gene expression data of Golub et al. are part of the full run when "
            "the `data` extra is installed."
        )
    return said, second
