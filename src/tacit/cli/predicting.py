"""`tacit predict`."""

from pathlib import Path
from typing import Annotated

import typer

from .base import app, Claims, distinct, Json, print_json


@app.command()
def predict(
    names: Claims = None,
    *,
    spec: Annotated[Path, typer.Option(help="The experiment, as a TOML file.")],
    as_json: Json = False,
) -> None:
    """Say what training will do, before it does.

    Lists the theorems that apply to the experiment of FILE and what each foresees;
    with NAME, a class or an ID such as B3, or package.module:Class, only those. Nothing
    is trained.
    """
    from ..prediction import predict as foresee
    from ..specs import Spec

    own = Spec.read(spec)
    found = foresee(own.experiment(), distinct(names) if names else None)
    if as_json:
        print_json("predict", spec=str(spec), digest=own.digest, **found.to_json())
    elif names:
        for each in found.foreseen:
            print(each)
    else:
        print(found)
