"""How additive becomes multiplicative, and how a feature is given up."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from ...claims import AbstractClaim, FirstFeatures, PowerLawTails
from ...claims.measures.paths import gradient
from ...display.notation import number
from ...networks import Diagonal
from ...reporting import Finding, Numbers, Picture, plots, Section
from ...verdict import judge
from ..base import Answer
from .limits import depths, locked, SHARE, to_matched, to_the_limit
from .subjects import Subject, synthetic


LOW = 1e-4
"""A switched-off weight counts as gone below this share of the largest."""

TAIL = 4
"""The depth whose run is late enough for claim C3, and early enough for its J."""

OFF = "switched off"


class Course(NamedTuple):
    """What was measured on the runs of one depth."""

    power: float
    """By which the speed of a weight, for a given slope, grows with its size."""

    rate: float
    """Of the logarithm of strong over noise, at the start, in flow time."""

    gain: float
    """The same in place of flow time against the logarithm of J."""

    matched: float
    """The time of the matched J."""

    spread: float
    """Strong over weak there."""

    fall: np.ndarray
    """Of each switched-off weight: the power of time or, at depth 2, the rate over
    that predicted."""

    gone: float
    """When the last of them is below `LOW`."""


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """Weights against time at every depth, from the first moment to the limit."""
    subject, layers = synthetic(), depths(quick=quick)
    courses = {L: _course(subject, L) for L in layers}
    claims: list[tuple[int, AbstractClaim]] = [
        (L, FirstFeatures(depth=L)) for L in layers
    ]
    claims += [(TAIL, PowerLawTails(depth=TAIL))]
    findings = tuple(
        Finding.of(
            judge(claim, to_the_limit(subject, L)), on=f"{subject.title}, L = {L}"
        )
        for L, claim in claims
    )
    records = {f"L{L}": to_the_limit(subject, L).to_xarray() for L in layers}
    return Answer(_section(subject, courses), findings, records)


def _course(subject: Subject, L: int) -> Course:
    run, there = to_the_limit(subject, L), to_matched(subject, L)
    strong, noise = (list(subject.members(group)) for group in ("strong", "noise"))
    w, moving = _velocity(subject, subject.network(L))
    growth = moving / w
    rate = float(growth[strong].mean() - growth[noise].mean())
    climb = float(-_slope(subject, w) @ moving)
    w, moving = _velocity(subject, there.network)
    speed = np.abs(moving / _slope(subject, w))
    power = float(np.polyfit(np.log(np.abs(w)), np.log(speed), 1)[0])
    matched = float(there.times[-1])
    spread = float(there.seen["StrongWeakRatio"][-1])
    off = ~locked(subject).support
    t, path = np.asarray(run.times), np.abs(np.asarray(run.seen["LinearPredictor"]))
    if L == 1:
        return Course(power, rate, rate / climb, matched, spread, np.empty(0), np.nan)
    share = path[:, off] / path.max(axis=1, keepdims=True)
    above = np.flatnonzero(share.max(axis=1) > LOW)[-1]
    gone = float(t[min(above + 1, len(t) - 1)])
    fall = np.array([_fall(t, x, L) for x in path[:, off].T])
    if L == 2:
        fall /= -2 * _pushes(subject, L)[off]
    return Course(power, rate, rate / climb, matched, spread, fall, gone)


def _slope(subject: Subject, w: np.ndarray) -> np.ndarray:
    return np.asarray(subject.risk.slope(jnp.asarray(w)))


def _velocity(subject: Subject, network: Diagonal) -> tuple[np.ndarray, np.ndarray]:
    """The predictor and its velocity, by the gradient of every layer."""
    layers, w = np.asarray(network.layers), np.asarray(network.predictor())
    down = -np.asarray(gradient(subject.risk, network).layers)
    return w, np.sum(down * w / layers, axis=0)


def _fall(t: np.ndarray, x: np.ndarray, L: int) -> float:
    """The last slope of log x: in t at depth 2, in log t beyond."""
    if L == 2:
        late = np.flatnonzero((x > 1e-200) & (x < 1e-6))[-3:]
        return float(np.polyfit(t[late], np.log(x[late]), 1)[0])
    late = t > t[-1] / 100
    return float(np.polyfit(np.log(t[late]), np.log(x[late]), 1)[0])


def _pushes(subject: Subject, L: int) -> np.ndarray:
    """What pushes each weight back at the limit, at the length it has there."""
    limit = locked(subject)
    quasi = [np.sum(np.abs(w) ** (2 / L)) for w in (subject.w0, limit.value)]
    return limit.signs * limit.slope / (quasi[0] / quasi[1]) ** (L / 2)


def _section(subject: Subject, courses: dict[int, Course]) -> Section:
    deepest = max(courses)
    kept = locked(subject).support
    first, last = courses[1], courses[deepest]
    gains = [course.gain for course in courses.values()]
    deeper = {L: c for L, c in courses.items() if L > 1}
    waits = {L: c.gone / c.matched for L, c in deeper.items()}
    slower = all(np.diff(list(waits.values())) > 0)
    stray = max(float(np.abs(c.fall / _law(L) - 1).max()) for L, c in deeper.items())
    return Section(
        "How additive becomes multiplicative",
        "One layer adds: every weight moves at the speed of its own slope. From a "
        "balanced start of $L$ layers the speed is $L|w_i|^{2-2/L}$ times the slope: "
        "large weights move fast and small ones hardly. The paper calls "
        "this multiplicative; that is exact at depth 2, where the measured power of "
        f"$|w_i|$ is {courses[2].power:.2f}. It is {first.power:.2f} at depth 1 and "
        f"{last.power:.2f} at depth {deepest}.",
        "At a uniform start none of this can be seen: the weights are equal in size, "
        "and every depth sets off in the same direction, only at another speed (claim "
        f"B8). Per unit of $\\log J$ the log-ratio of strong to noise grows by "
        f"{gains[0]:.3f} at every depth (they differ by {number(np.ptp(gains), 1)}). "
        f"Later it shows: where $J$ has come to {SHARE:.0%} of its sign-locked limit, "
        f"strong over weak is {first.spread:.2f} at depth 1 and {last.spread:.2f} at "
        f"depth {deepest}.",
        f"{np.sum(~kept)} of the {len(kept)} features are pushed back for ever, and "
        "from depth 2 on they are given up. One might expect a deeper network to be "
        "quicker at it. "
        + (
            "**The deeper, the slower.** "
            if slower
            else "Depth does not order the times here. "
        )
        + "At depth 2 such a weight falls exponentially, beyond only like "
        "$t^{-L/(L-2)}$; of all weights and depths, the measured power (or rate) that "
        f"is furthest from this law is off by {stray:.1%}. The last one falls below "
        f"{LOW:g} of the largest weight after {waits[2]:.0f} times the time that $J$ "
        f"takes to {SHARE:.0%} of its limit at depth 2, and after "
        f"{waits[deepest]:.0f} times that time at depth {deepest}.",
        _picture(subject, courses),
        _table(courses),
    )


def _picture(subject: Subject, courses: dict[int, Course]) -> Picture:
    kept = locked(subject).support
    groups = [g if k else OFF for g, k in zip(subject.groups, kept, strict=True)]
    look = plots.strokes(("strong", "weak", "noise", OFF))
    rows = -(-len(courses) // 3)
    drawing = plots.figure(rows, 3, share="both", height=2.3 * rows + 0.8)
    for panel, (L, course) in zip(drawing, courses.items(), strict=True):
        run = to_the_limit(subject, L)
        w = np.abs(np.asarray(run.seen["LinearPredictor"]))
        share = np.maximum(w / w.max(axis=1, keepdims=True), 1e-9)
        panel.frame(
            x=f"time / time to {SHARE:.0%} of J",
            y="weight / largest",
            title=f"L = {L}",
            log="xy",
        ).bundle(np.asarray(run.times) / course.matched, share, groups, look=look)
        panel.moment(1)
        panel.axes.set_xlim(1e-2, 1e5)
        panel.axes.set_xticks([1e-1, 1e1, 1e3])
        panel.axes.set_ylim(1e-6, 1.6)
    return Picture(
        plots.to_svg(
            drawing.key(),
            alt="Twenty weights against time on logarithmic axes, one panel a depth: "
            "noise weights dip through zero at depth 1, the switched-off ones fall off "
            "a cliff at depth 2 and along ever flatter straight lines beyond.",
        ),
        "The size of every weight on the synthetic design, relative to the largest. "
        f"The dashed line is where $J$ reaches {SHARE:.0%} of its sign-locked limit. "
        "Dips at depth 1 are changes of sign. From depth 2 on no sign changes; a "
        "straight line is a power of time, and it is flatter the deeper the network.",
    )


def _table(courses: dict[int, Course]) -> Numbers:
    rows = [
        (
            str(L),
            f"{c.power:.3f}",
            f"{c.rate:.3g}",
            f"{c.spread:.2f}",
            _falls(L, c),
            f"{c.gone / c.matched:.0f}" if L > 1 else "—",
        )
        for L, c in courses.items()
    ]
    head = (
        "L",
        "power of $|w|$ in the speed",
        "strong/noise: log-rate at the start",
        f"strong/weak at {SHARE:.0%} of J",
        "switched-off weight",
        f"below {LOW:g} after",
    )
    caption = (
        "Per depth, on the synthetic design: predicted law and, in brackets, the mean "
        f"measured. The last column counts in times to {SHARE:.0%} of $J$."
    )
    return Numbers(head, rows, caption)


def _law(L: int) -> float:
    """What `Course.fall` must be."""
    return 1.0 if L == 2 else -L / (L - 2)


def _falls(L: int, c: Course) -> str:
    if L == 1:
        return "crosses zero"
    measured = f"{c.fall.mean():.3f}"
    if L == 2:
        return f"$e^{{-2gt}}$ (rate ${measured}$ of it)"
    return f"$t^{{{_law(L):.3g}}}$ (${measured}$)"
