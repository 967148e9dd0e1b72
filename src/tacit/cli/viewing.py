"""`tacit view`."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import TacitError
from .base import app


@app.command()
def view(
    store: Annotated[
        str | None, typer.Argument(metavar="STORE", help="A sweep to read.")
    ] = None,
    *,
    study: Annotated[str, typer.Option(help="The study to show first.")] = "",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Any that is free, by default.")
    ] = 0,
    ahead: Annotated[
        bool,
        typer.Option(help="Compile other depths while nobody waits for a run."),
    ] = True,
) -> None:
    """Show studies that run live, and sweeps, in a browser.

    Prints the address, which only this machine can reach, and serves until Ctrl-C.
    """
    if store and "://" not in store and not Path(store).exists():
        raise TacitError(f"there is no sweep at {store}; tacit run --store makes one.")
    from ..web.serving import serve

    serve(store=store or "", study=study, port=port, ahead=ahead)
