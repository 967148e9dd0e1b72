"""`tacit reproduce`."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from .base import All, app, distinct, exit_code, FINE, Json, Names, one_of, print_json


@app.command()
def reproduce(
    names: Names = None,
    *,
    every: All = False,
    quick: Annotated[bool, typer.Option("--quick", help="A smaller run.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write to, results/NAME by default.")
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, help="Questions at once, each in a process.")
    ] = min(2, os.cpu_count() or 1),
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", help="Write figures too: pdf, svg, png, pgf; repeat."),
    ] = None,
    column: Annotated[
        str, typer.Option(help="For which column of a paper: single or double.")
    ] = "single",
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Print every verdict too.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Run a paper's experiments, judge its claims, write the page.

    What is printed are the answers; every verdict stands on the page.
    """
    one_of(names, "NAME", every=every)
    import tacit

    from ..display import progress as shown
    from ..reporting import terminal
    from ..reporting.catalogue import named
    from ..reporting.findings import as_findings

    known = list(tacit.studies.STUDIES)
    chosen = known if every else named("study", names or (), known)
    reports, findings, answers = [], [], []
    with _compiled_fast() if quick else contextlib.nullcontext():
        for name in distinct(chosen):
            folder = (
                out if out and len(chosen) == 1 else (out or Path("results")) / name
            )
            try:
                with shown.progress(name) as progress:
                    words = {"out": folder, "quick": quick, "progress": progress}
                    report = tacit.reproduce(name, workers=workers, **words)
            except KeyboardInterrupt:
                shown.note(f"Interrupted. What was finished is in {folder}.")
                raise
            for each in formats or ():
                shown.note(
                    f"{len(report.figures(each, column=column))} figures as {each}"
                )
            if formats:
                place = report.folder / "figures" / "verdicts.tex"
                place.write_text(report.latex(), encoding="utf-8")
            answers += report.answers
            findings += (found := as_findings(report.verdicts))
            rows = [each.to_json() for each in found]
            places = {"folder": str(report.folder), "page": str(report.page)}
            reports.append({"study": name, **places, "verdicts": rows})
    if as_json:
        print_json("reproduce", reports=reports, ok=exit_code(findings) == FINE)
    else:
        terminal.show_answers(answers)
        if verbose:
            terminal.show(findings)
        print("\n".join(f"page: {report['page']}" for report in reports))
    shown.note(terminal.summary(findings))
    raise typer.Exit(exit_code(findings))


@contextlib.contextmanager
def _compiled_fast() -> Iterator[None]:
    """While in here XLA, where it has not begun yet, compiles without optimising.

    A short run compiles more than it computes. What this process starts later must not
    find it: with other options the last digits are others.
    """
    if "XLA_FLAGS" in os.environ:
        yield
        return
    os.environ["XLA_FLAGS"] = "--xla_backend_optimization_level=0"
    try:
        yield
    finally:
        os.environ.pop("XLA_FLAGS", None)
