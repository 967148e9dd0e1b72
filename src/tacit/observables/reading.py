"""Whether observables can be read off an experiment, and what they read, labelled."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import equinox as eqx
import jax
import numpy as np

from ..errors import DataError, require_kind, ShapeError, TacitError
from ..experiment import Experiment, outline, Snapshot
from ..own_code import remembered
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


@remembered(maxsize=1024)
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


def labelled(
    observed: Sequence[AbstractObservable], seen: Mapping[str, Any]
) -> dict[str, tuple[tuple[str, ...], np.ndarray, dict[str, str]]]:
    """What was seen along a run, by name: axes, values ``(t, ...)``, attributes.

    Raises `DataError` for an observable with more axes than it has names for.
    """
    arrays, sizes = {}, {}
    for observable in observed:
        values = np.asarray(seen[observable.name])
        axes, dims = values.ndim - 1, observable.dims
        if axes > len(dims):
            raise DataError(
                f"{observable.name} has values of shape {values.shape[1:]} but "
                f"names {len(dims)} axes; its class needs `dims`, a name for each."
            )
        # An axis of one name and another length is one of this observable's own.
        dims = [
            dim if sizes.setdefault(dim, size) == size else f"{observable.name}_{dim}"
            for dim, size in zip(
                dims[len(dims) - axes :], values.shape[1:], strict=True
            )
        ]
        about = {"units": observable.units, "long_name": _first_line(observable)}
        arrays[observable.name] = (("time", *dims), values, about)
    return arrays


def _first_line(thing):
    return (type(thing).__doc__ or type(thing).__name__).strip().splitlines()[0]
