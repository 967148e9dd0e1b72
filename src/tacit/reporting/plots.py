"""Pictures: small multiples of labelled curves, bars and dots. The door to matplotlib.

Nothing here touches pyplot or leaves a global setting behind. The curves of a `Drawing`
are labelled by `to_svg` or `save`, when all limits are known.
"""

import io
from pathlib import Path
from typing import Any, Literal

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from .panels import Panel, styled
from .style import Stroke, STROKES, strokes
from .svg import inline


__all__ = [
    "Drawing",
    "Panel",
    "STROKES",
    "Stroke",
    "figure",
    "save",
    "strokes",
    "to_svg",
]

Share = Literal["none", "x", "y", "both"]


class Drawing:
    """A grid of panels: ``drawing[row, col]``, or ``drawing[i]`` in reading order."""

    @styled
    def __init__(self, rows: int, cols: int, size: tuple[float, float], share: Share):
        self.figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(self.figure)
        grid = self.figure.subplots(
            rows, cols, squeeze=False,
            sharex=share in ("x", "both"), sharey=share in ("y", "both"),
        )  # fmt: skip
        self.grid = np.array([[Panel(axes) for axes in row] for row in grid], object)

    def __getitem__(self, where: int | tuple[int, int]) -> Panel:
        return self.grid[where] if isinstance(where, tuple) else self.grid.flat[where]

    def __iter__(self):
        return iter(self.grid.flat)

    @styled
    def key(self, *, columns: int = 4, title: str = "") -> "Drawing":
        """One legend for all panels, above them, each name once."""
        handles: dict[str, Any] = {}
        for panel in self:
            for handle, name in zip(
                *panel.axes.get_legend_handles_labels(), strict=True
            ):
                handles.setdefault(name, handle)
        self.figure.legend(
            list(handles.values()), list(handles), loc="outside upper left",
            ncols=min(columns, max(len(handles), 1)), title=title or None,
            alignment="left", title_fontsize=9,
        )  # fmt: skip
        return self

    def finish(self) -> Figure:
        """The matplotlib figure, with every label in its place."""
        waiting = [panel for panel in self if panel.waiting]
        if waiting:
            self.figure.draw_without_rendering()
        for panel in waiting:
            panel.label_ends()
        return self.figure


def figure(
    rows: int = 1,
    cols: int = 1,
    *,
    width: float | None = None,
    height: float | None = None,
    share: Share = "none",
) -> Drawing:
    """Panels to draw on. Sizes in inches; by default 7.6 wide (5.4 for one panel)."""
    wide = width or (5.4 if cols == 1 else 7.6)
    return Drawing(rows, cols, (wide, height or 2.6 * rows + 0.5), share)


@styled
def to_svg(drawing: Drawing, *, alt: str) -> str:
    """`drawing` as an `<svg>` element for a page; `alt` says what it shows, in words.

    The same drawing gives the same bytes.
    """
    text = io.StringIO()
    drawing.finish().savefig(text, format="svg", metadata={"Date": None})
    return inline(text.getvalue(), alt=alt)


@styled
def save(drawing: Drawing, path: Path) -> Path:
    """`drawing` as a file for a paper: PDF, PNG or SVG, by the ending of `path`."""
    dated = {"Date": None} if path.suffix == ".svg" else {}
    if path.suffix == ".pdf":
        dated = {"CreationDate": None}
    drawing.finish().savefig(path, metadata=dated, facecolor="white", dpi=200)
    return path
