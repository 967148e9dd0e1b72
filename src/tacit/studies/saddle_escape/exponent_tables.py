"""The tables of exponents, intervals and prefactors."""

from collections.abc import Mapping

import numpy as np

from ...fits import Exponent
from ...reporting import number, Numbers
from .waits import Case, SEEDS, Timed


Waits = Mapping[Case, Timed]


def tables(on: Waits, off: Waits) -> tuple[Numbers, ...]:
    """The worst over the activations, and below it every case."""
    return _summary(on, off), _on_table(on), _off_table(off)


def miss(each: Timed, case: Case) -> float:
    """How far the exponent is from that of the law."""
    return abs(each.fit.value - case.exponent)


def departure(each: Timed) -> float:
    """How far the prefactor is from that of the law; NaN where none is known."""
    return float(np.max(np.abs(each.ratio - 1)))


def _summary(on: Waits, off: Waits) -> Numbers:
    rows = []
    for pair in dict.fromkeys((c.depth, c.r) for c in on):
        here = [c for c in on if (c.depth, c.r) == pair]
        drawn = [departure(off[c]) for c in here]
        largest = (
            max(miss(on[c], c) for c in here),
            max(departure(on[c]) for c in here),
            max(miss(off[c], c) for c in here),
            max((off[c].fit.high - off[c].fit.low) / 2 for c in here),
            np.nan if np.isnan(drawn).all() else np.nanmax(drawn),
        )
        law = str(here[0].exponent).replace("-", "−")
        name = f"L = {pair[0]}, r = {pair[1]}"
        rows.append((name, law, *map(_short, largest)))
    columns = (
        "small layers", "law", "exponent", "prefactor",
        "exponent, random", "± 95 %", "prefactor, random",
    )  # fmt: skip
    return Numbers(
        columns,
        rows,
        f"The largest departure from the law over {len({c.activation for c in on})} "
        "activations, on the manifold and at random starts: of the exponent, absolute, "
        "and of the prefactor, relative; and half the widest interval",
    )


def _on_table(on: Waits) -> Numbers:
    rows = [
        (*_names(case), *_figures(t.fit), f"{t.ratio[0]:.6f}") for case, t in on.items()
    ]
    columns = ("activation", "L", "r", "law", "exponent", "from", "to", "prefactor")
    return Numbers(
        columns,
        rows,
        "Every case on the symmetric manifold: exponents from differences over the "
        "last decade of ε, with Student's 95 % interval of that line. The prefactor is "
        "measured over predicted at ε = 10⁻⁴",
        folded=True,
    )


def _off_table(off: Waits) -> Numbers:
    rows = []
    for case, t in off.items():
        least, most = (_figure(f(t.ratio)) for f in (np.min, np.max))
        law = "—" if np.isnan(t.ratio).all() else f"{least} to {most}"
        whole = "—" if case.r == 1 else _figure(t.fit.whole, 4)
        rows.append((*_names(case), *_figures(t.fit), law, whole))
    columns = (
        "activation", "L", "r", "law", "exponent", "from", "to", "prefactor", "whole",
    )  # fmt: skip
    return Numbers(
        columns,
        rows,
        f"Every case at random starts: the median over {len(SEEDS)} seeds, Student's "
        "95 % interval over them, and the range of the prefactors. The last column is "
        "a line through the whole range, biased, and shown for that",
        folded=True,
    )


def _names(case: Case) -> tuple[str, ...]:
    law = str(case.exponent).replace("-", "−")
    return f"{case.activation} ({case.letter})", str(case.depth), str(case.r), law


def _figures(fit: Exponent) -> tuple[str, ...]:
    return tuple(_figure(x) for x in (fit.value, fit.low, fit.high))


def _figure(value: float, digits: int = 5) -> str:
    rounded = round(float(value), digits) + 0.0  # no minus before a 0
    return f"{rounded:.{digits}f}".replace("-", "−")


def _short(value: float) -> str:
    """Two digits that stay on one line."""
    return number(value, 2).replace(" ", "\N{NO-BREAK SPACE}")
