"""`tacit select`."""

import shlex
import warnings
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import DataError, NotFoundError
from .base import app, Json, print_json


@app.command()
def select(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A table, in CSV.")],
    *,
    label: Annotated[str, typer.Option(help="The column that holds the classes.")],
    exclude: Annotated[
        list[str] | None, typer.Option(help="A column to leave out; repeat for more.")
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            help="A column to use although it counts the rows, as an identifier does; "
            "repeat for more."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write to, results/FILE by default.")
    ] = None,
    fewest: Annotated[
        bool,
        typer.Option(
            "--fewest",
            help="The fewest features within a paired standard error of the best, "
            'as rule="paired-1se" in Python.',
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Choose the columns of a table that tell its classes apart."""
    from ..display.progress import note
    from ..reporting import claim_folder

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        X, codes, classes, names = read_classes(file, label, exclude or (), keep or ())
    for each in caught:
        note(f"note: {each.message}")
    folder = claim_folder(out or Path("results") / file.stem, study=f"select {label}")
    report = _report(file, label, X, codes, classes, names, fewest=fewest)
    words = [f"tacit select {shlex.quote(file.name)} --label {shlex.quote(label)}"]
    words += [f"--exclude {shlex.quote(name)}" for name in exclude or ()]
    folder.write("features.csv", report.csv())
    folder.write("path.svg", report.picture())
    folder.write_json("selection.json", report.to_json())
    page = folder.write("report.html", report.page(" ".join(words)).render())
    if as_json:
        print_json("select", **report.to_json(), folder=str(folder.path))
    else:
        print(f"{report.text()}\npage: {page}")
    for text in report.warnings:
        note(f"note: {text}")


def _report(file, label, X, codes, classes, names, *, fewest: bool) -> Any:
    import numpy as np

    from ..display import progress as shown
    from ..reporting.selection_page import SelectionReport
    from ..selection import (
        choose_from_rows,
        deal,
        nested_validation,
        Request,
        SelectionPath,
    )

    request = Request(rule="paired-1se" if fewest else "min")
    w, folds = np.ones(len(codes)), 5
    with shown.progress("select") as progress:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)
            held = deal(X, codes, w, folds)
            found = choose_from_rows(X, codes, w, held, request)
        nested = nested_validation(
            X, codes, w, request, folds=folds,
            progress=lambda done: progress(done, folds, "judging on held-out rows"),
        )  # fmt: skip
    counts = np.bincount(codes).tolist()
    told = tuple(str(each.message) for each in caught)
    path = SelectionPath.of(found, np.array(names, dtype=object))
    return SelectionReport(file.name, label, classes, counts, path, nested, told)


def read_classes(file: Path, label: str, exclude, keep) -> tuple[Any, Any, tuple, list]:
    """Rows, class codes, classes and the names of the columns.

    Raises `NotFoundError` for a column that is not there and `DataError`, naming the
    way out, for an identifier, a column of text, a gap and a label that is missing.
    """
    import numpy as np

    from ..problems.labels import coded
    from ..specs.columns import gaps_of, labels_of, numbers_of, READERS

    if file.suffix != ".csv":
        raise DataError(f"{file.name}: a table is a .csv file.")
    if not file.is_file():
        raise NotFoundError(
            "file", str(file), [p.name for p in file.parent.glob("*.csv")]
        )
    columns = READERS[".csv"](file, exclude)
    for name in (label, *exclude, *keep):
        if name not in columns:
            raise NotFoundError("column", name, columns)
    names = [name for name in columns if name != label and name not in exclude]
    if not names:
        raise DataError(f"{file.name} has no column left besides {label!r}.")
    ids = [n for n in names if n not in keep and _identifies(columns[n])]
    if ids:
        called = ", ".join(repr(name) if name else "column 1" for name in ids)
        options = " ".join(f"--exclude {shlex.quote(name)}" for name in ids)
        raise DataError(
            f"{called}: different in every row, as an identifier is "
            f"(the first is {str(columns[ids[0]][0])!r}).\nLeave it out with {options}"
            + ("" if _is_text(columns[ids[0]]) else ", or use it with --keep.")
        )
    codes, classes = coded(labels_of(columns[label], label), f"label {label!r}")
    if len(classes) < 2:
        raise DataError(
            f"label {label!r} has one class only: {', '.join(map(repr, classes))}."
        )
    if len(classes) > len(codes) // 2:
        raise DataError(
            f"label {label!r} has {len(classes)} classes in {len(codes)} rows; it "
            "looks like a number or an identifier and not like classes."
        )
    gaps = {n: found for n in names if len(found := gaps_of(columns[n]))}
    if gaps:
        first, rows = next(iter(gaps.items()))
        raise DataError(
            f"{sum(map(len, gaps.values())):,} cells in {len(gaps):,} columns are "
            f"missing: column {first!r} holds {str(columns[first][rows[0]])!r} in row "
            f"{rows[0] + 1}.\nFill them in the file, or in Python by scikit-learn's "
            "SimpleImputer in a Pipeline before DeepLDASelector; or leave the column "
            f"out with --exclude {shlex.quote(first)}."
        )
    table = np.stack([numbers_of(columns[n], n) for n in names], axis=1)
    return table, codes, classes, [n or "column 1" for n in names]


def _is_text(column) -> bool:
    try:
        column.astype(float)
    except ValueError:
        return True
    return False


def _identifies(column) -> bool:
    """Text that is never twice the same, or whole numbers that count the rows."""
    import numpy as np

    if len(np.unique(column)) < len(column) or len(column) < 3:
        return False
    if _is_text(column):
        return all(_is_text(column[i : i + 1]) for i in range(3))
    numbers = np.sort(column.astype(float))
    return bool(np.all(np.diff(numbers) == 1))
