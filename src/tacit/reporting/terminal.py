"""Findings and progress on a terminal, in a pipe, or in a log."""

import contextlib
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from .findings import Finding
from .notation import plain


COLOURS = {"holds": "green", "fails": "bold red", "does not apply": "yellow"}
PLURALS = {"holds": "hold", "fails": "fail", "does not apply": "do not apply"}
SILENCE = 2.0  # seconds that may pass without a word
Progress = Callable[[int, int, str], object]
"""What a long computation calls to say how far it is: ``done, total, text``."""


def show(findings: Sequence[Finding]) -> None:
    """The findings on stdout: a table on a terminal, one line each anywhere else."""
    if sys.stdout.isatty():
        _table(findings)
    else:
        for line in lines(findings):
            print(line)


def lines(findings: Sequence[Finding]) -> list[str]:
    """One aligned line a finding, and one more for each hypothesis not met."""
    cells = [
        (
            each.id,
            each.name,
            _where(each),
            each.outcome + ("" if each.expected else " (unexpected)"),
            f"gap {each.gap:.1e}",
            f"tolerance {each.tolerance:.0e}",
        )
        for each in findings
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    out = []
    for each, row in zip(findings, cells, strict=True):
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        out.append("  ".join(cell for cell in padded if cell).rstrip())
        out += [f"    not met: {plain(text)}" for text in each.broken]
    return out


def _where(each: Finding) -> str:
    return ": ".join(filter(None, (each.role, plain(each.on))))


def _table(findings: Sequence[Finding]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading, side in [
        ("", "left"),
        ("claim", "left"),
        ("on", "left"),
        ("outcome", "left"),
        ("gap", "right"),
        ("tolerance", "right"),
    ]:
        table.add_column(heading, justify=side, overflow="fold")  # pyright: ignore[reportArgumentType]
    for each in findings:
        outcome = Text(f"{each.mark} {each.outcome}", COLOURS.get(each.outcome, ""))
        if not each.expected:
            outcome.append("\nunexpected", "bold red")
        where = Text(_where(each))
        for text in each.broken:
            where.append(f"\nnot met: {plain(text)}", "dim")
        table.add_row(
            each.id,
            Text(each.name),
            where,
            outcome,
            f"{each.gap:.1e}",
            f"{each.tolerance:.0e}",
        )
    Console().print(table)


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
    surprise = f"; unexpected: {', '.join(odd)}" if odd else ""
    return (", ".join(said) or "nothing was checked") + surprise


def note(text: str) -> None:
    """A line to stderr, where the notes go."""
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def progress(title: str) -> Iterator[Progress]:
    """A `Progress` on stderr: a bar on a terminal, else a line every two seconds."""
    if not sys.stderr.isatty():
        yield _plain_progress(title)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress as Bar, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.fields[title]}"),
        BarColumn(bar_width=24),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1, title=title)
        yield lambda done, total, text: bar.update(
            task, completed=done, total=max(total, 1), description=text
        )


def _plain_progress(title: str) -> Progress:
    began, last = time.monotonic(), -SILENCE

    def say(done: int, total: int, text: str) -> None:
        nonlocal last
        now = time.monotonic() - began
        if now - last >= SILENCE:
            last = now
            note(f"{title}: {done}/{total} {text} ({now:.0f} s)")

    return say
