"""Pictures for a page, and what they are drawn with: the door to matplotlib."""

import io

from ..display.figures import Drawing, figure, save
from ..display.panels import Panel, styled
from ..display.style import MUTED, Stroke, STROKES, strokes
from .svg import inline


__all__ = [
    "Drawing",
    "MUTED",
    "Panel",
    "STROKES",
    "Stroke",
    "figure",
    "save",
    "strokes",
    "to_svg",
]


@styled
def to_svg(drawing: Drawing, *, alt: str) -> str:
    """`drawing` as an `<svg>` element for a page; `alt` says what it shows, in words.

    The same drawing gives the same bytes.
    """
    text = io.StringIO()
    drawing.finish().savefig(text, format="svg", metadata={"Date": None})
    return inline(text.getvalue(), alt=alt)
