"""Linear discriminant analysis on the chosen features."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse

from .contrast import Contrast
from .spread import Table


@dataclass(frozen=True, eq=False)
class Discriminant:
    """Where rows lie along the discriminants, and what that says of their class."""

    support: np.ndarray
    """The chosen features ``(k,)``, in rising order."""
    directions: np.ndarray
    """Discriminants ``(k, r)`` in the units of the data, unit spread within classes."""
    ratios: np.ndarray
    """Between over within class variance along each, ``(r,)``, falling."""
    centres: np.ndarray
    """Class means along them ``(C, r)``, from the mean of all."""
    origin: np.ndarray
    """The mean of all on the support, ``(k,)``."""
    common: np.ndarray
    """S⁻¹ times the mean of all ``(k,)``: what the classes' coefficients share."""
    priors: np.ndarray
    """Shares of the classes, ``(C,)``."""
    sharpness: float = 1.0
    """What the evidence is multiplied by to give calibrated probabilities."""

    @classmethod
    def of(
        cls, contrast: Contrast, support: np.ndarray, U: np.ndarray, common: np.ndarray
    ):
        """From ``U = S⁻¹M`` ``(k, C - 1)`` and ``S⁻¹m`` ``(k,)`` on `support`."""
        order = np.argsort(support)
        A, U, common = support[order], U[order], common[order]
        ratios, turn = np.linalg.eigh(contrast.matrix[A].T @ U)
        ratios, turn = ratios[::-1], turn[:, ::-1]
        kept = ratios > 1e-12 * ratios[0]
        root = np.sqrt(np.where(kept, ratios, 1.0))
        directions = np.where(kept, U @ turn / root, 0.0) / contrast.scale[A, None]
        return cls(
            support=A,
            directions=directions,
            ratios=np.where(kept, ratios, 0.0),
            centres=np.where(kept, contrast.code @ turn * root, 0.0),
            origin=contrast.mean[A],
            common=common / contrast.scale[A],
            priors=contrast.priors,
        )

    def linear(self) -> tuple[np.ndarray, np.ndarray]:
        """Coefficients ``(C, k)`` and intercepts ``(C,)`` of the classes' scores.

        As in linear discriminant analysis by an inverse: S⁻¹ times the class mean. They
        are `scores` up to a number a row, and lose digits at a large offset.
        """
        coef = self.directions @ self.centres.T + self.common[:, None]
        apart = np.square(self.centres).sum(axis=1)
        # (m + a)ᵀS⁻¹(m + a), of which aᵀS⁻¹a is known and aᵀS⁻¹m follows from it.
        along = self.origin @ (self.directions @ self.centres.T)
        half = (self.origin @ self.common + 2 * along + apart) / 2
        return self.sharpness * coef.T, np.log(self.priors) - self.sharpness * half

    def project(self, X: Table) -> np.ndarray:
        """Rows ``(n, d)`` along the discriminants, ``(n, r)``, 0 at the mean of all."""
        if scipy.sparse.issparse(X):
            X = X.tocsc()[:, self.support].toarray()
        else:
            X = X[:, self.support]
        return (X - self.origin) @ self.directions

    def scores(self, X: Table) -> np.ndarray:
        """Logarithms of the class probabilities up to a number a row, ``(n, C)``."""
        half = np.square(self.centres).sum(axis=1) / 2
        evidence = self.project(X) @ self.centres.T - half
        return self.sharpness * evidence + np.log(self.priors)
