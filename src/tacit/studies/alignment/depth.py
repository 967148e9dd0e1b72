"""What depth changes of the way to the largest margin, and what it does not."""

from collections.abc import Iterator

import numpy as np

from ...claims.margins import (
    DeeperIsSlowerOutside,
    LayersFindTheMargin,
    RankOneStays,
    ResidualIgnoresDepth,
    RiskTimesTime,
)
from ...reporting import Finding, number, Numbers, Picture, plots, Section
from ...training import Trajectory
from ...verdict import judge
from ..base import Answer
from . import ends
from .subjects import short, spanning, Subject


CLEAR = 3e4
"""The norm at which the residual is known to more digits than its correction has."""


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """The error of the direction at every depth, where the support spans and not."""
    full, part = spanning(), short()
    layers = ends.depths(quick=quick)
    runs = {L: ends.balanced(full, L) for L in layers}
    lame = {L: ends.balanced(part, L) for L in layers}
    section = Section(
        "Depth: the same end, unless the support vectors do not span",
        *_words(full, part, runs, lame),
        Picture(
            plots.to_svg(
                _draw(full, part, runs, lame),
                alt="Left: the angle to the direction of largest margin against the "
                "norm; all depths fall on one line of slope -1. Middle: where the "
                "support vectors do not span, the lines fan out and deeper is slower. "
                "Right: the distance of the residual to its limit, for each depth.",
            ),
            "Balanced layers of rank one that start as the same predictor. Left: "
            f"{int(full.best.support.sum())} support vectors in "
            f"{full.problem.d} dimensions, dashed is $\\|\\rho_\\infty\\|/\\|w\\|$. "
            f"Middle: the second draw, {int(part.best.support.sum())} support vectors "
            f"in {part.problem.d} dimensions. Right: how far the residual of the first "
            "is from $\\rho_\\infty$; dotted is the predicted correction. One layer "
            "falls to the rounding of the margins. Right of the upright lines the flow "
            "is followed by its limit (asymptotic).",
        ),
        _table(full, part, runs, lame),
    )
    records = {f"spanning-L{L}": run.to_xarray() for L, run in runs.items()}
    findings = tuple(f for L in layers for f in _findings(full, part, L))
    return Answer(section, findings, records)


def _findings(full: Subject, part: Subject, L: int) -> Iterator[Finding]:
    """Where the support spans to the norm `CLEAR`, where it does not to 1e6."""
    run, on = ends.near(full, full.balanced(L), CLEAR), f"{full.title}, L = {L}"
    yield Finding.of(judge(ResidualIgnoresDepth(depth=L), run), on=on)
    yield Finding.of(judge(RiskTimesTime(depth=L), run), on=on)
    yield Finding.of(judge(RankOneStays(), run), on=on)
    run, on = (
        ends.near(part, part.balanced(L), ends.HAND_OVER),
        f"{part.title}, L = {L}",
    )
    yield Finding.of(judge(DeeperIsSlowerOutside(depth=L), run), on=on)
    if L > 1:
        yield Finding.of(judge(LayersFindTheMargin(), run), on=on)


def _off(run: Trajectory, subject: Subject) -> np.ndarray:
    """The distance of the residual to its limit, relative to the limit."""
    limit = subject.rest.value
    stray = np.linalg.norm(ends.residual(run, subject) - limit, axis=1)
    return stray / np.linalg.norm(limit)


def _correction(subject: Subject, L: int) -> float:
    """What that distance is, times the norm."""
    rest = subject.rest
    return float((L - 1) * np.linalg.norm(rest.drift) / np.linalg.norm(rest.value))


