"""The results of a store as one labelled dataset over its grid."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, combinations
from typing import Any, TYPE_CHECKING

import numpy as np

from .columns import Block, equal
from .manifest import Axis, Manifest
from .rows import State
from .shapes import common, Shape


if TYPE_CHECKING:
    import xarray


RESERVED = ("status", "reason")
"""Variables of the dataset that nothing measured may be called."""


EVERYTHING: Mapping[int, np.ndarray] = {}


class Grid:
    """The places of a grid, or of a part of it: on some axes, some labels only."""

    def __init__(self, manifest: Manifest, kept: Mapping[int, np.ndarray] = EVERYTHING):
        self.axes: tuple[Axis, ...] = manifest.axes
        self._whole = manifest.shape
        self._kept = [kept.get(i, np.arange(n)) for i, n in enumerate(self._whole)]
        self.shape = tuple(map(len, self._kept))

    def named(self) -> str:
        """The labels that its part of the grid is picked out by; empty for all."""
        words = []
        for axis, kept in zip(self.axes, self._kept, strict=True):
            if len(kept) < len(axis):
                labels = axis.columns[next(iter(axis.columns))]
                some = "+".join(str(labels[i]) for i in kept)
                words.append(f"{axis.name}={some}")
        return ",".join(words).replace("/", "_")

    def within(self, places: np.ndarray) -> np.ndarray:
        """Places of the whole grid as places in this part of it."""
        at = np.unravel_index(places, self._whole)
        inside = (np.searchsorted(k, a) for k, a in zip(self._kept, at, strict=True))
        return np.ravel_multi_index(tuple(inside), self.shape)

    def cut(self, whole: np.ndarray) -> np.ndarray:
        """Of one value for every place of the whole grid, those of this part."""
        return whole.reshape(self._whole)[np.ix_(*self._kept)]

    def coords(self) -> dict[str, Any]:
        """The labels along the axes."""
        found = {}
        for axis, kept in zip(self.axes, self._kept, strict=True):
            for name, labels in axis.columns.items():
                found[name] = axis.name, _labels([labels[i] for i in kept])
        return found


def assembled(
    manifest: Manifest,
    shapes: Sequence[Shape],
    status: np.ndarray,
    reasons: Mapping[int, str],
) -> "xarray.Dataset | xarray.DataTree":
    """One dataset, or a tree: what is alike in all runs, and one for each of `shapes`.

    `status` has one integer for every place of the grid, and `reasons` those there are.
    """
    import xarray

    whole = Grid(manifest)
    told = np.full(manifest.size, "", object)
    told[list(reasons)] = list(reasons.values())
    about = {"sweep": manifest.sweep, "salt": manifest.salt}

    def dataset(grid: Grid, shape: Shape | None) -> "xarray.Dataset":
        names = tuple(axis.name for axis in grid.axes)
        flags = {
            "long_name": "what became of the run",
            "flag_values": np.array([*State], np.int8),
            "flag_meanings": " ".join(state.name.lower() for state in State),
        }
        variables: dict[str, Any] = {"status": (names, grid.cut(status), flags)}
        if reasons:
            variables["reason"] = names, grid.cut(told), {"long_name": "why"}
        coords = grid.coords()
        if shape is not None:
            _fill(grid, shape, names, variables, coords)
        return xarray.Dataset(variables, coords, about)

    if len(shapes) < 2:
        return dataset(whole, next(iter(shapes), None))
    grids = [Grid(manifest, kept) for kept in _apart(manifest, shapes)]
    names = _names(grids)
    nodes = {
        name: dataset(grid, shape)
        for name, grid, shape in zip(names, grids, shapes, strict=True)
    }
    return xarray.DataTree.from_dict({"runs": dataset(whole, common(shapes)), **nodes})


def _apart(manifest: Manifest, shapes: Sequence[Shape]) -> list[dict[int, np.ndarray]]:
    """The axes by which shapes can be told apart, with the labels that each has there.

    They are as few as will do. An axis counts if any two shapes have the same labels
    on it or none in common: what is missing because a run failed tells nothing apart.
    """
    ats = [np.unravel_index(shape.places, manifest.shape) for shape in shapes]
    sets = [[frozenset(axis.tolist()) for axis in at] for at in ats]
    axes = [
        i
        for i, column in enumerate(zip(*sets, strict=True))
        if all(a == b or a.isdisjoint(b) for a, b in combinations(column, 2))
    ]
    for few in chain.from_iterable(combinations(axes, n + 1) for n in range(len(axes))):
        if len({tuple(each[i] for i in few) for each in sets}) == len(sets):
            return [{i: np.array(sorted(each[i])) for i in few} for each in sets]
    return [{} for _ in shapes]


def _names(grids: Iterable[Grid]) -> list[str]:
    """What the nodes of a tree are called: by labels, if these tell them apart."""
    names = [grid.named() for grid in grids]
    if len({*names}) == len(names) and all(0 < len(name) <= 80 for name in names):
        return names
    return [f"shape{i}" for i in range(len(names))]


def _fill(grid: Grid, shape: Shape, names, variables: dict, coords: dict) -> None:
    """Add what was measured in the runs of one class of shapes."""
    inside = [(grid.within(places), block) for places, block in shape.blocks]
    attrs: dict[str, Mapping] = {}
    for _, block in inside:
        attrs = {**block.attrs, **attrs}
    along: dict[str, tuple] = {}
    apart: dict[str, str] = {}  # axes whose places mean another thing in every run
    for name in dict.fromkeys(name for _, block in inside for name in block.coords):
        blocks = [(at, block) for at, block in inside if name in block.coords]
        common = _common([block for _, block in blocks], name)
        if common is not None and common.shape == _shape(shape, name):
            along[name] = shape.dims[name], common, attrs.get(name)
            continue
        if name in shape.dims[name]:
            apart[name] = f"{name}_index"
        pieces = [(at, block.of_each_run(name)) for at, block in blocks]
        along[name] = _spread(grid, pieces, names, shape, name, attrs)
    measured = {}
    for name in dict.fromkeys(name for _, block in inside for name in block.values):
        pieces = [(at, b.values[name]) for at, b in inside if name in b.values]
        measured[name] = _spread(grid, pieces, names, shape, name, attrs)
    for room, named in ((coords, along), (variables, measured)):
        for name, (dims, array, about) in named.items():
            room[name] = tuple(apart.get(dim, dim) for dim in dims), array, about


def _common(blocks: Sequence[Block], name: str) -> np.ndarray | None:
    """A coordinate that is the same in all runs, or ends early in some; else None."""
    if any(name not in block.shared for block in blocks):
        return None
    found = [block.coords[name] for block in blocks]
    longest = max(found, key=np.size)
    alike = (
        each.ndim == longest.ndim and equal(each, _corner(longest, each.shape))
        for each in found
    )
    return longest if all(alike) else None


def _spread(grid, pieces, names, shape: Shape, name: str, attrs: Mapping) -> tuple:
    """One array over the grid, with NaN, or empty text, where nothing was measured."""
    extent = _shape(shape, name)
    runs = int(np.prod(grid.shape))
    kind = np.result_type(*(array.dtype for _, array in pieces))
    full = sum(len(at) for at, _ in pieces) == runs and all(
        array.shape[1:] == extent for _, array in pieces
    )
    if kind.kind == "U":
        out = np.full((runs, *extent), "", object)
    elif full:
        out = np.empty((runs, *extent), kind)
    else:
        real = kind if kind.kind == "f" else np.float64
        out = np.full((runs, *extent), np.nan, real)
    for at, array in pieces:
        out[(at, *(slice(n) for n in array.shape[1:]))] = array
    dims = (*names, *shape.dims[name])
    return dims, out.reshape(*grid.shape, *extent), attrs.get(name)


def _shape(shape: Shape, name: str) -> tuple[int, ...]:
    return tuple(shape.sizes[dim] for dim in shape.dims[name])


def _corner(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return array[tuple(slice(n) for n in shape)]


def _labels(labels: Sequence[Any]) -> np.ndarray:
    """Labels as an array: numbers if all are, else text."""
    kinds = {type(label) for label in labels}
    if kinds <= {int, float} or kinds == {bool}:
        return np.array(labels)
    return np.array([str(label) for label in labels])
