"""Deep LDA, live, on a table that was uploaded: one class against all others."""

import numpy as np

from ...errors import DataError, NotFoundError
from ...problems import Problem
from ..controls import Values
from ..uploads import TABLES
from . import deep_lda
from .base import Bench


PANELS = deep_lda.PANELS
CHOSEN = 6
"""How many features are shown in a colour of their own: the best ones alone."""


def bench(values: Values) -> Bench:
    """The experiment that `values` describe, on the table they name."""
    problem = problem_of(values)
    delta, within = np.asarray(problem.delta), np.asarray(problem.within)
    alone = np.argsort(-(delta**2) / np.diag(within))
    names = list(problem.features or ())
    kinds = ["the others"] * problem.d
    for i in alone[:CHOSEN]:
        kinds[i] = names[i]
    return deep_lda.on(problem, kinds, values)


def problem_of(values: Values) -> Problem:
    """The columns of numbers, standardised, with the classes that were chosen."""
    table = TABLES.get(str(values["table"]))
    label, one = str(values["label"]), str(values["against"])
    if label not in table.columns:
        raise NotFoundError("column", label, table.columns)
    classes = table.columns[label]
    if one not in set(classes):
        raise NotFoundError("class", one, sorted(set(classes)))
    names = [name for name in table.numbers if name != label]
    if not names:
        raise DataError("the table has no column of numbers besides the label.")
    X = np.array([table.numbers[name] for name in names]).T
    y = np.where(np.array(classes) == one, 1, -1)
    if min(np.sum(y > 0), np.sum(y < 0)) < 2:
        raise DataError(f"class {one!r} and the others need two rows each.")
    problem = Problem(X, y, features=tuple(names)).varying()
    if problem.n <= problem.d + 1:
        raise DataError(
            f"{problem.n} rows for {problem.d} columns: the scatter within the classes "
            "is singular, and the limit is another one. Leave columns out."
        )
    return problem.standardised()
