"""Four layers against one: risk, rank and alignment (Figure 1 of the paper)."""

from collections.abc import Iterator

import numpy as np

from ...claims.conservation import GramDifferencesConserved
from ...claims.margins import (
    AlignmentBounded,
    AlignmentRates,
    LayersAlign,
    LayersFindTheMargin,
    ProjectedNormMoves,
    StartAboveZeroMayStall,
)
from ...reporting import Finding, number, Numbers, Picture, plots, Section
from ...training import Trajectory
from ...verdict import check, judge
from ..base import Answer
from . import ends
from .subjects import spanning, Subject


SEEN = 1e4
"""The norm up to which the constant in the law of the risk is looked at."""

LIMITS = (LayersAlign(), LayersFindTheMargin(), AlignmentRates())
LASTING = (GramDifferencesConserved(), AlignmentBounded())
LATE = 1e12
"""The norm at which limits are read off: deep layers grow slowly."""

KEPT = 1e4
"""The norm up to which what the flow conserves is looked at: differences of squares,
of which errors of the integration see more as these grow."""

EARLY = 2.0
"""The norm at which the display with a factor missing is looked at."""

MATTERS = 1e-28
"""Squares of sines below this are rounding."""


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """The risk, the rank of every layer and the angle between neighbours."""
    subject, L = spanning(), 3 if quick else 4
    deep, flat = ends.random(subject, L), ends.collapsed(subject, L)
    runs = {f"{L} layers": (L, deep), "1 layer": (1, flat)}
    section = Section(
        f"{['', '', '', 'Three', 'Four'][L]} layers against one",
        *_words(subject, L, deep, flat),
        Picture(
            plots.to_svg(
                _draw(subject, runs, deep, L),
                alt="Risk against flow time on logarithmic axes for one layer and for "
                "several; the risk over its law, which tends to 1; the share of the "
                "squared norm that a layer's first singular value leaves, and the "
                "squared sine between neighbours, falling as straight lines.",
            ),
            f"{subject.title} data, {subject.problem.n} samples of "
            f"{subject.problem.d} features; independent normal layers "
            f"{_widths(deep)}, and one layer that starts as their product. Top left: "
            "the mean exponential loss. Top right: the same times "
            "$t L \\gamma^2 \\|w\\|^{2-2/L}$; dotted is the expansion to first order. "
            "Bottom: what the first singular value of a layer leaves, and the squared "
            "sine between neighbours, with the slope of the law (dashed). Right of the "
            "upright line the flow is followed by its limit (asymptotic).",
        ),
        _table(deep, L),
    )
    records = {f"L{L}": deep.to_xarray(), "L1": flat.to_xarray()}
    return Answer(section, tuple(_findings(subject, L)), records)


def _findings(subject: Subject, L: int) -> Iterator[Finding]:
    on, start = f"{subject.title}, L = {L}, random", subject.random(L)
    late, run = ends.far(subject, start, LATE), ends.near(subject, start, KEPT)
    for claim in LIMITS:
        yield Finding.of(judge(claim, late), on=on)
    for claim in LASTING:
        yield Finding.of(judge(claim, run), on=on)
    early, claim = ends.near(subject, start, EARLY), ProjectedNormMoves()
    verdict = judge(claim, early)
    yield Finding.of(verdict, on=on)
    yield from Finding.of_rivals(verdict, on="as printed")
    claim = StartAboveZeroMayStall()
    yield Finding.of(check(claim, claim.witness()), on="two scalars, u = -v")


def _widths(run: Trajectory) -> str:
    layers = run.experiment.network.layers
    return "-".join(str(k) for k in (layers[0].shape[1], *(len(W) for W in layers)))


def _over_law(run: Trajectory, subject: Subject, L: int) -> np.ndarray:
    r"""$R\,t\,L\gamma^2\|w\|^{2-2/L}$ at every record."""
    n = np.linalg.norm(np.asarray(run.seen["LinearPredictor"]), axis=1)
    log = np.asarray(run.seen["LogRisk"]) + np.asarray(run.log_time) + np.log(L)
    with np.errstate(over="ignore"):
        return np.exp(log + 2 * np.log(subject.best.margin) + (2 - 2 / L) * np.log(n))


def _expanded(n: np.ndarray, subject: Subject, L: int) -> np.ndarray:
    return 1 + (2 - 2 / L) / (subject.best.margin * n)


def _rates(run: Trajectory) -> tuple[np.ndarray, np.ndarray]:
    """The powers of a layer's squared norm: of its excess, and of the squared sine."""
    soft = ends.norms(run) <= ends.HAND_OVER
    size = np.asarray(run.seen["FrobeniusNorms"])[soft] ** 2
    excess = np.asarray(run.seen["RankExcess"])[soft]
    off = np.asarray(run.seen["Misalignment"])[soft]
    wide = range(size.shape[1] - 1)  # the last layer is a row
    of_rank = [ends.slope(size[:, k], excess[:, k]) for k in wide]
    of_sine = [ends.slope(size[:, k + 1], off[:, k], floor=MATTERS) for k in wide]
    return np.array(of_rank), np.array(of_sine)


