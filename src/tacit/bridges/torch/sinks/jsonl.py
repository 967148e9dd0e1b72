"""A text file with a JSON object a line."""

import json
import math
from pathlib import Path


class JSONLines:
    """Appends ``{"step": ..., "tacit/...": ...}`` to a file, a line a record.

    What is not finite is null. A line is written whole and at once, so that another
    program may read along; a run that goes on from a checkpoint appends.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def __call__(self, record: dict[str, float], step: int) -> None:
        finite = {k: v if math.isfinite(v) else None for k, v in record.items()}
        line = json.dumps({"step": step, **finite}, allow_nan=False) + "\n"
        with self.path.open("a") as file:
            file.write(line)
