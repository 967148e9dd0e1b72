"""What the classifier and the selector share: parameters, fitting, merging."""

import abc
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone

from ...errors import DataError
from ...problems.scatter import Scatter
from ...selection import (
    choose_from_rows,
    choose_from_scatters,
    deal,
    FoldScatters,
    Request,
    Selection,
    SelectionPath,
)
from .inputs import folds_of, read_sample, require_classes


class AbstractDeepLDA(BaseEstimator, abc.ABC):
    """Fitting by rows or by the scatters of folds."""

    n_features_in_: int
    feature_names_in_: np.ndarray
    _gathered: FoldScatters | None

    def __init__(
        self,
        n_features_to_select: Any = "auto",
        shrinkage: Any = "auto",
        memory: Any = "auto",
        max_features: Any = 100,
        rule: Any = "min",
        cv: Any = 5,
        priors: Any = None,
        n_components: Any = None,
        calibrate: Any = True,  # noqa: FBT002
    ):
        self.n_features_to_select = n_features_to_select
        self.shrinkage = shrinkage
        self.memory = memory
        self.max_features = max_features
        self.rule = rule
        self.cv = cv
        self.priors = priors
        self.n_components = n_components
        self.calibrate = calibrate

    @abc.abstractmethod
    def _read_off(self, found: Selection) -> None:
        """Set the attributes that this estimator has beyond those all have."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None):
        """Learn from rows `X` ``(n, d)``, dense or CSR, with labels `y` ``(n,)``.

        A weight counts a row that many times: 0 removes it, 2 doubles it. Labels may be
        strings, numbers or booleans, but none may be missing.

        Raises `DataError`, a `ValueError`, for no more rows than classes, for labels
        that are missing and for parameters that make no sense.
        """
        request = self._request()
        folds = folds_of(self.cv)
        table, codes, classes, weights, held = read_sample(
            self,
            X,
            y,
            sample_weight,
            splitter=self.cv if request.judges and folds is None else None,
        )
        require_classes(classes)
        self._check_components(len(classes), table.shape[1])
        self._gathered = None
        if not request.judges or len(codes) <= len(classes):
            held = None
        elif folds is not None:
            held = deal(table, codes, weights, folds)
        found = choose_from_rows(table, codes, weights, held, request)
        self._take(found, classes)
        self._keep(table, codes, weights)
        return self

    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ):
        """Add rows to what earlier calls gathered, and choose anew, without any row.

        What is kept is one scatter ``(d, d)`` a fold, so rows may come in any number of
        chunks, and a class may appear late; `classes`, if given, are all there may be.
        Until there are two classes and more rows than classes the estimator is not
        fitted. For many chunks `selection.FoldScatters.gather` and `from_scatter`
        choose only once. `fit` starts afresh and gathers nothing.
        """
        request = self._request()
        count = folds_of(self.cv)
        if count is None or count < 2:
            raise DataError(
                "partial_fit deals rows to a number of folds, 2 or more; cv is "
                f"{self.cv!r}."
            )
        before = getattr(self, "_gathered", None)
        table, codes, found, weights, _ = read_sample(
            self, X, y, sample_weight, reset=before is None
        )
        strange = [] if classes is None else sorted({*found} - {*np.unique(classes)})
        if strange:
            raise DataError(f"label {strange[0]!r} is not among the classes given.")
        folds = FoldScatters.of(table, found[codes], weights, folds=count, after=before)
        self._gathered = folds.merge(before)
        total = self._gathered.total
        enough = len(total.classes) > 1 and total.count.sum() > len(total.classes)
        if enough and (not request.judges or self._gathered.testable):
            self._choose(request)
        return self

    @classmethod
    def from_scatter(
        cls,
        folds: FoldScatters | Sequence[Scatter] | Scatter,
        *,
        feature_names: Sequence[str] | None = None,
        **params: Any,
    ):
        """A fitted estimator from the scatters of folds, which need no rows.

        `folds` come from `selection.FoldScatters.gather`, or are `Scatter` objects, one
        a fold; a single one will do where nothing is left to cross-validation.
        """
        self = cls(**params)
        if isinstance(folds, Scatter):
            if self._request().judges:
                raise DataError(
                    "one scatter cannot be cross-validated: give one a fold, or "
                    "numbers for what is chosen and calibrate=False."
                )
            folds = FoldScatters((folds, None))
        elif not isinstance(folds, FoldScatters):
            folds = FoldScatters(tuple(folds))
        self._gathered = folds
        self.n_features_in_ = folds.total.d
        if feature_names is not None:
            self.feature_names_in_ = np.array(feature_names, dtype=object)
        self._choose(self._request())
        return self

    def merge(self, other: "AbstractDeepLDA"):
        """A new estimator of the rows of both, where both hold fold scatters.

        Raises `DataError` for one that was fitted by `fit`, which keeps none.
        """
        mine, others = (getattr(each, "_gathered", None) for each in (self, other))
        if mine is None or others is None:
            raise DataError(
                "merge adds fold scatters; one of the two has none. Use partial_fit or "
                "from_scatter in place of fit."
            )
        out: Any = clone(self)
        names = ("n_features_in_", "feature_names_in_")
        vars(out).update({k: v for k, v in vars(self).items() if k in names})
        out._gathered = mine.merge(others)
        out._choose(out._request())
        return out

    def _choose(self, request: Request) -> None:
        classes = np.array(self._gathered.total.classes)  # pyright: ignore
        require_classes(classes)
        self._check_components(len(classes), self.n_features_in_)
        self._take(choose_from_scatters(self._gathered, request), classes)  # pyright: ignore

    def _take(self, found: Selection, classes: np.ndarray) -> None:
        self.classes_ = classes
        self.shrinkage_, self.memory_ = found.shrinkage, found.memory
        self.selected_ = found.discriminant.support
        # `Any`, for where all features were asked for there is none: whoever asked
        # for fewer need not say so again
        self.path_: SelectionPath | Any = None
        if found.path is not None:
            names = getattr(self, "feature_names_in_", None)
            self.path_ = SelectionPath.of(found, names)
        self._read_off(found)

    def _keep(self, table: Any, codes: np.ndarray, weights: np.ndarray) -> None:
        """What to remember of the rows: nothing, unless overridden."""
        del table, codes, weights

    def _request(self) -> Request:
        return Request(
            size=self.n_features_to_select,
            shrinkage=self.shrinkage,
            memory=self.memory,
            max_features=self.max_features,
            rule=self.rule,
            priors=self.priors,
            calibrate=bool(self.calibrate),
        )

    def _check_components(self, C: int, d: int) -> None:
        most = min(C - 1, d)
        if self.n_components is not None and not 1 <= self.n_components <= most:
            raise DataError(
                f"n_components is at least 1 and at most {most}, the smaller of the "
                f"number of classes less one and of features; got {self.n_components}."
            )

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "classes_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.required = True
        return tags
