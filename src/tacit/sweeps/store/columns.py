"""Runs side by side: one array for each name, one block for each set of shapes."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import DataError, ShapeError
from .encoding import keepable
from .rows import Row


@dataclass(frozen=True)
class Columns:
    """Columns of single values, as arrays where all are numbers of one kind."""

    arrays: Mapping[str, np.ndarray]
    texts: Mapping[str, list]

    @classmethod
    def of(cls, columns: Mapping[str, list]) -> "Columns":
        """Columns of numbers, truth values, text or None."""
        arrays, texts = {}, {}
        for name, column in columns.items():
            kinds = {type(value) for value in column}
            if kinds in ({int}, {float}, {bool}) and keepable(
                found := np.array(column)
            ):
                arrays[name] = found
            else:
                texts[name] = list(column)
        return cls(arrays, texts)

    def lists(self) -> dict[str, list]:
        """All columns, as they were given."""
        return {n: a.tolist() for n, a in self.arrays.items()} | dict(self.texts)


@dataclass(frozen=True)
class Block:
    """Runs whose values agree in names, axes and shapes.

    Arrays have a leading axis for the runs, but for coordinates that all of them share.
    """

    at: np.ndarray
    """Which rows of the part these are."""
    values: Mapping[str, np.ndarray]
    coords: Mapping[str, np.ndarray]
    dims: Mapping[str, tuple[str, ...]]
    """The axes of every value and coordinate, the leading one not counted."""
    shared: frozenset[str]
    """The coordinates that are the same for all these runs, and stand once."""
    attrs: Mapping[str, Mapping[str, str]]

    @property
    def sizes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every value and coordinate in one run."""
        whole = {name: array.shape[1:] for name, array in self.values.items()}
        for name, array in self.coords.items():
            whole[name] = array.shape[name not in self.shared :]
        return whole

    @property
    def outline(self) -> tuple:
        """What blocks have in common that can be put one after another."""
        kinds = (
            (name, _kind(array))
            for name, array in (*self.values.items(), *self.coords.items())
        )
        return tuple(kinds), tuple(self.sizes.items()), tuple(self.dims.items())

    def of_each_run(self, name: str) -> np.ndarray:
        """A coordinate with the leading axis, also where it is shared."""
        array = self.coords[name]
        if name not in self.shared:
            return array
        return np.broadcast_to(array, (len(self.at), *array.shape))

    def only(self, names: Collection[str]) -> "Block":
        """These values and coordinates of it."""

        def some(named: Mapping[str, Any]) -> dict[str, Any]:
            return {name: each for name, each in named.items() if name in names}

        return Block(
            self.at, some(self.values), some(self.coords), some(self.dims),
            self.shared.intersection(names), some(self.attrs),
        )  # fmt: skip

    def taken(self, kept: np.ndarray) -> "Block":
        """The runs for which `kept` is true."""
        values = {name: array[kept] for name, array in self.values.items()}
        coords = {
            name: array if name in self.shared else array[kept]
            for name, array in self.coords.items()
        }
        return Block(self.at[kept], values, coords, self.dims, self.shared, self.attrs)

    def arrays(self) -> dict[str, np.ndarray]:
        """All arrays of numbers, under the names that `of` knows."""
        found = {"at": self.at}
        for room, named in (("v", self.values), ("c", self.coords)):
            found |= {f"{room}/{n}": a for n, a in named.items() if a.dtype.kind != "U"}
        return found

    def about(self) -> dict[str, Any]:
        """All else, as JSON."""
        texts = {
            f"{room}/{name}": array.tolist()
            for room, named in (("v", self.values), ("c", self.coords))
            for name, array in named.items()
            if array.dtype.kind == "U"
        }
        return {
            "order": [[*self.values], [*self.coords]],
            "dims": self.dims,
            "shared": sorted(self.shared),
            "attrs": self.attrs,
            "texts": texts,
        }

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray], about: Mapping[str, Any]) -> "Block":
        """The block that `arrays` and `about` were taken from."""
        whole = dict(arrays)
        for name, text in about["texts"].items():
            whole[name] = np.array(text, dtype=str)
        values, coords = about["order"]
        return cls(
            whole["at"],
            {name: whole[f"v/{name}"] for name in values},
            {name: whole[f"c/{name}"] for name in coords},
            {name: tuple(dims) for name, dims in about["dims"].items()},
            frozenset(about["shared"]),
            about["attrs"],
        )

    def rows_of(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """What `Row` was given, for each of the rows."""
        named = {
            name: dims
            for name, dims in self.dims.items()
            if dims and not (name in self.coords and dims == (name,))
        }
        for i, row in enumerate(self.at.tolist()):
            values = {name: array[i] for name, array in self.values.items()}
            coords = {
                name: array if name in self.shared else array[i]
                for name, array in self.coords.items()
            }
            told = {"dims": named, "attrs": self.attrs}
            yield row, {"values": values, "coords": coords, **told}


def blocks_of(rows: Sequence[Row]) -> tuple[Block, ...]:
    """The rows as blocks. `DataError` or `ShapeError` for what cannot be kept."""
    alike: dict[tuple, list[tuple[int, dict, dict]]] = {}
    for at, row in enumerate(rows):
        values, coords = _arrays(row, row.values), _arrays(row, row.coords)
        outline = (
            len(values),
            *row.dims.items(),
            *((name, _kind(a), a.shape) for name, a in values.items()),
            *((name, _kind(a), a.shape) for name, a in coords.items()),
        )
        alike.setdefault(outline, []).append((at, values, coords))
    return tuple(_block(rows[found[0][0]], found) for found in alike.values())


def _block(first: Row, found) -> Block:
    ats, values, coords = zip(*found, strict=True)
    dims = _dims(first, values[0], coords[0])
    stacked = {name: np.stack([each[name] for each in values]) for name in values[0]}
    shared, along = set(), {}
    for name, array in coords[0].items():
        if all(equal(array, each[name]) for each in coords[1:]):
            shared.add(name)
            along[name] = array
        else:
            along[name] = np.stack([each[name] for each in coords])
    at, known = np.array(ats), frozenset(shared)
    return Block(at, stacked, along, dims, known, first.attrs)


def _kind(array: np.ndarray) -> str:
    return "U" if array.dtype.kind == "U" else array.dtype.str


def equal(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two arrays say the same, NaN being NaN."""
    if one is other:
        return True
    return np.array_equal(
        one, other, equal_nan=one.dtype.kind == other.dtype.kind == "f"
    )


def _arrays(row: Row, named: Mapping[str, Any]) -> dict[str, np.ndarray]:
    arrays = {}
    for name, value in named.items():
        try:
            array = np.asarray(value)
        except ValueError as error:  # lists of several lengths
            raise DataError(f"run {row.index}: {name} is no array: {error}.") from error
        if array.dtype.kind == "O" and all(isinstance(x, str) for x in array.flat):
            array = array.astype(str)
        if array.dtype.kind != "U" and not keepable(array):
            raise DataError(
                f"run {row.index}: {name} is of type {array.dtype}; a store keeps "
                "real numbers, truth values and text. Give real and imaginary parts "
                "apart, and anything else as one of these."
            )
        arrays[name] = array
    return arrays


def _dims(row: Row, values, coords) -> dict[str, tuple[str, ...]]:
    """The axes of every array, checked against its shape and each other."""
    found, sizes = {}, {}
    for name, array in (*values.items(), *coords.items()):
        dims = row.dims.get(name, (name,) if name in coords else ())
        if len(dims) != array.ndim or len({*dims}) < len(dims):
            raise ShapeError(
                f"run {row.index}: {name} has shape {array.shape} and the axes "
                f"{tuple(dims)}; name each axis once, in `dims`."
            )
        for dim, size in zip(dims, array.shape, strict=True):
            other, before = sizes.setdefault(dim, (name, size))
            if before != size:
                raise ShapeError(
                    f"run {row.index}: the axis {dim} has {before} places in {other} "
                    f"and {size} in {name}; give one of them another name."
                )
        found[name] = tuple(dims)
    return found
