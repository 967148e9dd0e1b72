"""Pictures of a sweep: lines with intervals, and phase diagrams."""

import html
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..display.figures import Drawing, figure
from ..display.panels import styled
from ..display.style import MUTED
from ..errors import DataError, NotFoundError, OptionError
from .sweep_axes import axis_label, by_ratios, edges, places, written


ERRORS = 2.0
"""Standard errors that a band reaches to each side of a mean."""


TICKS = 12
"""The most values of an axis that are all written beside a phase diagram."""

TIME = "time"


def drawn(
    data: Any,
    x: str,
    y: str,
    by: str | None = None,
    *,
    log: str | None = None,
    title: str = "",
) -> Drawing:
    """Lines of `y` over the axis `x`, or `by` over two axes; of a dataset of a sweep.

    As `tacit.sweeps.Store.plot` says.
    """
    if log is not None and not set(log) <= {"x", "y"}:
        raise OptionError("logarithmic axes", log, ("", "x", "y", "xy"))
    grid = data["status"].dims
    axes = [str(name) for name in data.coords if {*data[name].dims} <= {*grid}]
    values = [str(name) for name in data.data_vars]
    timed = [name for name in values if _time_of(data[name]) is not None]
    _known(x, [*axes, *[TIME] * bool(timed)], "axis")
    if y in axes:
        if by is None:
            raise DataError(
                f"{x} and {y} are both axes; say by `by` what is shown over them: one "
                f"of {', '.join(values)}."
            )
        _known(x, axes, "axis of a phase diagram")
        return _phases(data, x, y, _single(data, by, values), log, title)
    if by is not None:
        _known(by, axes, "axis")
    if x == TIME:
        _known(y, timed, "value recorded in time")
    return _lines(data, x, _single(data, y, values, ends=x != TIME), by, log, title)


@styled
def _lines(data, x, seen, by, log, title) -> Drawing:
    drawing = figure()
    panel = drawing[0]
    curves, bands, counts, place, ticks = {}, [], [], np.empty(0), None
    groups = [(str(seen.name), seen)]
    if by is not None:
        column = data[by]
        groups = [
            (f"{by} {label}", seen.isel({column.dims[0]: i}))
            for i, label in enumerate(column.values.tolist())
        ]
    for name, part in groups:
        if x == TIME:
            dim = _time_of(part)
            place = _instants(part, dim)
        else:
            dim = data[x].dims[0]
            place, ticks = places(data[x].values)
        mean, error, count = _over(part, dim)
        curves[name] = place, mean
        bands.append((place, mean, ERRORS * error))
        counts.append(count)
    if log is None:
        log = "x" * (x != TIME and ticks is None and by_ratios(place))
    label = axis_label(data[x]) if x == TIME else x
    panel.frame(x=label, y=axis_label(seen), title=title, log=log)
    panel.lines(curves, labels="ends" if by is not None else "none")
    for line, (at, mean, off) in zip(list(panel.axes.lines), bands, strict=False):
        low, high = mean - off, mean + off
        if "y" in log:  # 0 has no logarithm: as far below the mean as above it, then
            low = np.where(low > 0, low, mean**2 / high)
        panel.axes.fill_between(
            at, low, high, color=line.get_color(), alpha=0.18, linewidth=0
        )
    if ticks is not None:
        panel.axes.set_xticks(place, ticks)
    panel.axes.annotate(
        _told(np.concatenate(counts)), (1, 1), (0, 3), fontsize=7, color=MUTED,
        ha="right", va="bottom", xycoords="axes fraction", textcoords="offset points",
    )  # fmt: skip
    if title:  # above that line
        panel.axes.set_title(title, pad=14)
    return drawing


def _told(counts: np.ndarray) -> str:
    """What the lines and bands are of; `counts` are the runs behind each mean."""
    counts = counts[counts > 0]
    if not counts.size:
        return ""
    low, high = int(counts.min()), int(counts.max())
    if high == 1:
        return "one run each"
    n = f"{low}" if low == high else f"{low} to {high}"
    return f"mean of n = {n} runs, band of two standard errors"


@styled
def _phases(data, x, y, seen, log, title) -> Drawing:
    drawing = figure(height=4.0)
    panel = drawing[0]
    across, up = data[x].dims[0], data[y].dims[0]
    if across == up:
        raise DataError(f"{x} and {y} go together along one axis: no plane to show.")
    rest = [dim for dim in seen.dims if dim not in (across, up)]
    table = seen.mean(rest, skipna=True).transpose(up, across).values
    (columns, words), (rows, others) = (places(data[k].values) for k in (x, y))
    if log is None:
        log = "x" * (words is None and by_ratios(columns))
        log += "y" * (others is None and by_ratios(rows))
    mesh = panel.axes.pcolormesh(
        edges(columns, logarithmic="x" in log),
        edges(rows, logarithmic="y" in log), table, cmap="cividis",
        edgecolors="face", linewidth=0.1,
    )  # fmt: skip
    panel.frame(x=x, y=y, title=title, log=log)
    for axis, name, at in (
        (panel.axes.xaxis, x, columns), (panel.axes.yaxis, y, rows)
    ):  # fmt: skip
        labels = [written(label) for label in data[name].values.tolist()]
        every = -(-len(labels) // TICKS)
        axis.set_ticks([], minor=True)
        axis.set_ticks(at[::every], labels[::every])
    panel.axes.grid(visible=False)
    return drawing.scale(mesh, axis_label(seen))


def _time_of(seen: Any) -> str | None:
    """The axis of `seen` that is time; the second where each run has times of its own.

    The name is that of `tacit.sweeps.Store.open`.
    """
    return next((dim for dim in (TIME, f"{TIME}_index") if dim in seen.dims), None)


def _instants(part: Any, dim: Any) -> np.ndarray:
    """The times of the records, which all runs have to share for a mean over them."""
    times = part[TIME]
    rest = [other for other in times.dims if other != dim]
    first, last = times.min(rest), times.max(rest)
    if not np.allclose(first, last, equal_nan=True):
        raise DataError(
            f"runs of {part.name} that would be one line were recorded at different "
            "times. Give the sweep the times, records=[...], or draw a line for each "
            "by `by`."
        )
    return first.values


def _single(data: Any, name: str, values: Sequence[str], *, ends: bool = True) -> Any:
    """The variable `name` as one number a run, with `ends` at the end of its record."""
    _known(name, values, "measured value")
    seen = data[name]
    if seen.dtype.kind not in "fiub":
        words = sorted({str(word) for word in np.ravel(seen.values)} - {""})
        raise DataError(
            f"{name} is no number but one of {', '.join(words)}; draw a number, as "
            f'the share ``(data["{name}"] == "{words[0] if words else ""}")``.'
        )
    time = _time_of(seen)
    if time is not None and ends:
        seen = seen.isel({time: -1})  # of a run that diverged there is none
    shown = (*data["status"].dims, *[time] * (not ends))
    others = [dim for dim in seen.dims if dim not in shown]
    if others:
        raise DataError(
            f"{name} has the axes {', '.join(map(str, others))}; take an entry of it, "
            "and draw that."
        )
    return seen.astype(float)


def _over(part: Any, dim: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, standard error and number of runs over all axes but `dim`."""
    rest = [other for other in part.dims if other != dim]
    count = part.notnull().sum(rest)
    mean = part.mean(rest, skipna=True)
    spread = part.std(rest, skipna=True, ddof=1) if rest else 0 * mean
    error = (spread / np.sqrt(count)).fillna(0.0) if rest else spread
    return mean.values, error.values, np.atleast_1d(count.values)


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
