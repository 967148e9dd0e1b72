"""Several outputs, and one output on several classes."""

import functools

import numpy as np
import scipy.linalg

from ...claims.conservation.deep_linear_conservation import (
    GramDifferencesConserved,
    SquareTopFrozen,
    TopGramConserved,
)
from ...claims.conservation.layer_norms import LayerNormsConserved
from ...claims.limits.fully_connected_limit import DepthIsAClock
from ...claims.limits.row_space import BestRowSpace
from ...claims.limits.several_limits import EndsStationary
from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import AbstractScatterLoss, RatioTrace, TraceRatio
from ...networks import DeepLinear
from ...oracles import optimum
from ...problems import load, Problem
from ...reporting import Finding, number, Numbers, Picture, plots, Section
from ...risk import Risk
from ...training import train, Trajectory
from ...verdict import judge, observed_by
from ..base import Answer
from .several_ends import alone, Ends
from .subjects import real


KEPT = (
    LayerNormsConserved(),
    GramDifferencesConserved(),
    TopGramConserved(),
    SquareTopFrozen(),
)
LOSSES: dict[str, AbstractScatterLoss] = {
    "ratio trace": RatioTrace(),
    "trace ratio": TraceRatio(),
}
SQUARE, QUICK, DEEP = (13, 6, 2, 2), (13, 2, 2), (13, 6, 4, 2)
"""Widths from input to output; the last layer of the first two is square."""

EXACT = GradientFlow(rtol=1e-11, atol=1e-13, chart="parameters")
CLOSE = GradientFlow(rtol=1e-12, atol=1e-14, chart="parameters", solver="stiff")
"""Quicker to compile, and conserves a hundredth as well."""


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """Which Gram matrices stay, where rows go, and how one output gets stuck."""
    problem, best = _wine(), optimum(_wine(), 2).value
    claims = KEPT[:3] if quick else KEPT
    watch = observed_by(*claims, BestRowSpace())
    widths, flow = (QUICK, CLOSE) if quick else (SQUARE, EXACT)
    runs, findings = {}, []
    for name, loss in LOSSES.items():
        risk = Risk(problem, loss)
        run = train(
            Experiment(_start(widths), risk, flow, until=10.0), watch, records=80
        )
        runs[name] = run
        on = f"Wine, 3 classes, {name}"
        findings += [Finding.of(judge(claim, run), on=on) for claim in claims]
    stacks = {_named(widths): runs["ratio trace"]}
    if not quick:
        risk = Risk(problem, RatioTrace())
        experiment = Experiment(_start(DEEP), risk, EXACT, until=10.0)
        stacks[_named(DEEP)] = train(experiment, watch, records=80)
    claim = BestRowSpace()
    for name, run in stacks.items():
        on = f"Wine, 3 classes, widths {name}"
        findings.append(Finding.of(judge(claim, run), on=on))
    if not quick:
        findings.append(_clock())
    ends = alone(problem, 8, 3 if quick else 8)
    for run in ends.two:
        on = f"Wine, 3 classes, one output, J = {run.seen['FisherRatio'][-1]:.2f}"
        findings.append(Finding.of(judge(EndsStationary(), run), on=on))

    drift = {name: _drift(run) for name, run in runs.items()}
    off = {name: (run.times, _off(run, best)) for name, run in stacks.items()}
    thin = {name: _thinness(run) for name, run in runs.items()}
    rows = [
        (name, *(each[1].max() for each in drift[name].values()), thin[name])
        for name in runs
    ]
    section = Section(
        "Three classes",
        *_words(drift, thin, off, ends),
        Picture(
            plots.to_svg(
                _draw(drift, off, ends),
                alt="Drift of three conserved quantities under two objectives; the "
                "angle to the best plane against time for several stacks of layers; "
                "where a single output ends, for several starts in each of eight "
                "orthants.",
            ),
            "Wine with its three classes. Top: drift under the ratio trace and under "
            f"the trace ratio, widths {_named(widths)}. Bottom left: angle between "
            "the row space and the plane of the two best discriminants, under the "
            "ratio trace. Bottom right: one diagonal output of two balanced layers; "
            f"each dot is the end of one of {ends.J.shape[1]} starts with the signs of "
            "its column, the first column those of the best discriminant.",
        ),
        Numbers(
            ("objective", *drift["ratio trace"], "second singular value / first"),
            rows,
            "Largest relative drift, and how flat the two outputs are at the end",
        ),
    )
    kept = {name.replace(" ", "_"): run.to_xarray() for name, run in runs.items()}
    kept |= {f"widths_{n}": r.to_xarray() for n, r in list(stacks.items())[1:]}
    return Answer(section, tuple(findings), kept)


