"""How far laws move along a run, and how far they should."""

import dataclasses
from typing import Any, TYPE_CHECKING

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..errors import DataError
from ..experiment import Snapshot
from ..flows import Descent, GradientFlow
from ..observables import Conserved, StepDrift


if TYPE_CHECKING:
    from ..training import Trajectory
    from .inventory import Laws


@dataclasses.dataclass(frozen=True)
class Drift:
    """The values of laws along a run.

    `times` ``(t,)`` and `values` ``(t, m)``, the start first; `predicted` ``(t, m)`` is
    what they should be, None where no theorem says. Everything is in the laws' units.
    """

    names: tuple[str, ...]
    times: np.ndarray
    values: np.ndarray
    scale: float
    predicted: np.ndarray | None
    why: str
    """Where the prediction comes from."""

    @property
    def moved(self) -> np.ndarray:
        """The largest distance of every law from its start, against the scale."""
        return np.abs(self.values - self.values[0]).max(axis=0) / self.scale

    @property
    def off(self) -> np.ndarray | None:
        """The distance of every law from its prediction at the end, over the scale."""
        if self.predicted is None:
            return None
        return np.abs(self.values[-1] - self.predicted[-1]) / self.scale


def drift_of(laws: "Laws", run: "Trajectory") -> Drift:
    """The drift of `laws` along `run`; see `Laws.drift`."""
    start = run.experiment.network
    if laws.generators.dynamics.moving:
        raise DataError(
            "laws of momentum are about velocities, which a run does not record; call "
            "the laws with parameters and velocities instead."
        )
    first = np.asarray(laws(start))
    size = sum(float(np.sum(np.square(b))) for b in laws.generators.shape.blocks(start))
    record, rates = (_record(laws, run, kind) for kind in (Conserved, StepDrift))
    if record is None:
        times = np.array([0.0, float(run.times[-1])])
        values = np.stack([first, np.asarray(laws(run.network))])
        rates = None
    else:
        times = np.append(0.0, np.asarray(run.times))
        values = np.concatenate([first[None], record])
    if rates is not None:
        risk = run.experiment.risk
        at = Snapshot(start, start, risk, jnp.zeros(()))
        begun = eqx.filter_jit(StepDrift(laws).measure)(at)
        rates = np.concatenate([np.asarray(begun)[None], rates])
    predicted, why = _predicted(laws, run, times, first, rates)
    scale = max(float(np.abs(first).max(initial=0.0)), size)
    return Drift(tuple(laws.names), times, values, scale, predicted, why)


def _record(laws, run, kind) -> np.ndarray | None:
    for observable in run.observed:
        if isinstance(observable, kind) and observable.laws is laws:
            return np.asarray(run.seen[observable.name])
    return None


def _predicted(laws, run, times, first, rates) -> tuple[Any, str]:
    """What theory says of the values at `times`.

    A step of length η along -g changes a law h by η² g·∇²h·g / 2 beyond what is 0, for
    quadratic laws exactly, whatever batch g comes from. With heavy-ball momentum β the
    sum over steps has the factor (1 + β) / (1 - β) in flow time, to first order in η.
    """
    flow = run.experiment.flow
    still = np.repeat(first[None], len(times), axis=0)
    if isinstance(flow, GradientFlow) and not (flow.memory or flow.descent_step):
        if not flow.weight_decay:
            return still, "conserved by the flow"
        if not all(law.homogeneous for law in laws.formulas):
            return None, "a law of mixed degree decays at no single rate"
        powers = np.array([law.degree for law in laws.formulas for _ in law.entries])
        rate = np.exp(-flow.weight_decay * np.outer(times, powers))
        return still * rate, "decays at its degree times the weight decay"
    if not isinstance(flow, Descent) or flow.schedule or flow.nesterov:
        return None, f"no theorem says what {type(flow).__name__} does"
    if flow.weight_decay or not isinstance(flow.step, float):
        return None, "no theorem for decay, or a rule for the step, with long steps"
    if all(law.degree == 1 for law in laws.formulas):
        return still, "laws of degree 1 are kept by every step"
    if rates is None:
        return None, "observe Conserved(laws) and StepDrift(laws) for that of steps"
    factor = (1 + flow.momentum) / (1 - flow.momentum)
    step = flow.step / (1 - flow.momentum)
    return still + _integral(times, rates) * factor * step**2, "grows with the step"


def _integral(times, rates):
    """The integral from the start, by the trapezoidal rule."""
    means = (rates[1:] + rates[:-1]) / 2
    parts = means * np.diff(times)[:, None]
    return np.concatenate([np.zeros_like(rates[:1]), np.cumsum(parts, axis=0)])
