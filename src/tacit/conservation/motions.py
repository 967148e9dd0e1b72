"""Quantities that hold velocities or depend on time."""

import dataclasses
from typing import ClassVar

from jaxtyping import Array

from .dynamics import View
from .layout import Name
from .quantities import AbstractQuantity, dotted, Index, slice_name, slices


@dataclasses.dataclass(frozen=True)
class Turning(AbstractQuantity):
    """The antisymmetric products of slices and their velocities, times the clock."""

    axis: int
    rank: int
    antisymmetric: ClassVar[bool] = True

    def value(self, at: View) -> Array:
        rows = slices(at.blocks[self.block], self.axis)
        moving = slices(at.velocities[self.block], self.axis)
        return at.clock * (rows @ moving.T - moving @ rows.T)

    def entry(self, index: Index) -> Name:
        parts = [
            (
                slice_name(self.name, self.axis, self.rank, i),
                slice_name(dotted(self.name), self.axis, self.rank, j),
            )
            for i, j in (index, index[::-1])
        ]
        text = " − ".join(f"⟨{a.text}, {b.text}⟩" for a, b in parts)
        latex = " - ".join(rf"\langle {a.latex}, {b.latex}\rangle" for a, b in parts)
        return Name(f"e^(τt)({text})", rf"e^{{\tau t}}({latex})")

    def _whole(self) -> Name | None:
        A, V = self.name, dotted(self.name)
        if self.rank == 2 and self.axis == 1:
            text = f"{A.text}ᵀ{V.text} − {V.text}ᵀ{A.text}"
            latex = rf"{A.latex}^\top {V.latex} - {V.latex}^\top {A.latex}"
        elif self.rank <= 2:
            text = f"{A.text}{V.text}ᵀ − {V.text}{A.text}ᵀ"
            latex = rf"{A.latex}{V.latex}^\top - {V.latex}{A.latex}^\top"
        else:
            return None
        return Name(f"e^(τt)({text})", rf"e^{{\tau t}}({latex})")


@dataclasses.dataclass(frozen=True)
class Clocked(AbstractQuantity):
    """A quantity times a power of the clock."""

    base: AbstractQuantity
    power: int
    letter: str

    @classmethod
    def of(cls, base: AbstractQuantity, power: int, letter: str) -> "Clocked":
        """`base` times the clock to `power`; the clock runs at the rate `letter`."""
        return cls(base.block, base.name, base.shape, base, power, letter)

    def value(self, at: View) -> Array:
        return at.clock**self.power * self.base.value(at)

    def entry(self, index: Index) -> Name:
        return self._times(self.base.entry(index))

    def _whole(self) -> Name | None:
        return self._times(self.base.whole())

    def _times(self, name):
        rate = f"{self.power if self.power > 1 else ''}{self.letter}t"
        latex = rate.replace("λ", r"\lambda ").replace("τ", r"\tau ")
        return Name(f"e^({rate})·{name.text}", rf"e^{{{latex}}}{name.latex}")
