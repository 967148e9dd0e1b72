"""How few features carry the predictor."""

from typing import ClassVar

import jax.numpy as jnp

from .._types import Scalar
from ..errors import DataError
from ..experiment import Snapshot
from ..networks import AbstractLinearNetwork
from .base import AbstractObservable


class Hoyer(AbstractObservable[AbstractLinearNetwork]):
    r"""$(\sqrt d - \|w\|_1 / \|w\|_2) / (\sqrt d - 1)$: 0 for equal entries, 1 for one.

    Hoyer (2004), Journal of Machine Learning Research 5.
    """

    needs: ClassVar[type] = AbstractLinearNetwork
    of_predictor: ClassVar[bool] = True

    def measure(self, at: Snapshot[AbstractLinearNetwork]) -> Scalar:
        w = jnp.ravel(at.network.predictor())
        root = jnp.sqrt(jnp.asarray(float(w.size)))
        ratio = jnp.sum(jnp.abs(w)) / jnp.sqrt(jnp.sum(w**2))
        return (root - ratio) / (root - 1)


class SupportSize(AbstractObservable[AbstractLinearNetwork]):
    """How many weights exceed `threshold` times the largest in magnitude."""

    threshold: float = 1e-3
    needs: ClassVar[type] = AbstractLinearNetwork
    of_predictor: ClassVar[bool] = True
    units: ClassVar[str] = "features"

    def __check_init__(self):
        if not 0 <= self.threshold < 1:
            raise DataError(
                f"threshold is a share of the largest weight, in [0, 1); got "
                f"{self.threshold}.",
                about="threshold",
            )

    def measure(self, at: Snapshot[AbstractLinearNetwork]) -> Scalar:
        size = jnp.abs(jnp.ravel(at.network.predictor()))
        return jnp.sum(size > self.threshold * jnp.max(size)).astype(float)


class StrongWeakRatio(AbstractObservable[AbstractLinearNetwork]):
    r"""Mean $|w_i|$ over the features `strong`, divided by that over `weak`.

    Both are indices of features; `DataError` if one is empty.
    """

    strong: tuple[int, ...]
    weak: tuple[int, ...]
    needs: ClassVar[type] = AbstractLinearNetwork
    of_predictor: ClassVar[bool] = True

    def __check_init__(self):
        if not self.strong or not self.weak:
            raise DataError(
                "StrongWeakRatio needs at least one feature on each side.",
                about="weak" if self.strong else "strong",
            )

    def measure(self, at: Snapshot[AbstractLinearNetwork]) -> Scalar:
        size = jnp.abs(jnp.ravel(at.network.predictor()))
        strong, weak = (jnp.asarray(side) for side in (self.strong, self.weak))
        return jnp.mean(size[strong]) / jnp.mean(size[weak])
