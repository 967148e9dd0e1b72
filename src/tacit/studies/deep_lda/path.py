"""The two-sided network: a sparse path at one end, one layer at the other."""

import math

import numpy as np

from ...claims.limits.jumps import FeaturesJumpIn
from ...claims.limits.two_sided_limits import LargeSidesAreLazy
from ...experiment import Experiment
from ...networks import AbstractLinearNetwork, Diagonal, TwoSided
from ...observables import FisherRatio, Hoyer, LinearPredictor
from ...oracles import fisher_direction, jump_path, JumpPath
from ...reporting import Finding, number, Numbers, Picture, plots, Section
from ...training import train, Trajectory
from ...verdict import judge
from ..base import Answer
from .lazy import against_one_layer, FLOW, SHARES, sides
from .subjects import STRONG, Subject, synthetic, WEAK


WATCH = (LinearPredictor(), FisherRatio(), Hoyer())
TINY, TINIEST = (1e-20, 1e-60), 1e-280
"""The product u v: for all features, and for the informative ones, which are close."""


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """How features come in one by one, and when nothing of the kind happens."""
    subject = _informative() if quick else synthetic()
    path = jump_path(subject.problem)
    kappas = (TINIEST,) if quick else TINY
    tiny = {_named(kappa): _from_one(subject, path, kappa) for kappa in kappas}
    uniform = {
        "one layer": Diagonal(subject.w0[None]),
        "two sides, ε = 0.01": sides(subject, 0.01),
    }
    if not quick:
        uniform["two layers"] = subject.network(2)
    wide = {name: _long(subject, start) for name, start in uniform.items()}
    lazy = against_one_layer(subject, SHARES[1::2] if quick else SHARES)
    findings = _findings(subject, tiny, quick=quick)
    drawing = _draw(subject, path, tiny, wide, lazy)
    level = 0.9 * path.objectives[-1]
    rows = [
        (name, _sparsity_at(run, level), float(run.seen["Hoyer"][-1]))
        for name, run in (tiny | wide).items()
    ]
    section = Section(
        "The two-sided network as a path",
        *_words(subject, path, tiny, wide, lazy),
        Picture(
            plots.to_svg(
                drawing,
                alt="Number of features in use against time, a staircase beside its "
                "prediction; weights against time; sparsity against the criterion for "
                "four networks; distance from one layer against epsilon, a line of "
                "slope 2.",
            ),
            f"{subject.title}, $w = u^2 - v^2$. Top left: features above 1 % of "
            "the largest, and the predicted staircase; time is in units of "
            "$\\ln(1/\\kappa)$. Top right: the weights, their magnitudes adding up to "
            f"1 ({list(tiny)[-1]}). Bottom left: sparsity at equal criterion. Bottom "
            "right: distance between the directions of two sides and of one layer, "
            "halfway up in $J$.",
        ),
        Numbers(
            ("start", "Hoyer at 0.9 of the largest J", "Hoyer at the end"),
            rows,
            "Sparsity at equal criterion and at the end",
        ),
    )
    records = {
        f"kappa{kappa:.0e}": tiny[_named(kappa)].to_xarray() for kappa in kappas
    } | {
        name.split(",")[0].replace(" ", "_"): run.to_xarray()
        for name, run in wide.items()
    }
    return Answer(section, findings, records)


def _informative() -> Subject:
    """The features whose means differ, without the noise."""
    few = synthetic().problem.select(features=np.arange(STRONG + WEAK))
    return Subject("informative", "Synthetic, informative features", few)


def _named(kappa: float) -> str:
    return f"κ = {number(kappa, 1).removeprefix('1 × ')}"


def _from_one(subject: Subject, path: JumpPath, kappa: float) -> Trajectory:
    """The flow from the one feature that is best alone."""
    start = TwoSided.at(path.points[0], kappa=kappa)
    span = math.log(1 / kappa)
    taus = np.geomspace(path.times[1] / 5, 2 * path.times[-1], 300)
    experiment = Experiment(start, subject.risk, FLOW, until=span * taus[-1])
    return train(experiment, WATCH, records=span * taus)


def _long(subject: Subject, start: AbstractLinearNetwork) -> Trajectory:
    experiment = Experiment(start, subject.risk, FLOW, until=1e4)
    return train(experiment, WATCH, records=np.geomspace(1e-4, 1e4, 200))


def _findings(subject: Subject, tiny, *, quick: bool) -> tuple[Finding, ...]:
    jump, small = FeaturesJumpIn(), LargeSidesAreLazy()
    found = [
        Finding.of(judge(jump, run), on=f"{subject.title}, {name}")
        for name, run in tiny.items()
    ]
    if quick:
        return tuple(found)
    few = _informative()
    run = _from_one(few, jump_path(few.problem), TINIEST)
    on = f"{few.title}, {_named(TINIEST)}"
    found.append(Finding.of(judge(jump, run), on=on))
    start = sides(subject, 0.03)
    run = train(Experiment(start, subject.risk, FLOW, until=0.0))
    on = f"{subject.title}, ε = 0.03"
    found.append(Finding.of(judge(small, run), on=on))
    return tuple(found)


def _in_use(run: Trajectory) -> np.ndarray:
    size = np.abs(np.asarray(run.seen["LinearPredictor"]))
    return np.sum(size > 0.01 * size.max(axis=1, keepdims=True), axis=1)


