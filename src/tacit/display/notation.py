r"""The little notation our prose uses, as HTML and as plain Unicode text.

``*emphasis*``, ``**strong**``, code between backquotes, and ``$\theta_1^2$``: the part
of TeX that fits on a line. Everything else is text, and is escaped.
"""

import math
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple, SupportsFloat

from markupsafe import escape, Markup


SYMBOLS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε",
    "varepsilon": "ε", "eta": "η", "theta": "θ", "kappa": "κ", "lambda": "λ",
    "mu": "μ", "nu": "ν", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ",
    "phi": "φ", "varphi": "φ", "psi": "ψ", "omega": "ω", "chi": "χ", "xi": "ξ",
    "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ",
    "Omega": "Ω", "Gamma": "Γ", "ell": "ℓ", "nabla": "∇", "partial": "∂",
    "infty": "∞", "top": "⊤", "cdot": "·", "cdots": "⋯", "dots": "…",
    "ldots": "…", "lVert": "‖", "rVert": "‖", "Vert": "‖", "|": "‖", "lvert": "|",
    "rvert": "|", "langle": "⟨", "rangle": "⟩", "sum": "∑", "prod": "∏", "int": "∫",
    "ker": "ker", "emptyset": "∅", "forall": "∀", "exists": "∃", "circ": "∘",
    "prime": "′", "dagger": "†", "star": "⋆", "{": "{", "}": "}", "%": "%",
    "_": "_", "#": "#", "$": "$", "&": "&",
}  # fmt: skip
RELATIONS = {
    "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "neq": "≠",
    "approx": "≈", "simeq": "≃", "sim": "∼", "propto": "∝", "equiv": "≡", "in": "∈",
    "notin": "∉", "to": "→", "rightarrow": "→", "mapsto": "↦", "ll": "≪", "gg": "≫",
    "succ": "≻", "succeq": "⪰", "prec": "≺", "times": "×", "pm": "±", "cap": "∩",
    "cup": "∪", "subset": "⊂", "Rightarrow": "⇒", "iff": "⇔", "perp": "⊥", "mid": "|",
    "odot": "⊙", "colon": ":", "cong": "≅", "otimes": "⊗", "oplus": "⊕",
    "setminus": "∖",
}  # fmt: skip
ACCENTS = {"hat": "̂", "bar": "̄", "tilde": "̃", "dot": "̇", "ddot": "̈", "vec": "⃗"}
SPACES = {",": " ", ";": " ", ":": " ", " ": " ", "!": "", "quad": " ", "qquad": "  "}
UPRIGHT = {"mathrm", "text", "operatorname", "mathbf", "textrm", "mathsf", "texttt"}
PLAIN = {"left", "right", "bigl", "bigr", "big", "Big", "displaystyle", "limits"}
BLACKBOARD = {"R": "ℝ", "N": "ℕ", "E": "𝔼", "P": "ℙ", "Z": "ℤ", "C": "ℂ"}
CURLY = {"B": "ℬ", "E": "ℰ", "F": "ℱ", "H": "ℋ", "I": "ℐ", "L": "ℒ", "M": "ℳ", "R": "ℛ"}
RAISED = str.maketrans("0123456789+−=()ni⊤′L", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵀ′ᴸ")
LOWERED = str.maketrans("0123456789+−=()ijklmnprstx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ᵢⱼₖₗₘₙₚᵣₛₜₓ")

NAMED = "\u2061"  # stands before the name of a function until the formula is whole
TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+|\s+|.")
INLINE = re.compile(
    r"`(?P<code>[^`]+)`|\$(?P<math>[^$]+)\$|\*\*(?P<strong>.+?)\*\*|\*(?P<em>[^*\s][^*]*)\*"
)


FLOAT = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)e([+-]?\d+)(?![\w.]\d)")


class Target(NamedTuple):
    """How variables, subscripts and superscripts are written."""

    variable: Callable[[str], str]
    lowered: Callable[[str], str]
    raised: Callable[[str], str]
    text: Callable[[str], str]


def _script(mark: str, table: dict[int, int]) -> Callable[[str], str]:
    def write(body: str) -> str:
        tight = body.replace(" ", "")
        if all(ord(letter) in table for letter in tight):
            return tight.translate(table)
        return f"{mark}{tight}" if len(tight) == 1 else f"{mark}({tight})"

    return write


HTML = Target(
    lambda s: f"<i>{s}</i>" if s.isascii() or s.islower() else s,
    lambda s: f"<sub>{s.replace(' ', '')}</sub>",
    lambda s: f"<sup>{s.replace(' ', '')}</sup>",
    lambda s: str(escape(s)),
)
TEXT = Target(str, _script("_", LOWERED), _script("^", RAISED), str)


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
    """Escaped; a number keeps its power of ten on its line."""
    return str(escape(in_print(text).replace(" × 10", "\u00a0×\u00a010")))


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


def formula(tex: str, target: Target) -> str:
    """TeX that fits on a line, for `target`; an unknown command keeps its name."""
    written = _group(iter(TOKEN.findall(tex)), target)
    written = re.sub(f"(?<=[\\w>)]){NAMED}", " ", written).replace(NAMED, "")
    return re.sub(" {2,}", " ", written).strip()


def _group(tokens: Iterator[str], target: Target) -> str:
    out: list[str] = []
    for token in tokens:
        if token == "}":
            break
        if token == r"\rm":  # and the rest of the group
            return "".join([*out, re.sub("</?i>", "", _group(tokens, target))])
        out += [atom] if (atom := _atom(token, tokens, target, out)) else []
    return "".join(out)


def _atom(token: str, tokens: Iterator[str], target: Target, before: list[str]) -> str:
    """What one token, and the arguments it takes, come out as."""

    def argument() -> str:
        return _atom(
            next((t for t in tokens if not t.isspace()), ""), tokens, target, []
        )

    if token.startswith("\\"):
        return _command(token[1:], argument, target)
    if token == "{":
        return _group(tokens, target)
    if token in "_^" and token:
        return (target.lowered if token == "_" else target.raised)(argument())
    if token.isspace():
        return ""
    if token in "=<>":
        return f" {target.text(token)} "
    if token in "+-" and token:
        sign = "−" if token == "-" else "+"
        unary = not before or before[-1].endswith((" ", "(", "[", "{", "|", ","))
        return sign if unary else f" {sign} "
    if token == ",":
        return ", "
    return target.variable(token) if token.isalpha() else target.text(token)


def _command(name: str, argument: Callable[[], str], target: Target) -> str:
    if name in SYMBOLS:
        symbol = SYMBOLS[name]
        return target.variable(symbol) if symbol.isalpha() else symbol
    if name in RELATIONS:
        return f" {RELATIONS[name]} "
    if name in SPACES or name in PLAIN:
        return SPACES.get(name, "")
    if name in ACCENTS:
        return argument() + ACCENTS[name]
    if name in UPRIGHT:
        return re.sub("</?i>", "", argument())
    if name in ("mathbb", "mathcal"):
        written = argument()
        letter = re.sub("<[^>]*>", "", written)
        return (BLACKBOARD if name == "mathbb" else CURLY).get(letter, written)
    if name in ("frac", "tfrac", "dfrac"):
        over, under = argument(), argument()
        return f"{_closed(over)}/{_closed(under)}"
    if name == "sqrt":
        return f"√{_closed(argument())}"
    return f"{NAMED}{name} "  # \log, \arg, and what is not known: upright


def _closed(body: str) -> str:
    bare = re.sub("<[^>]*>", "", body)
    return body if bare.isalnum() else f"({body})"


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
