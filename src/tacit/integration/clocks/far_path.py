"""How the soft and the limiting flow make one path."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array

from ...errors import DataError, setting
from ...networks import AbstractLinearNetwork
from ...oracles import max_margin, separability
from ...risk import Risk
from ..path import Path
from ..pieces import STOPPED
from ..solvers import (
    asymptotic_flow,
    flat_predictor,
    MarginSegment,
    weighty_rows,
)
from .base import Settings


def whole(
    settings: Settings,
    risk: Risk,
    network: AbstractLinearNetwork,
    norms: np.ndarray,
    soft: MarginSegment,
    meet: float,
) -> Path:
    """The path through `norms`, of which the soft flow has gone its part to `meet`."""
    near = norms[norms <= meet]
    bridged = len(near) < len(norms) and not np.any(near == meet)
    reached, steps = int(np.sum(soft.reached)), int(soft.steps)
    states, log_times = np.asarray(soft.states), np.asarray(soft.log_times)
    last = np.asarray(soft.last)
    if reached < len(near) + bridged:
        stop = norm_of(shaped(network, last))
        states = np.append(states[:reached], last[None], axis=0)
        log_times = np.append(log_times[:reached], soft.log_time)
        norms = np.append(near[:reached], stop)
        why = f"{steps} steps reached |w| = {stop:.6g}; {STOPPED}"
        why = why if soft.stopped else _stalled(risk, stop, steps)
        return _path(network, states, log_times, norms, steps, why)
    if len(near) == len(norms):
        parts = states[: len(near)], log_times[: len(near)]
        return _path(network, *parts, norms, steps, None)
    bridge, far = shaped(network, states[reached - 1]), norms[len(near) :]
    hard = asymptotic_flow(risk, bridge, far, settings.max_steps - steps)
    states = np.append(states[: len(near)], hard.states, axis=0)
    log_times = np.append(log_times[: len(near)], hard.log_times)
    norms, steps = np.append(near, hard.norms), steps + hard.steps
    path = _path(network, states, log_times, norms, steps, hard.reason)
    return path._replace(asymptotic_from=float(meet))


def largest_margin(risk: Risk) -> float:
    """That of the best direction; 1e-300 where there is none, or not to rounding."""
    try:
        return max_margin(weighty_rows(risk)[0]).margin
    except DataError:
        return 1e-300


def require_degree(network: AbstractLinearNetwork) -> None:
    """Raise `DataError` unless the predictor is of a known degree in the parameters."""
    if network.degree is None:
        raise wrong_clock(
            "needs a predictor of some degree in the parameters; "
            f"{type(network).__name__} states none. Give it a `degree`, or use "
        )


def wrong_clock(why: str) -> DataError:
    """The error of a run that the clock of norms is not for, with the clock that is."""
    here, way = setting("clock", to="log-risk"), setting("clock", to="time")
    return DataError(here, f" {why}", way, ".", about="clock")


def norm_of(network: AbstractLinearNetwork) -> float:
    """The norm of the predictor."""
    return float(np.linalg.norm(_predictor(network)))


def shaped(network: AbstractLinearNetwork, flat: Array | np.ndarray):
    """The network with the parameters `flat` ``(P,)``."""
    return _shaped(network, flat)


_predictor = jax.jit(flat_predictor)


@jax.jit
def _shaped(network, flat):
    return ravel_pytree(network)[1](flat)


def _path(network, states, log_times, norms, steps, reason):
    # The parameters are not taken apart for every record: few are looked at.
    view, end = jax.tree_util.Partial(_shaped, network), shaped(network, states[-1])
    when, log_times = jnp.asarray(norms), jnp.asarray(log_times)
    return Path(states, view, when, end, reason, steps, log_times)


def _stalled(risk, length, steps):
    rows, _ = weighty_rows(risk)
    apart = separability(rows)
    if apart.kind == "complete":
        why = "rtol is finer than the rounding of margins of this size"
    elif apart.kind == "quasi":
        growing = int(np.sum(np.asarray(apart.growing)))
        why = (
            "the data are quasi-separated: the risk falls along a direction in which "
            f"{growing} of {len(rows)} margins grow and the others stay, "
            "so it has no minimum, but beyond this norm its slope is lost in rounding "
            "(tacit.oracles.separability)"
        )
    else:
        why = "the data are not separable, and the risk has a minimum there"
    return f"after {steps} steps the flow stays at |w| = {length:.6g}: {why}"
