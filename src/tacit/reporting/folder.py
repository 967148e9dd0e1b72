"""A folder of results that never swallows anything that was not ours.

A file appears in it whole or not at all: it is written beside its place and then moved
there, so an interrupted run keeps what was finished.
"""

import contextlib
import dataclasses
import json
import os
from collections.abc import Iterator
from pathlib import Path

from ..errors import DataError, OutputError


MARKER = "tacit-report.json"
SCHEMA = "tacit.folder/1"


@dataclasses.dataclass(frozen=True)
class Folder:
    """A folder that `claim_folder` found to be ours."""

    path: Path

    @contextlib.contextmanager
    def place(self, name: str) -> Iterator[Path]:
        """A path to write to, moved to `name` if the block ends well, else removed.

        For libraries that insist on writing files themselves.
        """
        target = self.path / name
        if self.path.resolve() not in target.resolve().parents:
            raise DataError(f"{name!r} is not a name inside {self.path}.")
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{os.getpid()}.part.{target.name}")
        try:
            yield part
            os.replace(part, target)
        finally:
            part.unlink(missing_ok=True)

    def write(self, name: str, content: str | bytes) -> Path:
        """Write `content` to the file `name`, whole or not at all; its path."""
        data = content.encode() if isinstance(content, str) else content
        with self.place(name) as part, part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        return self.path / name

    def write_json(self, name: str, content: object) -> Path:
        """The same for `content` as JSON; NaN is refused, since JSON has none."""
        text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
        return self.write(name, text + "\n")


def claim_folder(path: str | os.PathLike[str], *, study: str) -> Folder:
    """The folder at `path`, made if need be, for the results of `study`.

    Raises `OutputError`, having written nothing, if something is there that is neither
    an empty folder nor one that an earlier run of the same study wrote.
    """
    folder = Path(path)
    try:
        found = (
            sorted(entry.name for entry in folder.iterdir()) if _there(folder) else []
        )
        if found:
            _refuse_others(folder, found, study)
        folder.mkdir(parents=True, exist_ok=True)
        ours = Folder(folder)
        ours.write_json(MARKER, {"schema": SCHEMA, "study": study})
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(
            f"cannot write to {folder}: {error.strerror or error}.\n"
            "Choose another place with --out (out= in Python)."
        ) from error
    return ours


def _there(folder: Path) -> bool:
    if folder.exists() and not folder.is_dir():
        raise OutputError(
            f"{folder} is a file; results need a folder.\n"
            "Choose another place with --out (out= in Python)."
        )
    return folder.exists()


def _refuse_others(folder: Path, found: list[str], study: str) -> None:
    """Raise unless the marker says that `study` wrote what is there."""
    whose = "not written by tacit"
    with contextlib.suppress(OSError, ValueError, AttributeError):
        marker = json.loads((folder / MARKER).read_text())
        if marker.get("schema") == SCHEMA:
            if marker.get("study") == study:
                return
            whose = f"the results of {marker.get('study')!r}, not of {study!r}"
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    raise OutputError(
        f"{folder} holds {', '.join(found[:3])}{more}: {whose}. Nothing was touched.\n"
        "Choose another place with --out (out= in Python), or empty that folder."
    )
