r"""The margin that full-width linear convolutions of two layers look for."""

import dataclasses

import numpy as np
from jaxtyping import Float, Int

from ..errors import DataError
from ..problems import Problem
from .base import AbstractAnswer, Direction
from .margin import max_margin
from .samples import Rows, signed_rows, Weights


class FourierMargin(AbstractAnswer):
    r"""The `w` with the largest $\min_i y_i\,w \cdot x_i$ at $\|\hat w\|_1 = 1$.

    $\hat w$ is the unitary discrete Fourier transform. `multipliers` prove it: no such
    `w` has a margin above the largest magnitude in the transform of their mixture.
    """

    value: Direction
    residual: float
    """The gap between the two, relative to the longest sample."""
    margin: float
    multipliers: Weights
    """None below 0, of sum 1."""

    def certificate(self, problem: Problem | Rows) -> float:
        rows, mass = signed_rows(problem, "FourierMargin")
        size = np.linalg.norm(rows[mass > 0], axis=1).max()
        m, mixed = self.multipliers, _transform(self.multipliers @ rows)
        faults = [abs(np.abs(_transform(self.value)).sum() - 1), -m.min()]
        faults += [abs((rows[mass > 0] @ self.value).min() - self.margin) / size]
        faults += [abs(np.abs(mixed).max() - self.margin) / size]
        faults += [abs(m.sum() - 1), np.abs(m[mass == 0]).sum()]
        return float(max(faults))


def fourier_margin(problem: Problem | Rows) -> FourierMargin:
    r"""The direction of largest margin in the $\ell_1$ norm of the Fourier transform.

    Gunasekar et al. (2018): where circular convolutions of full width and depth 2 can
    converge. By reweighted hard margins and then Newton's method on the conditions,
    as exact as its `residual` says: 1e-13 where the answer is single and no sample or
    frequency ties. Raises `DataError` where the data are not separable, or where the
    conditions were not met.
    """
    rows, mass = signed_rows(problem, "fourier_margin")
    max_margin(problem)  # says so if there is none
    size = float(np.linalg.norm(rows[mass > 0], axis=1).max())
    kept, d = rows[mass > 0] / size, rows.shape[1]
    axes, group = _real_basis(d)
    turned = kept @ axes
    weight, found = np.ones(group.max() + 1), []
    for rounds in (30, 100, 500):
        theta, m, weight = _reweighted(turned, group, weight, rounds)
        for small in (1e-6, 1e-4, 1e-2, 1e-1):  # a frequency may be slow to leave
            ends = _newton(turned, group, theta, m, small)
            found.append(_answer(problem, mass, axes, *ends))
        if min(answer.residual for answer in found) < 1e-13:
            break
    best = min(found, key=lambda answer: answer.residual)
    if best.residual > 1e-8:
        raise DataError(
            f"fourier_margin stopped with a gap of {best.residual:.1e}: samples or "
            "frequencies tie, or the margin is tiny.\nPerturb or rescale the samples."
        )
    return best


def _answer(problem, mass, axes, theta, m):
    multipliers = np.zeros(len(mass))
    multipliers[mass > 0] = m / m.sum()
    w = axes @ theta
    value = w / np.abs(_transform(w)).sum()
    rows = signed_rows(problem, "fourier_margin")[0][mass > 0]
    answer = FourierMargin(value, np.nan, float((rows @ value).min()), multipliers)
    return dataclasses.replace(answer, residual=answer.certificate(problem))


def _transform(w):
    return np.fft.fft(w, norm="ortho")


def _real_basis(d: int) -> tuple[Float[np.ndarray, "d d"], Int[np.ndarray, " d"]]:
    """An orthonormal basis of cosines and sines, and the frequency of each."""
    places, columns, group = np.arange(d), [], []
    for k in range(d // 2 + 1):
        angle = 2 * np.pi * k * places / d
        for wave in (np.cos(angle), np.sin(angle)):
            length = np.linalg.norm(wave)
            if length > 1e-6:
                columns.append(wave / length)
                group.append(k)
    return np.stack(columns, axis=1), np.array(group)


def _sizes(theta, group):
    """The length of `theta` at each frequency, and its cost in the norm."""
    # A frequency and its mirror image share a cosine and a sine: each has 1/√2 of it.
    count = np.bincount(group)
    return np.sqrt(np.bincount(group, theta**2)), np.sqrt(count)


def _reweighted(rows, group, weight, rounds):
    """A point close to the answer: each round is a hard margin in other units."""
    theta, m = np.zeros(len(group)), np.zeros(len(rows))
    for _ in range(rounds):
        units = np.sqrt(weight)[group]
        found = max_margin(rows * units)
        theta = units * found.value / found.margin
        m = found.multipliers / found.margin**2
        sizes, cost = _sizes(theta, group)
        weight = np.maximum(sizes / cost, 1e-9 * sizes.max())
    return theta, m, weight


def _newton(rows, group, theta, m, small):
    """The conditions solved on the frequencies and samples that take part."""
    sizes, cost = _sizes(theta, group)
    large = (sizes > small * sizes.max())[group]
    active = m > 1e-2 * small * m.max()
    part, x, nu = rows[np.ix_(active, large)], theta[large], m[active]
    kind = np.unique(group[large], return_inverse=True)[1]
    same = kind[:, None] == kind[None]
    price = cost[group[large]]
    best, kept = np.inf, (x, nu)
    for _ in range(30):
        length = np.sqrt(np.bincount(kind, x**2))[kind]
        unit = x / length
        miss = np.concatenate([part.T @ nu - price * unit, 1 - part @ x])
        if np.abs(miss).max() >= best:
            break
        best, kept = np.abs(miss).max(), (x, nu)
        curved = (price / length)[:, None] * (
            np.eye(len(x)) - np.outer(unit, unit) * same
        )
        system = np.block([[curved, -part.T], [part, np.zeros((len(nu), len(nu)))]])
        step = np.linalg.lstsq(system, miss, rcond=1e-13)[0]
        x, nu = x + step[: len(x)], nu + step[len(x) :]
    full, multipliers = np.zeros(len(theta)), np.zeros(len(m))
    full[large], multipliers[active] = kept
    return full, np.maximum(multipliers, 0)
