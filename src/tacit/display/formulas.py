r"""A formula of one line, in TeX, as HTML or as plain Unicode text.

Marks of Unicode's private area stand in what is written until the formula is whole:
only then it is known what a name, a script or a fraction is followed by.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from markupsafe import escape


SYMBOLS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε",
    "varepsilon": "ε", "eta": "η", "theta": "θ", "kappa": "κ", "lambda": "λ",
    "mu": "μ", "nu": "ν", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ",
    "varsigma": "ς", "zeta": "ζ", "Xi": "Ξ", "Pi": "Π", "angle": "∠",
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
    "setminus": "∖", "leftarrow": "←", "bmod": "mod",
}  # fmt: skip
ACCENTS = {"hat": "̂", "bar": "̄", "tilde": "̃", "dot": "̇", "ddot": "̈", "vec": "⃗"}
SPACES = {",": " ", ";": " ", ":": " ", " ": " ", "!": "", "quad": " ", "qquad": "  "}
UPRIGHT = {"mathrm", "text", "mathbf", "textrm", "mathsf", "texttt"}
PLAIN = {"left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "displaystyle",
         "limits"}  # fmt: skip
BLACKBOARD = {"R": "ℝ", "N": "ℕ", "E": "𝔼", "P": "ℙ", "Z": "ℤ", "C": "ℂ"}
CURLY = {"B": "ℬ", "E": "ℰ", "F": "ℱ", "H": "ℋ", "I": "ℐ", "L": "ℒ", "M": "ℳ", "R": "ℛ"}
RAISED = str.maketrans("0123456789+−=()ni⊤′L", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵀ′ᴸ")
LOWERED = str.maketrans("0123456789+−=()ijklmnprstx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ᵢⱼₖₗₘₙₚᵣₛₜₓ")
HALVES = {"1/2": "½", "1/3": "⅓", "1/4": "¼"}

NAMED, CALLED = "\ue000", "\ue001"  # around the name of a function
APART = "\ue002"  # after what would run together with a letter that follows
OPENED, SHUT = "\ue003", "\ue004"  # around a fraction
TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+|\s+|.")
TAG = re.compile("<[^>]*>")
SCRIPTS = "".join(map(chr, {*RAISED.values(), *LOWERED.values()}))
LETTER = rf"(?:<i>)?(?![{SCRIPTS}½⅓¼])[\w√∇∂∑∏∫⟨{NAMED}]"
FACTOR = rf"[{APART}{CALLED} ]*(?:{OPENED}|{LETTER}|[(\[{{‖|])"
FRACTION = re.compile(
    f"{OPENED}(?P<body>[^{OPENED}{SHUT}]*){SHUT}(?P<times>(?={FACTOR}))?"
)


class Target(NamedTuple):
    """How variables, subscripts and superscripts are written."""

    variable: Callable[[str], str]
    lowered: Callable[[str], str]
    raised: Callable[[str], str]
    text: Callable[[str], str]


def _script(mark: str, table: dict[int, int]) -> Callable[[str], str]:
    def write(body: str) -> str:
        tight = _tight(body)
        if all(ord(letter) in table for letter in tight):
            return tight.translate(table)
        if tight in ("*", "⋆"):
            return tight
        return f"{mark}{tight}{APART}" if len(tight) == 1 else f"{mark}({tight})"

    return write


def _tight(body: str) -> str:
    """A script, which is set without spaces; names keep theirs, by their marks."""
    return body.replace(" ", "")


HTML = Target(
    lambda s: f"<i>{s}</i>" if s.isascii() or s.islower() else s,
    lambda s: f"<sub>{_tight(s)}</sub>",
    lambda s: f"<sup>{_tight(s)}</sup>",
    lambda s: str(escape(s)),
)
TEXT = Target(str, _script("_", LOWERED), _script("^", RAISED), str)


def formula(tex: str, target: Target) -> str:
    """TeX that fits on a line, for `target`; an unknown command keeps its name."""
    written = _group(list(reversed(TOKEN.findall(tex))), target)
    while OPENED in written:  # the innermost first
        written = FRACTION.sub(_fraction, written)
    written = re.sub(f"(?<!<su[bp]>)(?<=[\\w>)\\]]){APART}?{NAMED}", " ", written)
    written = re.sub(
        f"{CALLED}(?=[{APART}{CALLED}]*(?:{LETTER}|[‖|√⟨−]))", " ", written
    )
    written = re.sub(f"{APART}(?={LETTER})", " ", written)
    written = re.sub(f"[{NAMED}{CALLED}{APART}]", "", written)
    return re.sub(" {2,}", " ", written).strip()


def _fraction(found: re.Match[str]) -> str:
    """In brackets where it is multiplied by what follows."""
    body = found["body"]
    half = HALVES.get(TAG.sub("", body))
    return half or (f"({body})" if found["times"] is not None else body)


def _group(tokens: list[str], target: Target) -> str:
    """What comes up to the next closing brace; `tokens` are taken from their end."""
    out: list[str] = []
    while tokens and (token := tokens.pop()) != "}":
        if token == r"\rm":  # and the rest of the group
            return "".join([*out, re.sub("</?i>", "", _group(tokens, target))])
        out += [atom] if (atom := _atom(token, tokens, target, out)) else []
    return "".join(out)


def _atom(token: str, tokens: list[str], target: Target, before: list[str]) -> str:
    """What one token, and the arguments it takes, come out as."""

    def argument() -> str:
        while tokens and tokens[-1].isspace():
            tokens.pop()
        token = tokens.pop() if tokens else ""
        if token.isdigit():  # without braces it is one digit
            tokens.extend([token[1:]] if token[1:] else [])
            token = token[0]
        return _atom(token, tokens, target, [])

    if token.startswith("\\"):
        return _command(token[1:], argument, target)
    if token == "{":
        return _group(tokens, target)
    if token in "_^" and token:
        script = (target.lowered if token == "_" else target.raised)(argument())
        if before and before[-1].endswith(CALLED):  # the name goes on
            before[-1] = before[-1].removesuffix(CALLED)
            return script + CALLED
        return script
    if token.isspace():
        return ""
    if token in "=<>":
        return f" {target.text(token)} "
    if token in "+-" and token:
        sign = "−" if token == "-" else "+"
        unary = not before or before[-1].endswith((" ", "(", "[", "{", "|", ","))
        return sign if unary else f" {sign} "
    if token in ",;" and token:
        return f"{token} "
    if token == "*" and before:
        return " ∗ "
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
        letter = TAG.sub("", written := argument())
        return (BLACKBOARD if name == "mathbb" else CURLY).get(letter, written)
    if name in ("frac", "tfrac", "dfrac"):
        over, under = argument(), argument()
        if TAG.sub("", over) == "d":  # by what: d/dt, and not of what comes next
            return f"{over}/{under} "
        return f"{OPENED}{_closed(over)}/{_closed(under, factors=False)}{SHUT}"
    if name == "sqrt":
        return f"√{_closed(argument(), factors=False)}{APART}"
    if name == "operatorname":
        name = re.sub("</?i>", "", argument())
    return f"{NAMED}{name}{CALLED}"  # \log, \arg, and what is not known: upright


def _closed(body: str, *, factors: bool = True) -> str:
    """In brackets if it is a sum, a fraction or, without `factors`, a product."""
    bare = re.sub("<su[bp]>.*?</su[bp]>", "", body).replace(APART, "")
    bare = TAG.sub("", bare).translate(dict.fromkeys(map(ord, SCRIPTS)))
    bare = re.sub(r"[_^]\w|\W*[̇̄̃̂̈⃗]", "", bare)
    one = bare.isdigit() or len(bare) == 1
    return body if one or (factors and bare.isalnum()) else f"({body})"
