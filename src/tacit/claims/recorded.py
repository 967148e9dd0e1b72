"""Whether a run has on record what a claim asks of it."""

from .. import observables
from ..errors import DataError
from ..training import Trajectory
from .base import AbstractClaim


def require_observed(claim: AbstractClaim, run: Trajectory, error: Exception) -> None:
    """Raise `DataError` if the fault is that `claim` asks for what was not recorded."""
    name = error.args[0] if isinstance(error, KeyError) and error.args else None
    if not isinstance(name, str) or name in run.seen:
        return
    if name in {each.name for each in claim.observes}:
        way = "train with what the claim observes: tacit.train(experiment, c.observes)"
    elif name in vars(observables):
        way = f"add {name}() to `observes` of the claim"
    else:
        return
    raise DataError(
        f"{type(claim).__name__} reads {name}, which was not recorded on this run; "
        f"{way}."
    ) from error
