"""Sign-locking, and the exact limit."""

import numpy as np

from ...claims import AbstractClaim, OneLayerIsFisher, OrthantMaximiser, SignsFrozen
from ...display.notation import number
from ...reporting import Finding, Numbers, Picture, plots, Section
from ...verdict import judge
from ..base import Answer
from .limits import depths, locked, plain, restarted, subjects, to_the_limit
from .subjects import Subject


AGAIN = 4
"""The depth at which other magnitudes are tried."""


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """Whether every network ends where predicted, and what the frozen signs cost."""
    layers, data = depths(quick=quick), subjects(quick=quick)
    runs = {(s, L): to_the_limit(s, L) for s in data for L in layers}
    findings = tuple(
        Finding.of(judge(claim, runs[s, L]), on=f"{s.title}, L = {L}")
        for s in data
        for L in layers
        for claim in _claims(L)
    )
    records = {f"{s.name}-L{L}": run.to_xarray() for (s, L), run in runs.items()}
    return Answer(_section(data, layers, findings), findings, records)


def _claims(L: int) -> tuple[AbstractClaim, ...]:
    if L == 1:
        return (OneLayerIsFisher(),)
    frozen = (SignsFrozen(depth=L),) if L == AGAIN else ()
    return (OrthantMaximiser(depth=L), *frozen)


def _far(sine) -> np.ndarray:
    """1 - cos of the angle with this sine, without the loss of digits."""
    square = np.asarray(sine) ** 2
    return np.asarray(square / (1 + np.sqrt(1 - square)))


def _between(subject: Subject) -> float:
    """1 - cos between the two predictions."""
    return 1 - float(locked(subject).value @ plain(subject).value)


def _section(data, layers, findings) -> Section:
    ends = {s: {L: _end(s, L) for L in layers} for s in data}
    deep = max(end for s in data for L, end in ends[s].items() if L > 1)
    again = max(float(_far(restarted(s, AGAIN, 0).seen["Sine"][-1])) for s in data)
    off = {s: ~locked(s).support for s in data}
    loss = {s: 1 - locked(s).objective / plain(s).objective for s in data}
    worst = max(loss, key=lambda s: loss[s])
    turned = {s: _turned(s) for s in data}
    wrong = sum(int(np.sum(off[s] & ~turned[s])) for s in data)
    kinder = sum(int(np.sum(~off[s] & turned[s])) for s in data)
    limits = [f for f in findings if f.id in ("C1", "C2")]
    held = sum(f.outcome == "holds" for f in limits)
    return Section(
        "Sign-locking, and the exact limit",
        "From a balanced start of two layers or more no weight can change its sign. So "
        "the flow maximises $J$ over the orthant it starts in, a convex problem with "
        "one answer, which is computed here without any training (claim C1). It does "
        "not depend on depth, nor on the size of the start. One layer is not locked "
        "and goes to plain discriminant analysis, $S_w^{-1}\\delta$ (claim C2). "
        f"{held} of {len(limits)} runs to the limit bear the claims out: from depth 2 "
        "on the largest $1-\\cos$ to the prediction is "
        f"{number(deep, 1)} at the end, and {number(again, 1)} from starts of random "
        f"magnitudes at depth {AGAIN}.",
        "Depth therefore selects features in one way only: **a weight is switched off "
        "where its start has a sign that the limit cannot use.** Here every feature "
        "starts with the sign of its own difference of means, and still many are "
        "switched off: beside those that are kept they would help with the other sign "
        f"only. They are {_named(data)}. The price is part of $J$, the most on "
        f"{worst.title}: {locked(worst).objective:.3f} instead of "
        f"{plain(worst).objective:.3f}, {loss[worst]:.0%} less.",
        "Switched off does not mean of the wrong sign in plain discriminant analysis, "
        f"nor the reverse: {wrong} of the features switched off have the same sign "
        f"there, and {kinder} of those kept have the other. To truncate plain "
        "discriminant analysis is not to train a deep network.",
        _picture(data, layers),
        _table(data, ends, turned),
    )


def _end(subject: Subject, L: int) -> float:
    return float(_far(to_the_limit(subject, L).seen["Sine"][-1]))


def _turned(subject: Subject) -> np.ndarray:
    """The features that plain discriminant analysis uses against their start."""
    return np.sign(plain(subject).value) != np.sign(subject.w0)


def _named(data) -> str:
    """Which features are switched off: some of their names, most pushed first."""
    told: list[str] = []
    for subject in data:
        limit, names = locked(subject), _features(subject)
        push = np.where(limit.support, 0.0, limit.signs * limit.slope)
        first = [names[i] for i in np.argsort(-push)[:2] if push[i] > 0]
        count = int(np.sum(~limit.support))
        told.append(
            f"{count} of {len(push)} on {subject.title} (first of all "
            f"{' and '.join(first)})"
        )
    return "; ".join(told)


def _features(subject: Subject) -> tuple[str, ...]:
    return subject.problem.features or ()


def _picture(data, layers) -> Picture:
    look = plots.strokes(layers)
    columns = min(2, len(data))
    rows = -(-len(data) // columns)
    drawing = plots.figure(rows, columns, share="both", height=2.5 * rows + 0.6)
    for panel, subject in zip(drawing, data, strict=True):
        runs = {L: to_the_limit(subject, L) for L in layers}
        panel.frame(
            x="flow time",
            y=r"$1 - \cos$ to the prediction",
            title=subject.title,
            log="xy",
        ).lines(
            {L: (run.times, _far(run.seen["Sine"])) for L, run in runs.items()},
            look=look,
            labels="key",
            floor=1e-18,
        ).level(_between(subject))
        panel.axes.set_ylim(1e-18, 5)
    return Picture(
        plots.to_svg(
            drawing.key(columns=6, title="layers L"),
            alt="Distance to the predicted limit against time on logarithmic axes, one "
            "panel a data set: every depth falls to rounding, deeper ones along "
            "flatter straight lines.",
        ),
        "Angle to the predicted limit: plain discriminant analysis for one layer, the "
        "sign-locked maximiser of $J$ for the others. All arrive; the deeper arrive "
        "later, as powers of time. The dashed line is the angle between the two "
        "predictions.",
    )


def _table(data, ends, turned) -> Numbers:
    rows = []
    off = 0.0
    for s in data:
        best = {L: (plain(s) if L == 1 else locked(s)).objective for L in ends[s]}
        ratios = {L: to_the_limit(s, L).seen["FisherRatio"][-1] for L in ends[s]}
        off = max(off, *(abs(float(ratios[L]) / best[L] - 1) for L in best))
        rows.append(
            (
                s.title,
                f"{np.sum(~locked(s).support)} of {s.problem.d}",
                str(np.sum(turned[s])),
                f"{plain(s).objective:.4f}",
                f"{locked(s).objective:.4f}",
                ends[s][1],
                max(end for L, end in ends[s].items() if L > 1),
            )
        )
    head = (
        "data",
        "switched off",
        "turned by LDA",
        "J of LDA",
        "J sign-locked",
        "$1-\\cos$, L = 1",
        "L ≥ 2, worst",
    )
    return Numbers(
        head,
        rows,
        "LDA is plain discriminant analysis; it turns the sign of some features "
        f"against their start. All runs end at the predicted J to {number(off, 1)}.",
    )
