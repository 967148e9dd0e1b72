"""The vector fields that training may follow, and their brackets."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
from jaxtyping import Array, Float

from . import symmetry
from .dynamics import AbstractDynamics
from .parametrisation import AbstractParametrisation


class Generators(NamedTuple):
    """The fields of one parametrisation under one loss symmetry and one motion."""

    shape: AbstractParametrisation
    symmetry: symmetry.Symmetry
    dynamics: AbstractDynamics

    @property
    def size(self) -> int:
        """How many numbers a state has."""
        return self.dynamics.size(self.shape.layout.size)

    @property
    def drawn(self) -> Any:
        """The tree of shapes of what is drawn for one generator."""
        gradient = symmetry.coefficients(self.shape, self.symmetry)
        return {
            "gradient": gradient,
            "extra": self.dynamics.extra(self.shape.layout.size),
        }

    def field(self, drawn: Any, state: Float[Array, " S"]) -> Float[Array, " S"]:
        """The generator with these numbers, at one state."""

        def pull(theta):
            return symmetry.gradient(
                self.shape, self.symmetry, drawn["gradient"], theta
            )

        return self.dynamics.field(pull, drawn["extra"], state)

    def bracket(self, drawn: Any, state: Float[Array, " S"]) -> Float[Array, " S"]:
        """The bracket, nested to the right, of all generators along the first axis."""
        depth = len(drawn["extra"])
        field = self._single(drawn, depth - 1)
        for k in reversed(range(depth - 1)):
            field = _commutator(self._single(drawn, k), field)
        return field(state)

    def _single(self, drawn, k) -> Callable:
        own = jax.tree.map(lambda a: a[k], drawn)
        return lambda state: self.field(own, state)


def _commutator(X, Y):
    """``[X, Y] = DY X - DX Y``."""

    def bracket(state):
        along_y, turned = jax.jvp(Y, (state,), (X(state),))
        return turned - jax.jvp(X, (state,), (along_y,))[1]

    return bracket
