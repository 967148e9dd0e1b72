"""What every observable is."""

import abc
from typing import ClassVar, Generic

import equinox as eqx
from jaxtyping import Array, Float

from ..errors import CapabilityError
from ..experiment import N, Snapshot
from ..networks import AbstractNetwork


class AbstractObservable(eqx.Module, Generic[N]):
    """A pure function of a snapshot, jitted and recorded for you.

    To add one: subclass, define `measure`; set `needs` if not every network will do,
    `dims` if the value is not a single number, `reads_names` if it goes by name, and
    `of_predictor` if the predictor is all it looks at.
    """

    needs: ClassVar[type[AbstractNetwork]] = AbstractNetwork
    """The least capable network this can be read off; checked before training."""

    dims: ClassVar[tuple[str, ...]] = ()
    """The names of the axes of the value, as they appear in an xarray dataset."""

    units: ClassVar[str] = "1"
    """The unit of the value; "1" for a pure number."""

    reads_names: ClassVar[bool] = False
    """Whether it reads the names of features or classes. Others are shown a problem
    without them, so that other names need no compilation."""

    of_predictor: ClassVar[bool] = False
    """Whether it reads nothing but the predictor of a linear network, the risk and the
    time: not the layers, nor the start. It is then shown any network with that
    predictor, so that another depth needs no compilation."""

    @abc.abstractmethod
    def measure(self, at: Snapshot[N]) -> Float[Array, "..."]:
        """The value. Its shape must not depend on the values in `at`."""

    def require(self, network: AbstractNetwork) -> None:
        """Raise `CapabilityError` unless this can be read off `network`."""
        if not isinstance(network, self.needs):
            raise CapabilityError(self, network, self.needs)

    @property
    def name(self) -> str:
        """The key under which the values are recorded."""
        return type(self).__name__

    @property
    def about(self) -> str:
        """What is measured, in words: the first line of its docstring."""
        return (type(self).__doc__ or type(self).__name__).strip().splitlines()[0]
