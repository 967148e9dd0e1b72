"""`tacit claims`."""

import itertools
import re
from typing import Annotated

import typer

from ..errors import DataError, NotFoundError
from .base import app, Json, print_json
from .stated import Stated


Word = Annotated[
    list[str] | None,
    typer.Option(metavar="WORD", help="In its name or text; repeat for more."),
]
ARXIV = re.compile(r"arXiv:(\S+?)(?=[,; ]|$)")


@app.command()
def claims(
    *,
    paper: Annotated[
        str | None, typer.Option(metavar="ID", help="Of a paper, as 1810.02032.")
    ] = None,
    about: Word = None,
    as_json: Json = False,
) -> None:
    """List the claims: what each states, needs and cites.

    With --paper, an arXiv number or a name of an author, those of that paper; with
    --about those that speak of something, as margin, depth or Adam.
    """
    from ..display.progress import note
    from . import stated

    found = stated.stated_claims()
    if paper is not None:
        found = _of(paper, found)
    for word in about or ():
        found = [each for each in found if word.casefold() in _words(each)]
    if not found:
        raise DataError(f"no claim speaks of {' and '.join(about or ())}.")
    rows = [each._asdict() for each in found]
    if as_json:
        print_json("claims", claims=rows)
        return
    for theme, some in itertools.groupby(_shelved(found), key=lambda each: each.theme):
        print(f"{theme.upper()}\n")
        for each in some:
            print(f"{each.id:<4} {each.name}: {each.statement}")
            print(f"     needs {each.needs}; {each.reference}")
        print()
    note(f"{len(found)} claims; `tacit check ID` tries one.")


def _of(paper: str, found: list[Stated]) -> list[Stated]:
    """Those that cite `paper`, by its number or by a name in the citation."""
    wanted = paper.casefold().removeprefix("arxiv:")
    chosen = [each for each in found if wanted in each.reference.casefold()]
    if not chosen:
        known = {n for each in found for n in ARXIV.findall(each.reference)}
        raise NotFoundError("paper", paper, sorted(known))
    return chosen


def _words(each: Stated) -> str:
    """All that is said of a claim, for a search without regard to capitals."""
    parts = (each.name, each.statement, each.more, each.theme, each.needs)
    return " ".join(parts).casefold()


def _shelved(found: list[Stated]) -> list[Stated]:
    """Theme by theme, in the order in which their first claim comes."""
    order = list(dict.fromkeys(each.theme for each in found))
    return sorted(found, key=lambda each: order.index(each.theme))
