"""`tacit claims`."""

import itertools
import re
from typing import Annotated, TYPE_CHECKING

import typer

from ..errors import DataError, NotFoundError, TacitError
from .base import app, Claims, distinct, Json, print_json
from .stated import Stated


if TYPE_CHECKING:
    from ..claims import AbstractClaim

Word = Annotated[
    list[str] | None,
    typer.Option(metavar="WORD", help="In its name or text; repeat for more."),
]
ARXIV = re.compile(r"arXiv:(\S+?)(?=[,; ]|$)")


@app.command()
def claims(
    names: Claims = None,
    *,
    paper: Annotated[
        str | None, typer.Option(metavar="ID", help="Of a paper, as 1810.02032.")
    ] = None,
    about: Word = None,
    as_json: Json = False,
) -> None:
    """List the claims: what each states, needs and cites.

    With NAME, a class or an ID such as B3, or package.module:Class of one of yours, its
    page: its hypotheses, its witness, and on that, which is trained for it, the false
    statements nearby. With --paper, an arXiv number or a name of an author, those of
    that paper; with --about those that speak of something, as margin, depth or Adam.
    """
    from ..display.progress import note
    from . import stated

    if names:
        if paper is not None or about:
            raise TacitError("give either NAME or --paper and --about.")
        _pages(names, as_json=as_json)
        return
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
    note(
        f"{len(found)} claims; `tacit claims ID` prints one, `tacit check ID` tries it."
    )


def _pages(names: list[str], *, as_json: bool) -> None:
    """The page of each claim called so; of one's JSON the row of the list."""
    from ..claims.catalogue import every_claim, find_claims

    known = every_claim()
    chosen = distinct([kind for name in names for kind in find_claims(name, known)])
    if as_json:
        print_json("claims", claims=[_row(kind)._asdict() for kind in chosen])
        return
    from ..display.progress import note
    from ..reporting import claim_page
    from ..verdict import check

    for place, kind in enumerate(chosen):
        claim = kind()
        witness = claim.witness()
        lines = claim_page.statement_lines(claim, witness)
        print("\n" * (2 if place else 0) + "\n".join(lines), flush=True)
        note("Its witness is trained for what follows.")
        print("\n".join(claim_page.trained_lines(check(claim, witness))))


def _row(kind: type["AbstractClaim"]) -> Stated:
    """The row of the list for a class, which may be of one's own."""
    from ..claims.papers import cite
    from ..display.notation import plain
    from ..reporting.claim_page import heading

    said = [plain(part.replace("\n", " ")) for part in heading(kind)]
    ours = kind.__module__.startswith("tacit.claims.")
    theme = kind.__module__.split(".")[2] if ours else kind.__module__
    needs, name = kind.needs.__name__, kind.__name__
    return Stated(kind.id, name, said[0], cite(kind.source), needs, theme, said[1])


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
