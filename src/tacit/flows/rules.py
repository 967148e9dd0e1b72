"""Steps of descent whose length depends on where they are taken."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from .._types import Scalar
from ..errors import CapabilityError, DataError
from ..losses import AbstractLoss, AbstractMarginLoss
from ..networks import AbstractNetwork, DeepLinear
from ..risk import Risk
from .step_rule import AbstractStepRule
from .updates import require_range


class PrescribedSteps(AbstractStepRule):
    r"""Steps $\min(1/\beta(R), 1)$ that keep every layer in a ball of radius $R$.

    Assumption 5 of Ji and Telgarsky (2019), arXiv:1810.02032, for a deep linear network
    and samples no longer than 1: $\beta(R) = 2L^2R^{2L-2}(\beta + G)$ bounds the
    curvature of the risk where $\|W_k\|_F \le R$ (Lemma 5), with the loss's own
    $\beta$-Lipschitz slope below $G$. The layers must be in the ball of radius $R - 1$,
    so that the step cannot leave that of $R$; where they are not, $R$ grows by
    multiples of `growth`.
    """

    growth: float = eqx.field(default=0.25, converter=float)

    def __check_init__(self):
        require_range(self, growth=(0, float("inf"), True))

    def check(self, risk: Risk, network: AbstractNetwork) -> None:
        if not isinstance(network, DeepLinear):
            raise CapabilityError(self, network, DeepLinear)
        curvature_bound(risk.loss, network.depth, 1.0)
        longest = float(np.linalg.norm(np.asarray(risk.problem.X), axis=1).max())
        if longest > 1 + 1e-12:
            raise DataError(
                f"PrescribedSteps are for samples no longer than 1; the longest has "
                f"length {longest:g}. Divide X by it."
            )

    def memory(self, network: AbstractNetwork) -> Array:
        return _widest(network) + 1.0

    def pull(
        self, risk: Risk, network: AbstractNetwork, memory: Any
    ) -> tuple[Scalar, AbstractNetwork, Any]:
        short = jnp.maximum(_widest(network) + 1.0 - memory, 0.0)
        radius = memory + self.growth * jnp.ceil(short / self.growth)
        rate = jnp.minimum(1 / _bound(risk, network, radius), 1.0)
        return rate, risk.gradient(network), radius


class LossNormalized(AbstractStepRule):
    r"""Steps $\eta / R$: descent on $\log R$, with $\eta$ the `size`.

    Nacson et al. (2019), arXiv:1803.01905. The logarithm's slope is known where $R$ is
    too small for a number.
    """

    size: float = eqx.field(converter=float)

    def __check_init__(self):
        require_range(self, size=(0, float("inf"), True))

    def check(self, risk: Risk, network: AbstractNetwork) -> None:
        del network
        _require_logarithm(self, risk)

    def memory(self, network: AbstractNetwork) -> tuple:
        del network
        return ()

    def pull(
        self, risk: Risk, network: AbstractNetwork, memory: Any
    ) -> tuple[Scalar, AbstractNetwork, Any]:
        return jnp.asarray(self.size), risk.log_gradient(network), memory


class GradientNormalized(AbstractStepRule):
    r"""Steps of length `size`, whatever the gradient's: $\eta / \|\nabla R\|$."""

    size: float = eqx.field(converter=float)

    def __check_init__(self):
        require_range(self, size=(0, float("inf"), True))

    def check(self, risk: Risk, network: AbstractNetwork) -> None:
        del network
        _require_logarithm(self, risk)

    def memory(self, network: AbstractNetwork) -> tuple:
        del network
        return ()

    def pull(
        self, risk: Risk, network: AbstractNetwork, memory: Any
    ) -> tuple[Scalar, AbstractNetwork, Any]:
        slope = risk.log_gradient(network)
        square = sum((jnp.sum(g**2) for g in jax.tree.leaves(slope)), jnp.zeros(()))
        return self.size / jnp.sqrt(square), slope, memory


def curvature_bound(loss: AbstractLoss, depth: int, radius: Any) -> Any:
    r"""$\beta(R) = 2L^2R^{2L-2}(\beta + G)$: Lemma 5 of Ji and Telgarsky (2019).

    $\beta$ and $G$ are the `smoothness` and the `slope_bound` of the loss; `DataError`
    where it has none: Assumption 4 there.
    """
    beta, bound = loss.smoothness, loss.slope_bound
    if beta is None or bound is None:
        raise DataError(
            "prescribed steps need a loss with a bounded slope that is Lipschitz: "
            f"Logistic or PolynomialTail; {type(loss).__name__} states no such bound."
        )
    return 2 * depth**2 * radius ** (2 * depth - 2) * (beta + bound)


def _bound(risk, network, radius):
    return curvature_bound(risk.loss, network.depth, radius)


def _require_logarithm(rule, risk):
    if not isinstance(risk.loss, AbstractMarginLoss):
        raise DataError(
            f"{type(rule).__name__} follows the slope of the logarithm of the risk; "
            f"{type(risk.loss).__name__} has none to rounding. Losses of a margin have."
        )


def _widest(network):
    squares = jnp.stack([jnp.sum(W**2) for W in network.layers])
    return jnp.sqrt(jnp.max(squares))
