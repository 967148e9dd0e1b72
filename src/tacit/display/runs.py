"""A run as one sees it: in ten lines, as a table, as a picture.

`run` is a `tacit.Trajectory`, which lies above and is known here by its attributes.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TYPE_CHECKING

import numpy as np

from ..errors import NotFoundError
from .notation import number
from .tables import folded, paragraph, table


if TYPE_CHECKING:
    from .figures import Drawing


MOST_LINES = 10
MOST_CURVES = 7
"""Beyond so many entries an observable is drawn as a bundle without names."""


def sentence(run: Any) -> str:
    """What was trained, how, and how far it came."""
    made = run.experiment
    problem = made.risk.problem
    sample = f"{problem.n:g} samples" if problem.n else "the scatters"
    unit = made.flow.unit
    end = f"{len(run.times)} records to {number(float(run.times[-1]))} {unit}"
    if not len(run.times):
        end = "no record"
    ended = "finished" if run.finite else f"ended early: {run.reason}"
    return (
        f"{type(made.network).__name__} network of {made.network.depth} layers, "
        f"{type(made.risk.loss).__name__} loss, {sample} of {problem.d} "
        f"features, {type(made.flow).__name__}: {end}, {run.steps} steps, {ended}"
    )


def rows(run: Any) -> Iterator[tuple[str, str, str, str]]:
    """For each observable its name, the shape of a value, the first and the last."""
    for name, seen in run.seen.items():
        values = np.asarray(seen)
        shape = " × ".join(map(str, values.shape[1:])) or "number"
        first, last = (
            _brief(values[i : i + 1]) if len(values) else ""
            for i in (0, len(values) - 1)
        )
        yield name, shape, first, last


def _brief(values: np.ndarray) -> str:
    flat = np.ravel(values)
    shown = ", ".join(number(float(x)) for x in flat[:3])
    return f"{shown}, …" if len(flat) > 3 else shown


def text(run: Any) -> str:
    """At most ten lines: the sentence, and a line an observable."""
    told = [f"Trajectory: {sentence(run)}"]
    seen = [f"  {name} ({size}): {a} → {b}" for name, size, a, b in rows(run)]
    if len(seen) > MOST_LINES - 1:
        left = len(seen) - MOST_LINES + 2
        seen = [*seen[: MOST_LINES - 2], f"  and {left} observables more"]
    return "\n".join(told + (seen or ["  nothing was observed"]))


def as_html(run: Any) -> str:
    """The same as a table, for notebooks."""
    head = ("observed", "a value is", "first record", "last record")
    found = table([(f"`{name}`", *rest) for name, *rest in rows(run)], head)
    about = [("experiment", f"`{run.experiment.digest[:12]}`")]
    about += [("ended because", run.reason)] if run.reason else []
    return paragraph(sentence(run)) + found + folded("more", table(about))


def draw(run: Any, names: Sequence[str], log: str | None) -> "Drawing":
    """One panel an observable; `names` are some of those recorded, or none for all."""
    from .figures import figure

    known = {each.name: each for each in run.observed}
    for name in names:
        if name not in known:
            raise NotFoundError("observable in this run", name, known)
    chosen = [known[name] for name in names or known]
    if not chosen:
        raise NotFoundError("observable in this run", "", known)
    columns = min(len(chosen), 3)
    drawing = figure(
        -(-len(chosen) // columns), columns, width=1.2 + 3.2 * columns, share="x"
    )
    for panel, each in zip(drawing, chosen, strict=False):
        values = np.asarray(run.seen[each.name])
        scales = log if log is not None else _scales(np.asarray(run.times), values)
        units = "" if each.units == "1" else f" ({each.units})"
        panel.frame(
            x=run.experiment.flow.unit, y=each.name + units, title="", log=scales
        )
        _curves(panel, run, each, values)
        _keep_flat(panel, values)
    for spare in list(drawing)[len(chosen) :]:
        spare.axes.set_visible(False)
    return drawing


def _curves(panel: Any, run: Any, each: Any, values: np.ndarray) -> None:
    flat = values.reshape(len(values), -1)
    if flat.shape[1] > MOST_CURVES:
        panel.bundle(run.times, flat, [each.name] * flat.shape[1])
        return
    labels = _labels(run, each, values.shape[1:])
    curves: Mapping[str, Any] = {
        label: (run.times, column) for label, column in zip(labels, flat.T, strict=True)
    }
    panel.lines(curves, labels="ends" if len(curves) > 1 else "none", markers=0)


def _keep_flat(panel: Any, values: np.ndarray) -> None:
    """Show as constant what moves by rounding alone."""
    size, moved = (
        np.max(np.abs(values), initial=0),
        np.ptp(values) if values.size else 0,
    )
    if 0 < moved < 1e-6 * size:
        middle = float(np.mean(values))
        panel.axes.set_ylim(middle - 0.05 * size, middle + 0.05 * size)


def _labels(run: Any, each: Any, shape: tuple[int, ...]) -> list[str]:
    """What the entries are called: features by name, others by the axis and number."""
    dims = each.dims[len(each.dims) - len(shape) :]
    features = run.experiment.risk.problem.features
    labels = []
    for index in np.ndindex(*shape):
        words = [
            str(features[i]) if dim == "feature" and features else f"{dim} {i + 1}"
            for dim, i in zip(dims, index, strict=True)
        ]
        labels.append(", ".join(words) or each.name)
    return labels


def _scales(times: np.ndarray, values: np.ndarray) -> str:
    """Which axes are logarithmic: those on which all is above 0, over two decades."""
    moments = times[times > 0]
    x = len(moments) > 1 and bool(moments[-1] > 100 * moments[0])
    low, high = (float(f(values)) if values.size else 0.0 for f in (np.min, np.max))
    return "x" * x + "y" * (low > 0 and high > 100 * low)