@functools.cache
def _wine() -> Problem:
    return load("wine").standardised()


def _named(widths: tuple[int, ...]) -> str:
    return "-".join(map(str, widths))


def _start(widths: tuple[int, ...]) -> DeepLinear:
    rng = np.random.default_rng(0)
    pairs = zip(widths, widths[1:], strict=False)
    return DeepLinear([rng.standard_normal((n, m)) / np.sqrt(m) for m, n in pairs])


def _drift(run: Trajectory) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """How far everything that might be conserved has moved at every time."""
    layers = [np.asarray(W) for W in run.experiment.network.layers]
    pairs = zip(layers[1:], layers, strict=False)
    norms = np.array([np.sum(W**2) for W in layers])
    neighbours = np.concatenate([np.ravel(V.T @ V - W @ W.T) for V, W in pairs])
    before = {
        "layer norms": ("LayerNorms", norms),
        "neighbours": ("Imbalance", neighbours),
        "top layer": ("TopGram", layers[-1] @ layers[-1].T),
    }
    out = {}
    for label, (name, first) in before.items():
        stray = np.abs(np.asarray(run.seen[name]) - first).reshape(len(run.times), -1)
        out[label] = (np.asarray(run.times), stray.max(axis=1) / np.abs(first).max())
    return out


def _off(run: Trajectory, best: np.ndarray) -> np.ndarray:
    """The sine of the largest angle between the rows and the best, at every time."""
    rows = np.asarray(run.seen["LinearPredictor"])
    angles = [scipy.linalg.subspace_angles(E.T, best.T).max() for E in rows]
    return np.sin(angles)


def _thinness(run: Trajectory) -> float:
    """The second singular value of the predictor at the end, over the first."""
    sizes = np.linalg.svd(np.asarray(run.network.predictor()))[1]
    return float(sizes[1] / sizes[0])


def _clock() -> Finding:
    """Whether depth is a clock and nothing else, on the two classes of wine."""
    wine = next(each for each in real() if each.name == "wine")
    start = DeepLinear.balanced(wine.w0, depth=3, width=4)
    flow = GradientFlow(rtol=1e-12, atol=1e-14, chart="parameters")
    claim = DepthIsAClock()
    run = train(Experiment(start, wine.risk, flow, until=50.0), claim.observes)
    return Finding.of(judge(claim, run), on=f"{wine.title}, fully connected, L = 3")


def _draw(drift, off, ends: Ends) -> plots.Drawing:
    drawing = plots.figure(2, 2, height=6.0)
    look = plots.strokes(drift["ratio trace"])
    for i, (name, curves) in enumerate(drift.items()):
        drawing[i].frame(
            title=name, x="flow time", y="largest relative drift", log="y"
        ).lines(curves, look=look, floor=1e-17)
        drawing[i].axes.set_ylim(1e-17, 10)
    drawing[2].frame(
        title="rows, ratio trace", x="flow time", y="sine of the angle", log="y"
    ).lines(off, floor=1e-16)
    ends.draw(drawing[3])
    return drawing


def _words(drift, thin, off, ends: Ends) -> tuple[str, ...]:
    """What the runs say, in sentences that follow what came out."""
    top = {name: each["top layer"][1].max() for name, each in drift.items()}
    both = [each[k][1].max() for each in drift.values() for k in list(each)[:2]]
    first = (
        "With several outputs it matters which symmetry the objective has. Neither the "
        "ratio trace nor the trace ratio sees scale, and both keep every layer's norm "
        "and the difference of the Gram matrices of neighbours "
        f"(drift at most {number(max(both), 1)}). The ratio trace does not see the "
        "basis of the outputs either, and with it the whole Gram matrix "
        f"$W_L W_L^\\top$ of the top layer stays (drift {number(top['ratio trace'], 1)}"
        f", against {number(top['trace ratio'], 2)} under the trace ratio)."
    )
    settled = max(sines[-1] for _, sines in off.values())
    second = (
        "Under the ratio trace the rows of the fully connected layers come to the "
        f"plane of the two best discriminants (sine {number(settled, 1)} at the end). "
        "Fully connected depth changes how fast they come there and not where: what "
        "the paper finds is a property of *diagonal* layers. The trace ratio does not "
        "want a plane at all: its two outputs turn to one direction, and the second "
        "singular value of the network falls to "
        f"{number(thin['trace ratio'], 1)} of the first (under the ratio "
        f"trace it is {number(thin['ratio trace'], 2)})."
    )
    return first, second, ends.words()
