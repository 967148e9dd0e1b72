"""Readable functions of the parameters, of which laws are combinations."""

import abc
import dataclasses
from collections.abc import Iterable
from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float

from .dynamics import View
from .layout import Layout, Name


Index = tuple[int | str, ...]


@dataclasses.dataclass(frozen=True)
class AbstractQuantity(abc.ABC):
    """An array of numbers read off the parameters, with a name for every entry.

    To add one: subclass, set `degree`, define `value`, and `entry` for one index, which
    holds numbers or the letters i and j.
    """

    block: int
    name: Name
    shape: tuple[int, ...]
    """Of its value: a number ``()``, one for each unit ``(n,)``, or a symmetric or
    antisymmetric matrix ``(n, n)``."""

    degree: ClassVar[int] = 2
    """By which power it grows with the parameters."""

    antisymmetric: ClassVar[bool] = False

    @abc.abstractmethod
    def value(self, at: View) -> Float[Array, "..."]:
        """The numbers."""

    @abc.abstractmethod
    def entry(self, index: Index) -> Name:
        """What one of them is called."""

    def whole(self) -> Name:
        """What all of them together are called."""
        return self._whole() or self.entry(("i", "j")[: len(self.shape)])

    def _whole(self) -> Name | None:
        """A shorter name for all of them, if there is one."""
        return None


@dataclasses.dataclass(frozen=True)
class Gram(AbstractQuantity):
    """All products of the slices of a block along an axis."""

    axis: int
    rank: int

    def value(self, at: View) -> Array:
        rows = slices(at.blocks[self.block], self.axis)
        return rows @ rows.T

    def entry(self, index: Index) -> Name:
        i, j = index
        if i == j:
            return Norms(
                self.block, self.name, self.shape[:1], self.axis, self.rank
            ).entry((i,))
        first, second = (slice_name(self.name, self.axis, self.rank, k) for k in index)
        if self.rank == 1:
            return Name(f"{first.text}·{second.text}", f"{first.latex}{second.latex}")
        return Name(
            f"⟨{first.text}, {second.text}⟩",
            rf"\langle {first.latex}, {second.latex}\rangle",
        )

    def _whole(self) -> Name | None:
        text, latex = self.name
        if self.rank == 2 and self.axis == 1:
            return Name(f"{text}ᵀ{text}", rf"{latex}^\top {latex}")
        if self.rank <= 2:
            return Name(f"{text}{text}ᵀ", rf"{latex}{latex}^\top")
        return None


@dataclasses.dataclass(frozen=True)
class Norms(AbstractQuantity):
    """The squared norms of the slices of a block along an axis."""

    axis: int
    rank: int

    def value(self, at: View) -> Array:
        return jnp.sum(slices(at.blocks[self.block], self.axis) ** 2, axis=1)

    def entry(self, index: Index) -> Name:
        part = slice_name(self.name, self.axis, self.rank, index[0])
        if self.rank == 1:
            return Name(f"{part.text}²", f"{part.latex}^2")
        return Name(f"‖{part.text}‖²", rf"\|{part.latex}\|^2")


@dataclasses.dataclass(frozen=True)
class Sums(AbstractQuantity):
    """The sums of the slices of a block along an axis, or of their velocities."""

    axis: int
    rank: int
    velocity: bool = False
    degree: ClassVar[int] = 1

    def value(self, at: View) -> Array:
        blocks = at.velocities if self.velocity else at.blocks
        return jnp.sum(slices(blocks[self.block], self.axis), axis=1)

    def entry(self, index: Index) -> Name:
        name = dotted(self.name) if self.velocity else self.name
        part = slice_name(name, self.axis, self.rank, index[0])
        own = part if self.rank == 1 else Name(f"∑{part.text}", rf"\sum {part.latex}")
        if not self.velocity:
            return own
        return Name(f"{own.text}/τ", rf"{own.latex}/\tau")


@dataclasses.dataclass(frozen=True)
class Total(AbstractQuantity):
    """The sum of all entries of a block."""

    degree: ClassVar[int] = 1

    def value(self, at: View) -> Array:
        return jnp.sum(at.blocks[self.block])

    def entry(self, index: Index) -> Name:
        del index
        return Name(f"∑{self.name.text}", rf"\sum {self.name.latex}")


@dataclasses.dataclass(frozen=True)
class SquaredNorm(AbstractQuantity):
    """The squared Frobenius norm of a block."""

    def value(self, at: View) -> Array:
        return jnp.sum(at.blocks[self.block] ** 2)

    def entry(self, index: Index) -> Name:
        del index
        return Name(f"‖{self.name.text}‖²", rf"\|{self.name.latex}\|^2")


@dataclasses.dataclass(frozen=True)
class Products(AbstractQuantity):
    """The products of two vectors, entry by entry."""

    other: int
    other_name: Name

    def value(self, at: View) -> Array:
        return at.blocks[self.block] * at.blocks[self.other]

    def entry(self, index: Index) -> Name:
        one, two = (slice_name(n, 0, 1, index[0]) for n in (self.name, self.other_name))
        return Name(f"{one.text}·{two.text}", f"{one.latex}{two.latex}")


@dataclasses.dataclass(frozen=True)
class Powers(AbstractQuantity):
    """The entries of a vector to a power."""

    power: int

    def value(self, at: View) -> Array:
        return at.blocks[self.block] ** self.power

    def entry(self, index: Index) -> Name:
        one = slice_name(self.name, 0, 1, index[0])
        return Name(f"{one.text}^({self.power})", f"{one.latex}^{{{self.power}}}")


def axes(layout: Layout) -> Iterable[tuple[int, Name, int, int, int]]:
    """Every axis of every block: its block, name, axis, number of axes and extent."""
    for block, (name, shape) in enumerate(zip(*layout, strict=True)):
        for axis, extent in enumerate(shape):
            yield block, name, axis, len(shape), extent


def slices(block: Array, axis: int) -> Array:
    """The slices of a block along an axis, each as a row."""
    return jnp.moveaxis(block, axis, 0).reshape(block.shape[axis], -1)


def slice_name(name: Name, axis: int, rank: int, index: int | str) -> Name:
    """What one slice of a block of `rank` axes is called."""
    inside = ",".join(str(index) if k == axis else ":" for k in range(rank))
    return Name(f"{name.text}[{inside}]", f"{name.latex}[{inside}]")


def dotted(name: Name) -> Name:
    """What the derivative of a block by time is called."""
    return Name(f"{name.text[0]}\u0307{name.text[1:]}", rf"\dot{{{name.latex}}}")
