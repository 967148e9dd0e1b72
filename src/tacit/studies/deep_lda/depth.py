"""What depth does to weak features: on the way, and in the limit."""

from typing import NamedTuple

import numpy as np

from ...claims import SparsityIgnoresDepth
from ...display.notation import number
from ...reporting import Finding, Numbers, Picture, plots, Section
from ...verdict import judge
from ..base import Answer
from .limits import depths, LARGE, locked, SHARE, subjects, to_matched, to_the_limit
from .subjects import Subject


RIVAL = 3
"""The depth at which the false claim is tried: it is compared with the next one."""

LOOKS = ("Hoyer", "StrongWeakRatio", "SupportSize")
SAME = 1e-6
"""What may be left of a difference between depths at the end of finite runs."""

SHORT = {"Hoyer": "Hoyer", "StrongWeakRatio": "s/w", "SupportSize": "kept"}
WAY, END = f"at {SHARE:.0%} of J", "in the limit"


class Measured(NamedTuple):
    """One number against depth, on the way and in the limit; `deep` without depth 1."""

    way: np.ndarray
    end: np.ndarray

    @property
    def deep(self) -> "Measured":
        return Measured(self.way[1:], self.end[1:])

    @property
    def moved(self) -> float:
        """By how much the limit changes between depths from 2 on, relative."""
        end = self.deep.end
        return float(np.ptp(end) / end.max())


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """Sparsity and strong against weak features, on every data set at every depth."""
    layers = depths(quick=quick)
    found = {
        subject: {name: _against_depth(subject, layers, name) for name in LOOKS}
        for subject in subjects(quick=quick)
    }
    records = {
        f"{subject.name}-L{L}": to_matched(subject, L).to_xarray()
        for subject in found
        for L in layers
    }
    findings = tuple(
        Finding.of(
            judge(SparsityIgnoresDepth(depth=L), to_the_limit(subject, L)),
            on=f"{subject.title}, L = {L}",
        )
        for subject in found
        for L in layers[1:]
    )
    false = () if quick else tuple(f for each in found for f in _rivals(each))
    return Answer(_section(found, layers), findings + false, records)


def _rivals(subject: Subject) -> list[Finding]:
    """That what a layer adds on the way is there in the end, and other falsehoods."""
    verdict = judge(SparsityIgnoresDepth(), to_the_limit(subject, RIVAL))
    return Finding.of_rivals(verdict, on=f"{subject.title}, L = {RIVAL}")


def _against_depth(subject: Subject, layers: tuple[int, ...], name: str) -> Measured:
    ways = [to_matched(subject, L).seen[name][-1] for L in layers]
    ends = [to_the_limit(subject, L).seen[name][-1] for L in layers]
    return Measured(np.array(ways, float), np.array(ends, float))


