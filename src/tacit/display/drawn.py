"""What a drawing shows, as a table: the numbers behind a figure."""

import csv
import io
from collections.abc import Iterator

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.contour import ContourSet

from .figures import Drawing


COLUMNS = ("panel", "title", "kind", "name", "x", "y")


def as_csv(drawing: Drawing) -> str:
    """Every curve, bar, point and contour of `drawing`, an entry a line."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number, panel in enumerate(drawing, 1):
        title = panel.axes.get_title(loc="left") or panel.axes.get_title()
        for kind, name, x, y in _entries(panel.axes):
            writer.writerow((number, title, kind, name, x, y))
    return text.getvalue()


def _entries(axes: Axes) -> Iterator[tuple[str, str, object, object]]:
    for line in axes.get_lines():
        inside = line.get_transform() == axes.transData
        x, y = (np.asarray(v).ravel() for v in line.get_data(orig=True))
        if inside:
            yield from (("curve", _name(line), a, b) for a, b in zip(x, y, strict=True))
        elif x[0] == x[-1]:
            yield "moment", "", x[0], ""
        else:
            yield "level", "", "", y[0]
    groups = [tick.get_text() for tick in axes.get_xticklabels()]
    for bars in axes.containers:
        patches = bars.patches if isinstance(bars, BarContainer) else ()
        for group, bar in zip(groups, patches, strict=False):
            yield "bar", _name(bars), group, bar.get_height()
    for found in axes.collections:
        if isinstance(found, ContourSet):
            if not found.filled:
                levels = zip(found.levels, found.get_paths(), strict=True)
                for level, path in levels:
                    for x, y in np.asarray(path.vertices):
                        yield "contour", f"{level:g}", x, y
        else:
            for x, y in np.asarray(found.get_offsets()):
                yield "point", _name(found), x, y


def _name(artist) -> str:
    label = str(artist.get_label())
    return "" if label.startswith(("_child", "_nolegend")) else label.lstrip("_")
