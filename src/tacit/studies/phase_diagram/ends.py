"""Where the flow ends: in the limit of its orthant, or beyond its borders."""

import functools
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import xarray

from ...claims import OrthantMaximiser
from ...display.figures import Drawing
from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Fisher
from ...networks import Diagonal
from ...problems import Problem
from ...reporting import Finding, number, Numbers, Picture, plots, Section
from ...risk import Risk
from ...sweeps import sweep
from ...training import train
from ...verdict import judge
from ..base import Answer


FEATURES, UNTIL = 8, 100.0
CLOSE = 0.05
"""How far from the limit a run that ended there may be, in the norm of the scatter."""

GRID = {
    "depth": [2, 3, 4],
    "imbalance": [0.0, 1e-8, 1e-6, 1e-4, 1e-2, 0.1, 1.0],
    "ratio": [1.25, 1.5, 2.0, 3.0, 5.0, 10.0],
    "seed": list(range(80)),
}
QUICK = {
    "depth": [2, 3],
    "imbalance": [0.0, 1e-4, 1.0],
    "ratio": [1.5, 4.0],
    "seed": list(range(6)),
}


@functools.lru_cache(maxsize=1024)
def drawn(ratio: float, seed: int) -> Risk:
    """Correlated features, half of them apart between classes; `ratio` samples each."""
    rng = np.random.default_rng([2603, seed])
    n = round(ratio * FEATURES / 2) * 2
    y = np.arange(n) % 2
    mix = np.eye(FEATURES) + 0.5 * rng.standard_normal((FEATURES, FEATURES))
    apart = np.where(np.arange(FEATURES) % 2, 0.0, 1.0)
    X = rng.standard_normal((n, FEATURES)) @ mix.T + np.outer(2 * y - 1, apart)
    sample = Problem(X, y).standardised()
    # Of the samples only these matter, and so all ratios share a compilation.
    return Risk(
        Problem.from_scatter(within=sample.within, delta=sample.delta), Fisher()
    )


def experiment(depth: int, imbalance: float, ratio: float, seed: int) -> Experiment:
    """The signs of the means as a start, one layer smaller than the others.

    All others are `1 + imbalance` times the first, in every coordinate.
    """
    risk = drawn(ratio, seed)
    signs = np.sign(np.asarray(risk.problem.delta))
    even = FEATURES ** (-1 / depth)
    factors = np.full(depth, (1 + imbalance) ** (1 / depth))
    factors[0] /= 1 + imbalance
    layers = even * np.outer(factors, np.ones(FEATURES))
    layers[0] *= signs
    return Experiment(Diagonal(layers), risk, GradientFlow(rtol=1e-7), until=UNTIL)


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """The share of runs that end in the orthant limit, over the whole grid."""
    grid = QUICK if quick else GRID
    with tempfile.TemporaryDirectory() as place:
        words = {"claims": ["C1"], "records": 1, "workers": 1}
        done = sweep(experiment, grid, Path(place) / "runs", **words)
        data, digest = done.open(pad=True).load(), done.store.manifest.digest
    there = (data.C1_distance < CLOSE).where(data.status == 0)
    share = there.mean("seed").rename("share")
    share.attrs = {"units": "1", "long_name": "runs that end in the orthant limit"}
    record = share.to_dataset()
    record.attrs["experiment"] = digest
    balanced = [experiment(L, 0.0, grid["ratio"][-1], 0) for L in grid["depth"]]
    findings = tuple(
        Finding.of(
            judge(OrthantMaximiser(depth=each.network.depth), train(each, records=50)),
            on=f"L = {each.network.depth}, balanced",
        )
        for each in balanced
    )
    cost = float(data.steps.sum()), float((data.waste * data.steps).sum())
    said = _counted(data)
    return Answer(_section(share, said, cost), findings, {"share": record})


def _counted(data) -> str:
    """How many flows there are, and why there are no more."""
    failed = data.status.values != 0
    counted = f"{int((~failed).sum()):,} flows of {FEATURES} features"
    if not failed.any():
        return counted
    reasons = Counter(
        str(each).partition(". ")[0] for each in data.reason.values[failed]
    )
    (most, times), *_ = reasons.most_common(1)
    number = f"{int(failed.sum())} more have no verdict, {times} of them for"
    return f"{counted} ({number}: {most})"


