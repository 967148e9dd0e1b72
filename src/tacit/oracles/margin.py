"""Separability with a proof either way, and the direction of largest margin."""

import dataclasses

import numpy as np
from jaxtyping import Bool, Float

from ..errors import DataError
from ..problems import Problem
from .base import AbstractAnswer, Direction
from .polyhedra import EPS, least_norm
from .recession import NEAR, recession
from .samples import margin_rows, Rows, signed_rows, Weights


Samples = Bool[np.ndarray, " n"]


class Separability(AbstractAnswer):
    r"""Whether a hyperplane through the origin separates the classes, and the proof.

    Three cases (Albert and Anderson 1984, Biometrika 71:1), told by `kind`: "complete",
    every sample on its side; "quasi", none on the wrong side and some on the border
    however it is laid; "none", the classes overlap. In the first two the risk of a
    margin loss has no minimum: along `direction` the margins of the samples that are
    `growing` run away. In the last it has one.
    """

    value: Direction | Weights
    """The proof: a unit vector `(d,)` with ``y_i x_i . value > 0`` for every sample if
    they are `separable`; otherwise weights `(n,)` with ``sum_i value_i y_i x_i = 0``,
    none below 0, of sum 1 (Gordan's alternative)."""
    residual: float
    separable: bool
    direction: Float[np.ndarray, " features"] | None = None
    """A unit vector, in even units of the features, with ``y_i x_i . direction`` above
    0 for the samples that are `growing` and 0 for the others; None if they overlap."""
    growing: Bool[np.ndarray, " margins"] | None = None
    """The samples whose margin can grow without another's falling; none if they
    overlap. For three or more classes one mark for every sample and other class."""

    @property
    def kind(self) -> str:
        """One of "complete", "quasi" and "none"."""
        if self.separable:
            return "complete"
        return "none" if self.direction is None else "quasi"

    def certificate(self, problem: Problem | Rows) -> float:
        # Free of the units of single features and samples, as separability is.
        rows, mass = margin_rows(problem, "Separability")
        if self.separable:
            along = rows[mass > 0] @ self.value
            size = np.abs(rows[mass > 0]) @ np.abs(self.value)
            off = abs(np.linalg.norm(self.value) - 1)
            return float(max(np.where(along > 4 * EPS * size, 0.0, 1.0).max(), off))
        even, lengths = _even(rows)
        proof = self.value * lengths
        total = np.abs(proof).sum()
        faults = [np.abs(proof @ even).max() / total, -proof.min() / total]
        faults += [abs(self.value.sum() - 1), np.abs(self.value[mass == 0]).sum()]
        if self.direction is not None and self.growing is not None:
            along = (even @ (self.direction * _scales(rows)))[mass > 0]
            along = along / np.linalg.norm(self.direction * _scales(rows))
            grown = self.growing[mass > 0]
            faults += [np.abs(along[~grown]).max(initial=0.0)]
            faults += [0.0 if np.all(along[grown] > NEAR) else 1.0]
        return float(max(faults))


def separability(problem: Problem | Rows) -> Separability:
    """Whether some `w` has ``y_i w . x_i > 0`` for every sample of weight.

    There is no intercept; a constant feature makes one. Instead of a problem the rows
    ``y_i x_i``, `(n, d)`, may be given, which allows a single class or sample. The
    answer does not depend on the units of features or samples. Data that are separable
    by less than 1e-13 of the length of their rows, in even units, count as not so.

    Of three or more classes it is asked whether some `W` ``(C, d)`` has
    ``(w_c - w_j) . x_i > 0`` for the class `c` of every sample and every other `j`:
    the rows are then those differences, sample by sample, `(n (C - 1), C d)`.
    """
    rows, mass = margin_rows(problem, "separability")
    even, lengths = _even(rows)
    w, m = least_norm(even[mass > 0])
    if w is None:
        proof = np.zeros(len(rows))
        proof[mass > 0] = m
        proof = proof / lengths
        proof = proof / proof.sum()
        border, growing = recession(even[mass > 0])
        marks = np.zeros(len(rows), bool)
        marks[mass > 0] = growing
        if border is not None:
            border = _unit(border / _scales(rows))
        parts = {"separable": False, "direction": border, "growing": marks}
    else:
        proof = _unit(w / _scales(rows))
        parts = {"separable": True, "direction": proof, "growing": mass > 0}
    answer = Separability(proof, np.nan, **parts)
    return dataclasses.replace(answer, residual=answer.certificate(problem))


