"""The paper's deepest networks: its Figure 4, by the flow and further down."""

import functools
from typing import NamedTuple

import numpy as np

from ...claims import HeNormalExponent
from ...events import RiskBelow
from ...fits import difference_slopes
from ...losses import Squared
from ...networks import MLP
from ...problems import Problem
from ...reporting import Finding, number, Numbers, Picture, plots, Section
from ...risk import Risk
from ...training import Trajectory
from ...verdict import judge
from ..base import Answer
from . import subjects


DEPTH, WIDTH, FEATURES, SAMPLES = 8, 128, 16, 512
LEFT, SEED, RTOL = 0.02, 1001, 1e-7
"""The risk at which the paper says that a network has left, the draw, the tolerance."""


class Window(NamedTuple):
    """The sizes from `high` down in steps of `ratio`, those `until` as in the paper.

    `published` is the exponent that the paper fits to its own sizes, and its error.
    """

    high: float
    ratio: float
    steps: int
    until: float
    published: tuple[float, float]

    @property
    def sizes(self) -> tuple[float, ...]:
        """The sizes of the start."""
        return tuple(self.high / self.ratio**k for k in range(self.steps))


WINDOWS = {
    3: Window(0.3, 2.0, 8, 0.009, (-1.22, 0.06)),
    5: Window(0.5, 2.0, 7, 0.06, (-2.74, 0.06)),
    8: Window(0.5, 2**0.5, 10, 0.15, (-5.42, 0.14)),
}
"""By how many layers are small, the first ones."""

QUICK = 7
"""The sizes of a quick study: those of the paper, and one more."""


class Deep(NamedTuple):
    """Times to escape of one network, and the exponents they give.

    `wide` is a line through those of the paper's window, `late` the difference slope of
    the last three sizes.
    """

    window: Window
    times: np.ndarray
    wide: float
    late: float
    run: Trajectory

    @property
    def local(self) -> np.ndarray:
        """The slopes between neighbouring differences, that of the largest first."""
        return difference_slopes(np.array(self.window.sizes), self.times)[0]


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """The exponents of Figure 4 over its own sizes, and over smaller ones."""
    found = {3: deep(3, QUICK)} if quick else {r: deep(r) for r in WINDOWS}
    section = Section(
        "The deepest networks",
        *_words(found),
        Picture(
            plots.to_svg(
                _draw(found),
                alt="Left: escape times of networks of eight layers against the size "
                "of the start. Right: local exponents less that of the law; those of "
                "the times are off by tenths, those of the differences fall to the law "
                "as the start shrinks.",
            ),
            f"tanh, {DEPTH} layers of {WIDTH} units, one draw. Left: the time until "
            f"the risk is {LEFT}; filled marks are sizes in the paper's range. Right: "
            "exponents between neighbouring sizes, less the law's: dashed of the "
            "times themselves, which is what a line through them averages, and solid "
            "of their differences.",
        ),
        _table(found),
    )
    findings = []
    for r, each in () if quick else found.items():  # each takes four runs more
        verdict = judge(HeNormalExponent(), each.run)
        findings.append(Finding.of(verdict, on=f"L = {DEPTH}, r = {r}"))
        findings += Finding.of_rivals(verdict, on=f"L = {DEPTH}, r = {r}")
    records = {f"r{r}": each.run.to_xarray() for r, each in found.items()}
    return Answer(section, tuple(findings), records)


@functools.cache
def taught() -> Risk:
    r"""Exactly white normal inputs and the teacher $\tanh x_1$."""
    X = np.random.default_rng(1000).standard_normal((SAMPLES, FEATURES))
    X -= X.mean(axis=0)
    X = X @ np.linalg.inv(np.linalg.cholesky(X.T @ X / SAMPLES)).T
    return Risk(Problem(X, np.tanh(X[:, 0])), Squared())


@functools.cache
def deep(r: int, count: int | None = None) -> Deep:
    """He-normal layers, drawn once, of which the first `r` are shrunk."""
    window, widths = WINDOWS[r], (FEATURES, *[WIDTH] * (DEPTH - 1), 1)
    window = window._replace(steps=count or window.steps)
    starts = [
        MLP.he_normal(widths, seed=SEED, small=range(r), eps=eps)
        for eps in window.sizes
    ]
    runs = subjects.timed(starts, taught(), RiskBelow(LEFT), RTOL)
    times, sizes = subjects.times(runs), np.array(window.sizes)
    near = sizes >= window.until
    wide = np.polyfit(np.log(sizes[near]), np.log(times[near]), 1)[0]
    late = float(difference_slopes(sizes, times)[0, -1])
    return Deep(window, times, float(wide), late, runs[-1])


