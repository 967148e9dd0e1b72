"""Class means in units of the within-class deviation: what tells the classes apart."""

from dataclasses import dataclass

import numpy as np

from ..errors import DataError


ROUNDING = 8 * np.finfo(float).eps
"""A spread below this share of a column's size is what rounding makes of a constant."""


@dataclass(frozen=True, eq=False)
class Contrast:
    r"""The classes of a weighted sample, each feature in units of its own spread.

    `matrix` is $M = [\sqrt{\pi_c}\,(m_c - m)/\sigma]\,H$ with the orthonormal columns
    of $H$ orthogonal to $\sqrt\pi$, so that $M M^T$ is the covariance of the class
    means. Made from class means, never as a total less a within-class covariance.
    """

    mass: np.ndarray
    """Weight of every class, ``(C,)``."""
    priors: np.ndarray
    """Shares of the classes, ``(C,)``: those given, or those of the weight."""
    means: np.ndarray
    """Class means in the units of the data, ``(C, d)``."""
    mean: np.ndarray
    """Their mean under the priors, ``(d,)``."""
    apart: np.ndarray
    """``means - mean``, without the digits a large offset costs, ``(C, d)``."""
    scale: np.ndarray
    """Pooled within-class standard deviation, ``(d,)``; 1 where nothing varies."""
    varies: np.ndarray
    """Which features are not constant, ``(d,)``."""
    separating: np.ndarray
    """Which are constant within every class and differ between them, ``(d,)``."""
    matrix: np.ndarray
    """M, ``(d, C - 1)``."""
    code: np.ndarray
    r"""What stands for each class: the rows of $H/\sqrt{\pi_c}$, ``(C, C - 1)``."""

    @property
    def weight(self) -> float:
        """Total weight of the sample."""
        return float(self.mass.sum())


def contrast_of(
    mass: np.ndarray,
    origin: np.ndarray,
    shifted: np.ndarray,
    variance: np.ndarray,
    size: np.ndarray,
    priors: np.ndarray | None = None,
) -> Contrast:
    """The contrast of classes whose means are ``origin + shifted``.

    `variance` ``(d,)`` is pooled within classes, with divisor the weight, and `size`
    the largest magnitude in each column, for telling a constant from its rounding. A
    feature that is constant in every class, and not in all of them together, is given
    the deviation it would have if one row lay in the wrong class.
    """
    shares = mass / mass.sum() if priors is None else priors
    middle = shares @ shifted
    apart = shifted - middle
    reach = np.abs(apart).max(axis=0)
    still = np.sqrt(variance) <= ROUNDING * size
    separating = still & (reach > ROUNDING * size)
    varies = ~still | separating
    if not varies.any():
        raise DataError(
            f"all {len(varies)} features are constant; there is nothing to tell "
            "the classes apart by."
        )
    scale = np.where(still, 1.0, np.sqrt(variance))
    scale[separating] = reach[separating] / np.sqrt(mass.sum())
    H = _orthogonal_to(np.sqrt(shares))
    matrix = ((np.sqrt(shares)[:, None] * apart).T @ H) / scale[:, None]
    matrix[~varies] = 0
    return Contrast(
        mass=mass,
        priors=shares,
        means=origin + shifted,
        mean=origin + middle,
        apart=apart,
        scale=scale,
        varies=varies,
        separating=separating,
        matrix=matrix,
        code=H / np.sqrt(shares)[:, None],
    )


def _orthogonal_to(unit: np.ndarray) -> np.ndarray:
    """Orthonormal columns that complete `unit` to a basis; the last class counts up."""
    basis = np.linalg.qr(np.c_[unit, np.eye(len(unit))[:, 1:]])[0][:, 1:]
    return basis * np.where(basis[-1] < 0, -1.0, 1.0)
