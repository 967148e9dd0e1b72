"""Escape exponents over depth, small layers and activation, as one sweep."""

import tempfile
from pathlib import Path

import numpy as np
import xarray

from ...experiment import Experiment
from ...flows import GradientFlow
from ...reporting import Numbers, Picture, plots, Section
from ...sweeps import sweep
from ..base import Answer
from ..saddle_escape.subjects import ACTIVATIONS, escaped, FINE, risk, symmetric


SIZES = [1e-2, 1e-3, 1e-4]
"""Of the layers that start small; the exponent is that of the last decade."""

GRID = {
    "activation": list(ACTIVATIONS),
    "depth": [3, 4, 5],
    "small": [3, 4, 5],
    "eps": SIZES,
}
QUICK = {"activation": ["tanh"], "depth": [3, 4], "small": [3, 4], "eps": SIZES[:2]}


def experiment(activation: str, depth: int, small: int, eps: float) -> Experiment:
    """Interchangeable units, the last `small` layers of size `eps`, until escape."""
    network = symmetric(activation, depth, small, eps)
    flow = GradientFlow(clock="escape", rtol=FINE)
    return Experiment(network, risk(), flow, until=escaped())


def possible(depth: int, small: int) -> bool:
    """Whether there are so many layers."""
    return small <= depth


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """The exponent of the time to escape, against the number of small layers."""
    grid = QUICK if quick else GRID
    with tempfile.TemporaryDirectory() as place:
        words = {"where": possible, "records": 1, "workers": 1}
        done = sweep(experiment, grid, Path(place) / "runs", **words)
        data, digest = done.open(pad=True).load(), done.store.manifest.digest
    times = data.end.isel(eps=slice(-2, None))
    step = np.log(times.eps.values[0] / times.eps.values[1])
    slope = np.log(times.isel(eps=1) / times.isel(eps=0)) / step
    cases = slope.stack(case=("activation", "depth", "small")).dropna("case")
    found = (
        cases.reset_index("case").rename("exponent").drop_vars("eps", errors="ignore")
    )
    found.attrs = {"units": "1", "long_name": "exponent of the time to escape"}
    record = found.to_dataset()
    record.attrs["experiment"] = digest
    return Answer(
        _section(found, int((data.status == 0).sum())), (), {"exponents": record}
    )


def _section(found: xarray.DataArray, runs: int) -> Section:
    off = np.abs(found.values - (found.small.values - 2))
    rows = [
        [str(a), int(L), int(r), f"{float(x):.4f}", int(r) - 2]
        for a, L, r, x in zip(
            found.activation.values, found.depth.values, found.small.values,
            found.values, strict=True,
        )
    ]  # fmt: skip
    return Section(
        "Exponents of escape, from the same machine",
        f"The other kind of phase diagram: {runs} flows out of a saddle, over "
        "activation, depth and how many layers start small, each to a root-found "
        "moment of escape (Rawal and DeWeese 2026, arXiv:2605.01288). The law says a "
        "power $r - 2$ of the size of the small layers, for $r$ of them.",
        f"Between the two smallest sizes the exponents are within {off.max():.3f} of "
        f"$r - 2$ in all {len(off)} cases: depth and activation do not enter.",
        _picture(found),
        Numbers(
            ("activation", "L", "r", "exponent", "r − 2"),
            rows,
            "Exponents",
            folded=True,
        ),
    )


def _picture(found: xarray.DataArray) -> Picture:
    drawing = plots.figure()
    curves = {}
    for name in dict.fromkeys(found.activation.values.tolist()):
        mine = found.isel(case=found.activation.values == name)
        curves[name] = mine.small.values, mine.values
    drawing[0].frame(x="small layers r", y="exponent")
    drawing[0].lines(curves, labels="key")
    for line in drawing[0].axes.lines:
        line.set_linestyle("none")
    sizes = np.unique(found.small.values)
    drawing[0].axes.plot(sizes, sizes - 2, color=plots.MUTED, linewidth=1, zorder=0)
    drawing[0].axes.set_xticks(sizes)
    drawing.key()
    alt = (
        "Exponents of the time to escape against the number of small layers, a mark "
        "for every activation and depth, on the line r - 2, from "
        f"{found.values.min():.2f} to {found.values.max():.2f}."
    )
    return Picture(plots.to_svg(drawing, alt=alt), "Marks: measured. Line: the law.")
