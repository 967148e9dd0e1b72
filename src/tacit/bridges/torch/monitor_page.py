"""The page of a `Monitor`: what it saw, in pictures and a table, in one file."""

import math
import platform
from pathlib import Path
from typing import Any

from ...errors import DataError
from ...reporting import (
    claim_folder,
    Numbers,
    Page,
    Picture,
    plots,
    Provenance,
    Section,
)
from .backend import torch


SHOWN: dict[str, tuple[str, str, str]] = {
    "rank_one": (
        "Largest singular value over Frobenius norm",
        "One for a layer of rank one.",
        "",
    ),
    "stable_rank": ("Stable rank", "The squared inverse of that ratio.", "y"),
    "alignment": (
        "Alignment of neighbours",
        "The cosine between the direction that a layer amplifies most, where it comes "
        "out, and the one that the next layer amplifies most: 1 if the next goes on "
        "where the layer ended, about 0 for random weights. Of no meaning while the "
        "largest two singular values of a layer are close.",
        "",
    ),
    "imbalance_drift": (
        "Drift of the imbalance",
        "The imbalance says which of two neighbours has the larger weights. Here: how "
        "far it moved since the start, over the larger squared norm. The gradient flow "
        "of any loss keeps this at 0 where a law is named below; descent moves it by "
        "its step, weight decay and moments directly. Under Adam a drift is expected.",
        "y",
    ),
    "imbalance_rate": (
        "Rate of the imbalance",
        "How fast the gradient flow of the last batch moves the difference of two "
        "neighbours' squared norms, over the larger, per unit of time (a step of "
        "descent is its step size): zero under a law; for other activations the exact "
        "source of their drift. Steps of Adam are not those of this flow.",
        "",
    ),
    "norm": ("Frobenius norm", "Of each layer.", ""),
    "radial": (
        "Cosine of weight and gradient",
        "Zero where the gradient flow conserves the norm: of the last layer under a "
        "loss that is free of scale, of every layer if the activations are "
        "homogeneous too. Commonest: zero but for the normalisation's epsilon below a "
        "batch normalisation, and below one of layers or groups if the layer has no "
        "bias, because the scale of the weight changes nothing there.",
        "",
    ),
    "update": ("Step over weight", "The length of a step over the norm.", "y"),
    "margin": (
        "Normalised margin",
        "The least margin of the probe over the product of the norms. Negative: a "
        "sample of the probe is misclassified.",
        "",
    ),
}
"""The title, the words and the logarithmic axes of each picture."""

FEW = 7
"""So many curves have a look of their own; more are drawn thin and by kind."""


def write_page(monitor: Any, out: str | Path) -> Path:
    """Write ``report.html`` and ``records.json`` to the folder `out`; the page's path.

    Raises `DataError` if nothing was measured yet, and `OutputError` for a folder that
    is not ours.
    """
    if not monitor.records:
        raise DataError(
            f"Monitor.report: nothing was measured in {monitor.step} steps; every "
            f"{monitor.every} of them it measures."
        )
    folder = claim_folder(out, study="monitor")
    records = [
        {"step": step, **{k: _finite(v) for k, v in record.items()}}
        for step, record in monitor.records
    ]
    folder.write_json("records.json", {"schema": "tacit.monitor/1", "records": records})
    return folder.write("report.html", _page(monitor).render())


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _page(monitor) -> Page:
    first, last = monitor.records[0][0], monitor.records[-1][0]
    drawn = [_section(monitor, metric) for metric in SHOWN]
    optimizer = type(monitor.optimizer).__name__
    return Page(
        title="A model in training",
        lede=(
            f"{len(monitor.layers)} layers watched over steps {first} to {last} of "
            f"{optimizer}, every {monitor.every}."
        ),
        sections=(
            *(section for section in drawn if section is not None),
            _laws(monitor),
            _last(monitor),
            _skipped(monitor),
        ),
        provenance=Provenance.here(
            command="Monitor.report",
            machine=platform.machine(),
            torch=torch.__version__,
        ),
    )


def _curves(monitor, metric):
    """The curve of each layer or pair, by its name."""
    found: dict[str, tuple[list[int], list[float]]] = {}
    for step, record in monitor.records:
        for key, value in record.items():
            kind, _, name = key.removeprefix("tacit/").partition("/")
            if kind == metric:
                steps, values = found.setdefault(name or "model", ([], []))
                steps.append(step)
                values.append(value)
    return found


def _section(monitor, metric) -> Section | None:
    curves = _curves(monitor, metric)
    if not curves:
        return None
    title, words, log = SHOWN[metric]
    drawing = plots.figure(height=3.0)
    panel = drawing[0].frame(x="step", y=title.lower(), log=log)
    floor = 1e-12 if log else None
    if len(curves) <= FEW:
        panel.lines(curves, floor=floor)
    else:  # one look for all: the table has the names
        look = dict.fromkeys(curves, plots.STROKES[0])
        panel.lines(curves, look=look, labels="none", markers=0, floor=floor)
    alt = (
        f"{title} against the step, a curve for each of {', '.join(list(curves)[:FEW])}"
    )
    return Section(title, Picture(plots.to_svg(drawing, alt=alt), words))


def _laws(monitor) -> Section:
    what = {
        "matrix": "the whole of VᵀV − WWᵀ − bbᵀ",
        "unit": "its diagonal: the difference of squared norms at each unit",
        "none": "nothing (the activation is not homogeneous)",
    }
    rows = [
        (f"{link.below}:{link.above}", link.activation, what[link.law])
        for link in monitor.links
    ]
    text = (
        "Two layers of which the upper is fed by the lower alone, and what the "
        "gradient flow keeps of them whatever the loss: of VᵀV − WWᵀ − bbᵀ, with W the "
        "lower weight, b its bias and V the upper weight. Weight decay ends it."
    )
    head = ("layers", "between them", "what is conserved")
    table = Numbers(head, rows, text) if rows else "No layer is fed by another alone."
    if not monitor.unlinked:
        return Section("Conservation laws", table)
    caption = "Layers that follow one another and are no pair, and why."
    apart = Numbers(("layers", "why"), list(monitor.unlinked.items()), caption)
    return Section("Conservation laws", table, apart)


def _last(monitor) -> Section:
    step, record = monitor.records[-1]
    groups = {
        id(p): group
        for group in monitor.optimizer.param_groups
        for p in group["params"]
    }
    rows = []
    for name, layer in monitor.layers.items():
        group = groups.get(id(layer.weight))
        trained = {} if group is None or not layer.weight.requires_grad else group
        label = name or "model"
        values = [
            record.get(f"tacit/{kind}/{label}", math.nan)
            for kind in ("rank_one", "stable_rank", "norm", "norm_drift")
        ]
        rate, decay = (float(trained.get(k, math.nan)) for k in ("lr", "weight_decay"))
        rows.append(
            (label, " x ".join(map(str, layer.weight.shape)), *values, rate, decay)
        )
    columns = (
        *("layer", "shape", "rank-one ratio", "stable rank", "norm"),
        *("drift of the squared norm", "step size", "weight decay"),
    )
    caption = f"At step {step}. A layer without a step size is frozen or not optimised."
    return Section("The layers", Numbers(columns, rows, caption))


def _skipped(monitor) -> Section:
    rows = list(monitor.skipped.items())
    if not rows:
        return Section("Left out", "No parameter is left out.")
    caption = (
        f"Parameters that are not measured, and why: {len(rows)}. A bias is measured "
        "with its layer, in the imbalance."
    )
    return Section(
        "Left out", Numbers(("parameter", "why"), rows, caption, folded=True)
    )
