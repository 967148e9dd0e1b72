r"""The little notation our prose uses, as HTML and as plain Unicode text.

``*emphasis*``, ``**strong**``, code between backquotes, and ``$\theta_1^2$``: the part
of TeX that fits on a line. Everything else is text, and is escaped.
"""

import math
import re
from typing import SupportsFloat

from markupsafe import escape, Markup

from .formulas import formula, HTML, RAISED, TEXT


INLINE = re.compile(
    r"`(?P<code>[^`]+)`|\$(?P<math>[^$]+)\$|\*\*(?P<strong>.+?)\*\*|\*(?P<em>[^*\s][^*]*)\*"
)


MINUS = re.compile(r"(?<![\w.)\]-])-(?=\d)")
KEPT = re.compile(r" × (?=10)|(?<=\d) %| ± (?=\d)|\b[^\W\d_][₀-₉]? = (?=[\d−])")
FLOAT = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)e([+-]?\d+)(?![\w.]\d)")


def html(text: str) -> Markup:
    """One paragraph of our notation as HTML; whatever is not notation is escaped."""
    out, last = [], 0
    for found in INLINE.finditer(text):
        out.append(_words(text[last : found.start()]))
        kind, body = found.lastgroup, found[found.lastgroup or 0]
        if kind == "math":
            out.append(f'<span class="math">{formula(body, HTML)}</span>')
        elif kind == "code":
            out.append(f"<code>{escape(body)}</code>")
        else:
            out.append(f"<{kind}>{html(body)}</{kind}>")
        last = found.end()
    return Markup("".join([*out, _words(text[last:])]))


def _words(text: str) -> str:
    """Escaped; what belongs to a number stays on its line, and its minus is one."""
    signed = MINUS.sub("−", in_print(text))
    return str(escape(KEPT.sub(lambda found: found[0].replace(" ", "\u00a0"), signed)))


def in_print(text: str) -> str:
    """`text` with every ``4.1e-04`` in it written as in print, 4.1 × 10⁻⁴."""
    return FLOAT.sub(lambda found: f"{found[1]} × 10{_raised(found[2])}", text)


def _raised(power: str) -> str:
    return str(int(power)).replace("-", "−").translate(RAISED)


def plain(text: str) -> str:
    """The same without any markup, for terminals, JSON and alternative texts."""

    def replace(found: re.Match[str]) -> str:
        body = found[found.lastgroup or 0]
        if found.lastgroup == "math":
            return formula(body, TEXT)
        return body if found.lastgroup == "code" else plain(body)

    return INLINE.sub(replace, text)


def number(value: object, digits: int = 3) -> str:
    """A number as print has it: ``1.20 × 10⁻¹⁴``, ``0.973``, ``—`` for no number."""
    if isinstance(value, bool) or not isinstance(value, SupportsFloat):
        return "—" if value is None else str(value)
    x = float(value)
    if math.isnan(x):
        return "—"
    if math.isinf(x):
        return "∞" if x > 0 else "−∞"
    if x == int(x) and abs(x) < 1e6:
        return f"{int(x)}".replace("-", "−")
    if 1e-3 <= abs(x) < 1e5:
        return f"{x:.{digits}g}".replace("-", "−") if abs(x) < 1e3 else f"{x:.0f}"
    mantissa, power = f"{x:.{digits - 1}e}".split("e")
    return f"{mantissa} × 10{_raised(power)}".replace("-", "−")
