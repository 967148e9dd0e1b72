"""What memory does to sharpness and to the 1-norm, for all memories at once."""

import math

import numpy as np

from ...claims.memory import (
    LongerMemoryAntiRegularises,
    LongMemoryCorrection,
    NoiseTurnsSharpness,
)
from ...experiment import Experiment
from ...flows import Adam
from ...reporting import Numbers, Picture, plots, Section
from ..base import Answer
from .intervals import interval
from .projections import against_orders, BATCHES, Parts, parts_of, trained, WARM_UP
from .records import dataset
from .subjects import EPS, regression, SAMPLES, starts
from .verdicts import verdicts


LABELS = ("|g|₁", "tr H")
AGES = np.geomspace(1, 1000, 61)
r"""Of both memories, $B = \beta/(1-\beta)$."""

STANDARD = ((0.9, 0.99), (0.9, 0.999), (0.99, 0.99))
HATCH = "////"
INK, MUTED, FACE = "#1b1f24", "#59616b", "#fefefe"
"""As everywhere on the page, which makes them light where the reader's is dark."""


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """The effect of memory over (beta1, beta2, batch), after a short training."""
    count, draws = (20, 0) if quick else (40, 400)
    networks = trained(count)
    parts = parts_of(networks)
    section = Section(
        "What memory does, by memory and batch",
        *_words(parts, count),
        _picture(parts),
        _table(parts),
        *against_orders(networks, draws),
    )
    claims = (LongerMemoryAntiRegularises(),)
    if not quick:
        claims += (LongMemoryCorrection(), NoiseTurnsSharpness())
    return Answer(section, verdicts(claims), {"projections": _record(parts)})


def _words(parts: Parts, count: int) -> tuple[str, ...]:
    share = np.mean(parts.second > 0, axis=1)  # (batches, quantities)
    norm, sharp = share[:, 0], share[:, 1]
    listed = "; ".join(
        f"{_named(b)}: {interval(parts.at(0.9, 0.999)[i, :, 1]).told}"
        for i, b in enumerate(BATCHES)
    )
    noise = np.quantile(parts.noise, [0.25, 0.5, 0.75])
    turned = sharp[0] < 0.5 < sharp[1:].min()
    return (
        "The mean correction, projected on the gradient of what it may act on: "
        r"$\langle\mathrm{Corr}, \nabla S\rangle/\|\nabla S\|$, positive where memory "
        "*lowers* $S$ ($S = |g|_1$, the 1-norm of the gradient, and "
        r"$\operatorname{tr}H$). It is computed from gradients of single samples and "
        r"holds for $\beta_2 \to 1$ at any noise; it is linear in $B_i = "
        r"\beta_i/(1-\beta_i)$, so a map has at most one straight line of zeros. "
        f"{count} starts of the small network after {WARM_UP} steps; the noise scale "
        f"there is {noise[1]:.1f} samples ({noise[0]:.1f} to {noise[2]:.1f} in the "
        "middle half of the starts).",
        ("**The 1-norm: no reversal.** " if norm.max() == 0 else "**The 1-norm.** ")
        + "A larger $\\beta_2$ lowers it "
        + (
            "in no start at any batch size"
            if norm.max() == 0
            else f"in {norm.min():.0%} to {norm.max():.0%} of the starts"
        )
        + ": what noise does is damp the effect.",
        ("**Sharpness: reversed on average.** " if turned else "**Sharpness.** ")
        + "A larger $\\beta_2$ flattens in "
        + ", ".join(
            f"{s:.0%} ({_named(b)})" for s, b in zip(sharp, BATCHES, strict=True)
        )
        + r" of the starts. At $\beta = (0.9, 0.999)$ the effect on "
        + r"$\operatorname{tr}H$ is, on average: "
        + listed
        + ".",
    )


