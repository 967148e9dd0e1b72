"""Sparse discriminant analysis as a classifier."""

from typing import Any

import numpy as np
import scipy.special
from sklearn.base import (
    ClassifierMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.utils.validation import check_is_fitted

from ...selection import Selection
from .base import AbstractDeepLDA
from .inputs import read_table


class DeepLDAClassifier(
    ClassNamePrefixFeaturesOutMixin, ClassifierMixin, TransformerMixin, AbstractDeepLDA
):
    r"""Discriminant analysis on the features that earn their place, with probabilities.

    Features come one after another along the limit, as its start shrinks, of a
    two-sided diagonal network of depth 2 under the Fisher loss (two classes, memory 1;
    other settings are extensions of it). There is no penalty grid: the shrinkage of the
    within-class correlation is analytic, and cross-validated deviance says how far to
    go. On the features chosen it is linear discriminant analysis.

    Parameters:
        n_features_to_select: "auto", a number, or "all".
        shrinkage: of the correlation towards independence; "auto" (Schäfer and Strimmer
            2005, and smaller ones if they predict better), None for none, or a number
            in [0, 1]. All features at once with d > n need one above 0.
        memory: of the duals after a feature came; "auto", or from 0 (orthogonal
            matching pursuit) to 1 (the network's limit).
        max_features: how far the path is followed.
        rule: "min" takes the least deviance, "paired-1se" the fewest features within
            one paired standard error of it.
        cv: folds, dealt by content so that row order does not matter; or a splitter.
        priors: class probabilities, ``(C,)``; those of the sample by default. They
            count in the contrast and the intercepts; the within-class scatter is pooled
            by weight.
        n_components: columns that `transform` gives; ``min(C - 1, d)`` by default.
        calibrate: whether the evidence is multiplied by what makes held-out deviance
            least. The priors stand.

    Attributes:
        classes_, priors_, means_, xbar_, coef_, intercept_, scalings_,
        explained_variance_ratio_: as in scikit-learn's LinearDiscriminantAnalysis.
            ``coef_`` and ``intercept_`` hold the calibration.
        selected_: the features chosen.
        calibration_: the factor of the evidence.
        shrinkage_, memory_: those chosen.
        path_: a `SelectionPath`; None where all features were asked for.
    """

    def _read_off(self, found: Selection) -> None:
        one, rule = found.contrast, found.discriminant
        self._rule = rule
        self.calibration_ = rule.sharpness
        self.priors_, self.means_, self.xbar_ = one.priors, one.means, one.mean
        most = min(len(one.mass) - 1, one.means.shape[1])
        kept = self.n_components or most
        self._n_features_out = kept
        self.scalings_ = np.zeros((one.means.shape[1], kept))
        self.scalings_[rule.support] = rule.directions[:, :kept]
        self.explained_variance_ratio_ = (rule.ratios / rule.ratios.sum())[:kept]
        coef, intercept = rule.linear()
        if len(intercept) == 2:
            coef, intercept = coef[1:] - coef[:1], intercept[1:] - intercept[:1]
        self.coef_ = np.zeros((len(coef), one.means.shape[1]))
        self.coef_[:, rule.support] = coef
        self.intercept_ = intercept

    def _scores(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        return self._rule.scores(read_table(self, X, reset=False))

    def decision_function(self, X: Any) -> np.ndarray:
        """``X coef_ᵀ + intercept_``: ``(n,)`` for two classes, else ``(n, C)``.

        Of two classes the log odds of the second; of more, the logarithms of the
        probabilities up to a number a row.
        """
        check_is_fitted(self)
        table = read_table(self, X, reset=False)
        scores = self._rule.scores(table)
        if len(self.classes_) == 2:
            return scores[:, 1] - scores[:, 0]
        return np.asarray(table @ self.coef_.T) + self.intercept_

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of every row, ``(n,)``."""
        best = np.argmax(self._scores(X), axis=1)
        return self.classes_[best]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities of the classes, ``(n, C)``, in the order of ``classes_``."""
        return scipy.special.softmax(self._scores(X), axis=1)

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Their logarithms."""
        return scipy.special.log_softmax(self._scores(X), axis=1)

    def transform(self, X: Any) -> np.ndarray:
        """Rows along the discriminants, ``(X - xbar_) scalings_``."""
        check_is_fitted(self)
        table = read_table(self, X, reset=False)
        return self._rule.project(table)[:, : self._n_features_out]
