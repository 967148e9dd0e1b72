"""The margin against the logarithm of the norm, over thirty decades."""

import numpy as np

from ...display.notation import plain
from ...reporting import number, Numbers, Picture, plots, Section
from ..base import Answer
from . import ends
from .subjects import short, spanning, Subject


MARKS = (1e2, 1e6, 1e12, 1e18, 1e30)
"""The norms of the table."""


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """The margin of every run to the end, and what it still lacks."""
    layers = ends.depths(quick=quick)
    groups = [
        (subject, {L: ends.balanced(subject, L) for L in layers})
        for subject in (spanning(), short())
    ]
    section = Section(
        "The margin over thirty decades",
        *_words(groups),
        Picture(
            plots.to_svg(
                _draw(groups),
                alt="The normalised margin rising to the largest possible within a few "
                "decades of the norm; what it lacks falls like one over the norm where "
                "the support vectors span, and by slower powers for deeper networks "
                "where they do not.",
            ),
            "Top: the smallest margin over the norm, in units of the largest possible, "
            "where the support vectors span and where they do not. Bottom: what it "
            "lacks. Left of the upright lines the flow is integrated as it "
            "is (soft); right of them its limit, in which the smallest margins alone "
            "pull (asymptotic). "
            f"Below {number(ends.ROUNDING, 1)} is rounding.",
        ),
        _table(groups[1]),
    )
    _, (_, lame) = groups
    records = {f"short-L{L}": run.to_xarray() for L, run in lame.items()}
    return Answer(section, (), records)


def _draw(groups) -> plots.Drawing:
    drawing = plots.figure(2, 2, height=6.2)
    look = plots.strokes([f"L = {L}" for L in groups[0][1]])
    for panel, (subject, runs) in zip((drawing[0], drawing[1]), groups, strict=True):
        curves = {
            f"L = {L}": (ends.norms(run), 1 - ends.gap(run, subject))
            for L, run in runs.items()
        }
        panel.frame(
            title=_title(subject), x="norm of the predictor",
            y="margin / largest", log="x",
        ).lines(curves, look=look, labels="key")  # fmt: skip
        panel.axes.set_xlim(0.1, 1e10)
        panel.axes.set_ylim(-0.5, 1.05)
        panel.moment(ends.HAND_OVER)
    for panel, (subject, runs) in zip((drawing[2], drawing[3]), groups, strict=True):
        curves = {
            f"L = {L}": (ends.norms(run), ends.gap(run, subject))
            for L, run in runs.items()
        }
        panel.frame(
            title="", x="norm of the predictor", y="1 − margin / largest", log="xy"
        ).lines(curves, look=look, labels="key", floor=ends.ROUNDING)
        panel.axes.set_ylim(ends.ROUNDING, 5)
        panel.moment(ends.HAND_OVER, "asymptotic")
    return drawing.key(columns=6)


def _title(subject: Subject) -> str:
    return "support spans" if subject.best.spanning else "support does not span"


def _table(group) -> Numbers:
    subject, runs = group
    rows = []
    for L, run in runs.items():
        lacks = ends.gap(run, subject)
        at = [ends.at(run, mark) for mark in MARKS]
        rows.append((f"L = {L}", *(max(lacks[i], ends.ROUNDING) for i in at)))
    columns = ("depth", *(plain(f"$10^{{{np.log10(mark):.0f}}}$") for mark in MARKS))
    return Numbers(
        columns,
        rows,
        "What the margin lacks where the support vectors do not span, at norms up to "
        f"which the column says; {number(ends.ROUNDING, 1)} stands for rounding",
    )


def _words(groups) -> tuple[str, ...]:
    (full, runs), (part, lame) = groups
    deepest = max(runs)
    c = _constant(full)
    found = {}
    for L, run in runs.items():
        n = ends.norms(run)
        at = ends.at(run, 1e5)
        found[L] = ends.gap(run, full)[at] * n[at]
    worst = max(abs(value / c - 1) for value in found.values())
    power = ends.slope(
        ends.norms(lame[deepest]), ends.gap(lame[deepest], part), floor=1e-13
    )
    log_t = np.asarray(runs[1].log_time)[-1] / np.log(10)
    first = (
        "The margin is what training is after, and its way there is one law: what the "
        "normalised margin lacks, times the norm, tends to $-\\min_{i \\in "
        f"S}}\\langle\\rho_\\infty, z_i\\rangle$, here {number(c)} times the largest "
        "margin, at every depth (at $\\|w\\| = 10^5$ the measured constants are "
        f"within {number(worst, 1)} of it). Flow time is exponential in the norm: "
        f"$10^{{30}}$ is time $10^k$ with $k$ = {number(log_t)}, a number that could "
        "not be written down. Gradient descent with a fixed step takes as many steps."
    )
    second = (
        "Where the support vectors do not span, what lies outside their span costs no "
        "margin to first order, and the lack falls by twice the power of the angle, "
        f"$\\|w\\|^{{-2/L}}$, once that is the larger: the power {number(power, 4)} is "
        f"measured at depth {deepest}, against {number(-2 / deepest, 4)}."
    )
    return first, second


def _constant(subject: Subject) -> float:
    """What the margin lacks times the norm, in the limit, relative to the largest."""
    held = np.asarray(subject.problem.X) * np.asarray(subject.problem.targets)[:, None]
    low = np.min(held[subject.best.support] @ subject.rest.value)
    return float(-low / subject.best.margin)