def _section(found, layers) -> Section:
    deepest = layers[-1]
    hoyer = {s.title: looks["Hoyer"] for s, looks in found.items()}
    ratio = {s.title: looks["StrongWeakRatio"] for s, looks in found.items()}
    grows = [t for t, m in hoyer.items() if np.all(np.diff(m.way) > 0)]
    wider = [t for t, m in ratio.items() if np.all(np.diff(m.deep.way) > 0)]
    narrower = [t for t, m in ratio.items() if np.all(np.diff(m.deep.way) < 0)]
    past = [t for t, m in ratio.items() if m.way[-1] > m.end[-1] > m.way[1]]
    all_grow = len(grows) == len(found)
    gains = [m.way[-1] / m.way[0] - 1 for m in hoyer.values()]
    moved = max(m.moved for looks in found.values() for m in looks.values())
    first = next(iter(found))
    design, kinds = ratio[first.title], np.array(first.groups)
    weak, kept = kinds == "weak", locked(first).support
    return Section(
        "What depth does to weak features",
        "Sparsity is measured by Hoyer's number: 0 if all weights are equal, 1 if one "
        "is left. Depths are compared where all have the same $J$, "
        f"{SHARE:.0%} of that of the sign-locked limit, found as an event of the flow; "
        "and once more in the limit.",
        ("**On the way, depth makes sparser.** " if all_grow else "")
        + "Hoyer's number at the matched $J$ grows with every layer added "
        f"{_on(grows, found)}; from depth 1 to {deepest} it changes by "
        f"{_span(gains)}. From depth 2 on strong features gain "
        f"on weak ones {_on(wider, found)}"
        + (f"; they lose {_on(narrower, found)}" if narrower else "")
        + ".",
        ("**In the limit, depth does nothing.** " if moved < SAME else "")
        + "A summary like *depth promotes sparsity* may be right about the way; about "
        "the end it is "
        + ("wrong" if moved < SAME else "not settled by these runs")
        + ". From depth 2 on Hoyer's number, strong over weak and the number of "
        f"features kept differ by at most {number(moved, 1)} (relative) between two "
        "depths, on any data set. What does make a difference is a second layer, since "
        "it freezes signs: between depths 1 and 2 Hoyer's number in the limit goes "
        f"{_list(f'{_shift(m)} on {t}' for t, m in hoyer.items())}.",
        f"{'Nor are weak features lost. ' if np.all(kept[weak]) else ''}"
        "Of the synthetic design the limit keeps "
        f"{np.sum(kept & weak)} of {np.sum(weak)} weak features, with strong over weak "
        f"at {design.end[-1]:.3f}; plain discriminant analysis has "
        f"{design.end[0]:.3f}."
        + (
            f" Deep networks overshoot it {_on(past, found)}: at depth {deepest} and "
            f"{SHARE:.0%} of $J$ strong over weak is {design.way[-1]:.2f}, so stopping "
            "early suggests a bias that the limit does not have."
            if first.title in past
            else ""
        ),
        _picture(found, layers),
        _table(found, layers),
    )


def _span(shares) -> str:
    low, high = f"{min(shares):+.0%}", f"{max(shares):+.0%}"
    return low if low == high else f"{low} to {high}"


def _on(titles, found) -> str:
    if len(titles) == len(found):
        return "on every data set"
    return f"on {_list(titles)}" if titles else "on none of the data sets"


def _list(parts) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def _shift(m: Measured) -> str:
    way = "up" if m.end[-1] > m.end[0] else "down"
    return f"{way} from {m.end[0]:.3f} to {m.end[-1]:.3f}"


def _picture(found, layers) -> Picture:
    look = plots.strokes((WAY, END))
    drawing = plots.figure(2, len(found), share="x", height=4.6)
    for column, (subject, looks) in enumerate(found.items()):
        for row, (name, label) in enumerate(
            (("Hoyer", "Hoyer's number"), ("StrongWeakRatio", "strong / weak"))
        ):
            m = looks[name]
            drawing[row, column].frame(
                x="layers L" if row else "",
                y="" if column else label,
                title="" if row else subject.title,
            ).lines(
                {WAY: (layers, m.way), END: (layers, m.end)}, look=look, labels="key"
            )
            drawing[row, column].axes.set_xticks(layers)
            drawing[row, column].axes.set_ylim(0)
    return Picture(
        plots.to_svg(
            drawing.key(),
            alt="Hoyer sparsity and strong over weak against depth: at matched J they "
            "change steadily with depth, in the limit they are flat from depth 2 on.",
        ),
        f"Solid: where $J$ is {SHARE:.0%} of its sign-locked limit. Dashed: the limit, "
        "flat from depth 2 on; one layer has another. Strong and weak are so by design "
        "on the synthetic data; on the others they are the third of the features that "
        "separate the classes best on their own, and worst. The ratio is that of their "
        "mean weights.",
    )


def _table(found, layers) -> Numbers:
    columns = [(name, i) for name in LOOKS for i in (0, 1, -1)]
    rows = [
        (
            f"{subject.title}, {when}",
            *(f"{getattr(looks[name], part)[i]:.3g}" for name, i in columns),
        )
        for subject, looks in found.items()
        for when, part in ((WAY, "way"), (END, "end"))
    ]
    head = tuple(f"{SHORT[name]} L = {layers[i]}" for name, i in columns)
    caption = (
        "Hoyer's number, strong over weak, and the number of features above "
        f"{LARGE:g} of the largest weight."
    )
    return Numbers(("", *head), rows, caption)
