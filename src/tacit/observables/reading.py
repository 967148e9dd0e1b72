"""Whether observables can be read off an experiment, asked before it is trained."""

import functools
from collections.abc import Iterable, Sequence

import equinox as eqx
import jax
import numpy as np

from ..errors import DataError, require_kind, ShapeError, TacitError
from ..experiment import Experiment, outline, Snapshot
from .base import AbstractObservable


def require_readable(
    experiment: Experiment, observe: Sequence[AbstractObservable]
) -> None:
    """Raise unless `observe` are observables that can be read off `experiment`."""
    if isinstance(observe, AbstractObservable):
        name = type(observe).__name__
        raise DataError(f"observe is a list of observables: [{name}(...)], not one.")
    if isinstance(observe, str) or not isinstance(observe, Iterable):
        raise DataError(f"observe is a list of observables; got {observe!r}.")
    for each in observe:
        require_kind("an observable", each, AbstractObservable, "tacit.observables")
    names = [observable.name for observable in observe]
    doubled = {name for name in names if names.count(name) > 1}
    if doubled:
        raise DataError(f"two observables are called {doubled.pop()}; observe one.")
    for observable in observe:
        observable.require(experiment.network)
        look = (observable, experiment.network, experiment.risk)
        leaves, shape = jax.tree.flatten(look)
        _insist_readable(shape, tuple(map(outline, leaves)))


@functools.lru_cache(maxsize=1024)
def _insist_readable(shape, outlines):
    """Measure once in shapes alone; like experiments are not asked again."""
    observable, network, risk = jax.tree.unflatten(shape, outlines)
    time = jax.ShapeDtypeStruct((), np.float64)
    try:
        eqx.filter_eval_shape(_look, observable, network, risk, time)
    except TacitError:
        raise
    except (TypeError, ValueError) as error:
        raise ShapeError(
            f"{observable.name} cannot be read off this experiment: {error}"
        ) from error


def _look(observable, network, risk, time):
    return observable.measure(Snapshot(network, network, risk, time))
