"""The application that verbs are added to, and what they share."""

import importlib.metadata
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from ..errors import TacitError


T = TypeVar("T")
FINE, FAILED, USAGE, NUMERICAL, INCOMPLETE = 0, 1, 2, 3, 4
FAULT, INTERRUPTED, UNREAD = 70, 130, 141

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
All = Annotated[bool, typer.Option("--all", help="All there are.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Own = Annotated[
    Path | None, typer.Option(metavar="FILE", help="A run of your own, in TOML.")
]
Names = Annotated[list[str] | None, typer.Argument(metavar="NAME")]


def claim_names(incomplete: str) -> list[str]:
    """The IDs and names of claims that begin so, for a shell that completes."""
    from .stated import stated_claims

    known = [name for each in stated_claims() for name in (each.id, each.name)]
    start = incomplete.casefold()
    return [name for name in known if name.casefold().startswith(start)]


Claims = Annotated[
    list[str] | None, typer.Argument(metavar="NAME", autocompletion=claim_names)
]


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


def distinct(chosen: Sequence[T]) -> Sequence[T]:
    """`chosen`, unless something is in it twice."""
    for item, times in Counter(chosen).items():
        if times > 1:
            name = getattr(item, "__name__", item)
            raise TacitError(f"{name} was given {times} times; give it once.")
    return chosen


def one_of(names: Sequence[str] | None, what: str, *, every: bool) -> None:
    """Raise `TacitError` unless there are either names or all is asked for."""
    if bool(names) == every:
        raise TacitError(f"give either {what} or --all; --help says more.")


def exit_code(findings: Sequence) -> int:
    """Failure outranks numerical trouble; a claim that does not apply is fine."""
    if any(not each.expected and not each.diverged for each in findings):
        return FAILED
    diverged = any(each.diverged and each.role != "foil" for each in findings)
    return NUMERICAL if diverged else FINE


def print_json(command: str, **content: object) -> None:
    """Print what `command` found, under its schema."""
    record = {"schema": f"tacit.{command}/1", **content}
    print(json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False))
