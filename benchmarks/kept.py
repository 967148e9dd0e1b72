"""What a benchmark measured, kept as JSON: ``python benchmarks/NAME.py --json FILE``.

The machine and the versions are part of it; the documentation makes its tables of it.
"""

import atexit
import datetime
import importlib.metadata
import json
import os
import pathlib
import platform
import sys
from typing import Any


PACKAGES = (
    "tacit", "jax", "numpy", "scipy", "scikit-learn", "torch", "torchdiffeq",
    "distributed",
)  # fmt: skip
FOUND: dict[str, list[dict[str, Any]]] = {"tables": [], "targets": []}


def table(title: str, columns: tuple[str, ...], rows: list[tuple]) -> None:
    """Keep a table as it is printed."""
    cells = [[str(cell) for cell in row] for row in rows]
    FOUND["tables"].append({"title": title, "columns": list(columns), "rows": cells})


def target(name: str, measured: float, needed: float, *, met: bool) -> None:
    """Keep a figure that had to reach something."""
    row = {"name": name, "measured": float(measured), "needed": needed, "met": met}
    FOUND["targets"].append(row)


def machine() -> str:
    """The processor by its name, and how many cores there are of it."""
    file, name = pathlib.Path("/proc/cpuinfo"), platform.processor()
    if file.exists():
        named = [x for x in file.read_text().splitlines() if x.startswith("model name")]
        name = named[0].partition(": ")[2] if named else name
    system = f"{platform.system()} {platform.machine()}"
    return f"{name or 'a processor'}, {os.cpu_count()} cores, {system}"


def versions() -> dict[str, str]:
    """Of Python and of those packages that are here."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _keep(file: pathlib.Path, words: list[str]) -> None:
    if not any(FOUND.values()):
        return  # it did not get so far
    record = {
        "schema": "tacit.benchmark/1",
        "script": pathlib.Path(sys.argv[0]).name,
        "words": words,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine(),
        "versions": versions(),
        **FOUND,
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")


if "--json" in sys.argv[:-1]:  # before any script reads its words
    at = sys.argv.index("--json")
    _, name = sys.argv[at : at + 2]
    del sys.argv[at : at + 2]
    atexit.register(_keep, pathlib.Path(name), sys.argv[1:])