def _draw(subject: Subject, runs, deep: Trajectory, L: int) -> plots.Drawing:
    drawing = plots.figure(2, 2, height=6.2)
    look = plots.strokes(runs)
    shown = {}
    for name, (_, run) in runs.items():
        log_t, log_R = np.asarray(run.log_time), np.asarray(run.seen["LogRisk"])
        near = log_t < np.log(1e8)
        shown[name] = (np.exp(log_t[near]), np.exp(log_R[near]))
    drawing[0].frame(
        title="risk", x="flow time", y="risk", log="xy"
    ).lines(shown, look=look).axes.set_xlim(left=1)  # fmt: skip
    for name, (depth, run) in runs.items():
        n = ends.norms(run)
        near = (n > 3) & (n <= SEEN)
        curves = {name: (n[near], _over_law(run, subject, depth)[near])}
        drawing[1].lines(curves, look=look, labels="key")
        fine = np.geomspace(30, SEEN, 60)
        drawing[1].axes.plot(
            fine, _expanded(fine, subject, depth), ":", lw=1,
            color=look[name].colour, label=None,
        )  # fmt: skip
    drawing[1].frame(
        title="risk over its law", x="norm of the predictor", y="ratio", log="x"
    ).level(1)
    drawing[1].axes.set_ylim(0, 2)
    drawing[1].key("lower right")
    n, wide = ends.norms(deep), range(L - 1)
    excess, off = (
        np.asarray(deep.seen["RankExcess"]),
        np.asarray(deep.seen["Misalignment"]),
    )
    names = {k: f"layer {k + 1}" for k in wide}
    pairs = {k: f"{k + 1} and {k + 2}" for k in wide}
    for panel, title, y, label, values, power in (
        (drawing[2], "rank one", "1 − (‖W‖₂/‖W‖)²", names, excess, -2 / L),
        (drawing[3], "alignment", "squared sine", pairs, off, -4 / L),
    ):
        curves = {label[k]: (n, values[:, k]) for k in wide}
        panel.frame(title=title, x="norm of the predictor", y=y, log="xy").lines(
            curves, labels="key", floor=1e-32
        ).moment(ends.HAND_OVER, "asymptotic")
        late = n > 1e3
        law = 4 * values[late, 0][0] * (n[late] / n[late][0]) ** power
        panel.axes.plot(n[late], law, "--", color="#59616b", lw=1)
        panel.axes.set_ylim(1e-34 if power == -4 / L else None, 30)
        panel.key("upper right")
    return drawing


def _table(deep: Trajectory, L: int) -> Numbers:
    of_rank, of_sine = _rates(deep)
    excess, size = (
        np.asarray(deep.seen[name]) for name in ("RankExcess", "FrobeniusNorms")
    )
    left = (excess * size**2)[ends.at(deep, ends.HAND_OVER)]
    rows = [
        (f"layer {k + 1}", of_rank[k], of_sine[k], left[k], excess[-1, k])
        for k in range(L - 1)
    ]
    return Numbers(
        ("", "excess", "sine²", "beside rank one", "at the end"),
        rows,
        "By which power of ‖W‖² the excess over rank one falls, and the squared sine "
        "to the layer above, in the decade before ‖w‖ = 10⁶; what is left there of "
        "‖W‖² beside the first singular value; its share at the end",
    )


def _words(subject: Subject, L: int, deep: Trajectory, flat: Trajectory):
    of_rank, of_sine = _rates(deep)
    n = ends.norms(deep)
    at = int(np.argmin(np.abs(n - 1e3)))
    worst = max(
        abs(_over_law(run, subject, depth)[at] - _expanded(n, subject, depth)[at])
        for depth, run in ((L, deep), (1, flat))
    )
    log_t = np.asarray(deep.log_time)[-1] / np.log(10)
    first = (
        "The paper's first figure: on separable data the risk of either network goes "
        "to 0, every layer comes to rank one and the layers align. Here it is "
        f"followed to $\\|w\\| = 10^{{{round(np.log10(n[-1]))}}}$, which the flow "
        f"reaches at time $10^{{k}}$ with $k$ = {number(log_t)}; only the logarithms "
        "of time and risk are numbers. The paper gives no rates. There is one, and "
        "its constant: $R\\,t \\to 1/(L\\gamma^2\\|w\\|^{2-2/L})$, which depth enters "
        f"twice. At $\\|w\\|$ = {number(n[at])} both networks are within "
        f"{number(worst, 1)} of it, first correction included."
    )
    rank, sine = number(np.mean(of_rank), 4), number(np.mean(of_sine), 4)
    second = (
        "Lemma 2 bounds what a layer has beside its first singular value by a "
        "constant, and the sine between neighbours by that constant over $\\|W\\|^2$. "
        f"The first is sharp: the share falls by the power {rank} of $\\|W\\|^2$ "
        "(mean of the layers), so that something of fixed size stays for ever. The "
        f"second is not: the squared sine falls by the power {sine}, so **the layers "
        "align faster than the paper says**, like $\\|W\\|^{-4}$."
    )
    third = (
        "The verdicts below show two things more. The derivative displayed in the "
        "proof of Theorem 2 lacks a factor 2, which does no harm. And Assumption 2 "
        "(the risk starts at most at that of 0) cannot be dropped: two balanced "
        "scalars with the wrong sign end at 0."
    )
    return first, second, third
