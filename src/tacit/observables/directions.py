"""Where the predictor points."""

from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp

from .._types import float64, Scalar, Vector
from ..experiment import Snapshot
from ..networks import AbstractLinearNetwork
from .base import AbstractObservable


class Cosine(AbstractObservable[AbstractLinearNetwork]):
    r"""$\cos\angle(w, r)$ between the predictor and a `reference` ``(d,)``.

    Of no use below about 1e-15 from 1; `Sine` keeps its accuracy there.
    """

    reference: Vector = eqx.field(converter=float64)
    needs: ClassVar[type] = AbstractLinearNetwork
    of_predictor: ClassVar[bool] = True

    def measure(self, at: Snapshot[AbstractLinearNetwork]) -> Scalar:
        w, r = at.network.predictor(), self.reference
        return w @ r / jnp.sqrt((w @ w) * (r @ r))


class Sine(AbstractObservable[AbstractLinearNetwork]):
    r"""$\sin\angle(w, r) \ge 0$ between the predictor and the line of `r` ``(d,)``."""

    reference: Vector = eqx.field(converter=float64)
    needs: ClassVar[type] = AbstractLinearNetwork
    of_predictor: ClassVar[bool] = True

    def measure(self, at: Snapshot[AbstractLinearNetwork]) -> Scalar:
        w, r = at.network.predictor(), self.reference
        unit = r / jnp.sqrt(r @ r)
        off = w - (w @ unit) * unit
        return jnp.sqrt((off @ off) / (w @ w))
