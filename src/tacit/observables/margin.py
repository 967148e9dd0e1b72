"""How far the samples are on their side of the boundary."""

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp

from .._types import Design, Outputs, Scalar, Weights
from ..errors import DataError
from ..experiment import Snapshot
from ..networks import AbstractLinearNetwork, AbstractNetwork
from ..risk import Risk
from .base import AbstractObservable


class LogRisk(AbstractObservable[AbstractNetwork]):
    r"""$\log R$ on the whole sample, finite where $R$ is too small for a number."""

    def measure(self, at: Snapshot) -> Scalar:
        return at.risk.log_value(at.network)


class NormalizedMargin(AbstractObservable[AbstractLinearNetwork]):
    r"""The smallest margin over $\|w\|$: the distance of the nearest sample.

    The margin is $y_i \langle w, x_i \rangle$ for targets of two signs; for several
    outputs that of the right class over the best other one, and the norm is
    Frobenius's. Negative where a sample is on the wrong side.
    """

    needs: ClassVar[type] = AbstractLinearNetwork

    def measure(self, at: Snapshot[AbstractLinearNetwork]) -> Scalar:
        w = at.network.predictor()
        size = jnp.max(jnp.abs(w))
        unit = w / jnp.where(size > 0, size, 1.0)
        margins = _margins(at.risk, _inputs(at.risk) @ unit.T)
        return jnp.min(margins) / jnp.sqrt(jnp.sum(unit**2))


class HomogeneousMargin(AbstractObservable[AbstractNetwork]):
    r"""The smallest margin over $\|\theta\|^L$, all parameters together.

    $L$ is `degree`, the power by which the output scales with the parameters: the
    number of layers for a network without biases whose activation is of degree 1.
    Margins are as in `NormalizedMargin`.
    """

    degree: float = eqx.field(converter=float)

    def __check_init__(self):
        if not 0 < self.degree < float("inf"):
            raise DataError(
                f"degree is the power by which the output scales with the parameters, "
                f"above 0; got {self.degree}.",
                about="degree",
            )

    def measure(self, at: Snapshot) -> Scalar:
        outputs = jax.vmap(at.network)(_inputs(at.risk))
        leaves = jax.tree.leaves(at.network)
        size = sum((jnp.sum(leaf**2) for leaf in leaves), jnp.zeros(()))
        return jnp.min(_margins(at.risk, outputs)) / size ** (self.degree / 2)


def _inputs(risk: Risk) -> Design:
    if risk.problem.X is None:
        raise DataError("margins need single samples; this Problem has none.")
    return risk.problem.X


def _margins(risk: Risk, outputs: Outputs) -> Weights:
    """How far every output is on the side of its target, ``(n,)``."""
    targets = risk.problem.targets
    if outputs.ndim == 1 or targets.ndim == 1:
        return targets * outputs.reshape(targets.shape)
    own = targets > 0
    right = jnp.sum(jnp.where(own, outputs, 0.0), axis=1)
    return right - jnp.max(jnp.where(own, -jnp.inf, outputs), axis=1)