class MaxMargin(AbstractAnswer):
    r"""The unit vector $\bar u$ of the largest $\min_i y_i\,\bar u \cdot x_i$.

    `multipliers` $\lambda$ prove it: $\sum_i \lambda_i y_i x_i = \gamma \bar u$ is the
    point nearest to 0 in the hull of the samples.
    """

    value: Direction
    residual: float
    """The largest fault in the conditions of Karush, Kuhn and Tucker, in units of the
    longest sample. The direction is known to this times that length over `margin`."""
    margin: float
    """The least of ``y_i value . x_i``, of the length of a sample."""
    multipliers: Weights
    """None below 0, of sum 1, 0 off the support. One choice where there are many."""
    support: Samples
    """Samples at the margin to 1e-9 of it, those with multiplier 0 included."""
    spanning: bool
    """Whether the support spans all of the features' space."""

    def certificate(self, problem: Problem | Rows) -> float:
        rows, mass = signed_rows(problem, "MaxMargin")
        unit, m = self.value, self.multipliers
        size = np.linalg.norm(rows[mass > 0], axis=1).max()
        excess = (rows @ unit - self.margin) / size
        faults = [abs(np.linalg.norm(unit) - 1), abs(excess[mass > 0].min())]
        faults += [np.linalg.norm(m @ rows - self.margin * unit) / size]
        faults += [-m.min(), abs(m.sum() - 1), np.abs(m * excess).max()]
        faults += [np.abs(m[mass == 0]).sum(), np.abs(m[~self.support]).sum()]
        return float(max(faults))


def max_margin(problem: Problem | Rows) -> MaxMargin:
    """The direction of largest margin through the origin: the hard-margin SVM.

    There is no intercept; a constant feature makes one, and is then part of the norm.
    Instead of a problem the rows ``y_i x_i``, `(n, d)`, may be given, which allows a
    single class or sample.

    Raises `DataError` with a proof where the data are not separable, or are so by less
    than rounding in these units.
    """
    rows, mass = signed_rows(problem, "max_margin")
    kept = rows[mass > 0]
    size = float(_lengths(kept).max())
    w, m = least_norm(kept / size)
    if w is None:
        raise DataError(_refusal(problem))
    unit = _unit(w)
    margin = size / float(np.linalg.norm(w))
    multipliers = np.zeros(len(rows))
    multipliers[mass > 0] = np.maximum(m, 0) / np.maximum(m, 0).sum()
    noise = 32 * EPS * (np.abs(rows) @ np.abs(unit))
    support = (mass > 0) & (rows @ unit <= margin * (1 + 1e-9) + noise)
    held = rows[support] / _lengths(rows[support])[:, None]
    rank = np.linalg.matrix_rank(held / _scales(held), tol=1e-10)
    answer = MaxMargin(
        value=unit,
        residual=np.nan,
        margin=margin,
        multipliers=multipliers,
        support=support | (multipliers > 0),
        spanning=bool(rank == rows.shape[1]),
    )
    return dataclasses.replace(answer, residual=answer.certificate(problem))


def _refusal(problem):
    apart = separability(problem)
    if apart.separable:
        return (
            "the data are separable, but in these units by less than rounding.\n"
            "Standardise the features or rescale the samples; "
            "oracles.separability(problem).value separates them."
        )
    held = np.argsort(-apart.value)[: min(4, int(np.sum(apart.value > 0)))]
    named = ", ".join(f"{apart.value[i]:.3g} of sample {i}" for i in held)
    more = int(np.sum(apart.value > 0)) - len(held)
    tail = f" and {more} more" if more else ""
    return (
        "max_margin needs data that a hyperplane through the origin separates; a "
        f"mixture of the y_i x_i is 0 to {apart.residual:.0e}: {named}{tail}.\nAll of "
        "it: oracles.separability(problem).value. A constant feature adds an intercept."
    )


def _unit(w):
    w = w / np.abs(w).max()  # its square may be too large for a number
    return w / np.linalg.norm(w)


def _lengths(rows):
    """The length of every row, 1 for a row that is 0."""
    lengths = np.linalg.norm(rows, axis=1)
    return np.where(lengths > 0, lengths, 1.0)


def _scales(rows):
    """The largest entry of every column, 1 for a column that is 0."""
    largest = np.abs(rows).max(axis=0)
    return np.where(largest > 0, largest, 1.0)


def _even(rows):
    """The rows with features in even units and then of length 1, and the lengths."""
    scaled = rows / _scales(rows)
    lengths = _lengths(scaled)
    return scaled / lengths[:, None], lengths
