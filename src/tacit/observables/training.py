"""Progress of the training itself."""

from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import Predictor, Scalar
from ..errors import DataError
from ..experiment import Snapshot
from ..networks import AbstractLinearNetwork, AbstractNetwork, Diagonal
from .base import AbstractObservable


class TrainingRisk(AbstractObservable[AbstractNetwork]):
    """The risk being descended, on the whole sample."""

    def measure(self, at: Snapshot) -> Scalar:
        return at.risk.value(at.network)


class GradientNorm(AbstractObservable[AbstractNetwork]):
    """The Euclidean norm of the gradient over all parameters."""

    def measure(self, at: Snapshot) -> Scalar:
        leaves = jax.tree.leaves(at.risk.gradient(at.network))
        return jnp.sqrt(sum((jnp.sum(g**2) for g in leaves), jnp.zeros(())))


class LinearPredictor(AbstractObservable[AbstractLinearNetwork]):
    """The effective linear map, ``(d,)`` or ``(k, d)``."""

    needs: ClassVar[type] = AbstractLinearNetwork
    of_predictor: ClassVar[bool] = True
    dims: ClassVar[tuple[str, ...]] = ("output", "feature")

    def measure(self, at: Snapshot[AbstractLinearNetwork]) -> Predictor:
        return at.network.predictor()


class Layers(AbstractObservable[Diagonal]):
    r"""The layers $\theta_l$ themselves, ``(L, d)``."""

    needs: ClassVar[type] = Diagonal
    dims: ClassVar[tuple[str, ...]] = ("layer", "feature")

    def measure(self, at: Snapshot[Diagonal]) -> Float[Array, "L d"]:
        return at.network.layers


class FisherRatio(AbstractObservable[AbstractLinearNetwork]):
    r"""$J = w^\top S_b w \,/\, w^\top S_w w$ of the predictor, without any ridge.

    For several outputs it is the trace ratio.
    """

    needs: ClassVar[type] = AbstractLinearNetwork
    of_predictor: ClassVar[bool] = True

    def measure(self, at: Snapshot[AbstractLinearNetwork]) -> Scalar:
        if at.risk.scatter is None:
            raise DataError("FisherRatio needs a risk whose loss is one of scatter.")
        E = jnp.atleast_2d(at.network.predictor())
        product, apart = at.risk.scatter(E)
        return jnp.sum(apart**2) / jnp.sum(product * E)
