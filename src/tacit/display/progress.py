"""How far a long computation is, on a terminal, in a pipe, or in a log."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator


SILENCE = 2.0  # seconds that may pass without a word
Progress = Callable[[int, int, str], object]
"""What a long computation calls to say how far it is: ``done, total, text``."""


def note(text: str) -> None:
    """A line to stderr, where the notes go."""
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def progress(title: str) -> Iterator[Progress]:
    """A `Progress` on stderr: a bar on a terminal, else a line every two seconds.

    The line of its end is said in any case.
    """
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
    began, last, over = time.monotonic(), -SILENCE, False

    def say(done: int, total: int, text: str) -> None:
        nonlocal last, over
        now = time.monotonic() - began
        ends, over = done >= total and not over, done >= total
        if now - last >= SILENCE or ends:
            last = now
            note(f"{title}: {done}/{total} {text} ({now:.0f} s)")

    return say
