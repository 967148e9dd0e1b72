"""Pictures for a page, and what they are drawn with: the door to matplotlib."""

from ..display.figures import Drawing, figure, save
from ..display.panels import Panel
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


def to_svg(drawing: Drawing, *, alt: str) -> str:
    """`drawing` as an `<svg>` element for a page; `alt` says what it shows, in words.

    The same drawing gives the same bytes.
    """
    return inline(drawing.svg(), alt=alt)
