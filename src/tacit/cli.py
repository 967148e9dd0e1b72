"""The command line: the library's verbs, and nothing the library cannot do.

Data go to stdout, progress and notes to stderr. Exit codes: 0 fine, 1 a claim fails,
2 usage or input, 3 numerical failure, 4 incomplete and resumable, 70 a fault of ours,
130 interrupted, 141 nobody reads on. Nothing heavy is imported before a command runs.
"""

import contextlib
import importlib.metadata
import itertools
import json
import os
import sys
import traceback
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer

from .errors import MissingExtraError, TacitError


T = TypeVar("T")
FINE, FAILED, USAGE, NUMERICAL = 0, 1, 2, 3
FAULT, INTERRUPTED, UNREAD = 70, 130, 141

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
All = Annotated[bool, typer.Option("--all", help="All there are.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Own = Annotated[
    Path | None, typer.Option(metavar="FILE", help="A run of your own, in TOML.")
]
Names = Annotated[list[str] | None, typer.Argument(metavar="NAME")]


def _version(wanted: bool) -> bool:  # noqa: FBT001
    if wanted:
        print(f"tacit {importlib.metadata.version('tacit')}")
        raise typer.Exit
    return wanted


@app.callback()
def verbs(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Run the implicit bias of gradient training, and check what is said about it."""
    del version


@app.command()
def reproduce(
    names: Names = None,
    *,
    every: All = False,
    quick: Annotated[bool, typer.Option("--quick", help="A smaller run.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write to, results/NAME by default.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Run a paper's experiments, judge its claims, write the page."""
    _one_of(names, "NAME", every=every)
    if quick:  # it compiles more than it computes
        os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")
    import tacit

    from .reporting import terminal
    from .reporting.catalogue import named
    from .reporting.findings import as_findings

    known = list(tacit.studies.STUDIES)
    chosen = known if every else named("study", names or (), known)
    reports, findings = [], []
    for name in _distinct(chosen):
        folder = out if out and len(chosen) == 1 else (out or Path("results")) / name
        try:
            with terminal.progress(name) as progress:
                words = {"out": folder, "quick": quick, "progress": progress}
                report = tacit.reproduce(name, **words)
        except KeyboardInterrupt:
            terminal.note(f"Interrupted. What was finished is in {folder}.")
            raise
        findings += (found := as_findings(report.verdicts))
        rows = [each.to_json() for each in found]
        places = {"folder": str(report.folder), "page": str(report.page)}
        reports.append({"study": name, **places, "verdicts": rows})
    if as_json:
        _print_json("reproduce", reports=reports, ok=_code(findings) == FINE)
    else:
        terminal.show(findings)
        print("\n".join(f"page: {report['page']}" for report in reports))
    terminal.note(terminal.summary(findings))
    raise typer.Exit(_code(findings))


@app.command()
def claims(*, as_json: Json = False) -> None:
    """List the claims: what each states, needs and cites."""
    from .reporting.catalogue import every_claim
    from .reporting.findings import statement
    from .reporting.notation import plain

    rows = [
        {
            "id": claim.id,
            "name": claim.__name__,
            "statement": plain(statement(claim)),
            "reference": claim.reference,
            "needs": claim.needs.__name__,
        }
        for claim in every_claim()
    ]
    if as_json:
        _print_json("claims", claims=rows)
        return
    for row in rows:
        print(f"{row['id']:<4} {row['name']}: {row['statement']}")
        print(f"     needs {row['needs']}; {row['reference']}")


@app.command()
def check(
    names: Names = None, *, every: All = False, spec: Own = None, as_json: Json = False
) -> None:
    """Hold claims against their witnesses and foils, or a run of yours.

    NAME is a class or an ID such as B3. A claim must hold of its witness and not of its
    foil; the false claims that come with it must fail on the witness.
    """
    _one_of(names, "CLAIM", every=every)
    from .reporting import terminal
    from .reporting.catalogue import every_claim, find_claims
    from .reporting.trials import own_run, trials
    from .sweeps import Spec

    known = every_claim()
    found = [find_claims(name, known) for name in names or ()]
    chosen = _distinct(known if every else list(itertools.chain(*found)))
    own = Spec.read(spec) if spec else None
    findings, broken_off = [], False
    with terminal.progress("check") as progress:
        tried = own_run(own, chosen, progress) if own else trials(chosen, progress)
        try:
            for each in tried:
                findings.append(each)
        except KeyboardInterrupt:
            broken_off = True
    code = INTERRUPTED if broken_off else _code(findings)
    if as_json:
        rows = [each.to_json() for each in findings]
        run = own and {"spec": str(spec), "digest": own.digest}
        told = {"run": run, "verdicts": rows, "complete": not broken_off}
        _print_json("check", **told, ok=code == FINE)
    else:
        terminal.show(findings)
    terminal.note(terminal.summary(findings))
    raise typer.Exit(code)


@app.command()
def data(names: Names = None, *, as_json: Json = False) -> None:
    """List the data sets that there are, or those named."""
    from .datasets import load, SETS
    from .reporting.catalogue import named

    rows = []
    for name in _distinct(named("data set", names or sorted(SETS), SETS)):
        try:
            problem = load(name)
        except MissingExtraError as error:
            rows.append({"name": name, "missing": str(error)})
            continue
        labels = [str(label) for label in problem.classes]
        size = {"n": int(problem.n), "d": int(problem.d)}
        rows.append({"name": name, **size, "classes": labels})
    if as_json:
        _print_json("data", sets=rows)
        return
    for row in rows:
        missing = row.get("missing", "").replace("\n", " ")
        size = missing or f"{row['n']} × {row['d']}  {', '.join(row['classes'])}"
        print(f"{row['name']:<14} {size}")


def _distinct(chosen: Sequence[T]) -> Sequence[T]:
    """`chosen`, unless something is in it twice."""
    for item, times in Counter(chosen).items():
        if times > 1:
            name = getattr(item, "__name__", item)
            raise TacitError(f"{name} was given {times} times; give it once.")
    return chosen


def _one_of(names: Sequence[str] | None, what: str, *, every: bool) -> None:
    if bool(names) == every:
        raise TacitError(f"give either {what} or --all; --help says more.")


def _code(findings: Sequence) -> int:
    """Failure outranks numerical trouble; a claim that does not apply is fine."""
    if any(not each.expected and not each.diverged for each in findings):
        return FAILED
    diverged = any(each.diverged and each.role != "foil" for each in findings)
    return NUMERICAL if diverged else FINE


def _print_json(command: str, **content: object) -> None:
    record = {"schema": f"tacit.{command}/1", **content}
    print(json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False))


def main() -> NoReturn:
    """Entry point: run the command, and turn what went wrong into a line and a code."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):
            stream.reconfigure(errors="replace")  # pyright: ignore[reportAttributeAccessIssue]
    code = FINE
    try:
        app()
    except SystemExit as stop:  # typer leaves this way, always
        code = stop.code if isinstance(stop.code, int) else FAULT
        if isinstance(stop.__context__, BrokenPipeError):
            code = UNREAD
    except TacitError as error:
        print(f"tacit: {error}", file=sys.stderr)
        if os.environ.get("TACIT_DEBUG"):
            traceback.print_exc()
        code = USAGE
    except Exception as error:
        traceback.print_exc()
        arithmetic = isinstance(error, ArithmeticError)
        code = NUMERICAL if arithmetic or "LinAlg" in type(error).__name__ else FAULT
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = UNREAD
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)
