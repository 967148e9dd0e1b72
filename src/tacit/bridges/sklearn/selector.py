"""Sparse discriminant analysis as a selector of features."""

from typing import Any, TYPE_CHECKING

import numpy as np
from sklearn.feature_selection import SelectorMixin
from sklearn.utils.validation import check_is_fitted

from ...errors import DataError
from ...selection import Selection
from .base import AbstractDeepLDA
from .stability import resampled, Stability


class DeepLDASelector(SelectorMixin, AbstractDeepLDA):
    """The features that `DeepLDAClassifier` would choose, under the same parameters.

    Attributes:
        selected_: the features chosen, in rising order.
        ranking_: 1 for the feature that came first, and so on ``(d,)``; those that
            never came share the last place.
        scores_: 1 over the time at which a feature came ``(d,)``, 0 if it never did.
            Where all features are asked for, the length of their weights.
        path_: a `SelectionPath`: features, weights, entry times, deviance with its
            error; None where all features were asked for.
        shrinkage_, memory_, classes_: as in the classifier.

    `n_components`, `priors` and `calibrate` mean what they mean there; the last two
    bear on the deviance by which features are chosen, the first on nothing.
    """

    if TYPE_CHECKING:  # scikit-learn's own returns what a checker cannot tell

        def transform(self, X: Any) -> np.ndarray: ...

    def _read_off(self, found: Selection) -> None:
        d = found.contrast.means.shape[1]
        self.scores_ = np.zeros(d)
        if found.path is None:
            rule = found.discriminant
            scaled = rule.directions * found.contrast.scale[rule.support, None]
            self.scores_[rule.support] = np.linalg.norm(
                scaled * np.sqrt(rule.ratios), axis=1
            )
        else:
            for each in reversed(found.path.plateaus):  # the first time it came counts
                self.scores_[each.entered] = 1 / each.time
        order = np.argsort(-self.scores_, kind="stable")
        came = int(np.count_nonzero(self.scores_))
        self.ranking_ = np.full(d, came + 1)
        self.ranking_[order[:came]] = np.arange(1, came + 1)
        self._rows = None

    def _keep(self, table: Any, codes: np.ndarray, weights: np.ndarray) -> None:
        self._rows = table, codes, weights

    def _get_support_mask(self) -> Any:
        check_is_fitted(self)
        mask = np.zeros(self.n_features_in_, bool)
        mask[self.selected_] = True
        return mask

    def plot_path(self):
        """A matplotlib figure: weights against time, deviance against size."""
        check_is_fitted(self)
        if self.path_ is None:
            raise DataError("all features were asked for: there is no path to plot.")
        from ...reporting.selection_path import draw_path

        return draw_path(self.path_).finish()

    def stability(
        self, resamples: int = 50, *, seed: int = 0, share: float = 0.5
    ) -> Stability:
        """How often each feature is chosen from a `share` of the rows drawn anew.

        Each time that share of every class is drawn without replacement, and the path
        followed to as many features as were chosen here, with the shrinkage as it was
        asked for (Meinshausen and Bühlmann 2010, J. R. Stat. Soc. B 72:417).

        Raises `DataError` where `fit` has left no rows: after `partial_fit`,
        `from_scatter` or unpickling.
        """
        check_is_fitted(self)
        if self._rows is None:
            raise DataError(
                "stability draws rows anew, and this selector holds none: they are "
                "kept by fit, and not in a pickle."
            )
        if self.path_ is None:
            raise DataError("all features were asked for: nothing is chosen.")
        gamma = self.shrinkage_ if self.shrinkage != "auto" else "auto"
        names = self.path_.names
        return resampled(
            *self._rows,
            gamma,
            self.memory_,
            self.selected_,
            resamples,
            seed,
            share,
            names,
        )

    def __getstate__(self):
        state: Any = super().__getstate__()
        return {**state, "_rows": None} if "_rows" in state else state
