"""A sweep whose results are formulas, so that no test asks the store what is right."""

import hashlib
from typing import Any

import numpy as np
import xarray

from tacit.sweeps.store import Axis, Manifest, Row


DEPTHS, ALPHAS, SEEDS = [2, 3], [0.1, 1.0, 10.0], list(range(5))
AXES = (Axis.of("depth", DEPTHS), Axis.of("alpha", ALPHAS), Axis.of("seed", SEEDS))
TIMES = np.linspace(0.0, 1.0, 4)


def key(*what):
    return hashlib.sha256(repr(what).encode()).hexdigest()


def manifest(*, salt="code 1", sweep="cosines", axes=AXES, size=5, left_out=()):
    """Units of `size` runs of the whole grid but for the places `left_out`."""
    places = np.prod([len(axis) for axis in axes])
    runs = [i for i in range(places) if i not in left_out]
    cuts = [runs[i : i + size] for i in range(0, len(runs), size)]
    units = {key(salt, cut): cut for cut in cuts}
    return Manifest(sweep, tuple(axes), units, salt)


def cosine(point):
    """What is measured at TIMES; the answer to every test."""
    return np.cos(point["alpha"] * TIMES) + point["seed"]


def ending(index) -> dict[str, Any]:
    """Which runs go wrong: two in ten."""
    if index % 10 == 7:
        return {"status": "diverged", "reason": f"run {index} blew up\nat once"}
    if index % 10 == 8:
        return {"status": "failed", "reason": "ValueError: no start"}
    return {}


def row(about, index, *, layers=False, wrong=True):
    """One run. With `layers` what is measured has as many as the network is deep."""
    point = about.point(index)
    told = ending(index) if wrong else {}
    digest = key("run", index)
    if told.get("status") == "failed":
        return Row(index, point, digest, **told)
    until = 2 if told else len(TIMES)  # a run that diverged ends before its time
    values = {
        "cosine": cosine(point)[:until],
        "steps": 10 + index,
        "verdict": "holds" if index % 2 else "fails",
    }
    dims: dict[str, tuple[str, ...]] = {"cosine": ("time",)}
    if layers:
        values["norms"] = np.outer(TIMES[:until], np.arange(1.0, point["depth"] + 1))
        dims["norms"] = ("time", "layer")
    coords, attrs = {"time": TIMES[:until]}, {"cosine": {"units": "1"}}
    return Row(index, point, digest, **told, values=values, dims=dims, coords=coords,
               attrs=attrs)  # fmt: skip


def rows(about, unit, **how):
    return [row(about, index, **how) for index in about.units[unit]]


def fill(store, units=None, **how):
    """Commit these units, or all."""
    for unit in store.manifest.units if units is None else units:
        store.commit(unit, rows(store.manifest, unit, **how))
    return store


def dataset(store):
    """What `store` holds, which is one table, as all in these tests is."""
    found = store.open()
    assert isinstance(found, xarray.Dataset)
    return found


def same(one: Any, other: Any) -> bool:
    """Whether two tables, or two trees of them, are the same to the last bit."""
    return one.identical(other)
