"""Findings on a terminal, in a pipe, or in a log."""

import math
import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence

from ..display.notation import plain
from .findings import Finding


COLOURS = {
    "holds": "green",
    "fails": "bold red",
    "undecided": "cyan",
    "does not apply": "yellow",
}
PLURALS = {
    "holds": "hold",
    "fails": "fail",
    "undecided": "undecided",
    "does not apply": "do not apply",
}


def show(findings: Sequence[Finding]) -> None:
    """The findings on stdout: a table on a terminal, one line each anywhere else."""
    if sys.stdout.isatty():
        _table(findings)
    else:
        for line in lines(findings):
            print(line)


def show_answers(answers: Iterable[tuple[str, Sequence[Finding]]]) -> None:
    """Each answer, a sentence and its verdicts, on stdout: it, and their counts below.

    A sentence is one line, which a terminal has broken between two words.
    """
    wide = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in answer_lines(answers, wide):
        print(line)


def answer_lines(
    answers: Iterable[tuple[str, Sequence[Finding]]], wide: int | None = None
) -> list[str]:
    """The lines of `show_answers`, none longer than `wide` where that is given."""
    out = []
    for sentence, findings in answers:
        said, counts = plain(sentence), f"    {summary(findings)}"
        broken = [said, counts]
        if wide is not None:
            broken = textwrap.wrap(said, wide, subsequent_indent="  ")
            broken += textwrap.wrap(counts, wide, subsequent_indent="      ")
        out += broken
    return out


def lines(findings: Sequence[Finding]) -> list[str]:
    """One aligned line a finding, and one more for each hypothesis not met."""
    rows = [
        (
            each.id,
            each.name,
            _where(each),
            each.outcome + ("" if each.expected else " (unexpected)"),
            *_values(each),
        )
        for each in findings
    ]
    out = []
    for each, row in zip(findings, _aligned(rows), strict=True):
        out.append("  ".join(cell for cell in row if cell).rstrip())
        out += [f"    {text}" for text in _remarks(each)]
    return out


def _values(each: Finding) -> tuple[str, ...]:
    """What was predicted and measured, how far off, and what could have been seen."""
    known = bool(each.predicted and each.measured)
    told = f"predicted {each.predicted}" if known else ""
    seen = f"measured {each.measured}" if each.measured else ""
    if not math.isfinite(each.distance):
        return told, seen, ""
    fails = each.outcome == "fails"
    most = f"allowed {each.allowed:.0e}" if fails else f"sees {each.sees:.0e}"
    return told, seen, f"off {each.distance:.0e}, {most}"


def _remarks(each: Finding) -> list[str]:
    """What is not met, what an undecided finding needs, why a foil came out wrong."""
    said = [f"not met: {plain(text)}" for text in each.not_met]
    said += [each.remark] if each.remark else []
    return said + ([f"undecided: {plain(each.why)}"] if each.why else [])


def _where(each: Finding) -> str:
    return ": ".join(filter(None, (each.role, plain(each.on))))


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[list[str]]:
    """The cells of each row, padded to the width of their column."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    pairs = (zip(row, widths, strict=True) for row in rows)
    return [[cell.ljust(width) for cell, width in row] for row in pairs]


def _table(findings: Sequence[Finding]) -> None:
    """The same with headings and colours; what is not met spans all columns."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    head = ("", "claim", "on", "outcome", "predicted", "measured", "off")
    rows = [
        (
            each.id,
            each.name,
            _where(each),
            f"{each.mark} {each.outcome}" + ("" if each.expected else " (unexpected)"),
            each.predicted,
            each.measured,
            _values(each)[-1].removeprefix("off "),
        )
        for each in findings
    ]
    first, *rest = _aligned([head, *rows])
    console.print(Text("  ".join(first).rstrip(), "bold"))
    for each, row in zip(findings, rest, strict=True):
        wanted = each.expected and each.outcome == "fails"  # a false claim
        colour = "green" if wanted else COLOURS[each.outcome]
        styles = ("bold", "", "", colour, "", "", "dim")
        cells = [Text(cell, style) for cell, style in zip(row, styles, strict=True)]
        console.print(Text("  ").join(cells))
        for text in _remarks(each):
            console.print(Text(f"     {text}", "dim"))


def summary(findings: Sequence[Finding]) -> str:
    """One sentence: how many hold, fail and do not apply, and what surprises."""
    counts = Counter(each.outcome for each in findings)
    said = [
        f"{counts[one]} {one if counts[one] == 1 else many}"
        for one, many in PLURALS.items()
        if counts[one]
    ]
    odd = [
        f"{each.id} {_where(each) or each.name}"
        for each in findings
        if not each.expected
    ]
    roles = any(each.role for each in findings)
    surprise = f"; unexpected: {', '.join(odd)}" if odd else "; as they must" * roles
    controls = [each for each in findings if each.role in {"foil", "rival"}]
    apart = sum(each.expected for each in controls)
    told = f": {apart} of {len(controls)} foils and false claims told apart"
    surprise += told * bool(controls and not odd)
    return (", ".join(said) or "no claim was judged") + surprise
