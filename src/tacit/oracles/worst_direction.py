"""How firmly the support vectors hold the predictor to the margin's direction."""

import dataclasses

import numpy as np
import scipy.optimize
from jaxtyping import Float
from scipy.spatial import ConvexHull

from ..problems import Problem
from .base import AbstractAnswer, Direction
from .margin import max_margin, MaxMargin
from .samples import Rows, signed_rows


Points = Float[np.ndarray, "s r"]

LARGEST_HULL = 8
"""The most dimensions in which all facets of a hull of any shape are listed."""


class SupportStrength(AbstractAnswer):
    r"""The constant $\alpha = \min_\xi \max_{i \in S} \xi \cdot z_i$.

    Over unit $\xi \perp \bar u$, with `S` the support vectors of the margin. It is the
    radius of the largest ball about 0 in the hull of what they are across $\bar u$, and
    above 0 exactly if that hull has 0 inside.
    """

    value: Direction
    r"""The worst $\xi$; 0 if there is one feature and so none."""
    residual: float
    """That `value` attains `alpha`, and that `least` is not above it."""
    alpha: float
    """The number where `exact`, otherwise the best upper bound found."""
    least: float
    """A lower bound with a proof; `alpha` itself where `exact`."""
    exact: bool
    margin: MaxMargin

    def certificate(self, problem: Problem | Rows) -> float:
        rows, _ = signed_rows(problem, "SupportStrength")
        if rows.shape[1] == 1:
            return 0.0 if np.isinf(self.alpha) else 1.0
        unit, held = self.margin.value, rows[self.margin.support]
        size = np.linalg.norm(held, axis=1).max()
        faults = [abs(np.linalg.norm(self.value) - 1), abs(unit @ self.value)]
        faults += [abs((held @ self.value).max() - self.alpha) / size]
        faults += [(self.least - self.alpha) / size, self.margin.certificate(problem)]
        return float(max(faults))


def support_strength(problem: Problem | Rows) -> SupportStrength:
    r"""The constant of Ji and Telgarsky (2019, Lemma 3), of the length of a sample.

    Exact where the support vectors do not span (it is 0), where they are as many as
    features, the generic case, at any dimension, and otherwise up to 9 features by the
    facets of a hull. Beyond that it is bounded from both sides by linear programmes.

    Raises `DataError` where the data are not separable.
    """
    rows, _ = signed_rows(problem, "support_strength")
    margin = max_margin(problem)
    d, held = rows.shape[1], rows[margin.support]
    if d == 1:
        return SupportStrength(
            np.zeros(1), 0.0, np.inf, np.inf, exact=True, margin=margin
        )
    size = float(np.linalg.norm(held, axis=1).max())
    unit, exact = margin.value, True
    across = (held - np.outer(held @ unit, unit)) / size
    _, sizes, span = np.linalg.svd(across, full_matrices=False)
    span = np.vstack([unit, span[sizes > 1e-10]])
    if len(span) < d:  # some direction is held by nothing
        free = np.random.default_rng(0).standard_normal(d)
        for _ in range(2):
            free = free - (free @ span.T) @ span
        free = free / np.linalg.norm(free)
        answer = SupportStrength(free, np.nan, 0.0, 0.0, exact=True, margin=margin)
        return dataclasses.replace(answer, residual=answer.certificate(problem))
    axes = np.linalg.svd(margin.value[None])[2][1:].T
    points = held @ axes
    if len(held) == d:
        normal, least = _of_simplex(points)
    elif d == 2:
        ends = np.array([points.max(), -points.min()])
        normal, least = np.array([1.0, -1.0])[[np.argmin(ends)]], ends.min()
    elif d - 1 <= LARGEST_HULL:
        facets = ConvexHull(points).equations
        nearest = facets[np.argmax(facets[:, -1])]
        normal, least = nearest[:-1], -nearest[-1]
    else:
        normal, least = _bounded(points / size)
        least, exact = least * size, False
    normal = normal / np.linalg.norm(normal)
    top = float((points @ normal).max())
    answer = SupportStrength(
        value=axes @ normal,
        residual=np.nan,
        alpha=max(top, 0.0),
        least=max(top, 0.0) if exact else float(least),
        exact=exact,
        margin=margin,
    )
    return dataclasses.replace(answer, residual=answer.certificate(problem))


def _of_simplex(points: Points) -> tuple[Direction, float]:
    """The outward normal of the facet nearest to 0, and its distance."""
    # Row i of the inverse is the share of corner i in a point: an affine function that
    # is 0 on the facet across from it.
    n = len(points)
    inverse = np.linalg.inv(np.vstack([points.T, np.ones(n)]))
    steep = np.linalg.norm(inverse[:, :-1], axis=1)
    distance = inverse[:, -1] / steep
    i = int(np.argmin(distance))
    return -inverse[i, :-1] / steep[i], float(distance[i])


def _bounded(points: Points) -> tuple[Direction, float]:
    """A direction of small `max points @ direction`, and a number below all of them."""
    # The hull contains the cross-polytope of the points where the axes leave it. From
    # every one of these, walking to the normal of the facet met can only come nearer.
    r, best, nearest, reach = points.shape[1], np.inf, np.zeros(0), np.zeros(0)
    reach = np.zeros((2, r))
    for sign, row in zip((1.0, -1.0), reach, strict=True):
        for j in range(r):
            towards = sign * np.eye(r)[j]
            row[j], normal = _exit(points, towards)
            for _ in range(50):
                height = float((points @ normal).max())
                if height < best:
                    best, nearest = height, normal
                length, further = _exit(points, normal)
                if length > height * (1 - 1e-12) and (points @ further).max() >= height:
                    break
                normal = further
    shortest = reach.min(axis=0)
    if shortest.min() <= 0:
        return nearest, 0.0
    return nearest, float(1 / np.sqrt(np.sum(shortest**-2.0)))


def _exit(points: Points, towards: Direction) -> tuple[float, Direction]:
    """How far a ray from 0 stays in the hull, and the unit normal where it leaves."""
    n, r = points.shape
    found = scipy.optimize.linprog(
        np.append(np.zeros(n), -1.0),
        A_eq=np.hstack(
            [np.vstack([points.T, np.ones(n)]), np.append(-towards, 0.0)[:, None]]
        ),
        b_eq=np.append(np.zeros(r), 1.0),
        bounds=[(0, None)] * (n + 1),
    )
    normal = found.eqlin.marginals[:-1]
    normal = normal * np.sign(normal @ towards)
    return float(-found.fun), normal / np.linalg.norm(normal)
