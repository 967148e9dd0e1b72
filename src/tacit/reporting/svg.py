"""SVG text made fit to stand inside a page, beside other SVGs."""

import re
from html import escape

from ..display.style import COLOURS, ROLES


REFERENCE = re.compile(r'(?:xlink:)?href="#([^"]+)"|url\(#([^)]+)\)')
COMMENTS = re.compile(r"<!--.*?-->", re.DOTALL)
METADATA = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)
SHEET = re.compile(r"<style[^>]*>.*?</style>", re.DOTALL)
ROOT = re.compile(r"<svg\b[^>]*>")
DIGITS = re.compile(r"(\.\d\d)\d+")


def inline(svg: str, *, alt: str) -> str:
    """The `<svg>` element alone: no prologue, no namespace, no address of any kind.

    Ids that nothing refers to go, our colours become CSS variables (with themselves as
    fallback), and `alt` becomes the accessible name.
    """
    svg = svg[svg.index("<svg") :]
    for pattern in (COMMENTS, METADATA, SHEET):
        svg = pattern.sub("", svg)
    svg = svg.replace("xlink:href=", "href=")
    used = {first or second for first, second in REFERENCE.findall(svg)}
    svg = re.sub(
        r' id="([^"]+)"', lambda found: found[0] if found[1] in used else "", svg
    )
    svg = re.sub(
        r' d="[^"]*"', lambda found: DIGITS.sub(r"\1", found[0].replace("\n", "")), svg
    )
    svg = ROOT.sub(lambda found: _root(found[0], alt), svg, count=1)
    for name, colour in {**COLOURS, **ROLES}.items():
        svg = svg.replace(f": {colour}", f": var(--{name}, {colour})")
        variable = f'style="fill: var(--{name}, {colour})"'
        svg = svg.replace(f'fill="{colour}"', variable)  # the ground of a hatch
    return re.sub(r"\s*\n\s*", "\n", svg).strip()


def _root(tag: str, alt: str) -> str:
    box = re.search(r'viewBox="([^"]+)"', tag)
    if box is None:
        raise ValueError("an SVG without a viewBox cannot follow the width of a page")
    width = float(box[1].split()[2]) * 4 / 3  # points to CSS pixels
    return (
        f'<svg viewBox="{box[1]}" width="{width:.0f}" role="img" '
        f'aria-label="{escape(alt)}" '
        f'style="--wide: {width:.0f}px; stroke-linejoin: round; stroke-linecap: butt">'
    )


def namespaced(svg: str, prefix: str) -> str:
    """`svg` with `prefix` before every id and every reference to one."""
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}\1"', svg)
    svg = re.sub(r'href="#([^"]+)"', rf'href="#{prefix}\1"', svg)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}\1)", svg)
