"""A mixture of experts."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..._types import float64, Matrix, Vector
from ...errors import ShapeError
from ...networks import AbstractNetwork
from ...networks.activations import activation_of
from ...networks.base import matrices


class Experts(AbstractNetwork):
    r"""$\sum_e p_e V_e\,\sigma(U_e x)$ with shares $p = \mathrm{softmax}(Gx)$.

    `U` is a list of $U_e$ ``(h, d)``, `V` one of $V_e$ ``(k, h)``, and the gate $G$ is
    ``(experts, d)``. Every expert sees every input: the gate is soft. Raises
    `ShapeError` where they disagree.
    """

    U: list[Matrix] = eqx.field(converter=matrices)
    V: list[Matrix] = eqx.field(converter=matrices)
    G: Matrix = eqx.field(converter=float64)
    activation: str | Callable = eqx.field(default="relu", static=True)

    def __check_init__(self):
        n, d = self.G.shape
        pairs = zip(self.U, self.V, strict=False)
        fits = all(U.shape == V.shape[1:] + (d,) for U, V in pairs)
        if not fits or not len(self.U) == len(self.V) == n:
            raise ShapeError(
                "Experts: every U is (h, d), every V (k, h), and G (experts, d); got "
                f"{[U.shape for U in self.U]}, {[V.shape for V in self.V]} and "
                f"{self.G.shape}."
            )

    @classmethod
    def gaussian(
        cls,
        d: int,
        h: int,
        k: int,
        *,
        experts: int = 2,
        activation: str | Callable = "relu",
        seed: int = 0,
    ) -> "Experts":
        """Independent normal entries, of variance one over the columns."""
        rng = np.random.default_rng(seed)
        U = rng.standard_normal((experts, h, d)) / np.sqrt(d)
        V = rng.standard_normal((experts, k, h)) / np.sqrt(h)
        return cls(
            list(U), list(V), rng.standard_normal((experts, d)) / np.sqrt(d), activation
        )

    @property
    def features(self) -> int:
        """How long an input is."""
        return self.G.shape[1]

    def __call__(self, x: Vector) -> Float[Array, "*k"]:
        sigma = activation_of(self.activation)
        outputs = [V @ sigma(U @ x) for U, V in zip(self.U, self.V, strict=True)]
        return jax.nn.softmax(self.G @ x) @ jnp.stack(outputs)
