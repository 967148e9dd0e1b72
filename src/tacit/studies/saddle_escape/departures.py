"""Where the law is another one, and what the symmetric manifold does."""

import numpy as np

from ...claims import MonomialEscape, SlavedReadOut
from ...oracles import activation_class
from ...reporting import Finding, number, Numbers, Picture, plots, Section
from ...verdict import judge
from ..base import Answer
from . import subjects
from .exceptions import (
    centred,
    centred_softplus,
    Departure,
    drawn,
    Growth,
    MANIFOLD,
    power,
    repelled,
    softplus,
)


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """Class D and monomials against the law; the manifold."""
    asked = [lambda: softplus(3), lambda: power(2, 2)]
    if not quick:
        asked += [lambda: centred(3), lambda: softplus(4), lambda: centred(4)]
        asked += [lambda: drawn(centred=True), lambda: drawn(centred=False)]
        asked += [lambda: power(2, 3), lambda: power(3, 2)]
    found = list(subjects.side_by_side(lambda one: one(), asked).values())
    growth = repelled()
    section = Section(
        "Where the law is another one",
        *_words(found, growth),
        Picture(
            plots.to_svg(
                _draw(found),
                alt="Escape times against the size of the start, multiplied by the "
                "power that the escape law gives. What obeys the law is flat; softplus "
                "on the symmetric manifold and monomials rise steeply.",
            ),
            "Times multiplied by the law's own power $\\varepsilon^{r-2}$, all layers "
            "small, relative to the largest start: what obeys the law is flat."
            + ("" if quick else " Right: targets of mean 0 and targets as drawn."),
        ),
        _table(found),
    )
    records = {_label(each): each.run.to_xarray() for each in found}
    return Answer(section, _findings(found), records)


def _label(each: Departure) -> str:
    place = "on" if each.place == MANIFOLD else each.place.replace(", ", "-")
    return f"{each.name}-L{each.depth}-{place}".replace(" ", "_")


def _findings(found) -> tuple[Finding, ...]:
    out = []
    for each in found:
        on = f"{each.name}, L = {each.depth}"
        if each.name == "softplus" and each.place == MANIFOLD:
            out.append(Finding.of(judge(SlavedReadOut(), each.run), on=on))
        if each.name in ("square", "cube"):
            verdict = judge(MonomialEscape(), each.run)
            out.append(Finding.of(verdict, on=on))
            out += Finding.of_rivals(verdict, on=on)
    return tuple(out)


def _draw(found) -> plots.Drawing:
    panels = {
        "on the manifold": [each for each in found if each.place == MANIFOLD],
        "random starts": [each for each in found if each.place != MANIFOLD],
    }
    panels = {title: some for title, some in panels.items() if some}
    drawing = plots.figure(1, len(panels), height=4.0, width=9.4)
    for panel, (title, some) in zip(drawing, panels.items(), strict=True):
        curves = {}
        for each in some:
            scaled = each.times * np.array(each.sizes) ** each.usual
            curves[each.label] = (each.sizes, scaled / scaled[0])
        panel.frame(
            title=title, x="size of the start ε", y="time · $ε^{r-2}$, relative",
            log="xy",
        ).lines(curves).axes.invert_xaxis()  # fmt: skip
        marked = some[0].sizes[::2]
        panel.axes.set_xticks(marked, [f"{eps:.2g}" for eps in marked])
        panel.axes.set_xticks([], minor=True)
    return drawing


def _table(found) -> Numbers:
    rows = []
    for each in found:
        kind = activation_class(
            centred_softplus if each.name == "softplus centred" else each.name
        )
        rows.append(
            (
                each.name,
                kind.letter,
                each.depth,
                each.place,
                _signed(-each.usual),
                "—" if each.power is None else _signed(-each.power),
                f"{each.found:.3f}".replace("-", "−"),
            )  # fmt: skip
        )
    columns = ("activation", "class", "L = r", "start", "law", "ours", "measured")
    return Numbers(
        columns, rows, "Exponents of ε: the law's, the one derived here, and measured"
    )


def _signed(value: int) -> str:
    return str(value).replace("-", "−")


def _words(found, growth: Growth) -> tuple[str, ...]:
    known = [(each.found, each.power) for each in found if each.power is not None]
    off = max(abs(value + power) / power for value, power in known)
    slaved = next(e for e in found if e.name == "softplus" and e.place == MANIFOLD)
    back = next((e for e in found if e.name == "softplus centred"), None)
    square = next(e for e in found if e.name == "square")
    random = [e for e in found if e.place != MANIFOLD]
    gelu = activation_class("gelu")
    first = (
        "**Class D on the manifold.** An activation with $\\sigma(0) \\ne 0$ gives "
        "every network a constant feature. With targets of mean 0 the read-out relaxes "
        "along it at once, and follows the rest as a slave from then on; the exponent "
        "is $2r - 4$, not $r - 2$. Softplus with three layers: "
        f"{-slaved.found:.3f} measured for 2. "
        + (f"Moved through 0 it is back at {-back.found:.3f} for 1. " if back else "")
        + (_at_random(*random) if random else "")
        + "**Monomials** have a class but no slope at 0, so that no layer acts as a "
        "linear map: the exponent is the degree of the output in the weights, less 2 "
        f"({-square.found:.3f} for {square.power} with {square.depth} layers of "
        f"squares, where the law has {square.usual}). Wherever an exponent is derived "
        f"here it is met to {number(100 * off, 2)} %."
    )
    ratio = growth.kicked[1] / growth.kicked[0]
    second = (
        "**The manifold is invariant, not attracting.** Interchangeable units stay so "
        f"to {number(growth.still[1], 1)} from an exact start; told apart by "
        f"{number(growth.kicked[0], 1)}, they are {number(growth.kicked[1], 1)} apart "
        f"at the escape, {ratio:.0f} times as far, while the layers themselves grow "
        f"{growth.layers:.0f} times. What is exact on the manifold is therefore not "
        "what happens at random starts, and both are measured above."
    )
    third = (
        "GELU was listed in class B in an early summary; its leading order is "
        f"{gelu.q}, which is class {gelu.letter}, as the paper says."
    )
    return first, second, third


def _at_random(obeys: Departure, departs: Departure) -> str:
    mean = float(np.mean(np.asarray(subjects.problem().targets)))
    return (
        f"At random starts softplus obeys the law ({-obeys.found:.3f} for 1), **but "
        "only for targets of mean 0**. The sample as drawn has a mean of "
        f"{mean:.3f}: the read-out grows until it fits that, is then no longer small, "
        f"and from $\\varepsilon = {departs.sizes[-3]:.1g}$ down the exponent is "
        f"{departs.found:.3f} for the 0 of one small layer less. "
    )
