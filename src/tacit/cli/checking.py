"""`tacit check`."""

import itertools

import typer

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


@app.command()
def check(
    names: Claims = None, *, every: All = False, spec: Own = None, as_json: Json = False
) -> None:
    """Hold claims against witness and foil, or a run of yours.

    NAME is a class or an ID such as B3. A claim must hold of its witness and not of its
    foil; the false claims that come with it must fail on the witness.
    """
    one_of(names, "CLAIM", every=every)
    from ..claims.catalogue import every_claim, find_claims
    from ..display import progress as shown
    from ..reporting import terminal
    from ..reporting.trials import own_run, trials
    from ..specs import Spec

    known = every_claim()
    found = [find_claims(name, known) for name in names or ()]
    chosen = distinct(known if every else list(itertools.chain(*found)))
    own = Spec.read(spec) if spec else None
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
    shown.note(terminal.summary(findings))
    raise typer.Exit(code)
