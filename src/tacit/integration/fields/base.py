"""What every field is."""

import abc
from typing import TYPE_CHECKING

import equinox as eqx

from ...networks import AbstractNetwork
from ...risk import Risk


if TYPE_CHECKING:
    from typing import ClassVar as AbstractVar
else:
    from equinox import AbstractVar


class AbstractField(eqx.Module):
    r"""A vector field on the parameters, made of a risk: $\dot\theta = F(\theta)$.

    It knows no coordinates; a chart says in which of them a field may be integrated. To
    add one: subclass, declare `risk`, define `__call__`, and let `GradientFlow` make it
    from its arguments.
    """

    risk: AbstractVar[Risk]
    """Whose gradient the field is made of."""

    @abc.abstractmethod
    def __call__(self, network: AbstractNetwork) -> AbstractNetwork:
        """The velocity of every parameter at `network`, a tree of its shape."""
