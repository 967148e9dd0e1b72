"""The choices that fix a training run, as a value."""

from typing import Any, Generic, TypeVar

import equinox as eqx
import jax
import numpy as np

from ._types import copied, require_float64, Scalar
from .errors import DataError, require_kind, ShapeError, TacitError
from .flows import AbstractFlow
from .identity import digest_of
from .networks import AbstractNetwork
from .networks.base import require_parameters
from .networks.measured import require_true
from .own_code import remembered
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
        require_float64("Experiment")
        require_kind("the network", self.network, AbstractNetwork, "tacit.networks")
        require_kind("the risk", self.risk, Risk, "tacit")
        require_kind("the flow", self.flow, AbstractFlow, "tacit.flows")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int | np.integer):
            raise DataError(f"the seed is a whole number; got {self.seed!r}.")
        if not -(2**63) <= self.seed < 2**63:
            raise DataError(f"the seed is a number of 64 bits; got {self.seed}.")
        end = self.end
        require_parameters(self.network)
        self.risk.check_network(self.network)
        require_true(self.network, self.risk.problem.d)
        self.flow.check(self.risk, self.network, end)
        if end is None:
            look = (self.until, self.network, self.risk)
            leaves, shape = jax.tree.flatten(look)
            _insist_readable(shape, tuple(map(outline, leaves)))

    @property
    def end(self) -> float | None:
        """What `until` is in the unit of the flow; None where it is an event.

        Raises `DataError` for what is neither, or below 0.
        """
        return _end(self.until)

    @property
    def digest(self) -> str:
        """A SHA-256 of everything in the experiment, in hexadecimal.

        The same in every process, and for a copy. A function of one's own counts by
        what it does, as `tacit.identity` has it; `DataError` for an object of which no
        process could know what it is.
        """
        return digest_of(self)

    def __deepcopy__(self, memo: dict) -> "Experiment[N]":
        del memo  # a compiled function in it would not survive Python's way
        return copied(self)

    def __hash__(self) -> int:
        return int(self.digest[:15], 16)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Experiment) and self.digest == other.digest


def _end(until: Any) -> float | None:
    """The number that `until` is, or None for an event."""
    if isinstance(until, int | float | np.number) and not isinstance(until, bool):
        if not until >= 0:
            raise DataError(
                f"until = {until}: a run cannot end before it begins.", about="until"
            )
        return float(until)
    if isinstance(until, type) or not callable(getattr(until, "crossing", None)):
        raise DataError(
            "until is a number or an event, as RiskBelow(0.1) or "
            f"Reaches(observable, level); got {until!r}."
        )
    return None


def outline(leaf: Any) -> Any:
    """The type and shape of an array, and anything else as it is."""
    array = eqx.is_array(leaf)
    return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype) if array else leaf


@remembered(maxsize=1024)
def _insist_readable(shape, outlines):
    """Look for the event once, in shapes alone; like experiments are not asked."""
    event, network, risk = jax.tree.unflatten(shape, outlines)
    time = jax.ShapeDtypeStruct((), np.float64)
    try:
        sees = eqx.filter_eval_shape(_crossing, event, network, risk, time)
    except TacitError:
        raise
    except (TypeError, ValueError) as error:
        raise ShapeError(
            f"until: {type(event).__name__} cannot be read off this network and "
            f"problem: {error}"
        ) from error
    if sees.shape:
        raise ShapeError(f"until: an event is one number; this one has {sees.shape}.")


def _crossing(event, network, risk, time):
    return event.crossing(Snapshot(network, network, risk, time))
