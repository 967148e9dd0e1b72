"""The parameters themselves."""

from typing import ClassVar

from ...networks import AbstractNetwork
from ...risk import Risk
from ..fields import AbstractField
from .base import AbstractChart, atol_from


class Parameters(AbstractChart):
    """The plain coordinates: every parameter, no reduction, valid for every field."""

    fields: ClassVar[tuple[type[AbstractField], ...]] = (AbstractField,)

    @classmethod
    def valid(cls, network: AbstractNetwork, risk: Risk) -> bool:
        del network, risk
        return True

    @classmethod
    def at(cls, network: AbstractNetwork, risk: Risk) -> "Parameters":
        del network, risk
        return cls()

    def enter(self, network: AbstractNetwork) -> AbstractNetwork:
        return network

    def leave(self, y: AbstractNetwork) -> AbstractNetwork:
        return y

    def tolerances(
        self, network: AbstractNetwork, rtol: float, atol: float | None
    ) -> tuple[float, float]:
        return rtol, atol_from(network) if atol is None else atol

    def velocity(self, field: AbstractField, y: AbstractNetwork) -> AbstractNetwork:
        return field(y)
