"""What the page of a claim says, for the documentation and for a terminal."""

import inspect
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator

import numpy as np

from ..claims import AbstractClaim, Source
from ..claims.papers import each_source
from ..display.notation import plain
from ..experiment import Experiment
from ..verdict import Verdict


STATUS = {
    "quoted": "as the paper states it",
    "derived": "derived in its setting; the paper does not state it",
    "corrected": "as the paper means it, with a slip mended",
}
WIDE = 88


def heading(kind: type[AbstractClaim]) -> tuple[str, str]:
    """What it states, the first line of its docstring, and the rest."""
    title, _, more = (inspect.getdoc(kind) or "").partition("\n")
    return title.strip(), more.strip()


def facts(
    claim: AbstractClaim, cited: Callable[[Source], str], quoted: Callable[[str], str]
) -> dict[str, str]:
    """Whose it is and what it is about, by name.

    `cited` writes a source, and `quoted` a name of the code.
    """
    sources = each_source(claim.source)
    return {
        "source": "; ".join(map(cited, sources)),
        "status": "; ".join(dict.fromkeys(STATUS[each.status] for each in sources)),
        "network": quoted(claim.needs.__name__),
        "predicts": "before training" if claim.foresees else "along the path",
        "sees": f"a relative error of {claim.sees:.0e} in what it says, on its witness",
    }


def conditions(claim: AbstractClaim, experiment: Experiment) -> list[str]:
    """The hypotheses as the claim words them of `experiment`; trains nothing."""
    with np.errstate(all="ignore"):
        needed = [each.text for each in claim.hypotheses(experiment)]
    return needed or ["(whatever the experiment)"]


def in_words(experiment: Experiment) -> str:
    """An experiment in a line: network, loss and data, flow, and until when."""
    problem, flow = experiment.risk.problem, experiment.flow
    data = "scatter matrices of" if problem.X is None else f"{problem.n} samples of"
    parts = (
        repr(experiment.network),
        f"{experiment.risk.loss!r} on {data} {problem.d} features",
        repr(flow),
        f"until {experiment.until:g}",
    )
    return " ".join(", ".join(parts).split())


def statement_lines(
    claim: AbstractClaim, experiment: Experiment, wide: int | None = None
) -> Iterator[str]:
    """The page as plain text, as far as nothing need be trained for it.

    `experiment` is the witness. No line is longer than `wide`, by default a terminal.
    """
    title, more = heading(type(claim))
    yield from _broken(f"{claim.id} {type(claim).__name__}: {plain(title)}", wide)
    for part in filter(None, more.split("\n\n")):
        yield ""
        yield from _broken(plain(" ".join(part.split())), wide)
    yield ""
    named = facts(claim, lambda source: str(source._replace(status="quoted")), str)
    for name, text in named.items():
        yield from _broken(f"{name:<9} {text}", wide, " " * 10)
    yield from _listed("It applies if", conditions(claim, experiment), wide)
    yield from _listed("Its witness, where it must hold", [in_words(experiment)], wide)


def trained_lines(verdict: Verdict, wide: int | None = None) -> Iterator[str]:
    """What the witness shows, and the false statements that it was tried against."""
    yield from (f"  {line}" for line in str(verdict).splitlines())
    rivals = [f"{plain(r.statement)}: off {r.distance:.0e}" for r in verdict.rivals]
    about = "False statements nearby, and how far off they are there"
    yield from _listed(about, rivals or ["(none was tried)"], wide)


def _listed(title: str, items: list[str], wide: int | None) -> Iterator[str]:
    yield f"\n{title}:"
    for text in items:
        yield from _broken(f"  * {plain(text)}", wide, "    ")


def _broken(text: str, wide: int | None, indent: str = "") -> list[str]:
    if wide is None and sys.stdout.isatty():
        wide = shutil.get_terminal_size().columns
    return textwrap.wrap(
        text, wide or WIDE, subsequent_indent=indent, break_long_words=False
    )
