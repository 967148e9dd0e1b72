"""`tacit check`."""

import itertools
from pathlib import Path
from typing import Annotated, TYPE_CHECKING

import typer

from ..errors import OutputError
from .base import (
    All,
    app,
    Claims,
    distinct,
    exit_code,
    FINE,
    INTERRUPTED,
    Json,
    one_of,
    Own,
    print_json,
)


if TYPE_CHECKING:
    from ..specs import Spec

Kept = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write a ledger, a line of JSON a verdict."),
]


@app.command()
def check(
    names: Claims = None,
    *,
    every: All = False,
    spec: Own = None,
    ledger: Kept = None,
    as_json: Json = False,
) -> None:
    """Hold claims against witness and foil, or a run of yours.

    NAME is a class or an ID such as B3; of a claim of yours, package.module:Class. A
    claim must hold of its witness and not of its foil; the false claims that come with
    it must fail on the witness.
    """
    one_of(names, "CLAIM", every=every)
    from ..claims.catalogue import every_claim, find_claims
    from ..display import progress as shown
    from ..reporting import terminal
    from ..reporting.trials import own_run, trials

    known = every_claim()
    found = [find_claims(name, known) for name in names or ()]
    chosen = distinct(known if every else list(itertools.chain(*found)))
    own = _read(spec) if spec else None
    findings, broken_off = [], False
    with shown.progress("check") as progress:
        tried = own_run(own, chosen, progress) if own else trials(chosen, progress)
        try:
            for each in tried:
                findings.append(each)
        except KeyboardInterrupt:
            broken_off = True
    code = INTERRUPTED if broken_off else exit_code(findings)
    if as_json:
        rows = [each.to_json() for each in findings]
        run = own and {"spec": str(spec), "digest": own.digest}
        told = {"run": run, "verdicts": rows, "complete": not broken_off}
        print_json("check", **told, ok=code == FINE)
    else:
        terminal.show(findings)
    if ledger is not None:
        _keep(ledger, findings)
    shown.note(terminal.summary(findings))
    raise typer.Exit(code)


def _read(file: Path) -> "Spec":
    from ..specs import Spec  # a fifth of a second, for those who have one

    return Spec.read(file)


def _keep(file: Path, findings: list) -> None:
    """Write `findings` to the ledger `file`, which is replaced."""
    from ..reporting.ledger import lines

    try:
        file.write_text(lines(findings), encoding="utf-8")
    except OSError as error:
        raise OutputError(
            f"cannot write the ledger {file}: {error.strerror or error}."
        ) from error
