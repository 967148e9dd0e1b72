"""Pictures of a sweep: lines with intervals, and phase diagrams."""

import html
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..display.figures import Drawing, figure
from ..display.panels import styled
from ..errors import DataError, NotFoundError


ERRORS = 2.0
"""Standard errors that a band reaches to each side of a mean."""


def drawn(
    data: Any, x: str, y: str, by: str | None = None, *, log: str = "", title: str = ""
) -> Drawing:
    """Lines of `y` over the axis `x`, or `by` over two axes; of a dataset of a sweep.

    `log` names the axes that are logarithmic, as ``"xy"``. Raises `NotFoundError` for a
    name that the dataset does not have, and `DataError` for what is no number or an
    axis that has no order to draw a line along.
    """
    axes = [str(name) for name in data.coords if data[name].ndim == 1]
    values = [str(name) for name in data.data_vars]
    _known(x, axes, "axis")
    if y in axes:
        if by is None:
            raise DataError(
                f"{x} and {y} are both axes; say by `by` what is shown over them: one "
                f"of {', '.join(values)}."
            )
        return _phases(data, x, y, _single(data, by, values), log, title)
    seen = _single(data, y, values)
    if by is not None:
        _known(by, axes, "axis")
    return _lines(data, x, seen, by, log, title)


@styled
def _lines(data, x, seen, by, log, title) -> Drawing:
    drawing = figure()
    panel = drawing[0]
    curves, bands = {}, []
    groups = [(str(seen.name), seen)]
    if by is not None:
        column = data[by]
        groups = [
            (f"{by} {label}", seen.isel({column.dims[0]: i}))
            for i, label in enumerate(column.values.tolist())
        ]
    place, ticks = _places(data[x].values)
    for name, part in groups:
        mean, error = _over(part, data[x].dims[0])
        curves[name] = place, mean
        bands.append((mean, error))
    panel.frame(x=x, y=_axis_label(seen), title=title, log=log)
    panel.lines(curves, labels="ends" if by is not None else "none")
    for line, (mean, error) in zip(list(panel.axes.lines), bands, strict=False):
        panel.axes.fill_between(
            place, mean - ERRORS * error, mean + ERRORS * error,
            color=line.get_color(), alpha=0.18, linewidth=0,
        )  # fmt: skip
    if ticks is not None:
        panel.axes.set_xticks(place, ticks)
    return drawing


@styled
def _phases(data, x, y, seen, log, title) -> Drawing:
    drawing = figure(height=4.0)
    panel = drawing[0]
    across, up = data[x].dims[0], data[y].dims[0]
    if across == up:
        raise DataError(f"{x} and {y} go together along one axis: no plane to show.")
    rest = [dim for dim in seen.dims if dim not in (across, up)]
    table = seen.mean(rest, skipna=True).transpose(up, across).values
    columns, xs = _places(data[x].values)
    rows, ys = _places(data[y].values)
    mesh = panel.axes.pcolormesh(
        _edges(columns, logarithmic="x" in log),
        _edges(rows, logarithmic="y" in log), table, cmap="cividis",
        edgecolors="face", linewidth=0.1,
    )  # fmt: skip
    panel.frame(x=x, y=y, title=title, log=log)
    for place, ticks, put in (
        (columns, xs, panel.axes.set_xticks),
        (rows, ys, panel.axes.set_yticks),
    ):
        if ticks is not None:
            put(place, ticks)
    panel.axes.grid(visible=False)
    panel.axes.figure.colorbar(mesh, ax=panel.axes, label=_axis_label(seen))
    return drawing


def _single(data: Any, name: str, values: Sequence[str]) -> Any:
    """The variable `name` as one number a run: what was recorded, at its end."""
    _known(name, values, "measured value")
    seen = data[name]
    if seen.dtype.kind not in "fiub":
        words = sorted({str(word) for word in np.ravel(seen.values)} - {""})
        raise DataError(
            f"{name} is no number but one of {', '.join(words)}; draw a number, as "
            f'the share ``(data["{name}"] == "{words[0] if words else ""}")``.'
        )
    if "time" in seen.dims:
        seen = seen.isel(time=-1)  # of a run that diverged there is none
    grid = [dim for name in data.coords for dim in data[name].dims]
    others = [dim for dim in seen.dims if dim not in grid]
    if others:
        raise DataError(
            f"{name} has the axes {', '.join(map(str, others))}; take an entry of it, "
            "and draw that."
        )
    return seen.astype(float)


def _over(part: Any, dim: Any) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard error over all axes but `dim`."""
    rest = [other for other in part.dims if other != dim]
    count = part.notnull().sum(rest)
    mean = part.mean(rest, skipna=True)
    spread = part.std(rest, skipna=True, ddof=1) if rest else 0 * mean
    error = (spread / np.sqrt(count)).fillna(0.0) if rest else spread
    return mean.values, error.values


def _places(labels: np.ndarray) -> tuple[np.ndarray, list[str] | None]:
    """Where labels stand along an axis, and what is written there if not numbers."""
    if labels.dtype.kind in "fiu":
        return labels.astype(float), None
    return np.arange(len(labels), dtype=float), [str(label) for label in labels]


def _edges(centres: np.ndarray, *, logarithmic: bool) -> np.ndarray:
    """The borders of cells around these centres."""
    at = np.log(centres) if logarithmic else centres
    if len(at) == 1:
        edges = np.array([at[0] - 0.5, at[0] + 0.5])
    else:
        middle = (at[1:] + at[:-1]) / 2
        edges = np.concatenate(
            [[2 * at[0] - middle[0]], middle, [2 * at[-1] - middle[-1]]]
        )
    return np.exp(edges) if logarithmic else edges


def _axis_label(seen: Any) -> str:
    unit = seen.attrs.get("units", "1")
    return f"{seen.name}" + (f" ({unit})" if unit not in ("", "1") else "")


def _known(name: str, choices: Sequence[str], what: str) -> None:
    if name not in choices:
        raise NotFoundError(what, name, choices)


def summary_html(status: Any, failures: Iterable[Any], names: Sequence[str]) -> str:
    """What a notebook shows of a sweep: counts by outcome, and the first failures."""
    counts = "".join(
        f"<td>{html.escape(word)}</td><td style='text-align:right'>{n}</td>"
        for word, n in status.runs.items()
        if n
    )
    rows = "".join(
        f"<tr><td>{html.escape(each.status)}</td><td>"
        + html.escape(", ".join(f"{k} = {v}" for k, v in each.point.items()))
        + f"</td><td>{html.escape(str(each.reason))}</td></tr>"
        for each in list(failures)[:5]
    )
    told = f"<table><tr>{counts}</tr></table>"
    return (
        f"<div><b>sweep over {html.escape(', '.join(names))}</b>{told}"
        + (f"<table>{rows}</table>" if rows else "")
        + "</div>"
    )
