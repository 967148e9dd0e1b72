"""Pictures for a page, and what they are drawn with: the door to matplotlib."""

import pickle

from ..display.figures import Drawing, figure
from ..display.panels import Panel
from ..display.style import MUTED, Stroke, STROKES, strokes
from .svg import inline


__all__ = [
    "Drawing",
    "MUTED",
    "Panel",
    "STROKES",
    "Stroke",
    "Svg",
    "figure",
    "strokes",
    "to_svg",
]


class Svg(str):
    """The text of an `<svg>` element that remembers what it is a picture of."""

    kept: bytes

    def drawing(self) -> Drawing:
        """The drawing as it was before its labels were placed, to be fitted anew."""
        return pickle.loads(self.kept)


def to_svg(drawing: Drawing, *, alt: str) -> Svg:
    """`drawing` as an `<svg>` element for a page; `alt` says what it shows, in words.

    The same drawing gives the same bytes.
    """
    kept = pickle.dumps(drawing)
    found = Svg(inline(drawing.svg(), alt=alt))
    found.kept = kept
    return found
