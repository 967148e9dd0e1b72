"""Parameters as named blocks of one flat vector."""

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array


SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


class Name(NamedTuple):
    """What a block is called, in text and in LaTeX."""

    text: str
    latex: str

    @classmethod
    def of(cls, letter: str, number: int | None = None) -> "Name":
        """A letter, with a number below it if there is one."""
        upright = rf"\mathrm{{{letter.replace('_', chr(92) + '_')}}}"
        latex = GREEK.get(letter, letter if len(letter) == 1 else upright)
        if number is None:
            return cls(letter, latex)
        return cls(
            f"{letter}{str(number).translate(SUBSCRIPTS)}", f"{latex}_{{{number}}}"
        )

    @property
    def plain(self) -> str:
        """What to type for it: W1 for W₁."""
        digits = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
        typed = self.text.translate(digits).replace("θ", "theta")
        return re.sub(r"\W", "_", typed)


GREEK = {"θ": r"\theta", "γ": r"\gamma"}


class Layout(NamedTuple):
    """The blocks, in the order in which they lie in the flat vector."""

    names: tuple[Name, ...]
    shapes: tuple[tuple[int, ...], ...]

    @property
    def sizes(self) -> list[int]:
        """How many numbers every block has."""
        return [math.prod(shape) for shape in self.shapes]

    @property
    def size(self) -> int:
        """How many parameters there are."""
        return sum(self.sizes)

    def split(self, flat: Array) -> list[Array]:
        """The blocks of a flat vector ``(D,)``."""
        blocks, begin = [], 0
        for shape, size in zip(self.shapes, self.sizes, strict=True):
            blocks.append(flat[begin : begin + size].reshape(shape))
            begin += size
        return blocks

    def place(self, index: int) -> tuple[int, tuple[int, ...]]:
        """The block that number `index` of the flat vector is in, and where there."""
        for block, size in enumerate(self.sizes):
            if index < size:
                where = []
                for extent in reversed(self.shapes[block]):
                    index, at = divmod(index, extent)
                    where.append(at)
                return block, tuple(reversed(where))
            index -= size
        raise IndexError(index)

    def entry(self, index: int) -> tuple[str, str]:
        """What number `index` of the flat vector is called, in text and in LaTeX."""
        block, where = self.place(index)
        name = self.names[block]
        if not where:
            return name.text, name.latex
        inside = ",".join(map(str, where))
        return f"{name.text}[{inside}]", f"{name.latex}[{inside}]"


def join(blocks: Sequence) -> Array:
    """The flat vector of these blocks."""
    return jnp.concatenate([jnp.ravel(jnp.asarray(b)) for b in blocks])
