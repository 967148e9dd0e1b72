"""The results of a store in formats that other programs read."""

import importlib.util
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TYPE_CHECKING

import numpy as np

from ...errors import DataError, MissingExtraError, OptionError, OutputError
from .rows import State


if TYPE_CHECKING:
    import xarray

FORMATS: Mapping[str, str] = {
    ".zarr": "zarr", ".nc": "netcdf", ".parquet": "parquet", ".csv": "csv"
}  # fmt: skip
"""What is written under which ending."""


def export(
    opened: "xarray.Dataset | xarray.DataTree",
    path: str | os.PathLike[str],
    format: str | None,
) -> list[Path]:
    """Write a dataset, or a tree of them; the files and folders that were written.

    A table has one row a run for single values, and further tables one row for every
    place along the axes of arrays, named by these axes.
    """
    target = Path(path)
    kind = format or FORMATS.get(target.suffix)
    if kind not in FORMATS.values():
        raise OptionError(
            f"the format of {target}", format or target.suffix, FORMATS.values()
        )
    nodes = _nodes(opened)
    if kind == "zarr":
        return [_whole(target, lambda part: _to_zarr(nodes, part))]
    if kind == "netcdf":
        files = {_beside(target, node): data for node, data in nodes.items()}
        return [
            _whole(file, lambda part, data=data: _to_netcdf(data, part))
            for file, data in files.items()
        ]
    write = _to_parquet if kind == "parquet" else _to_csv
    written = []
    for node, data in nodes.items():
        for dims, table in _tables(data):
            file = _beside(target, "-".join(filter(None, (node, *dims))))
            written.append(_whole(file, lambda part, table=table: write(table, part)))
    return written


def _nodes(opened: Any) -> dict[str, "xarray.Dataset"]:
    """The datasets by the name of their node; one alone has none."""
    if hasattr(opened, "children"):
        return {name: node.to_dataset() for name, node in opened.children.items()}
    return {"": opened}


def _to_zarr(nodes: Mapping[str, "xarray.Dataset"], part: Path) -> None:
    try:
        import zarr
    except ImportError:
        raise MissingExtraError("exporting as Zarr", "zarr", "zarr") from None
    del zarr
    for node, data in nodes.items():
        # Zarr's third format has no text of fixed width.
        texts = {n: v.astype(np.dtypes.StringDType()) for n, v in _texts(data)}
        data.assign_coords(
            {n: texts.pop(n) for n in [*texts] if n in data.coords}
        ).assign(texts).to_zarr(part, group=node or None, mode="a", consolidated=False)


def _to_netcdf(data: "xarray.Dataset", part: Path) -> None:
    texts = {name: v.astype(str) for name, v in _texts(data)}
    try:
        data.assign(texts).to_netcdf(part, engine=_engine())
    except ValueError as error:
        raise DataError(f"NetCDF cannot hold this: {error} Export as Zarr.") from error


def _engine() -> Any:
    """HDF5 where something writes it; else NetCDF 3, of SciPy."""
    there = all(map(importlib.util.find_spec, ("h5netcdf", "h5py")))
    return "h5netcdf" if there else "scipy"


def _texts(data: "xarray.Dataset") -> Iterator[tuple[str, Any]]:
    for name, variable in data.variables.items():
        if variable.dtype.kind in "OU":
            yield str(name), variable


def _tables(data: "xarray.Dataset") -> Iterator[tuple[tuple[str, ...], Any]]:
    """Tables of the variables by the axes that they have beyond those of the grid."""
    grid = data["status"].dims
    ran = data["status"].values.ravel() != State.EXCLUDED
    about = {n: v for n, v in data.coords.items() if set(v.dims) <= set(grid)}
    groups: dict[tuple, list[str]] = {(): []}
    for name, variable in data.data_vars.items():
        own = tuple(str(dim) for dim in variable.dims if dim not in grid)
        groups.setdefault(own, []).append(str(name))
    for own, names in groups.items():
        chosen = data[names].drop_vars([n for n in about if n not in grid])
        frame = chosen.to_dataframe(dim_order=[*grid, *own]).reset_index()
        for name in about.keys() - set(grid):  # columns of an axis of several
            frame.insert(0, name, _along(data, about[name], own))
        keep = np.repeat(ran, len(frame) // len(ran))
        yield own, frame[keep]


def _along(data: "xarray.Dataset", coord: Any, own: tuple) -> np.ndarray:
    """A coordinate of the grid as a column of the table with these further axes."""
    like = data["status"]
    over = coord.broadcast_like(like).transpose(*like.dims)
    return np.repeat(over.values.ravel(), int(np.prod([data.sizes[d] for d in own])))


def _to_csv(table: Any, part: Path) -> None:
    table.to_csv(part, index=False)


def _to_parquet(table: Any, part: Path) -> None:
    try:
        table.to_parquet(part, index=False)
    except ImportError:
        raise MissingExtraError("exporting as Parquet", "pyarrow", "parquet") from None


def _beside(target: Path, more: str) -> Path:
    return target.with_name(f"{target.stem}-{more}{target.suffix}") if more else target


def _whole(target: Path, write: Any) -> Path:
    """What `write` makes, under its name once it is whole; nothing if it fails."""
    if target.exists():
        raise OutputError(
            f"{target} is there already, and was not touched. Choose another name."
        )
    part = target.with_name(f".{os.getpid()}.part.{target.name}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write(part)
        os.replace(part, target)
    except OSError as error:
        raise OutputError(f"cannot write {target}: {error}.") from error
    finally:
        if part.is_dir():
            shutil.rmtree(part)
        part.unlink(missing_ok=True)
    return target
