"""Whether there is a store at a place, whose it is, and how one begins."""

import contextlib
import json

from ...errors import OutputError, StoreError
from .manifest import Manifest, SCHEMA
from .places import AbstractPlace


MARKER = "tacit-store.json"


def manifest_at(place: AbstractPlace) -> Manifest | None:
    """The manifest of the store at `place`; None where there is nothing at all.

    Raises `OutputError` for what is there and is no store of this version, and
    `StoreError` for a manifest that is damaged.
    """
    try:
        text = place.read(MARKER)
    except (FileNotFoundError, NotADirectoryError):
        strangers = place.strangers()
        if strangers:
            more = f" and {len(strangers) - 3} more" if len(strangers) > 3 else ""
            raise OutputError(
                f"{place} holds {', '.join(strangers[:3])}{more}, and is no store of "
                "tacit. Nothing was touched. Choose another place, or empty that one."
            ) from None
        return None
    try:
        found = json.loads(text)
        schema = found["schema"]
        if schema == SCHEMA:
            return Manifest.from_json(text.decode())
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise StoreError(
            f"{place}/{MARKER} is damaged ({error!r}). The results beside it are "
            "intact: run the sweep that made it again, on another place, and copy "
            "parts/ and packs/ there first; units of the same key are then done."
        ) from error
    raise OutputError(
        f"{place} is a store of the format {schema!r}; this version of tacit reads "
        f"{SCHEMA!r}. Nothing was touched. Use the version that wrote it, or choose "
        "another place."
    )


def begin(place: AbstractPlace, manifest: Manifest) -> bool:
    """Make `place` a store of this manifest, unless another process has; whether."""
    return place.publish(MARKER, manifest.to_json().encode())


def take_over(place: AbstractPlace, found: Manifest, manifest: Manifest) -> Manifest:
    """The manifest of a store that held `found` and goes on with `manifest`.

    Raises `OutputError` if they are of two sweeps.
    """
    if found.sweep != manifest.sweep:
        raise OutputError(
            f"{place} holds another sweep, {found.sweep[:16]} over "
            f"{_axes(found)}; this one is {manifest.sweep[:16]} over "
            f"{_axes(manifest)}. Nothing was touched. Choose another place; a store "
            "holds one sweep."
        )
    if found.digest == manifest.digest:
        return found
    place.replace(MARKER, manifest.to_json().encode())
    return manifest


def given_up(place: AbstractPlace) -> dict[str, str]:
    """The units that were given up, by key, and why; they outlast the ledger."""
    found = {}
    for name in place.names(GIVEN_UP):
        with contextlib.suppress(FileNotFoundError, ValueError, LookupError):
            about = json.loads(place.read(name))
            found[about["unit"]] = about["error"]
    return found


def give_up(place: AbstractPlace, key: str, error: str) -> None:
    """Keep that a unit was given up."""
    text = json.dumps({"unit": key, "error": error}, ensure_ascii=False)
    place.replace(f"{GIVEN_UP}/{key}.json", text.encode())


def take_up(place: AbstractPlace, key: str) -> None:
    """Forget that a unit was given up."""
    place.remove(f"{GIVEN_UP}/{key}.json")


GIVEN_UP = "quarantine"


def _axes(manifest: Manifest) -> str:
    return " × ".join(f"{axis.name} ({len(axis)})" for axis in manifest.axes)
