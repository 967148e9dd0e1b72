"""The picture of a selection: what came when, and how far it was worth going."""

from typing import Any

import numpy as np

from . import plots


NAMED = 7
"""Curves that have a colour of their own: the features chosen, or the first of them."""


def draw_path(path: Any) -> plots.Drawing:
    """Weights against time, and held-out loss against size, of a `SelectionPath`.

    Features that were chosen are named, up to seven; the others are thin and grey. A
    weight holds from one jump to the next.
    """
    drawing = plots.figure(1, 2, width=10, height=3.6)
    _weights(drawing[0], path)
    _losses(drawing[1], path)
    return drawing


def _weights(panel: plots.Panel, path: Any) -> None:
    table = path.weights.tocsc()
    last = path.times[-1] * (path.times[-1] / path.times[0]) ** 0.05
    times = np.append(path.times, last)
    chosen = path.weights[[path.chosen]].indices
    came = {int(j): k for k, j in reversed(list(enumerate(path.features)))}
    first = sorted(map(int, chosen), key=came.__getitem__)[:NAMED]

    def steps(j: int) -> tuple[np.ndarray, np.ndarray]:
        values = table[:, [j]].toarray()[:, 0]
        return np.repeat(times, 2)[1:-1], np.repeat(values, 2)

    for j in came:
        if j not in first:
            panel.axes.plot(*steps(j), color=plots.MUTED, linewidth=0.5, alpha=0.5)
    curves = {path.name(j): steps(j) for j in first}
    panel.lines(curves, markers=0)
    panel.axes.axvline(path.times[path.chosen], color=plots.MUTED, linewidth=0.8)
    panel.frame(
        x="time (1 / penalty)",
        y="weight (per within-class deviation)",
        title="Features as they come",
        log="x",
    )


def _losses(panel: plots.Panel, path: Any) -> None:
    known = np.isfinite(path.deviance)
    # A size that came twice, after a feature left, was judged once.
    sizes, first = np.unique(path.sizes[known], return_index=True)
    loss, error = path.deviance[known][first], path.error[known][first]
    panel.frame(
        x="features", y=f"cross-validated {path.criterion}", title="What they are worth"
    )
    if len(sizes) == 0:
        panel.axes.text(0.5, 0.5, "not cross-validated", ha="center", va="center",
                        transform=panel.axes.transAxes)  # fmt: skip
        return
    stroke = plots.STROKES[0]
    panel.axes.fill_between(
        sizes, loss - error, loss + error, color=stroke.colour, alpha=0.15, linewidth=0
    )
    panel.lines({"loss": (sizes, loss)}, labels="none", markers=0)
    chosen = path.sizes[path.chosen]
    panel.axes.plot(chosen, loss[np.searchsorted(sizes, chosen)], marker="o",
                    color=stroke.colour)  # fmt: skip
    panel.axes.axhline(path.null_deviance, color=plots.MUTED, linewidth=0.8)
    panel.axes.annotate(
        "class frequencies", (1, path.null_deviance), fontsize=8, va="bottom",
        xycoords=("axes fraction", "data"), ha="right", color=plots.MUTED,
    )  # fmt: skip
