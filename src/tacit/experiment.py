"""The choices that fix a training run, as a value."""

import hashlib
import math
from typing import Any, Generic, TypeVar

import equinox as eqx
import jax
import numpy as np

from ._types import Scalar
from .errors import DataError
from .flows import AbstractFlow
from .networks import AbstractNetwork
from .risk import Risk


N = TypeVar("N", bound=AbstractNetwork)


class Snapshot(eqx.Module, Generic[N]):
    """What an observable may look at: the run now, and where it began."""

    network: N
    start: N
    risk: Risk
    time: Scalar


class Experiment(eqx.Module, Generic[N]):
    """A network at its starting point, the risk it descends, how, and how long.

    `until` is flow time for a gradient flow, a number of steps for the others, or an
    event; 0 trains nothing. `seed` decides the mini-batches, and only those.

    Two experiments are equal if every number in them is, and may be keys of a dict.
    Raises at construction if the parts do not fit together.
    """

    network: N
    risk: Risk
    flow: AbstractFlow
    until: Any = eqx.field(kw_only=True)
    seed: int = eqx.field(default=0, kw_only=True, static=True)

    def __check_init__(self):
        self.risk.check_network(self.network)
        timed = isinstance(self.until, int | float | np.number)
        if timed and (not self.until >= 0 or math.isnan(self.until)):
            raise DataError(f"until = {self.until}: a run cannot end before it begins.")
        self.flow.check(self.risk, self.network, float(self.until) if timed else None)

    @property
    def digest(self) -> str:
        """A SHA-256 of everything in the experiment, in hexadecimal."""
        leaves, shape = jax.tree.flatten(self)
        mark = hashlib.sha256(repr(shape).encode())
        for leaf in leaves:
            array = np.asarray(leaf) if eqx.is_array_like(leaf) else None
            mark.update(repr(leaf if array is None else array.dtype).encode())
            mark.update(b"" if array is None else array.tobytes())
        return mark.hexdigest()

    def __hash__(self) -> int:
        return int(self.digest[:15], 16)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Experiment) and self.digest == other.digest