def _draw(full: Subject, part: Subject, runs, lame) -> plots.Drawing:
    drawing = plots.figure(1, 3, height=3.5, width=8.4)
    look = plots.strokes([f"L = {L}" for L in runs])
    for panel, subject, each, title in (
        (drawing[0], full, runs, "they span"),
        (drawing[1], part, lame, "they do not"),
    ):
        curves = {
            f"L = {L}": (ends.norms(run), ends.turned(run, subject))
            for L, run in each.items()
        }
        panel.frame(
            title=title, x="norm of the predictor", y="sine to the margin", log="xy"
        ).lines(curves, look=look, labels="key", floor=ends.ROUNDING)
        panel.axes.set_ylim(ends.ROUNDING, 3)
        panel.moment(ends.HAND_OVER)
    n = np.geomspace(1e2, 1e15, 20)
    law = np.linalg.norm(full.rest.value) / n
    drawing[0].axes.plot(n, law, "--", color="#59616b", lw=1)
    for L, run in runs.items():
        n = ends.norms(run)
        soft = (n <= ends.HAND_OVER) & (n > 1)
        curve = {f"L = {L}": (n[soft], _off(run, full)[soft])}
        drawing[2].lines(curve, look=look, labels="key", floor=1e-11)
        if L > 1:
            fine = np.geomspace(1e3, ends.HAND_OVER, 20)
            drawing[2].axes.plot(
                fine, _correction(full, L) / fine, ":", color="#1b1f24", lw=1
            )
    drawing[2].frame(
        title="the residual", x="norm of the predictor",
        y="distance to its limit, relative", log="xy",
    )  # fmt: skip
    drawing[2].axes.set_ylim(1e-11, 10)
    return drawing.key(columns=6)


def _powers(subject: Subject, runs) -> dict[int, float]:
    return {
        L: ends.slope(ends.norms(run), ends.turned(run, subject), floor=1e-12)
        for L, run in runs.items()
    }


def _table(full: Subject, part: Subject, runs, lame) -> Numbers:
    one, other = _powers(full, runs), _powers(part, lame)
    rows = []
    for L, run in runs.items():
        at = ends.at(run, 1e5)
        rows.append(
            (
                f"L = {L}",
                one[L],
                other[L],
                part.power(L),
                _off(run, full)[at] * ends.norms(run)[at],
                _correction(full, L),
            )
        )
    columns = (
        "depth",
        "they span",
        "they do not",
        "predicted",
        "residual",
        "predicted",
    )
    return Numbers(
        columns,
        rows,
        "By which power of the norm the sine falls: where the support vectors span (−1 "
        "is predicted) and where they do not, with the prediction; the distance of the "
        "residual to its limit, times the norm, at ‖w‖ = 10⁵, with the prediction",
    )


def _words(full: Subject, part: Subject, runs, lame) -> tuple[str, ...]:
    one, other = _powers(full, runs), _powers(part, lame)
    deepest = max(runs)
    same = max(abs(power + 1) for power in one.values())
    stray = max(abs(power - part.power(L)) for L, power in other.items())
    slower = all(np.diff([other[L] for L in sorted(other)]) > 0)
    far = {L: ends.turned(lame[L], part)[-1] for L in (1, deepest)}
    at = ends.at(runs[deepest], 1e5)
    off = _off(runs[deepest], full)[at]
    first = (
        "Where the support vectors span (Assumption 3), Theorem 2 says that the "
        "direction tends to that of largest margin. How fast? What is across that "
        "direction does not shrink, it tends to a vector $\\rho_\\infty$, the one with "
        "the least $\\sum e^{-\\langle\\rho, z_i\\rangle}$ over the support vectors, "
        "which **is the same at every depth**: the error is "
        "$\\|\\rho_\\infty\\|/\\|w\\|$ (the measured powers are within "
        f"{number(same, 1)} of −1). Depth only shows in the correction, "
        "$L - 1$ times one vector over $\\|w\\|$; at depth "
        f"{deepest} and $\\|w\\| = 10^5$ the residual is still {number(off, 2)} of its "
        "length away, as predicted."
    )
    second = (
        "Without Assumption 3 the limit is the same, but not the speed: nothing pulls "
        "at what the first layer has outside the span of the support vectors, the "
        "layers above multiply it, and the error falls only like $\\|w\\|^{-1/L}$. "
        + ("**Deeper is slower**: at " if slower else "At ")
        + f"$\\|w\\| = 10^{{30}}$ the sine is {number(far[deepest], 2)} with {deepest} "
        f"layers, where one layer is at {number(max(far[1], ends.ROUNDING), 1)}, "
        "which is rounding. "
        f"The measured powers are those predicted to {number(stray, 1)}. A check with "
        "one tolerance for all data would be vacuous or fail."
    )
    return first, second
