"""How our pictures look: colours that colour-blind eyes and grey printers tell apart.

The colours are Okabe and Ito's; no two strokes share a dash or a marker either, so the
colour is never the only difference. On a page each colour is a CSS variable, so that
pictures follow the reader's light or dark scheme.
"""

import dataclasses
from collections.abc import Iterable


Number = int | float
INK, MUTED, GRID, FACE = "#1b1f24", "#59616b", "#d5dae0", "#fefefe"
COLOURS = {
    "blue": "#0072b2",
    "vermilion": "#d55e00",
    "green": "#009e73",
    "purple": "#b5598f",  # theirs is #cc79a7; darker, to reach contrast 3 on white
    "ink": INK,
    "orange": "#e69f00",
    "sky": "#56b4e9",
}
ROLES = {"muted": MUTED, "grid": GRID, "face": FACE}


@dataclasses.dataclass(frozen=True)
class Stroke:
    """Colour, dash, marker and hatch: four ways to be told apart."""

    colour: str
    dash: str | tuple[Number, tuple[Number, ...]]
    marker: str
    hatch: str

    @property
    def line(self) -> dict[str, object]:
        """Keywords for a matplotlib line."""
        return {"color": self.colour, "linestyle": self.dash}


STROKES = tuple(
    Stroke(COLOURS[colour], dash, marker, hatch)
    for colour, dash, marker, hatch in [
        ("blue", "-", "o", ""),
        ("vermilion", (0, (5, 1.5)), "s", "////"),
        ("green", (0, (1, 1.2)), "^", "\\\\\\\\"),
        ("purple", (0, (6, 1.5, 1, 1.5)), "D", "xxxx"),
        ("ink", (0, (2.5, 1.2)), "v", "----"),
        ("orange", (0, (8, 1.5, 1, 1.5, 1, 1.5)), "P", "||||"),
        ("sky", (0, (3, 1, 3, 3)), "X", "++++"),
    ]
)


def strokes(names: Iterable[object]) -> dict[object, Stroke]:
    """One stroke for each name, in order; keep the dict to look the same everywhere."""
    return {name: STROKES[i % len(STROKES)] for i, name in enumerate(names)}


RC = {
    "svg.fonttype": "path",  # no font of the reader's machine, hence no moved label
    "svg.hashsalt": "tacit",
    "pdf.fonttype": 42,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib
    "mathtext.fontset": "dejavusans",
    "font.size": 9.5,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 7,
    "axes.labelsize": 9.5,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "axes.formatter.use_mathtext": True,
    "figure.facecolor": "none",
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "lines.linewidth": 1.8,
    "lines.markersize": 4.5,
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "legend.handlelength": 3.2,
    "path.simplify": True,
    "savefig.facecolor": "none",
}
