"""`tacit run`."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import TacitError
from .base import app, FAILED, FINE, INCOMPLETE, Json, NUMERICAL, print_json


@app.command()
def run(
    spec: Annotated[Path, typer.Argument(metavar="SPEC.toml", help="The sweep.")],
    *,
    store: Annotated[
        Path | None, typer.Option(help="Where results go, runs/SPEC by default.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; by default as it pays.")
    ] = None,
    cluster: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="A scheduler of Dask.")
    ] = None,
    batch: Annotated[
        int | None, typer.Option(min=1, help="The most runs in a unit.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it comes to; keep nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Run a grid of experiments; keep every result.

    SPEC.toml is a spec with axes: docs/sweeps.md. What is finished stays finished,
    whatever is killed; the same command goes on. Ctrl-C ends the batches at hand first.
    """
    if workers and cluster:
        raise TacitError("give either --workers or --cluster; --help says more.")
    from ..display.progress import note, progress
    from ..specs import SweepSpec
    from ..sweeps.files import default_store, estimate, run_spec

    own = SweepSpec.read(spec)
    if dry_run:
        found = estimate(own, batch)
        if as_json:
            print_json("run", spec=str(spec), dry_run=True, **found.to_json())
        else:
            print(found)
        return
    place = store or default_store(spec)
    with progress("run") as say:
        words = {"workers": workers, "cluster": cluster, "batch": batch}
        try:
            done = run_spec(own, place, progress=say, **words)
        except KeyboardInterrupt:
            note(f"Stopped. What was finished is in {place}; the same command goes on.")
            raise typer.Exit(INCOMPLETE) from None
    status, failures = done.status(), done.failures()
    outcomes = done.outcomes()
    if as_json:
        print_json(
            "run", spec=str(spec), store=str(place), runs=dict(status.runs),
            units=dict(status.units), alone=dict(status.alone), outcomes=outcomes,
            failures=[{"point": dict(f.point), "status": f.status, "reason": f.reason}
                      for f in failures],
        )  # fmt: skip
    else:
        print(done)
        for why, n in status.alone.items():
            print(f"  {n} one by one: {why}")
        for name, counts in outcomes.items():
            print(
                f"  {name}: " + ", ".join(f"{n} {word}" for word, n in counts.items())
            )
        for each in failures[:5]:
            print(f"  {each.status}: {_at(each.point)}: {each.reason}")
        if len(failures) > 5:
            print(f"  and {len(failures) - 5} more: `tacit store status {place}`")
        print(f"store: {place}")
    fails = any("fails" in counts for counts in outcomes.values())
    raise typer.Exit(FAILED if fails else FINE if status.flawless else NUMERICAL)


def _at(point):
    return ", ".join(f"{name} = {value}" for name, value in point.items())
