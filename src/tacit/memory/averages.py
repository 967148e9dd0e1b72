"""What optimisers with memory remember of the gradients they have seen."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from .._types import Scalar
from ..errors import DataError


Gradient = Float[Array, "..."]
Number = float | Scalar
Count = int | Int[Array, ""]


class MovingAverages(eqx.Module):
    r"""Weighted sums $m_t = \sum_k a_{t-k} g_k$ and $v_t = \sum_k c_{t-k} g_k^2$.

    A move goes against $F_t = m_t / \sqrt{v_t + \epsilon}$, with `inside` false against
    $m_t / (\sqrt{v_t} + \epsilon)$, and where `beta2` is None against $m_t$ itself.
    $a_l = (1 - \beta_1)\beta_1^l$, over $1 - \beta_1^{t+1}$ where `corrected`; $c_l$ is
    the same with $\beta_2$. Without `beta2` it is the velocity of heavy ball,
    $a_l = \beta_1^l$; with `nesterov` gradients are then taken at $\theta + \beta_1 v$.

    Everything is elementwise, in arrays of any shape.
    """

    beta1: Number
    beta2: Number | None = None
    eps: Number = 0.0
    inside: bool = eqx.field(default=True, static=True)
    corrected: bool = eqx.field(default=True, static=True)
    nesterov: bool = eqx.field(default=False, static=True)

    @property
    def adapts(self) -> bool:
        """Whether the coordinates are scaled by their own size."""
        return self.beta2 is not None

    @property
    def ages(self) -> tuple[Number, Number]:
        r"""$\beta / (1 - \beta)$ of both: how old what they hold is, after long."""
        second = 0.0 if self.beta2 is None else self.beta2
        return self.beta1 / (1 - self.beta1), second / (1 - second)

    @property
    def longest(self) -> float:
        """The larger of the two memories."""
        return max(float(self.beta1), float(self.beta2 or 0.0))

    def update(
        self, m: Gradient, v: Gradient, g: Gradient
    ) -> tuple[Gradient, Gradient]:
        """Both sums after one more gradient; bias correction comes in `finish`."""
        if self.beta2 is None:
            return self.beta1 * m + g, v
        return (
            self.beta1 * m + (1 - self.beta1) * g,
            self.beta2 * v + (1 - self.beta2) * g**2,
        )

    def debias(self, m: Gradient, v: Gradient, t: Count) -> tuple[Gradient, Gradient]:
        """The sums after gradient number `t`, counted from 0, corrected if they are."""
        if self.beta2 is None or not self.corrected:
            return m, v
        return m / _mass(self.beta1, t), v / _mass(self.beta2, t)

    def direction(self, m: Gradient, v: Gradient) -> Gradient:
        """$F$ of the finished sums."""
        if self.beta2 is None:
            return m
        if self.inside:
            return m / jnp.sqrt(v + self.eps)
        return m / (jnp.sqrt(v) + self.eps)

    def weights(
        self, ages: Array, t: Count
    ) -> tuple[Float[Array, " T"], Float[Array, " T"]]:
        """$a_l$ and $c_l$ in move `t` of gradients `ages` moves old, none below 0."""
        ages = jnp.asarray(ages, float)
        if self.beta2 is None:
            return self.beta1**ages, jnp.zeros_like(ages)
        a = (1 - self.beta1) * self.beta1**ages
        c = (1 - self.beta2) * self.beta2**ages
        if self.corrected:
            a, c = a / _mass(self.beta1, t), c / _mass(self.beta2, t)
        return a, c

    def jvp(self, m: Gradient, v: Gradient, dm: Gradient, dv: Gradient) -> Gradient:
        """The change of `toward` along ``(dm, dv)``."""
        if self.beta2 is None:
            return dm
        return jax.jvp(self.direction, (m, v), (dm, dv))[1]


def _mass(beta, t):
    return 1 - beta ** (jnp.asarray(t, float) + 1)


def require_memory(asker: str, **betas: float) -> None:
    r"""Raise `DataError` unless every $\beta$ is in [0, 1)."""
    for name, beta in betas.items():
        if not 0 <= beta < 1:
            raise DataError(
                f"{asker} needs {name} in [0, 1); got {beta}. It is the share of a "
                "running average that stays from move to move.",
                about=name,
            )
