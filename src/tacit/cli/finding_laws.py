"""`tacit laws`."""

from typing import Annotated

import typer

from ..errors import TacitError
from .base import app, FAILED, FINE, Json, print_json


WIDTHS = (
    "Sizes of the layers, such as 3,4,2; features and depth, such as 3,2, of diagonal, "
    "two-sided and conv-linear."
)


def _widths(text: str | None) -> list[int] | None:
    if text is None:
        return None
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise TacitError(
            f"--widths are whole numbers, such as 3,4,2; got {text!r}."
        ) from None


@app.command()
def laws(
    *,
    network: Annotated[str, typer.Option(help="Its kind, such as deep-linear.")],
    widths: Annotated[str | None, typer.Option(help=WIDTHS)] = None,
    loss: Annotated[
        str | None, typer.Option(help="Such as fisher; any if none.")
    ] = None,
    flow: Annotated[
        str, typer.Option(help="Such as momentum; not with --refute.")
    ] = "gradient-flow",
    activation: Annotated[str | None, typer.Option(help="Of an mlp.")] = None,
    biases: Annotated[bool, typer.Option("--biases", help="Of an mlp.")] = False,
    heads: Annotated[int | None, typer.Option(help="Of attention.")] = None,
    rotary: Annotated[bool, typer.Option("--rotary", help="Positions.")] = False,
    degree: Annotated[int, typer.Option(help="Of polynomials tried.")] = 2,
    refute: Annotated[
        str | None,
        typer.Option(
            metavar="FORMULA", help="Look for where it moves, by plain gradient flow."
        ),
    ] = None,
    latex: Annotated[bool, typer.Option("--latex", help="Formulas in LaTeX.")] = False,
    as_json: Json = False,
) -> None:
    """Say what training conserves, and whether that is proved.

    With --refute it looks for a start and data at which FORMULA moves, and exits with 1
    if it finds them: the start is generic, so that FORMULA may still hold from special
    (balanced) ones. The loss is then squared if none is given, the mean over the inputs
    of half the squared distance. Blocks are called W1, b1, U, theta1 and so on.
    """
    from ..conservation import catalogue, laws as find, refute as look

    words = {
        "activation": activation,
        "biases": biases,
        "heads": heads,
        "rotary": rotary,
    }
    subject = catalogue.network_of(network, _widths(widths), **words)
    chosen = catalogue.loss_of(loss) if loss else None
    if refute is not None:
        if flow != "gradient-flow":
            raise TacitError("--refute looks along gradient flow; leave --flow out.")
        found = look(refute, subject, chosen)
        if as_json:
            print_json("laws", refuted=found and found.to_json(), formula=refute)
        else:
            print(
                found or f"{refute}: no point found at which it moves; no proof of it."
            )
        raise typer.Exit(FAILED if found else FINE)
    found = find(subject, chosen, catalogue.flow_of(flow), degree)
    if as_json:
        print_json("laws", **found.to_json())
    else:
        print(found.latex if latex else found)
