"""All laws of a network under a loss and a flow: how many, which, and how sure."""

import dataclasses
from collections.abc import Iterator
from typing import Any, TYPE_CHECKING

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from ..display.tables import items, paragraph, table
from ..networks import AbstractNetwork
from .closure import Closure
from .drift import Drift, drift_of
from .dynamics import Momentum
from .generators import Generators
from .law import Law
from .layout import join


if TYPE_CHECKING:
    from ..training import Trajectory


@dataclasses.dataclass(frozen=True, eq=False)
class Laws:
    """What training conserves, for every data set and every loss of a kind.

    Called with a network (or parameters) of the kind it was found for, it gives the
    value of every law, in the order of `names`.
    """

    subject: str
    generators: Generators
    closure: Closure
    formulas: tuple[Law, ...]
    """Laws with a readable formula; `law.count` of each adds to those before it."""

    exact: bool
    """Whether it was counted in residues modulo a prime, and not in floating point."""

    notes: tuple[str, ...] = ()
    point: tuple[Array, ...] = ()
    """A generic point: parameters at which nothing is special, block by block."""

    @property
    def count(self) -> int | None:
        """How many independent laws there are; None if rounding hides it."""
        return self._upper if self.closure.clear else None

    @property
    def verified(self) -> int:
        """How many independent laws have a formula that was tested."""
        return sum(law.count for law in self.formulas)

    @property
    def certified(self) -> bool:
        """Whether the count is proved: as many formulas as the rank leaves room for.

        Formulas bound the count from below and the rank modulo a prime from above.
        """
        return self.exact and self.verified == self._upper

    @property
    def status(self) -> str:
        """One of "certified", "counted" and "undetermined"."""
        if self.certified:
            return "certified"
        return "counted" if self.closure.clear else "undetermined"

    @property
    def names(self) -> list[str]:
        """What every number of the value is called."""
        return [_at(law, entry) for law in self.formulas for entry in law.entries]

    def leading(self, parameters: Any) -> Float[Array, " m"]:
        """The first term of every law alone, in the order of `names`.

        For motions whose state is the parameters; it need not be conserved.
        """
        shape = self.generators.shape
        theta = join(shape.blocks(parameters))
        at = self.generators.dynamics.view(shape.layout, theta)
        firsts = [
            dataclasses.replace(law, terms=law.terms[:1]) for law in self.formulas
        ]
        return jnp.concatenate([law.values(at) for law in firsts])

    def __call__(
        self,
        parameters: AbstractNetwork | Any,
        velocity: AbstractNetwork | Any = None,
        *,
        time: ArrayLike = 0.0,
    ) -> Float[Array, " m"]:
        """The value of every law; laws of momentum need the `velocity` and the `time`.

        The velocity is the derivative by time, in the shape of the parameters.
        """
        shape, dynamics = self.generators.shape, self.generators.dynamics
        theta = join(shape.blocks(parameters))
        parts = [theta]
        rate = dynamics.rate
        if dynamics.moving:
            moving = parameters if velocity is None else velocity
            speed = join(shape.blocks(moving)) * (0.0 if velocity is None else 1.0)
            rate = dynamics.friction if isinstance(dynamics, Momentum) else 1.0
            parts.append(speed / (rate or 1.0))
        if self.generators.size > len(theta) * len(parts):
            parts.append(jnp.exp(rate * jnp.asarray(time, float))[None])
        at = dynamics.view(shape.layout, jnp.concatenate(parts))
        if not self.formulas:
            return jnp.zeros(0)
        return jnp.concatenate([law.values(at) for law in self.formulas])

    def drift(self, run: "Trajectory") -> Drift:
        """How far every law moved along a run, and how far it should have.

        Between start and end, or along the way if the run observed
        ``observables.Conserved(laws)``.
        """
        return drift_of(self, run)

    @property
    def text(self) -> str:
        """A few lines that say it all."""
        return "\n".join(self._lines())

    @property
    def latex(self) -> str:
        """The formulas, one to a line of an ``align*`` environment."""
        rows = " \\\\\n".join(rf"  & {law.latex}" for law in self.formulas)
        return f"\\begin{{align*}}\n{rows}\n\\end{{align*}}"

    def to_json(self) -> dict[str, Any]:
        """The same as plain data."""
        return {
            "network": self.subject,
            "parametrisation": self.generators.shape.method,
            "loss_symmetry": self.generators.symmetry.words,
            "dynamics": self.generators.dynamics.words,
            "parameters": self.generators.shape.layout.size,
            "state": self.closure.size,
            "ranks": list(self.closure.ranks),
            "gap": self.closure.gap and list(self.closure.gap),
            "count": self.count,
            "verified": self.verified,
            "status": self.status,
            "laws": [
                {"text": law.text, "latex": law.latex, "for": law.span,
                 "independent": law.count, "remark": law.remark}
                for law in self.formulas
            ],
            "notes": list(self.notes),
        }  # fmt: skip

    def __str__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        about, count, *_ = self._lines()
        rows = [(f"`{law.text}`", law.span, law.count) for law in self.formulas]
        found = table(rows, ("conserved", "", "independent"))
        return paragraph(about) + paragraph(count) + found + items(self.notes, "notes:")

    @property
    def _upper(self) -> int:
        return self.closure.size - self.closure.rank

    def _lines(self) -> Iterator[str]:
        count = "undetermined" if self.count is None else self.count
        unseen = self.generators.symmetry.words
        loss = f"a loss that does not see {unseen}" if unseen else "any loss"
        yield (
            f"{self.subject}, {self.generators.shape.layout.size} parameters, "
            f"{self.generators.dynamics.words}, {loss}"
        )
        found = f"{self.verified} with a formula" if self.verified else "no formula"
        yield f"independent laws: {count} ({self.status}; {found})"
        width = max((len(str(law)) for law in self.formulas), default=0)
        for law in self.formulas:
            remark = f"  {law.remark}" if law.remark else ""
            yield f"  {law!s:<{width}}  {law.count}{remark}"
        if not self.exact and self.closure.gap:
            kept, cut = self.closure.gap
            yield f"singular values at the cut: {kept:.0e} kept, {cut:.0e} not"
        yield from self.notes


def _at(law: Law, entry) -> str:
    single = dataclasses.replace(law, entries=(entry,), whole=False)
    return single.text