def _picture(parts: Parts) -> Picture:
    B1, B2 = np.meshgrid(AGES, AGES, indexing="ij")
    drawing = plots.figure(2, len(BATCHES), height=4.9, share="both")
    for column, batch in enumerate(BATCHES):
        for row, label in enumerate(LABELS):
            first = np.mean(parts.first[column, :, row])
            second = np.mean(parts.second[column, :, row])
            panel = drawing[row, column].frame(
                x="B₁ = β₁/(1−β₁)", y=f"{label}\nB₂ = β₂/(1−β₂)", log="xy",
                title="" if row else _named(batch),
            )  # fmt: skip
            _contours(panel.axes, B1, B2, first * B1 + second * B2)
    return Picture(
        plots.to_svg(
            drawing,
            alt="Contour maps of the effect of memory over both memories, for four "
            "batch sizes: the region where memory raises the 1-norm shrinks with the "
            "batch but stays on the side of large beta2; for the trace of the Hessian "
            "it changes sides.",
        ),
        "Mean over starts. Hatched: memory *raises* the quantity. Thick: no effect. "
        "Thin: the size of the effect, per step squared. Beta 0.9, 0.99, 0.999 are "
        "B = 9, 99, 999.",
    )


def _contours(axes, B1, B2, values) -> None:
    sides = [-np.inf, 0, np.inf]
    hatched = axes.contourf(B1, B2, values, sides, colors="none", hatches=[HATCH, None])
    hatched.set_edgecolor(MUTED)  # which hatches are drawn in
    hatched.set_linewidth(0)
    size = 10.0 ** np.floor(np.log10(np.abs(values).max()))
    levels = [-size, -size / 10, 0, size / 10, size]
    widths = [0.8, 0.8, 2, 0.8, 0.8]
    lines = axes.contour(
        B1, B2, values, levels, colors=INK, linewidths=widths, linestyles="-"
    )
    sizes = [level for level in levels if level]  # the thick line is that of no effect
    for label in axes.clabel(lines, sizes, fontsize=7.5, fmt=_power, inline=False):
        label.set_rotation(0)
        label.set_visible(label.get_position()[0] < B1.max() ** 0.85)  # else cut off
        label.set_bbox({"facecolor": FACE, "edgecolor": "none", "pad": 0.6})
    axes.grid(visible=False)


def _power(level: float) -> str:
    """A power of ten, with its sign."""
    sign = "−" if level < 0 else ""
    return f"${sign}10^{{{round(math.log10(abs(level)))}}}$"


def _named(batch: int) -> str:
    return "whole sample" if batch == SAMPLES else f"b = {batch}"


def _table(parts: Parts) -> Numbers:
    rows = []
    for row, label in enumerate(LABELS):
        for i, batch in enumerate(BATCHES):
            found = [interval(parts.at(*pair)[i, :, row]) for pair in STANDARD]
            flat = np.mean(parts.second[i, :, row] > 0)
            rows.append((f"{label}, {_named(batch)}", *map(str, found), f"{flat:.0%}"))
    return Numbers(
        ("", *(f"β = {pair}" for pair in STANDARD), "larger β₂ lowers it"),
        rows,
        "Mean effect over starts with 95 % intervals, positive where memory lowers the "
        "quantity; last, in how many starts a larger second memory lowers it.",
    )


def _record(parts: Parts):
    first = Experiment(
        starts(1)[0], regression(), Adam(1e-3, 0.9, 0.99, EPS), until=WARM_UP
    )
    dims = ("batch", "start", "quantity")
    words = "projection of the correction on the gradient of the quantity, per unit of"
    return dataset(
        {
            "of_beta1": (dims, parts.first, "1", f"{words} beta1/(1-beta1)"),
            "of_beta2": (dims, parts.second, "1", f"{words} beta2/(1-beta2)"),
            "noise_scale": (("start",), parts.noise, "samples", "simple noise scale"),
        },
        {
            "batch": list(BATCHES),
            "start": range(parts.noise.shape[0]),
            "quantity": ["norm", "trace"],
        },
        first,
    )
