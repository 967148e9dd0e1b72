"""What every flow is."""

import abc
from collections.abc import Callable, Sequence
from typing import Any, TYPE_CHECKING

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float

from .._facts import Fact
from .._types import Key
from ..integration.clocks import AbstractClock
from ..integration.path import Arrival, Look, Path, Times
from ..memory import MovingAverages
from ..networks import AbstractNetwork
from ..risk import Risk
from .batches import Batches


if TYPE_CHECKING:
    from typing import ClassVar as AbstractClassVar
else:
    from equinox import AbstractClassVar


def _of_rule(flow, name, *, adapts):
    """A number of the moving averages; 0 where there are none of this kind."""
    rule = flow.memory_rule
    return float(getattr(rule, name)) if rule and rule.adapts is adapts else 0.0


class AbstractFlow(eqx.Module):
    """A way to move parameters down a risk.

    To add one that repeats a move, subclass `AbstractFixedStep`; otherwise this. State
    what differs of the facts below, as a field or a property: claims read them.
    """

    patience: AbstractClassVar[float]
    """By when an event must have happened if it does not say itself."""

    continuous: AbstractClassVar[bool]
    """Whether it moves in continuous time, and not in steps."""

    is_plain = Fact[bool](lambda _: False)
    """Whether the gradient of the risk on the whole sample moves it and nothing else:
    no memory, weight decay, batches or other field."""

    step = Fact[Any](lambda _: None)
    """The length of a move in flow time, or the rule for it; None where there is no
    move."""

    weight_decay = Fact[float](lambda _: 0.0)
    r"""The $\mu$ of what pulls every parameter to 0."""

    memory_rule = Fact[MovingAverages | None](lambda _: None)
    """The moving-average update rule of its moves; None where they keep no averages."""

    rtol = Fact[float](lambda _: 0.0)
    """The relative error that a step of the integration may make; 0 for moves, which
    are what they say."""

    clock = Fact[AbstractClock | None](lambda _: None)
    """The change of time in which it is integrated; None for moves."""

    momentum = Fact[float](lambda flow: _of_rule(flow, "beta1", adapts=False))
    r"""The $\beta$ of heavy ball."""

    beta2 = Fact[float](lambda flow: _of_rule(flow, "beta2", adapts=True))
    """The share of the average of squares that stays; 0 where there is none."""

    eps = Fact[float](lambda flow: _of_rule(flow, "eps", adapts=True))
    """What keeps the root of the average of squares from 0."""

    schedule = Fact[Callable[[Array], Array] | None](lambda _: None)
    """The factor on the step at every move, from its number; None for a constant."""

    warm = Fact[int](lambda _: 0)
    """How many batches the averages have seen before the first move."""

    batch = Fact[int | None](lambda _: None)
    """How many rows a move sees; None for the whole sample. How they are drawn is in
    `balanced`, `replace` and `fixed`, as `Batches` has them."""

    balanced = Fact[bool](lambda _: False)
    replace = Fact[bool](lambda _: False)
    fixed = Fact[bool](lambda _: False)

    def sampler(self, risk: Risk) -> Batches | None:
        """Where the batches come from; None on the whole sample."""
        if self.batch is None:
            return None
        return Batches.of(
            risk,
            self.batch,
            balanced=self.balanced,
            replace=self.replace,
            fixed=self.fixed,
        )

    @property
    @abc.abstractmethod
    def unit(self) -> str:
        """What `until`, the recorded times and events are in."""

    @abc.abstractmethod
    def record_times(
        self, network: AbstractNetwork, until: float, count: int
    ) -> np.ndarray:
        """The `count` times, the start excluded and `until` the last, to record at."""

    @abc.abstractmethod
    def path(
        self,
        risk: Risk,
        network: AbstractNetwork,
        times: Times,
        key: Key,
        look: Look | None = None,
    ) -> Path:
        """The networks at increasing `times`, as far as the flow can be followed.

        With `look` they are not kept, only what it sees of them.
        """

    @abc.abstractmethod
    def paths(
        self,
        risks: Sequence[Risk],
        networks: Sequence[AbstractNetwork],
        times: Times,
        key: Key,
    ) -> list[Path]:
        """`path` of many networks of one shape, together where that pays."""

    @abc.abstractmethod
    def arrival(
        self,
        risk: Risk,
        network: AbstractNetwork,
        crossing: Callable[[AbstractNetwork, Any], Float[Array, ""]],
        within: float,
        every: float,
        key: Key,
    ) -> Arrival:
        """The first time before `within` at which ``crossing(network, time)`` is 0.

        It is looked at after every step, and at least `every` so much time.
        """

    @abc.abstractmethod
    def check(self, risk: Risk, network: AbstractNetwork, until: float | None) -> None:
        """Raise if this flow cannot move `network` down `risk` for `until`."""
