"""Pictures: small multiples of labelled curves, bars and dots.

Nothing here touches pyplot or leaves a global setting behind. The curves of a `Drawing`
are labelled by `finish`, when all limits are known.
"""

import io
import os
from pathlib import Path
from typing import Any, Literal

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from ..errors import OptionError
from .panels import Panel, styled
from .style import Number


Share = Literal["none", "x", "y", "both"]
ENDINGS = (".pdf", ".pgf", ".png", ".svg")
NARROWEST = 2.2
"""Inches that a panel needs for its labels and ticks."""


class Drawing:
    """A grid of panels: ``drawing[row, col]``, or ``drawing[i]`` in reading order.

    It shows itself in a notebook; `save` writes it to a file.
    """

    @styled
    def __init__(self, rows: int, cols: int, size: tuple[Number, Number], share: Share):
        self.share = share
        self.figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(self.figure)
        grid = self.figure.subplots(
            rows, cols, squeeze=False,
            sharex=share in ("x", "both"), sharey=share in ("y", "both"),
        )  # fmt: skip
        self.grid = np.array([[Panel(axes) for axes in row] for row in grid], object)

    def __getitem__(self, where: int | tuple[int, int]) -> Panel:
        cells: Any = self.grid
        return cells[where] if isinstance(where, tuple) else cells.flat[where]

    def __iter__(self):
        return (panel for panel in self.grid.flat if panel is not None)

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

    @styled
    def scale(self, mesh: Any, label: str) -> "Drawing":
        """One bar for all panels, of what the colours of `mesh` stand for."""
        axes = [panel.axes for panel in self]
        self.figure.colorbar(mesh, ax=axes, label=label)
        return self

    def finish(self) -> Figure:
        """The matplotlib figure, with every label in its place."""
        self._label_once()
        if any(panel.waiting or panel.logarithmic for panel in self):
            self.figure.draw_without_rendering()
        for panel in self:
            panel.thin_ticks()
            panel.label_ends()
        return self.figure

    @styled
    def fit(self, width: Number) -> "Drawing":
        """Bring it to `width` inches, in panels that stay wide enough to be read.

        Where those of a row would be narrower than two inches they go below each
        other, each with its own labels. To be called before it is finished.
        """
        rows, cols = self.grid.shape
        was, tall = self.figure.get_size_inches()
        height, panels = tall / rows, list(self)
        if cols > 1 and width / cols < NARROWEST:
            across = max(1, int(width / NARROWEST))
            down = -(-len(panels) // across)
            places = self.figure.add_gridspec(down, across)
            for i, panel in enumerate(panels):
                panel.axes.set_subplotspec(places[i // across, i % across])
                panel.axes.tick_params(labelleft=True, labelbottom=True)
            blank = [None] * (down * across - len(panels))
            self.grid = np.array([*panels, *blank], object).reshape(down, across)
            self.share, rows, height = "none", down, min(height, 0.75 * width / across)
        else:
            height *= max(width / was, 0.7)
        self.figure.set_size_inches(width, rows * height + 0.3)
        for key in self.figure.legends:
            key.set_ncols(max(1, int(width / 1.5)))
        return self

    @styled
    def svg(self) -> str:
        """An SVG file, as text; the same drawing gives the same bytes."""
        text = io.StringIO()
        self.finish().savefig(text, format="svg", metadata={"Date": None})
        return text.getvalue()

    def _repr_svg_(self) -> str:
        return self.svg()

    @styled
    def save(self, path: str | os.PathLike[str], *, shrink: Number = 1) -> Path:
        """Write a file for a paper: PDF, PGF, PNG or SVG, by the ending of `path`.

        Fonts are embedded, times `shrink` in size, and the same drawing gives the same
        bytes. Raises `OptionError` for another ending.
        """
        place = Path(path)
        if place.suffix not in ENDINGS:
            raise OptionError("ending of a picture", place.suffix, ENDINGS)
        figure = self.finish()
        if shrink != 1:
            for text in figure.findobj(Text):
                text.set_fontsize(float(text.get_fontsize()) * shrink)
            for panel in self:
                panel.axes.tick_params(labelsize=8.5 * shrink)
        dated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
        words: dict[str, Any] = {"metadata": dated.get(place.suffix)}
        words = {} if place.suffix == ".pgf" else words
        figure.savefig(place, facecolor="white", dpi=300, **words)
        return place

    def _label_once(self) -> None:
        """Leave a label that panels share on the outer ones only."""
        for row, col in np.ndindex(self.grid.shape):
            axes, first, last = (
                self[row, col].axes,
                self[row, 0].axes,
                self[-1, col].axes,
            )
            if self.share in ("y", "both") and col:
                axes.set_ylabel(
                    "" if axes.get_ylabel() == first.get_ylabel() else axes.get_ylabel()
                )
            if self.share in ("x", "both") and row < len(self.grid) - 1:
                axes.set_xlabel(
                    "" if axes.get_xlabel() == last.get_xlabel() else axes.get_xlabel()
                )


def figure(
    rows: int = 1,
    cols: int = 1,
    *,
    width: Number | None = None,
    height: Number | None = None,
    share: Share = "none",
) -> Drawing:
    """Panels to draw on. Sizes in inches; by default 7.6 wide (6.2 for one panel)."""
    wide = width or (6.2 if cols == 1 else 7.6)
    return Drawing(rows, cols, (wide, height or 2.6 * rows + 0.5), share)
