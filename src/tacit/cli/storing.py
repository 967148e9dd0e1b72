"""`tacit store`: what a sweep has kept, and whether it is whole."""

import dataclasses
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import TacitError
from .base import app, FINE, INCOMPLETE, Json, NUMERICAL, print_json


stores = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.add_typer(stores, name="store", help="Look after the results of a sweep.")
Place = Annotated[str, typer.Argument(metavar="DIR", help="Its folder, or its URL.")]
Pad = Annotated[
    bool, typer.Option("--pad", help="One table for all shapes, filled up with NaN.")
]
REASONS = 5  # how many are shown


@stores.command()
def status(
    place: Place,
    *,
    watch: Annotated[
        bool, typer.Option("--watch", help="Until all is run, or Ctrl-C.")
    ] = False,
    every: Annotated[
        float, typer.Option(min=0.1, help="Seconds between two looks.")
    ] = 2.0,
    as_json: Json = False,
) -> None:
    """How far it is, what went wrong, and who works on it."""
    from ..sweeps.store import Store

    if watch and as_json:
        raise TacitError("give --watch, for people, or --json, for programs; not both.")
    found = Store(place).status()
    if watch:
        found = _watched(place, found, every)
    elif as_json:
        failures = _reasons(Store(place))
        content = dataclasses.asdict(found) | {"complete": found.complete}
        content["workers"] = [worker._asdict() for worker in found.workers]
        print_json("store-status", store=place, **content, failures=failures)
    else:
        print("\n".join(_lines(place, found, _reasons(Store(place)))))
    raise typer.Exit(_code(found))


@stores.command()
def verify(place: Place, *, as_json: Json = False) -> None:
    """Read all that was kept, and say what is not whole."""
    from ..sweeps.store import Store

    _say(place, _audit(place, Store(place).verify), as_json=as_json, done="found")


@stores.command()
def repair(
    place: Place,
    *,
    retry: Annotated[
        bool, typer.Option("--retry", help="Also try again what was given up.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Put aside what is damaged, so that it is run again."""
    from ..sweeps.store import Store

    store = Store(place)
    found = _audit(place, store.repair)
    again = store.retry() if retry else []
    _say(place, found, as_json=as_json, done="put right", retried=len(again))


@stores.command()
def pack(place: Place, *, as_json: Json = False) -> None:
    """Put many small files into few large ones; opening is then faster."""
    from ..display.progress import progress
    from ..sweeps.store import Store

    with progress("pack") as say:
        packed = Store(place).pack(lambda done, of: say(done, of, "units"))
    if as_json:
        print_json("store-pack", store=place, units=packed)
    else:
        print(f"{packed} units packed")


@stores.command()
def export(
    place: Place,
    to: Annotated[
        Path, typer.Argument(metavar="FILE", help="As runs.zarr, .nc, .parquet, .csv.")
    ],
    *,
    format: Annotated[
        str | None, typer.Option(help="zarr, netcdf, parquet or csv; else by FILE.")
    ] = None,
    pad: Pad = False,
    as_json: Json = False,
) -> None:
    """Write the results for other programs."""
    from ..sweeps.store import Store

    written = list(map(str, Store(place).export(to, format, pad=pad)))
    if as_json:
        print_json("store-export", store=place, files=written)
    else:
        print("\n".join(written))


def _audit(place: str, look: Any) -> Any:
    from ..display.progress import progress

    with progress(place) as say:
        return look(lambda done, of: say(done, of, "files"))


def _say(place: str, found: Any, *, as_json: bool, done: str, **more: Any) -> None:
    """Print an audit, and leave with its code."""
    code = FINE if found.clean and not found.missing else INCOMPLETE
    if as_json:
        content = dataclasses.asdict(found) | {**more, "clean": found.clean}
        print_json("store-audit", store=place, **content)
        raise typer.Exit(code)
    print(
        f"{place}: {found.units} of {found.units + found.missing} units in "
        f"{found.files} files, {found.bytes / 1e6:.1f} MB"
    )
    for name, why in found.damaged.items():
        print(f"damaged, {done}: {name}: {why}")
    for name in found.double:
        print(f"double, {done}: {name}")
    if not found.ledger:
        print(f"the ledger was damaged, {done}")
    for what, count in (
        ("left half done by writers that are gone", len(found.leavings)),
        ("units of other code or another grid, which count for nothing",
         len(found.foreign)),
        ("files that are not ours", len(found.strays)),
        ("given up, to be tried again", more.get("retried", 0)),
    ):  # fmt: skip
        if count:
            print(f"{count} {what}")
    print("clean" if found.clean else "not clean")
    raise typer.Exit(code)


def _watched(place: str, found: Any, every: float) -> Any:
    """Show the status until there is nothing left to run."""
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    from ..sweeps.store import Store

    began, first = time.monotonic(), _ended(found)
    console = Console()
    live = console.is_terminal
    with Live(console=console, auto_refresh=False, transient=False) as screen:
        while True:
            spent, new = time.monotonic() - began, _ended(found) - first
            lines = _lines(place, found, _reasons(Store(place)))
            left = found.runs["pending"]
            if new and left:
                pace = new / spent
                lines.append(f"  {pace:.3g} runs a second, {_clock(left / pace)} left")
            if live:
                screen.update(Text("\n".join(lines)), refresh=True)
            else:
                print("; ".join(line.strip() for line in lines), flush=True)
            if found.complete:
                return found
            time.sleep(every)
            found = Store(place).status()


def _lines(place: str, found: Any, reasons: list[dict]) -> list[str]:
    total = sum(found.runs.values())
    runs = "  ".join(f"{name} {count}" for name, count in found.runs.items() if count)
    units = "  ".join(f"{name} {count}" for name, count in found.units.items() if count)
    lines = [f"{place}: {_ended(found)} of {total} runs", f"  runs: {runs}"]
    lines.append(f"  units: {units}")
    lines += [f"  one by one {n}: {why}" for why, n in found.alone.items()]
    for worker in found.workers:
        held = f"{worker.units} unit{'s' * (worker.units > 1)}"
        lines.append(f"  {worker.worker}: {held}, heard of {worker.silent:.0f} s ago")
    lines += [f"  {r['status']} {r['runs']}: {r['reason']}" for r in reasons[:REASONS]]
    if len(reasons) > REASONS:
        lines.append(f"  and {len(reasons) - REASONS} more reasons")
    return lines


def _reasons(store: Any) -> list[dict[str, Any]]:
    from ..sweeps.store.progress import by_reason

    found = by_reason(store.failures())
    return [{"status": s, "reason": reason, "runs": n} for s, reason, n in found]


def _ended(found: Any) -> int:
    return sum(found.runs.values()) - found.runs["pending"]


def _code(found: Any) -> int:
    """Incomplete outranks numerical trouble: it may yet be less, or more."""
    if not found.complete:
        return INCOMPLETE
    return FINE if found.flawless else NUMERICAL


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
