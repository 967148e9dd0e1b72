"""Arrays with names, units and where they come from, for the study's files."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...experiment import Experiment


if TYPE_CHECKING:
    import xarray


Variable = tuple[tuple[str, ...], np.ndarray, str, str]
"""Dimensions, values, unit, and what it is in words."""


def dataset(
    variables: Mapping[str, Variable],
    coords: Mapping[str, Sequence | np.ndarray],
    experiment: Experiment,
) -> "xarray.Dataset":
    """The arrays as a dataset; `experiment` is the first of the runs behind them."""
    import xarray

    arrays = {
        name: (dims, values, {"units": units, "long_name": words})
        for name, (dims, values, units, words) in variables.items()
    }
    axes = {
        name: (name, np.asarray(values), {"units": "steps" if name == "time" else "1"})
        for name, values in coords.items()
    }
    about = {"flow": repr(experiment.flow), "experiment": experiment.digest}
    return xarray.Dataset(arrays, axes, about)
