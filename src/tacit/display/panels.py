"""One pair of axes and what a study draws on it."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, ParamSpec, TypeVar

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from .notation import in_print
from .style import FACE, MUTED, Number, RC, Stroke, strokes


Values = ArrayLike | Sequence[Any]  # beartype finds a tuple to be no ArrayLike
Curve = tuple[Values, Values]
P = ParamSpec("P")
T = TypeVar("T")


def styled(function: Callable[P, T]) -> Callable[P, T]:
    """Run `function` under our settings, and under nobody else's."""

    @functools.wraps(function)
    def inside(*args: P.args, **kwargs: P.kwargs) -> T:
        with mpl.rc_context():
            mpl.rcdefaults()
            mpl.rcParams.update(RC)  # pyright: ignore
            return function(*args, **kwargs)

    return inside


class Panel:
    """One pair of axes; `axes` is matplotlib's own, for what is not offered here."""

    def __init__(self, axes: Axes):
        self.axes = axes
        self.waiting: list[tuple[str, str, float]] = []

    @styled
    def frame(
        self, *, x: str = "", y: str = "", title: str = "", log: str = ""
    ) -> "Panel":
        """Label the axes (say units: ``time (1/rate)``), and make those in `log` so."""
        if x:
            self.axes.set_xlabel(x)
        if y:
            self.axes.set_ylabel(y)
        if title:
            self.axes.set_title(title)
        if "x" in log:
            self.axes.set_xscale("log")
        if "y" in log:
            self.axes.set_yscale("log")
        return self

    @styled
    def lines(
        self,
        curves: Mapping[Any, Curve],
        *,
        look: Mapping[Any, Stroke] | None = None,
        labels: Literal["ends", "key", "none"] = "ends",
        markers: int = 6,
        floor: Number | None = None,
    ) -> "Panel":
        """One curve ``(x, y)`` a name, labelled at its right end or by `Drawing.key`.

        `look` (from `strokes`) keeps one look a name over all panels. On a logarithmic
        axis `floor` stands in for what is smaller, an exact 0 among it.
        """
        look = look or strokes(curves)
        for i, (name, (x, y)) in enumerate(curves.items()):
            stroke, x, y = look[name], np.asarray(x, float), np.asarray(y, float)
            if floor is not None:
                y = np.maximum(np.abs(y), floor)
            gap = 1 / max(markers, 1)
            every = ((0.3 + 0.25 * i) % 1 * gap, gap)
            self.axes.plot(
                x,
                y,
                label=in_print(str(name)),
                marker=stroke.marker if markers and len(x) > 1 else "",
                markevery=every if len(x) > 12 else 1,
                markeredgecolor=FACE,
                markeredgewidth=0.5,
                **stroke.line,  # pyright: ignore[reportArgumentType]
            )
            finite = np.isfinite(x) & np.isfinite(y)
            if labels == "ends" and finite.any():
                self.waiting.append(
                    (in_print(str(name)), stroke.colour, float(y[finite][-1]))
                )
        return self

    @styled
    def bundle(
        self,
        x: ArrayLike,
        values: ArrayLike,
        groups: Sequence[str],
        *,
        look: Mapping[Any, Stroke] | None = None,
    ) -> "Panel":
        """Many thin curves, the columns of `values` (t, d), told apart by group."""
        x, values = np.asarray(x, float), np.asarray(values, float)
        look = look or strokes(dict.fromkeys(groups))
        for group in dict.fromkeys(groups):
            columns = [i for i, g in enumerate(groups) if g == group]
            self.axes.plot(
                x,
                values[:, columns],
                label=f"_{group}",  # in no key, but in the table of what was drawn
                linewidth=max(0.6, 1.7 - 0.06 * len(columns)),
                alpha=0.85,
                **look[group].line,  # pyright: ignore[reportArgumentType]
            )
            self.axes.plot([], [], label=str(group), **look[group].line)  # pyright: ignore[reportArgumentType]
        return self

    @styled
    def bars(
        self,
        groups: Sequence[str],
        values: Mapping[Any, ArrayLike],
        *,
        look: Mapping[Any, Stroke] | None = None,
    ) -> "Panel":
        """Bars side by side, one block a group, one hatch and colour a name."""
        look, width = look or strokes(values), 0.8 / len(values)
        middle = (len(values) - 1) / 2
        for i, (name, heights) in enumerate(values.items()):
            self.axes.bar(
                np.arange(len(groups)) + (i - middle) * width,
                np.asarray(heights, float),
                width * 0.92,
                label=str(name),
                facecolor=look[name].colour,
                edgecolor=FACE,
                linewidth=0,
                hatch=look[name].hatch,
            )
        self.axes.set_xticks(np.arange(len(groups)), [str(g) for g in groups])
        self.axes.tick_params(axis="x", length=0)
        self.axes.grid(visible=False, axis="x")
        return self

    @styled
    def level(
        self, value: Number, text: str = "", *, side: Literal["left", "right"] = "left"
    ) -> "Panel":
        """A horizontal line for what was predicted or allowed, with a word on it."""
        self.axes.axhline(
            value, color=MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=1
        )
        where = self.axes.get_yaxis_transform()
        self.axes.annotate(
            text, (0.015 if side == "left" else 0.985, value), (0, 3), xycoords=where,
            textcoords="offset points", color=MUTED, fontsize=8.5, ha=side,
        )  # fmt: skip
        return self

    @styled
    def key(self, place: Any, *, columns: int = 1, strip: Number = 0) -> "Panel":
        """A key inside the panel; a `strip` of its height is added on top for it."""
        if strip:
            low, high = self.axes.get_ylim()
            self.axes.set_ylim(low, high + strip * (high - low))
        self.axes.legend(loc=place, ncols=columns, borderaxespad=0.2)
        return self

    @styled
    def moment(self, x: Number, text: str = "") -> "Panel":
        """A vertical line where something happens, with a word beside it."""
        self.axes.axvline(x, color=MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
        where = self.axes.get_xaxis_transform()
        self.axes.annotate(
            text, (x, 0.98), (4, 0), xycoords=where, textcoords="offset points",
            color=MUTED, fontsize=8.5, va="top",
        )  # fmt: skip
        return self

    @property
    def logarithmic(self) -> bool:
        """Whether an axis is, and its minor ticks may have labels."""
        return "log" in (self.axes.get_xscale(), self.axes.get_yscale())

    def thin_ticks(self) -> None:
        """Take the labels off minor ticks that run into others.

        An axis of a decade or two labels them whether there is room or not.
        """
        for axis in (self.axes.xaxis, self.axes.yaxis):
            if axis.get_scale() != "log":
                continue
            taken = [t.label1.get_window_extent() for t in axis.get_major_ticks()]
            for tick in axis.get_minor_ticks():
                box = tick.label1.get_window_extent()
                wide = box.padded(3)
                if tick.label1.get_text() and any(map(wide.overlaps, taken)):
                    tick.label1.set_visible(False)
                else:
                    taken.append(box)

    def label_ends(self) -> None:
        """Write the names to the right, apart, in the order in which they end."""
        ends, self.waiting = self.waiting, []
        to_pixels, box = self.axes.transData, self.axes.bbox
        x = self.axes.get_xlim()[1]
        room = 12 / 72 * self.axes.figure.dpi
        seen = [
            (n, c, float(to_pixels.transform((x, y))[1] - box.y0)) for n, c, y in ends
        ]
        seen.sort(key=lambda end: end[2])
        heights = _apart(np.clip([s[2] for s in seen], 0, box.height), room, box.height)
        for (name, colour, _), height in zip(seen, heights, strict=True):
            self.axes.annotate(
                name, (1, height / box.height), (5, 0), xycoords="axes fraction",
                textcoords="offset points", va="center", color=colour, fontsize=9,
                fontweight="bold", annotation_clip=False,
            )  # fmt: skip


def _apart(wanted: np.ndarray, room: float, top: float) -> np.ndarray:
    """The sorted heights nearest `wanted`, at least `room` apart, from 0 to `top`.

    Where labels would collide they form a pile about the mean of what they want.
    """
    piles = [[float(w), 1] for w in wanted]  # mean, how many
    i = 0
    while i < len(piles) - 1:
        (a, m), (b, n) = piles[i], piles[i + 1]
        if b - a < room * (m + n) / 2 - 1e-9:
            piles[i : i + 2] = [[(a * m + b * n) / (m + n), m + n]]
            i = max(i - 1, 0)
        else:
            i += 1
    out = [a + room * (j - (m - 1) / 2) for a, m in piles for j in range(int(m))]
    if not out:
        return np.zeros(0)
    # Above all not below the axis, where the numbers of its ticks are.
    moved = np.asarray(out) - max(0.0, out[-1] - top)
    return moved + max(0.0, room / 3 - moved[0])
