"""Other ways to select features and classify, each tuned by the same inner folds.

Every rival is a function of the training rows, `(X, y, folds)`, that returns a fitted
pair: the columns it uses and a function from rows to class probabilities. `folds` are
stratified splits of the training rows; what is tuned is tuned by held-out deviance.
"""

import warnings
from typing import Any

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.feature_selection import f_classif
from sklearn.linear_model import ElasticNet, LogisticRegression, MultiTaskLasso
from sklearn.metrics import log_loss
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import NearestCentroid

from tacit import DeepLDAClassifier


GRID = 6
"""Points of a rival's grid."""


def tuned(fit, grid, X, y, folds):
    """`fit(X, y, setting)` with the setting of least mean held-out deviance."""
    losses = np.zeros(len(grid))
    for train, test in folds:
        for k, setting in enumerate(grid):
            _, proba = fit(X[train], y[train], setting)
            p = proba(X[test])
            losses[k] += log_loss(y[test], p, labels=np.unique(y))
    return fit(X, y, grid[int(np.argmin(losses))])


FARTHEST = 100
"""How far our path is followed, and the most features that F + LDA may take."""


def tacit(X, y, folds, rule="min"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        model = DeepLDAClassifier(max_features=FARTHEST, cv=folds, rule=rule).fit(X, y)
    return model.selected_, model.predict_proba


def tacit_fewest(X, y, folds):
    return tacit(X, y, folds, rule="paired-1se")


def l1_logistic(X, y, folds):
    scale = X.std(0) + 1e-12
    Z = X / scale
    binary = len(np.unique(y)) == 2

    def fit(A, b, C):
        one = LogisticRegression(l1_ratio=1, solver="liblinear", C=C, max_iter=300)
        model = (one if binary else OneVsRestClassifier(one)).fit(A, b)
        parts: Any = [model] if binary else model.estimators_
        used = np.any([np.any(m.coef_ != 0, axis=0) for m in parts], axis=0)
        return np.flatnonzero(used), model.predict_proba

    used, proba = tuned(fit, np.geomspace(0.02, 20, GRID), Z, y, folds)
    return used, lambda rows: proba(rows / scale)


def shrunken_centroids(X, y, folds):
    """Tibshirani et al. (2002); used is where some centroid is not the mean."""

    def fit(A, b, threshold):
        model = NearestCentroid(shrink_threshold=threshold, priors="empirical").fit(
            A, b
        )
        used = np.ptp(model.centroids_, axis=0) > 1e-12 * (1 + np.abs(A).max(0))
        return np.flatnonzero(used), model.predict_proba

    varies = np.ptp(X, axis=0) > 0
    for train, _ in folds:
        varies &= np.ptp(X[train], axis=0) > 0
    kept = np.flatnonzero(varies)
    grid = np.r_[0.01, np.linspace(0.5, 6, GRID - 1)]
    used, proba = tuned(fit, grid, X[:, kept], y, folds)
    return kept[used], lambda rows: proba(rows[:, kept])


def marginal(X, y, folds):
    """The features of largest F, and shrunken discriminant analysis on them."""

    def fit(A, b, size):
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            F = np.nan_to_num(f_classif(A, b)[0])
        used = np.argsort(-F)[:size]
        model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
        model.fit(A[:, used], b)
        return used, lambda rows: model.predict_proba(rows[:, used])

    top = min(FARTHEST, X.shape[1])
    grid = np.unique(np.geomspace(1, top, GRID).round().astype(int))
    return tuned(fit, grid, X, y, folds)


def dense(X, y, folds):
    """All features under analytic shrinkage, calibrated."""
    model = DeepLDAClassifier("all", cv=folds).fit(X, y)
    return model.selected_, model.predict_proba


def codes(y):
    """The optimal scores of the classes before any penalty, one row a sample."""
    shares = np.unique(y, return_counts=True)[1] / len(y)
    basis = np.linalg.qr(np.c_[np.sqrt(shares), np.eye(len(shares))[:, 1:]])[0][:, 1:]
    return (basis / np.sqrt(shares)[:, None])[np.unique(y, return_inverse=True)[1]]


def _projected(A, b, coef):
    """Discriminant analysis on what the coefficients ``(d, r)`` make of the rows."""
    used = np.flatnonzero(np.any(coef != 0, axis=1))
    if len(used) == 0:
        shares = np.unique(b, return_counts=True)[1] / len(b)
        return used, lambda rows: np.tile(shares, (len(rows), 1))
    down = np.linalg.svd(coef[used], full_matrices=False)
    rank = int((down[1] > 1e-8 * down[1][0]).sum())
    turn = down[0][:, :rank]
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.05)
    model.fit(A[:, used] @ turn, b)
    return used, lambda rows: model.predict_proba(rows[:, used] @ turn)


