"""`tacit data`."""

from ..errors import MissingExtraError
from .base import app, distinct, Json, Names, print_json


@app.command()
def data(names: Names = None, *, as_json: Json = False) -> None:
    """List the data sets that there are, or those named."""
    from ..problems import load, SETS
    from ..reporting.catalogue import named

    rows = []
    for name in distinct(named("data set", names or sorted(SETS), SETS)):
        try:
            problem = load(name)
        except MissingExtraError as error:
            rows.append({"name": name, "missing": str(error)})
            continue
        labels = [str(label) for label in problem.classes]
        size = {"n": int(problem.n), "d": int(problem.d)}
        rows.append({"name": name, **size, "classes": labels})
    if as_json:
        print_json("data", sets=rows)
        return
    for row in rows:
        missing = row.get("missing", "").replace("\n", " ")
        size = missing or f"{row['n']} × {row['d']}  {', '.join(row['classes'])}"
        print(f"{row['name']:<14} {size}")