def _draw(found) -> plots.Drawing:
    drawing = plots.figure(1, 2, height=3.6, width=8.4)
    look = plots.strokes([f"r = {r}" for r in found])
    drawing[0].frame(
        title="time to escape", x="size of the start ε", y="time", log="xy"
    )
    drawing[1].frame(
        title="exponents", x="size of the start ε", y="found − law", log="x"
    ).level(0.0, "law")
    for r, each in found.items():
        name, sizes = f"r = {r}", np.array(each.window.sizes)
        stroke = {"color": look[name].colour, "marker": look[name].marker, "ms": 4.5}
        drawing[0].lines({name: (sizes, each.times)}, look=look, markers=0)
        theirs = sizes >= each.window.until
        for chosen, face in ((theirs, look[name].colour), (~theirs, "none")):
            drawing[0].axes.plot(
                sizes[chosen], each.times[chosen], ls="", mfc=face, **stroke
            )
        plain = np.diff(np.log(each.times)) / np.diff(np.log(sizes))
        drawing[1].axes.plot(sizes[1:], plain + r - 2, ls="--", mfc="none", **stroke)
        drawing[1].axes.plot(sizes[2:], each.local + r - 2, **stroke)
    for panel in drawing:
        panel.axes.invert_xaxis()
    return drawing


def _table(found) -> Numbers:
    rows = []
    for r, each in found.items():
        value, error = each.window.published
        low = each.window.sizes[-1]
        rows.append(
            (
                str(r),
                f"{each.window.until:.2g} to {each.window.high:g}",
                _signed(f"{value:.2f}") + f" ± {error:.2f}",
                _signed(f"{each.wide:.2f}"),
                f"{low:.2g} to {low * each.window.ratio**2:.2g}",
                _signed(f"{each.late:.4f}"),
                _signed(str(2 - r)),
            )
        )
    columns = (
        "r", "their sizes", "their fit, by SGD", "the same fit, the flow",
        "last sizes", "differences, the flow", "law",
    )  # fmt: skip
    return Numbers(
        columns,
        rows,
        "Exponents of ε: as published (Figure 4 of version 1, least squares on the "
        "means of five draws), the same fit to times of the flow, and the difference "
        "exponent of the last three sizes",
    )


def _signed(text: str) -> str:
    return text.replace("-", "−")


def _words(found) -> tuple[str, ...]:
    off = max(abs(each.late + r - 2) for r, each in found.items())
    spread = [
        f"{_signed(f'{each.wide:.2f}')} for {_signed(str(2 - r))}"
        for r, each in found.items()
    ]
    published = [
        abs(each.window.published[0] + r - 2) / each.window.published[1]
        for r, each in found.items()
    ]
    steps = max(float(each.times[-1]) for each in found.values()) / 0.01
    first = (
        "Figure 4 of the paper has networks of eight layers, 128 units wide, on white "
        "Gaussian inputs, with the first $r$ layers small: stochastic descent for up "
        "to 800,000 steps of 0.01, until the loss is below 0.02. By their own errors "
        f"the published fits miss the law by {min(published):.1f} standard errors and "
        "more. The same line through times of the exact flow at sizes in the same "
        f"range gives {', '.join(spread)}, without noise and without steps. "
        + _explained(found)
    )
    second = (
        "Differences of the times are free of $B$, and the flow goes further down: "
        f"descent would need {number(steps, 1)} steps there, the flow in its own clock "
        "some tens. The exponent of the last differences is within "
        f"**{number(off, 2)}** of the law."
    )
    return first, second


def _explained(found) -> str:
    """For which r the flow's fit in their range is within their error of theirs."""
    inside, outside = [], []
    for r, each in found.items():
        value, error = each.window.published
        (inside if abs(each.wide - value) < error else outside).append(str(r))
    said = "The time is $A\\varepsilon^{-(r-2)} + B$, and a line bends with $B$: "
    if inside:
        said += (
            f"**for r = {' and '.join(inside)} the range of sizes alone gives their "
            "number**, to within their error. "
        )
    if outside:
        said += (
            f"For r = {' and '.join(outside)} it does not; what is left there is of "
            "fresh batches, finite steps and other draws. "
        )
    return said.strip()
