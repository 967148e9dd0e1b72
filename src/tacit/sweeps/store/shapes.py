"""Which runs can stand in one array: classes of shapes, and what is put into them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ...errors import DataError
from .columns import Block


@dataclass
class Shape:
    """Runs that one dataset holds: names, their axes, and how long these are."""

    dims: dict[str, tuple[str, ...]]
    sizes: dict[str, int]
    blocks: list[tuple[np.ndarray, Block]] = field(default_factory=list)
    """Blocks with the place in the grid of each of their runs."""

    def holds(self, other: Mapping[str, int], dims: Mapping) -> bool:
        """Whether runs of other shapes fit if they are filled up."""
        known = all(self.dims.get(name) == axes for name, axes in dims.items())
        return known and all(size <= self.sizes[dim] for dim, size in other.items())

    def spare(self, other: Mapping[str, int]) -> int:
        """How much would be filled up."""
        return sum(self.sizes[dim] - size for dim, size in other.items())

    @property
    def places(self) -> np.ndarray:
        """Where its runs are in the grid."""
        return np.concatenate([places for places, _ in self.blocks])


def shapes_of(
    found: Sequence[tuple[np.ndarray, Block, bool]], *, pad: bool
) -> list[Shape]:
    """The classes of shapes of blocks, each with its places and whether it is whole.

    A block is not whole if all its runs diverged or failed: it may end before its time,
    and belongs to the shapes that it fits best, filled up. With `pad` there is one
    class, as long as the longest along every axis; `DataError` where it cannot be.
    """
    shapes: dict[tuple, Shape] = {}
    late = []
    for places, block, whole in found:
        sizes = _sizes(block)
        if not whole and not pad:
            late.append((places, block, sizes))
            continue
        mark = (
            () if pad else (tuple(sorted(block.dims.items())), *sorted(sizes.items()))
        )
        shape = shapes.setdefault(mark, Shape({}, {}))
        for dim, size in sizes.items():
            shape.sizes[dim] = max(size, shape.sizes.get(dim, 0))
        for name, dims in block.dims.items():
            if shape.dims.setdefault(name, dims) != dims:
                raise DataError(
                    f"{name} has the axes {shape.dims[name]} in some runs and {dims} "
                    "in others, which no filling up makes one; open without `pad`."
                )
        shape.blocks.append((places, block))
    for places, block, sizes in late:
        fitting = [each for each in shapes.values() if each.holds(sizes, block.dims)]
        if fitting:
            best = min(fitting, key=lambda each: each.spare(sizes))
        else:
            mark = (tuple(sorted(block.dims.items())), *sorted(sizes.items()))
            best = shapes.setdefault(mark, Shape({**block.dims}, {**sizes}))
        best.blocks.append((places, block))
    return list(shapes.values())


def common(shapes: Sequence[Shape]) -> Shape | None:
    """What is alike in all of these shapes, as one; None if nothing measured is."""
    first, *others = shapes
    dims = {
        name: axes
        for name, axes in first.dims.items()
        if all(
            each.dims.get(name) == axes
            and all(each.sizes[dim] == first.sizes[dim] for dim in axes)
            for each in others
        )
    }
    sizes = {dim: first.sizes[dim] for axes in dims.values() for dim in axes}
    blocks = [(at, block.only(dims)) for each in shapes for at, block in each.blocks]
    if not any(block.values for _, block in blocks):
        return None
    return Shape(dims, sizes, blocks)


def _sizes(block: Block) -> dict[str, int]:
    sizes = block.sizes
    return {
        dim: size
        for name, dims in block.dims.items()
        for dim, size in zip(dims, sizes[name], strict=True)
    }