def _sparsity_at(run: Trajectory, level: float) -> float:
    """Hoyer's sparsity when the criterion passes `level`."""
    J, sparsity = np.asarray(run.seen["FisherRatio"]), np.asarray(run.seen["Hoyer"])
    return float(np.interp(level, J, sparsity))


def _scaled(run: Trajectory) -> np.ndarray:
    start = run.experiment.network
    return np.asarray(run.times) / -np.log(float(start.u[0] * start.v[0]))


def _draw(subject, path, tiny, wide, lazy) -> plots.Drawing:
    drawing = plots.figure(2, 2, height=6.2)
    last = list(tiny.values())[-1]
    taus = _scaled(last)
    counts = {name: (_scaled(run), _in_use(run)) for name, run in tiny.items()}
    size = np.abs(path.points)
    above = np.sum(size > 0.01 * size.max(axis=1, keepdims=True), axis=1)
    steps = above[np.searchsorted(path.times, taus, side="right") - 1]
    drawing[0].frame(
        title="features in use", x="time / ln(1/κ)", y="features", log="x"
    ).lines(counts | {"predicted": (taus, steps)}, labels="key").key("best")
    w = np.asarray(last.seen["LinearPredictor"])
    w = w / np.abs(w).sum(axis=1, keepdims=True)
    drawing[1].frame(
        title="one after another", x="time / ln(1/κ)", y="share of weight", log="x"
    ).bundle(taus, w, _kinds(subject)).key("best")
    best = path.objectives[-1]
    curves = {
        name: (np.asarray(run.seen["FisherRatio"]) / best, run.seen["Hoyer"])
        for name, run in (wide | dict([list(tiny.items())[-1]])).items()
    }
    drawing[2].frame(
        title="at equal criterion", x="$J$ / largest $J$", y="Hoyer's sparsity"
    ).lines(curves, labels="key").key("center left")
    drawing[2].axes.set_ylim(0, 1.1)
    square = lazy.distances[-1] * (lazy.shares / lazy.shares[-1]) ** 2
    drawing[3].frame(
        title="two sides against one layer", x="ε", y="distance of directions", log="xy"
    ).lines(
        {"measured": (lazy.shares, lazy.distances), "slope 2": (lazy.shares, square)},
        labels="key",
    ).key("upper left")
    return drawing


def _words(subject, path, tiny, wide, lazy) -> tuple[str, ...]:
    name, run = list(tiny.items())[-1]
    w = np.asarray(run.seen["LinearPredictor"])
    w = w / np.abs(w).sum(axis=1, keepdims=True)
    taus = _scaled(run)
    plateau = path.points[np.searchsorted(path.times, taus, side="right") - 1]
    near = float(np.mean(np.abs(w - plateau).max(axis=1) < 0.01))
    kinds = _kinds(subject)
    order = [kinds[i] for i in _entries(path)]
    useful = sum(kind != "noise" for kind in order)
    early = order.index("noise") if "noise" in order else len(order)
    came = (
        f"The first {early} features to come in are informative, of {useful} in all, "
        "and then noise follows: the path is sparse, its end is not. "
        if "noise" in order
        else ""
    )
    end = fisher_direction(subject.problem).value
    final = w[-1] / np.linalg.norm(w[-1])
    off = float(np.linalg.norm(final - (final @ end) * end))
    level = 0.9 * path.objectives[-1]
    sparse = {each: _sparsity_at(r, level) for each, r in (tiny | wide).items()}
    first = (
        "A network $w = u^2 - v^2$ has no sign to lock. Started at one feature, with "
        "$u_i v_i = \\kappa$ tiny, the others come in one after another: the predictor "
        "rests on plateaus, each the best discriminant of the features that are in, "
        "and jumps when the next arrives. The order and the times, in units of "
        "$\\ln(1/\\kappa)$, follow from algebra alone. With "
        f"{name} the network is within 0.01 of its predicted plateau at "
        f"{100 * near:.0f} % of the recorded times. {came}It ends at "
        f"plain LDA (sine {number(off, 1)}); stopping early is what selects."
    )
    plain, equal = sparse["one layer"], sparse["two sides, ε = 0.01"]
    second = (
        "For other losses a small start is the rich one (Woodworth et al. 2020). Here "
        "the size of the start changes nothing but the clock; what counts is the size "
        "of the predictor against its two sides, ε. Where ε is small, $u$ and $v$ "
        "nearly equal as in the usual small start, the network follows *one layer*: "
        "the distance between "
        f"the two paths at equal $J$ goes like ε to the power {lazy.order:.3f}. At 0.9 "
        f"of the largest $J$ its sparsity is {equal:.3f} and one layer's {plain:.3f}; "
        f"the path from one feature has {sparse[name]:.3f} there. The usual small "
        "start is lazy."
    )
    return first, second


def _kinds(subject: Subject) -> list[str]:
    """What every feature is by design: strong, weak or noise."""
    return [name.split("_")[0] for name in subject.problem.features or ()]


def _entries(path: JumpPath) -> list[int]:
    """The features in the order in which they come in, each once."""
    seen: list[int] = []
    for support in path.supports:
        seen += [int(i) for i in np.flatnonzero(support) if i not in seen]
    return seen