def _standard(X):
    scale = X.std(0)
    return np.where(scale > 0, scale, 1.0)


def optimal_scoring(X, y, folds):
    """MultiTaskLasso on the class code (a group lasso over the discriminants)."""
    scale = _standard(X)

    def fit(A, b, share):
        Z = A / scale
        Y = codes(b)
        top = np.linalg.norm((Z - Z.mean(0)).T @ Y, axis=1).max() / len(b)
        model = MultiTaskLasso(share * top, tol=1e-3, max_iter=100).fit(Z, Y)
        used, proba = _projected(Z, b, model.coef_.T)
        return used, lambda rows: proba(rows / scale)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return tuned(fit, np.geomspace(0.9, 0.05, GRID), X, y, folds)


def clemmensen(X, y, folds):
    """Sparse discriminant analysis (Clemmensen et al. 2011): scores and sparse
    coefficients in turn, one discriminant after another."""  # noqa: D205, D209
    scale = _standard(X)

    def fit(A, b, share):
        Z = (A / scale) - (A / scale).mean(0)
        classes, at = np.unique(b, return_inverse=True)
        member = np.eye(len(classes))[at]
        D = member.mean(0)
        earlier = np.ones((len(classes), 1))
        found, beta = [], np.zeros(A.shape[1])
        for q in range(min(len(classes) - 1, 4)):
            theta = np.random.default_rng(q).standard_normal(len(classes))
            for _ in range(4):
                theta -= earlier @ (earlier.T @ (D * theta))
                theta /= np.sqrt(np.sum(D * theta**2))
                target = member @ theta
                top = np.abs(Z.T @ target).max() / len(b)
                net = ElasticNet(share * top / 0.95, l1_ratio=0.95, tol=1e-3,
                                 max_iter=100, fit_intercept=False)  # fmt: skip
                beta = net.fit(Z, target).coef_
                if not beta.any():
                    break
                before, theta = theta, (member.T @ (Z @ beta)) / (len(b) * D)
                if np.abs(theta @ (D * before)) < 1e-12:
                    break
            theta -= earlier @ (earlier.T @ (D * theta))
            size = np.sqrt(np.sum(D * theta**2))
            if size < 1e-10:
                break
            earlier = np.c_[earlier, theta / size]
            found.append(beta)
        coef = np.array(found).T if found else np.zeros((A.shape[1], 1))
        used, proba = _projected(A / scale, b, coef)
        return used, lambda rows: proba(rows / scale)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return tuned(fit, np.geomspace(0.9, 0.05, GRID), X, y, folds)


def celer_logistic(X, y, folds):
    """Sparse logistic regression by celer; two classes."""
    from celer import LogisticRegression as Sparse

    scale = _standard(X)
    low = np.unique(y)[0]

    def fit(A, b, share):
        sign = np.where(b == low, -1.0, 1.0)
        Z = np.asfortranarray(A / scale)
        top = np.abs(Z.T @ sign).max() / 2
        model = Sparse(C=1 / (share * top), tol=1e-3).fit(Z, sign)
        used = np.flatnonzero(model.coef_.ravel())
        return used, lambda rows: model.predict_proba(rows / scale)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return tuned(fit, np.geomspace(0.9, 0.02, GRID), X, y, folds)


def abess_logistic(X, y, folds):
    """Best subsets by splicing; size by its own cross-validation."""
    from abess import LogisticRegression as Binary, MultinomialRegression

    classes, at = np.unique(y, return_inverse=True)
    two = len(classes) == 2
    sizes = range(min(30, X.shape[1], len(y) // 3) + 1)
    kind = Binary if two else MultinomialRegression
    model = kind(support_size=sizes, cv=len(folds))
    if not two:
        at = np.eye(len(classes))[at]
    model.fit(X / (scale := _standard(X)), at)
    coef = np.asarray(model.coef_).reshape(X.shape[1], -1)
    used = np.flatnonzero(np.any(coef != 0, axis=1))

    def proba(rows):
        if two:
            p = np.ravel(model.predict_proba(rows / scale)[:, -1])
            return np.c_[1 - p, p]
        return model.predict_proba(rows / scale)

    return used, proba


RIVALS = {
    "tacit": tacit,
    "tacit, paired-1se": tacit_fewest,
    "L1 logistic": l1_logistic,
    "shrunken centroids": shrunken_centroids,
    "F + LDA": marginal,
    "MultiTaskLasso scoring": optimal_scoring,
    "SDA": clemmensen,
    "celer": celer_logistic,
    "abess": abess_logistic,
    "dense, shrunken": dense,
}
TWO_CLASSES_ONLY = {"celer"}
