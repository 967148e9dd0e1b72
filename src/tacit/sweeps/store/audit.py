"""Whether what a store holds is whole, and putting right what is not."""

from dataclasses import dataclass

from .encoding import DamagedError
from .library import key_of, Library, LOOSE, PACKS, Progress, units_of
from .manifest import Manifest
from .places import AbstractPlace


ASIDE = "damaged"


@dataclass(frozen=True)
class Audit:
    """What was found in a store, file by file."""

    files: int
    bytes: int
    units: int
    """Units of the manifest whose results are there and whole."""
    missing: int
    """Units of the manifest whose results are not there."""
    damaged: dict[str, str]
    """Files that are not what was written, and in what way."""
    double: tuple[str, ...]
    """Single parts whose units are in a pack as well, or packs that add nothing."""
    foreign: dict[str, str]
    """Units that are not of this manifest, by key, and the code that ran them."""
    strays: tuple[str, ...]
    """Files among the parts that are none, by their name."""
    leavings: tuple[str, ...]
    """What writers that were killed left half done."""
    ledger: bool = True
    """Whether the ledger is a sound database; it is made anew if it is not."""

    @property
    def clean(self) -> bool:
        """Whether all that is there is whole, and there once."""
        return not (self.damaged or self.double) and self.ledger


def audited(
    place: AbstractPlace, library: Library, manifest: Manifest, progress: Progress
) -> Audit:
    """Read everything there is."""
    names = [*sorted(place.names(PACKS)), *sorted(place.names(LOOSE))]
    seen: set[str] = set()
    damaged, double, foreign, strays = {}, [], {}, []
    size = 0
    for done, name in enumerate(names):
        if name.startswith(LOOSE) and key_of(name) is None:
            strays.append(name)
            continue
        try:
            part = library.read(name)
            keys = set(units_of(part.summary))
            why = _unfit(manifest, name, part.summary.units)
            if why:
                raise DamagedError(why)
        except DamagedError as error:
            damaged[name] = str(error)
            continue
        except FileNotFoundError:  # packed since it was listed
            continue
        size += place.size(name)
        foreign |= {k: part.summary.salt for k in keys if k not in manifest.units}
        if keys <= seen:
            double.append(name)
        seen |= keys
        if progress is not None:
            progress(done + 1, len(names))
    ours = len(seen & manifest.units.keys())
    return Audit(
        len(names), size, ours, len(manifest.units) - ours, damaged, tuple(double),
        foreign, tuple(strays), tuple(place.leavings()),
    )  # fmt: skip


def repaired(
    place: AbstractPlace, library: Library, manifest: Manifest, progress: Progress
) -> Audit:
    """Put right what an audit finds; what it found.

    What is damaged is moved to ``damaged/`` and not deleted: somebody may yet read it.
    """
    found = audited(place, library, manifest, progress)
    for name in found.damaged:
        place.replace(f"{ASIDE}/{name}", place.read(name))
        place.remove(name)
    for name in found.double:
        place.remove(name)
    place.sweep_up([*found.leavings])
    return found


def _unfit(manifest: Manifest, name: str, units) -> str | None:
    """Why a part that is whole is not the part that its name promises."""
    key = key_of(name)
    if key is not None and {*units} != {key}:
        return f"it holds the unit {', '.join(units)[:40]}, not that of its name"
    for each, size in units.items():
        if each in manifest.units and len(manifest.units[each]) != size:
            return (
                f"the unit {each[:12]} has {size} runs in it and "
                f"{len(manifest.units[each])} in the manifest"
            )
    return None
