"""Many runs that differ in numbers only."""

from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax

from ._types import require_float64
from .compilation import make_room
from .errors import DataError, KindError, require_kind
from .experiment import Experiment, N
from .flows.records import schedule
from .observables import AbstractObservable
from .observables.reading import require_readable
from .own_code import forget_if_changed
from .training import record, train, Trajectory


def train_ensemble(
    experiments: Sequence[Experiment[N]],
    observe: Sequence[AbstractObservable] = (),
    *,
    records: int | Sequence[float] = 50,
) -> list[Trajectory[N]]:
    """Run experiments that share flow, end and every shape; as `train` one by one.

    What a single run compiles serves all. In the clock "log-risk" they are integrated
    side by side, and those that share one `Risk` share its products.

    Raises `DataError` for none at all, and naming the first that differs from the
    others in more than numbers.
    """
    require_float64("train_ensemble")
    if not isinstance(experiments, Sequence):
        raise KindError("an ensemble", experiments, list, "[experiment, ...]")
    if not experiments:
        raise DataError("an ensemble needs at least one experiment.")
    for each in experiments:
        require_kind("one of an ensemble", each, Experiment, "tacit")
    require_readable(experiments[0], observe)
    first, kind = experiments[0], kind_of(experiments[0])
    for i, other in enumerate(experiments):
        if kind_of(other) != kind:
            raise DataError(
                f"experiment {i} differs from the first in more than numbers: in a "
                "shape, the flow, the loss, the seed or `until`. Train it apart."
            )
    flow, end = first.flow, first.end
    if end is None:  # every run meets the event at a time of its own
        return [train(each, observe, records=records) for each in experiments]
    make_room()
    forget_if_changed(first.network, first.risk.loss, flow, tuple(observe))
    # Recorded norms begin where the last of the starts is.
    asked = [schedule(records, end, e.network, flow) for e in experiments]
    times = max(asked, key=lambda times: times[0])
    risks = [each.risk for each in experiments]
    starts, key = [each.network for each in experiments], jax.random.key(first.seed)
    paths = flow.paths(risks, starts, times, key)
    return [
        record(each, path, tuple(observe))
        for each, path in zip(experiments, paths, strict=True)
    ]


def kind_of(experiment: Experiment) -> tuple[Any, list]:
    """What the members of an ensemble have in common, to be compared by ``==``."""
    leaves, shape = jax.tree.flatten(experiment)
    return shape, [leaf.shape if eqx.is_array(leaf) else leaf for leaf in leaves]
