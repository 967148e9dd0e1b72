"""How far laws move along a run, and how far they should."""

import dataclasses
from typing import Any, TYPE_CHECKING

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..errors import DataError
from ..experiment import Snapshot
from ..flows import Descent, GradientFlow, Stochastic
from ..observables import Conserved, NoiseDrift, StepDrift
from .steps import along_steps, Source


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
    record = _record(laws, run, Conserved)
    if record is None:
        times = np.array([0.0, float(run.times[-1])])
        values = np.stack([first, np.asarray(laws(run.network))])
    else:
        times = np.append(0.0, np.asarray(run.times))
        values = np.concatenate([first[None], record])
    predicted, why = _predicted(laws, run, times, first)
    scale = max(float(np.abs(first).max(initial=0.0)), size)
    return Drift(tuple(laws.names), times, values, scale, predicted, why)


def _record(laws, run, kind) -> np.ndarray | None:
    for observable in run.observed:
        if isinstance(observable, kind) and observable.laws is laws:
            return np.asarray(run.seen[observable.name])
    return None


def _predicted(laws, run, times, first) -> tuple[Any, str]:
    """What theory says of the values at `times`.

    A step of length η along -g changes a law h by η² g·∇²h·g / 2 beyond what is 0, for
    quadratic laws exactly, whatever batch g comes from: `along_steps` adds them up.
    """
    flow = run.experiment.flow
    still = np.repeat(first[None], len(times), axis=0)
    powers = np.array([law.degree for law in laws.formulas for _ in law.entries])
    pure = all(law.homogeneous for law in laws.formulas)
    if isinstance(flow, GradientFlow) and not (flow.memory or flow.descent_step):
        if not flow.weight_decay:
            return still, "conserved by the flow"
        if not pure:
            return None, "a law of mixed degree decays at no single rate"
        rate = np.exp(-flow.weight_decay * np.outer(times, powers))
        return still * rate, "decays at its degree times the weight decay"
    if not isinstance(flow, Descent | Stochastic):
        return None, f"no theorem says what {type(flow).__name__} does"
    if not isinstance(flow.step, float):
        return None, f"steps as {type(flow.step).__name__} sets them are not recorded"
    if flow.weight_decay and not (pure and np.all(powers <= 2)):
        return None, "decay with long steps is known of laws of degree 1 or 2 alone"
    if not flow.weight_decay and np.all(powers == 1):
        return still, "laws of degree 1 are kept by every step"
    share = 0.0 if isinstance(flow, Descent) else _share(run.experiment)
    if share is None:
        return None, "batches are not drawn independently from the whole sample"
    source = _source(laws, run, share)
    if source is None:
        noisy = ", StepDrift(laws) and NoiseDrift(laws)"
        watch = noisy if share else " and StepDrift(laws)"
        return None, f"observe Conserved(laws){watch} for the drift of steps"
    ticks = np.asarray(times, int)
    grown = along_steps(flow, first, powers == 1, ticks, source)
    return grown, "grows with the step" + (", in the mean over batches" * bool(share))


def _share(experiment) -> float | None:
    """The variance of a batch's gradient over that of a sample's; None if unknown."""
    flow, n = experiment.flow, experiment.risk.problem.n
    weights = experiment.risk.problem.weights
    if flow.balanced or flow.fixed or weights is not None:
        return None
    return (1.0 if flow.replace else (n - flow.batch) / max(n - 1, 1)) / flow.batch


def _source(laws, run, share: float) -> Source | None:
    """The drift of a step at the start and at every record, if it was recorded."""
    start, risk = run.experiment.network, run.experiment.risk
    at = Snapshot(start, start, risk, jnp.zeros(()))
    parts = []
    for kind in (StepDrift, NoiseDrift):
        record = _record(laws, run, kind)
        if kind is NoiseDrift and not share:
            parts.append(np.zeros_like(parts[0]))
        elif record is None:
            return None
        else:
            begun = eqx.filter_jit(kind(laws).measure)(at)
            parts.append(np.concatenate([np.asarray(begun)[None], record]))
    return Source(parts[0], share * parts[1])
