"""Every part that is there, put at its places in the grid."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from .assembling import assembled
from .columns import Block
from .encoding import DamagedError
from .library import damaged, Library, units_of
from .manifest import Manifest
from .parts import Part
from .places import AbstractPlace
from .rows import State
from .shapes import shapes_of


if TYPE_CHECKING:
    import xarray

TRIES = 3
"""How often to look again when parts are packed while they are read."""
Placed = list[tuple[np.ndarray, Block, bool]]


def opened(
    place: AbstractPlace,
    library: Library,
    manifest: Manifest,
    given_up: Mapping[str, str],
    *,
    pad: bool,
) -> "xarray.Dataset | xarray.DataTree":
    """The dataset of a store; see `Store.open`."""
    for attempt in range(TRIES):
        try:
            return _opened(place, library, manifest, given_up, pad)
        except FileNotFoundError:
            if attempt == TRIES - 1:
                raise
    raise AssertionError


def _opened(place, library, manifest, given_up, pad):
    wanted: dict[str, list[str]] = {}
    found = library.find()
    for key in manifest.units:
        if key in found:
            wanted.setdefault(found[key], []).append(key)
    status = np.full(manifest.size, State.EXCLUDED, np.int8)
    reasons: dict[int, str] = {}
    for key, runs in manifest.units.items():
        status[list(runs)] = State.QUARANTINED if key in given_up else State.PENDING
        reasons |= dict.fromkeys(runs if key in given_up else (), given_up.get(key, ""))
    placed: Placed = []
    for name, keys in wanted.items():
        try:
            part = library.read(name)
        except DamagedError as error:
            raise damaged(place, name, error) from error
        placed += _placed(part, manifest, keys, status, reasons)
    return assembled(manifest, shapes_of(placed, pad=pad), status, reasons)


def _placed(
    part: Part, manifest: Manifest, keys: Iterable[str], status, reasons
) -> Placed:
    """The blocks of a part with the places of their runs, those of these units.

    The places are those of the manifest: the grid may have grown since.
    """
    places = np.full(part.summary.size, -1)
    units = units_of(part.summary)
    for key in keys:
        unit = units[key]
        places[unit.start : unit.start + unit.size] = manifest.units[key]
    wanted, endings = places >= 0, part.status
    status[places[wanted]] = endings[wanted]
    for place in places[wanted].tolist() if reasons else ():
        reasons.pop(place, None)  # its unit was given up, and committed after all
    for trouble in part.summary.troubles:
        if wanted[trouble.row]:
            reasons[int(places[trouble.row])] = trouble.reason
    found = []
    for block in part.blocks:
        if not block.values:
            continue
        kept = wanted[block.at]
        chosen = block if kept.all() else block.taken(kept)
        if len(chosen.at):
            whole = bool((endings[chosen.at] == State.OK).any())
            found.append((places[chosen.at], chosen, whole))
    return found
