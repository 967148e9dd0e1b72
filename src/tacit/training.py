"""The one training loop."""

import functools
import math
from collections.abc import Sequence
from typing import Any, cast, Generic, TYPE_CHECKING

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from ._assembled import assembled
from ._types import require_float64
from .compilation import make_room, swift_jit
from .crossings import crossing_of, passed, reads_names
from .display import bibliography, runs
from .errors import require_kind
from .experiment import Experiment, N, Snapshot
from .flows.records import schedule
from .integration.path import at_event, Path, with_end
from .integration.pieces import ended_by, Stop
from .observables import AbstractObservable
from .observables.reading import labelled, require_readable
from .own_code import forget_if_changed


if TYPE_CHECKING:
    from .display.figures import Drawing


class Trajectory(eqx.Module, Generic[N]):
    """A finished run: where it began, where it ended, what was seen on the way.

    `times` ``(t,)`` are the recorded times and `seen` the values ``(t, ...)`` of every
    observable at them. `network` is the last one that is finite. `reason` says why the
    run stopped before its time and is None if it did not; `steps` counts the moves.

    In the clock "log-risk" `times` are norms of the predictor and `log_time` ``(t,)``
    is the natural logarithm of flow time. From the norm `asymptotic_from` on, if it is
    not None, the states are those of the limiting flow on the smallest margins.
    """

    experiment: Experiment[N]
    network: N
    times: Float[Array, " t"]
    seen: dict[str, Float[Array, "t ..."]]
    reason: str | None = eqx.field(static=True)
    steps: int = eqx.field(static=True)
    observed: tuple[AbstractObservable, ...] = ()
    log_time: Float[Array, " t"] | None = None
    asymptotic_from: float | None = eqx.field(default=None, static=True)

    @property
    def finite(self) -> bool:
        """Whether the run got as far as it was sent, with finite numbers."""
        return self.reason is None

    def plot(self, *names: str, log: str | None = None) -> "Drawing":
        """What was observed, or only `names`, against time: one panel an observable.

        `log` names the logarithmic axes, as ``"xy"``, and is found out without. A
        notebook shows it; ``.finish()`` is the matplotlib figure.
        """
        return runs.draw(self, names, log)

    def references(self) -> str:
        """The works that this run rests on, as BibTeX: software, methods, the loss."""
        return "\n".join(work.bibtex for work in bibliography.works(self.experiment))

    def __repr__(self) -> str:
        return runs.text(self)

    def _repr_html_(self) -> str:
        return runs.as_html(self)

    def to_xarray(self):
        """The record as an `xarray.Dataset` over `time`, with named axes and units."""
        import xarray

        arrays, coords = self.labelled()
        attrs = {
            "network": type(self.experiment.network).__name__,
            "loss": type(self.experiment.risk.loss).__name__,
            "flow": repr(self.experiment.flow),
            "seed": self.experiment.seed,
            "experiment": self.experiment.digest,
            "reason": self.reason or "",
            "asymptotic_from": self.asymptotic_from or "nowhere",
        }
        return xarray.Dataset(arrays, coords, attrs)

    def labelled(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What was seen, and the coordinates, by name: ``(axes, values, attributes)``.

        Raises `DataError` for an observable with more axes than it has names for.
        """
        arrays = labelled(self.observed, self.seen)
        if self.log_time is not None:
            about = {"units": "1", "long_name": "natural logarithm of flow time"}
            arrays["log_time"] = (("time",), np.asarray(self.log_time), about)
        names = self.experiment.risk.problem.features
        about = {"units": self.experiment.flow.unit}
        coords: dict = {"time": (("time",), np.asarray(self.times), about)}
        if names and any("feature" in dims for dims, *_ in arrays.values()):
            coords["feature"] = (("feature",), list(names), {})
        return arrays, coords


def train(
    experiment: Experiment[N],
    observe: Sequence[AbstractObservable] = (),
    *,
    records: int | ArrayLike | Sequence[float] | Sequence[int] = 50,
    stop: Stop = None,
) -> Trajectory[N]:
    """Run `experiment`, recording each observable at `records` evenly spaced times.

    `records` is how many, the start excluded, or the increasing times themselves; for
    flows that move in steps they are rounded to whole steps. The start is recorded only
    where 0 is among them: ``records=[0, *np.linspace(1, until, 50)]``. The run ends at
    ``experiment.until`` in any case, and its end is the last record.

    `stop`, a `threading.Event` or a function that says whether, ends the run from
    another thread within a second, once its functions are compiled: the trajectory
    goes to the last good state and its `reason` says so. A run that still waits for its
    event is then recorded at that state alone.

    Raises `CapabilityError` or `ShapeError`, before any training, if an observable
    cannot be read off the experiment, `KindError` for what is no observable, and
    `DataError` for times that do not increase, that lie beyond the end, or for two
    observables of one name.
    """
    make_room()
    require_float64("train")
    require_kind("what is trained", experiment, Experiment, "tacit")
    require_readable(experiment, observe)
    forget_if_changed(
        experiment.network, experiment.risk.loss, experiment.flow, experiment.until,
        tuple(observe),
    )  # fmt: skip
    with ended_by(stop):
        path = _path(experiment, tuple(observe), records)
    return record(experiment, path, tuple(observe))


def _path(experiment, observe, records) -> Path:
    key = _key(experiment.seed)
    start, flow = experiment.network, experiment.flow
    nameless = experiment.risk.nameless  # other names then compile nothing
    risk = experiment.risk if reads_names(experiment.until) else nameless
    look = functools.partial(_looked, experiment, observe)
    until = experiment.until
    if experiment.end is not None:
        times = schedule(records, experiment.end, start, flow)
        # Not `flow.path`: to look up a method of a module takes 25 µs.
        return type(flow).path(flow, risk, start, times, key, look)
    crossing = crossing_of(until, start, risk)
    within = float(until.within or flow.patience)
    every = math.inf if until.every is None else float(until.every)
    arrival = flow.arrival(risk, start, crossing, within, every, key)
    reason, end = arrival.reason, arrival.end
    if reason and until.every is None and flow.unit != "steps" and not arrival.stopped:
        reason += (
            "; it was looked at after every step of the solver: if it may come and go "
            "within one, give the event `every`, the longest time between looks"
        )
    if reason and passed(until, start, risk):
        reason += "; the risk is below the level from the start"
    if arrival.stopped:
        path = at_event(np.array([arrival.time]), end, arrival.steps)
        return path._replace(reason=reason)
    times = schedule(records, float(arrival.time), start, flow)
    if end is None:
        path = flow.path(risk, start, times, key, look)
    elif len(times) == 1:
        path = at_event(times, end, arrival.steps)
    else:
        path = flow.path(risk, start, times, key)
        path = path if path.reason else with_end(path, end)
    return path._replace(reason=reason or path.reason)


@functools.lru_cache(maxsize=128)
def _key(seed):
    return jax.random.key(seed)  # 50 µs, a tenth of what a short run takes


def record(
    experiment: Experiment[N], path: Path, observe: tuple[AbstractObservable, ...]
) -> Trajectory[N]:
    """The trajectory of `experiment` along `path`, with `observe` measured on it."""
    seen = path.seen
    if seen is None:
        seen = _looked(
            experiment, observe, path.view, path.states, path.times, path.common
        )
    return assembled(
        Trajectory,
        experiment=experiment,
        network=cast(N, path.end),
        times=path.times,
        seen=seen,
        reason=path.reason,
        steps=int(path.steps),
        observed=observe,
        log_time=path.log_time,
        asymptotic_from=path.asymptotic_from,
    )


def _looked(experiment, observe, view, states, times, common=None):
    """What is seen of the states at these times."""
    plain = tuple(o for o in observe if common is not None and o.of_predictor)
    rest = tuple(o for o in observe if common is None or not o.of_predictor)
    seen = {}
    for look, start, some in (common, None, plain), (view, experiment.network, rest):
        if some:
            named = any(map(reads_names, some))
            risk = experiment.risk if named else experiment.risk.nameless
            seen |= _measure(look, states, times, start, risk, some)
    return {o.name: seen[o.name] for o in observe}


@swift_jit
def _measure(view, states, times, start, risk, observables):
    def look(state_time):
        state, time = state_time
        network = view(state)
        at = Snapshot(network, network if start is None else start, risk, time)
        return {o.name: o.measure(at) for o in observables}

    return jax.lax.map(look, (states, times))