def _section(share: xarray.DataArray, counted: str, cost: tuple) -> Section:
    balanced, widest = share.sel(imbalance=0.0), share.isel(imbalance=-1)
    few, many = (_percent(widest.isel(ratio=i)) for i in (0, -1))
    off = number(float(share.imbalance[1]), 1)
    slow = [share.isel(imbalance=1, depth=i) for i in (0, -1)]
    least, most = map(_percent, slow)
    shallow, deep = (_percent(share.isel(imbalance=-1, depth=i)) for i in (0, -1))
    first, last = (int(share.depth[i]) for i in (0, -1))
    longer = slow[1].mean() > slow[0].mean()
    rows = [
        [f"{int(L)}", *(f"{float(x):.2f}" for x in share.sel(depth=L).mean("ratio"))]
        for L in share.depth.values
    ]
    head = (
        "depth",
        *(number(float(b), 1) for b in share.imbalance.values),
    )
    return Section(
        "Where the flow ends",
        f"{counted}, each to the time {UNTIL:g}. A run "
        f"counts as there if it is within {CLOSE:g} of the limit of its orthant, in "
        "the norm of the scatter within the classes. The imbalance is by how much all "
        "layers but one start larger than that one.",
        f"**Balanced, the forecast holds at every depth**: {_percent(balanced)} of the "
        "runs are in the orthant limit that was computed before training. At the "
        f"largest imbalance {_percent(widest)} are: {few} at "
        f"{float(share.ratio[0]):g} samples a feature and {many} at "
        f"{float(share.ratio[-1]):g}; {shallow} of networks of {first} layers and "
        f"{deep} of {last}. Off balance nothing keeps the others in their orthant: a "
        "weight may change its sign.",
        f"{'Depth keeps a network in its orthant for longer: at' if longer else 'At'} "
        f"an imbalance of {off}, {least} of the networks of {first} layers are still "
        f"there, and {most} of those of {last}.",
        "A weight that is to leave falls exponentially at 2 layers, so it is at its "
        "smallest layer's size, where it crosses 0, after a time that grows like the "
        "logarithm of the imbalance; at $L = 3$ it falls like $t^{-3}$, at 4 like "
        "$t^{-2}$, and that time is a power.",
        f"The flows took {cost[0]:,.0f} steps, side by side in lanes that are "
        f"refilled: {cost[1] / cost[0]:.2f} steps were taken for one that was needed.",
        _picture(share),
        Numbers(
            head,
            rows,
            "Share of runs that end in the orthant limit, by the imbalance at the head",
        ),
    )


def _percent(shares: xarray.DataArray) -> str:
    """Their mean in whole percent, but 100 only of all and 0 only of none."""
    share = float(shares.mean())
    whole = f"{share:.0%}"
    return f"{share:.1%}" if whole in ("0%", "100%") and 0 < share < 1 else whole


def _picture(share: xarray.DataArray) -> Picture:
    alt = (
        "Share of runs that end in the orthant limit, over samples a feature and "
        f"imbalance, one panel for each depth: from {float(share.min()):.2f} to "
        f"{float(share.max()):.2f}, and 1 where the start is balanced."
    )
    drawn = plots.to_svg(drawing(share), alt=alt)
    return Picture(drawn, "Bright: the flow keeps its signs.")


def drawing(share: xarray.DataArray) -> Drawing:
    """The phase diagram: a panel for each depth."""
    drawing = plots.figure(1, share.sizes["depth"], height=3.0, share="y")
    rows, columns = (np.arange(share.sizes[name]) for name in ("imbalance", "ratio"))
    mesh = None
    for panel, L in zip(drawing, share.depth.values, strict=True):
        table = share.sel(depth=L).transpose("imbalance", "ratio").values
        mesh = panel.axes.pcolormesh(
            columns, rows, table, cmap="cividis", vmin=0, vmax=1, shading="nearest",
            edgecolors="face",  # else the page shows through between the cells
        )  # fmt: skip
        panel.axes.set_xticks(columns, [f"{r:g}" for r in share.ratio.values])
        panel.axes.set_yticks(rows, [number(b, 1) for b in share.imbalance.values])
        panel.axes.grid(visible=False)
        panel.frame(x="samples a feature", y="imbalance", title=f"{int(L)} layers")
    assert mesh is not None  # there is a depth
    drawing.scale(mesh, "share")
    return drawing
