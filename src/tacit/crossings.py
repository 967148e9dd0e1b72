"""Events as a flow sees them, which knows networks and times only."""

import equinox as eqx
import jax.numpy as jnp

from .events import AbstractEvent, Reaches, RiskBelow
from .experiment import Snapshot
from .integration.path import AbstractOfPredictor
from .networks import AbstractLinearNetwork, AbstractNetwork
from .observables import AbstractObservable
from .risk import Risk


def crossing_of(
    event: AbstractEvent, start: AbstractNetwork, risk: Risk
) -> "_Crossing | _PredictorCrossing":
    """The number whose change of sign is `event`, of a network and a time."""
    if _of_predictor(event) and isinstance(start, AbstractLinearNetwork):
        return _PredictorCrossing(event, risk)
    return _Crossing(event, start, risk)


def reads_names(thing: object) -> bool:
    """Whether an observable, or the event of one, asks for names of features."""
    seen = thing.observable if isinstance(thing, Reaches) else thing
    return isinstance(seen, AbstractObservable) and seen.reads_names


def _of_predictor(event):
    """Whether an event reads nothing of a linear network but its predictor."""
    if isinstance(event, RiskBelow):
        return not event.relative
    seen = event.observable if isinstance(event, Reaches) else None
    return isinstance(seen, AbstractObservable) and seen.of_predictor


def passed(event: AbstractEvent, start: AbstractNetwork, risk: Risk) -> bool:
    """Whether a level of the risk is passed before the run begins."""
    at = Snapshot(start, start, risk, jnp.zeros(()))
    return isinstance(event, RiskBelow) and float(event.crossing(at)) < 0


class _Crossing(eqx.Module):
    """An event seen from a flow, which knows networks and times only."""

    event: AbstractEvent
    start: AbstractNetwork
    risk: Risk

    def __call__(self, network, time):
        at = Snapshot(network, self.start, self.risk, jnp.asarray(time, float))
        return self.event.crossing(at)


class _PredictorCrossing(AbstractOfPredictor):
    """An event that looks at the predictor alone: the start is not kept."""

    event: AbstractEvent
    risk: Risk

    def __call__(self, network, time):
        return _Crossing(self.event, network, self.risk)(network, time)
