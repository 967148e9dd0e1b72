"""A law that was found: its formula, in text, in LaTeX and as a function."""

import dataclasses

import jax.numpy as jnp
from jaxtyping import Array, Float

from .dynamics import View
from .layout import Name
from .quantities import AbstractQuantity, Index


@dataclasses.dataclass(frozen=True)
class Term:
    """A multiple of a quantity: of all its entries, or of the one at `index`."""

    factor: int
    quantity: AbstractQuantity
    index: Index | None = None

    def value(self, at: View) -> Array:
        """Its numbers."""
        found = self.quantity.value(at)
        return self.factor * (found if self.index is None else found[self.index])


@dataclasses.dataclass(frozen=True)
class Law:
    """Quantities that training keeps, all of one form.

    `entries` are the indices at which the terms are read, one law for each; `()` is the
    index of a law that is one number. `count` of them are functionally independent of
    each other and of the laws listed before.
    """

    terms: tuple[Term, ...]
    entries: tuple[Index, ...]
    whole: bool
    """Whether the entries are all that there are, and the formula needs no index."""

    count: int
    remark: str = ""

    def values(self, at: View) -> Float[Array, " m"]:
        """One number for each of `entries`."""
        total = sum((t.value(at) for t in self.terms[1:]), self.terms[0].value(at))
        return jnp.stack([total[index] for index in self.entries])

    @property
    def degree(self) -> int:
        """The largest power with which a term grows."""
        return max(term.quantity.degree for term in self.terms)

    @property
    def homogeneous(self) -> bool:
        """Whether all terms grow with the same power of the parameters."""
        return len({term.quantity.degree for term in self.terms}) == 1

    @property
    def text(self) -> str:
        """The formula, as one would write it in a message."""
        return _joined([(t.factor, self._name(t).text) for t in self.terms], "−", "·")

    @property
    def latex(self) -> str:
        """The formula in LaTeX, without dollar signs."""
        return _joined(
            [(t.factor, self._name(t).latex) for t in self.terms], "-", r"\,"
        )

    @property
    def span(self) -> str:
        """Over which indices it is read, in words; empty for a single number."""
        if self.entries == ((),) or len(self.entries) == 1:
            return ""
        if not self.whole:
            return "for " + ", ".join(map(_index, self.entries))
        return "every entry" if len(self.entries[0]) == 2 else "for every i"

    def __str__(self) -> str:
        span = f"  ({self.span})" if self.span else ""
        return f"{self.text}{span}"

    def _name(self, term: Term) -> Name:
        if term.index is not None:
            return term.quantity.entry(term.index)
        matrix = self.whole and len(term.quantity.shape) == 2
        if len(self.entries) == 1 and self.entries != ((),) and not matrix:
            return term.quantity.entry(self.entries[0])
        return term.quantity.whole()


def _joined(parts, minus, times):
    words = []
    for factor, name in parts:
        size = "" if abs(factor) == 1 else f"{abs(factor)}{times}"
        body = f"{size}{name}"
        if not words:
            words.append(f"{minus}{body}" if factor < 0 else body)
        else:
            words.append(f" {minus if factor < 0 else '+'} {body}")
    return "".join(words)


def _index(entry):
    return "(" + ",".join(map(str, entry)) + ")" if len(entry) > 1 else str(entry[0])
