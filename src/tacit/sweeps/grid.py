"""The points of a sweep: products of axes, axes side by side, and conditions."""

import dataclasses
import inspect
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import DataError, KindError, NotFoundError
from ..identity import digest_of
from .labels import labels_of


class Axis(NamedTuple):
    """Values of one name, or of several that go together; a row for each step."""

    names: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclasses.dataclass(frozen=True)
class Point:
    """One point of a grid: its place in it, what it is called, and the values."""

    index: int
    labels: dict[str, Any]
    values: dict[str, Any]

    def __str__(self) -> str:
        return ", ".join(f"{name} = {label}" for name, label in self.labels.items())


class Grid:
    """The product of `axes`, in order, the last one fastest, where `where` is true.

    A key of `axes` is a name, its value a list; or a tuple of names whose values are
    tuples, one for each: ``{("width", "depth"): [(64, 2), (32, 3)]}`` walks both at
    once. Values are numbers, names, classes, functions or objects with an identity
    (`tacit.identity.digest_of`). ``where(**some)`` sees those of the values that it
    names, and says whether the point is in the sweep.

    Raises `DataError` for an axis that is empty or has a value twice, for a name that
    is given twice, and for a grid of which nothing is left.
    """

    def __init__(
        self, axes: Mapping[Any, Any], where: Callable[..., bool] | None = None
    ):
        if not isinstance(axes, Mapping):
            raise KindError("a grid", axes, Mapping, '{"depth": [1, 2, 3]}')
        if not axes:
            raise DataError("a grid needs at least one axis, a name with its values.")
        self.axes = tuple(_axis(key, values) for key, values in axes.items())
        self.names = tuple(itertools.chain(*(axis.names for axis in self.axes)))
        for name in self.names:
            if self.names.count(name) > 1:
                raise DataError(f"{name!r} is on two axes of the grid; give it once.")
        self.where = where
        sees = [] if where is None else _seen("where", where, self.names)
        self.labels = _labels(self.axes)
        self._kept = tuple(
            i for i, v in enumerate(self._all()) if _admits(where, sees, v)
        )
        if not self._kept:
            raise DataError("`where` is false at every point: nothing is left to run.")

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Point]:
        labels = self._all(self.labels)
        kept, everything = set(self._kept), zip(self._all(), labels, strict=True)
        for index, (values, told) in enumerate(everything):
            if index in kept:
                yield Point(index, told, values)

    def require_fits(self, experiment_of: Callable[..., Any]) -> None:
        """Raise unless ``experiment_of(**point)`` is a call that Python would make."""
        if not callable(experiment_of):
            raise KindError(
                "what makes the experiments", experiment_of, Callable, "a function"
            )
        _seen("experiment_of", experiment_of, self.names, whole=True)

    def _all(self, rows: Sequence | None = None) -> Iterator[dict[str, Any]]:
        rows = [axis.rows for axis in self.axes] if rows is None else rows
        for chosen in itertools.product(*rows):
            yield dict(zip(self.names, itertools.chain(*chosen), strict=True))


def _axis(key: Any, values: Any) -> Axis:
    names = key if isinstance(key, tuple) else (key,)
    if not names or not all(isinstance(name, str) and name for name in names):
        raise KindError("the name of an axis", key, str, "a name, or a tuple of them")
    told = ", ".join(names)
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise KindError(f"the values of the axis {told}", values, list, "[value, ...]")
    rows = list(values)
    if isinstance(key, tuple):
        for row in rows:
            if not isinstance(row, tuple | list) or len(row) != len(names):
                raise DataError(
                    f"the axes ({told}) go together: each of their values is a tuple "
                    f"of {len(names)}; got {row!r}."
                )
    else:
        rows = [(value,) for value in rows]
    if not rows:
        raise DataError(f"the axis {told} is empty; give it a value, or leave it out.")
    rows = [tuple(map(_plain, row)) for row in rows]
    seen: dict[str, int] = {}
    for i, row in enumerate(rows):
        mark = digest_of(row)  # of an object without identity it says how to give one
        if mark in seen:
            value = row if isinstance(key, tuple) else row[0]
            raise DataError(
                f"the axis {told} has {value!r} twice, at {seen[mark]} and {i}; its "
                "runs would be the same."
            )
        seen[mark] = i
    return Axis(names, tuple(rows))


def _plain(value: Any) -> Any:
    """A NumPy scalar as Python's number, which prints and pickles alike everywhere."""
    return value.item() if isinstance(value, np.generic) else value


def _labels(axes: Sequence[Axis]) -> list[list[tuple]]:
    """What the rows of every axis are called, column by column."""
    found = []
    for axis in axes:
        columns = [labels_of(column) for column in zip(*axis.rows, strict=True)]
        found.append(list(zip(*columns, strict=True)))
    return found


def _admits(where, sees, values) -> bool:
    return where is None or bool(where(**{name: values[name] for name in sees}))


def _seen(
    what: str, function: Callable, names: Sequence[str], *, whole: bool = False
) -> list[str]:
    """The `names` that `function` is called with: all of them if `whole`.

    Raises `NotFoundError` for an axis it does not take, `DataError` for an argument
    that no axis gives.
    """
    try:
        arguments = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # one that Python knows nothing of
        return list(names)
    spread = any(each.kind is each.VAR_KEYWORD for each in arguments)
    known = [each.name for each in arguments if each.kind in KEYWORDS]
    for each in arguments:
        given = each.name in names and each.kind in KEYWORDS
        if not given and each.default is each.empty and each.kind not in SPREAD:
            raise DataError(
                f"{what} needs {each.name!r}, which no axis of the grid gives; the "
                f"axes are {', '.join(names)}."
            )
    if whole and not spread:
        for name in names:
            if name not in known:
                raise NotFoundError(f"argument of {what}", name, known)
    return [name for name in names if spread or name in known]


KEYWORDS = (
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.KEYWORD_ONLY,
)
SPREAD = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
