"""The estimators: LDA's numbers, scikit-learn's manners, and what users trip over."""

import pickle
import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.linalg
from scipy.sparse import csr_array, csr_matrix
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_iris, load_wine
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.feature_selection import SelectFromModel
from sklearn.model_selection import cross_val_score, GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from tacit import DeepLDAClassifier, DeepLDASelector
from tacit.errors import DataError
from tacit.problems import Scatter
from tacit.selection import FoldScatters


PLAIN = {"n_features_to_select": "all", "shrinkage": None, "calibrate": False}
FIXED = {"n_features_to_select": 3, "shrinkage": 0.1, "memory": 1, "calibrate": False}
BOTH = pytest.mark.parametrize("kind", [DeepLDAClassifier, DeepLDASelector])


def genes(seed=0, n=40, d=200, C=2, true=4, gap=2.0):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % C
    X = rng.standard_normal((n, d))
    true = min(true, d)
    X[:, :true] += gap * (y[:, None] == np.arange(true) % C)
    return X, y


@BOTH
def test_scikit_learn_finds_nothing_wrong(kind):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its data are noise, which we say
        found = check_estimator(kind(), on_fail=None, on_skip=None)
    bad = [each["check_name"] for each in found if each["status"] == "failed"]
    assert not bad
    assert len(found) > 50


@pytest.mark.parametrize("load", [load_iris, load_wine])
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("offset", [0.0, 100.0])
def test_with_everything_it_is_lda(load, classes, offset):
    X, y = load(return_X_y=True)
    X, y = X[y < classes] + offset, y[y < classes]
    ours = DeepLDAClassifier(**PLAIN).fit(X, y)
    theirs = LinearDiscriminantAnalysis(solver="eigen").fit(X, y)
    r = classes - 1
    for a, b in zip(ours.scalings_.T, theirs.scalings_.T[:r], strict=True):
        np.testing.assert_allclose(a, b * np.sign(a @ b), rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(
        ours.decision_function(X), theirs.decision_function(X), rtol=1e-8, atol=1e-8
    )
    proba = theirs.predict_proba(X)
    np.testing.assert_allclose(ours.predict_proba(X), proba, rtol=0, atol=1e-8)
    np.testing.assert_allclose(ours.means_, theirs.means_)
    np.testing.assert_allclose(ours.priors_, theirs.priors_)
    ratios = theirs.explained_variance_ratio_
    np.testing.assert_allclose(ours.explained_variance_ratio_, ratios, atol=1e-8)
    along = theirs.transform(X)
    along = (along - along.mean(0)) * np.sign(np.sum(along * ours.transform(X), 0))
    np.testing.assert_allclose(ours.transform(X), along, rtol=1e-7, atol=1e-7)


def test_scores_and_probabilities_say_the_same():
    X, y = genes(C=3)
    model = DeepLDAClassifier(cv=3).fit(X, y)
    scores = model.decision_function(X)
    proba = np.exp(scores - scores.max(1, keepdims=True))
    proba /= proba.sum(1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(X), proba, atol=1e-10)
    assert np.array_equal(model.predict(X), model.classes_[proba.argmax(1)])
    logs = model.predict_log_proba(X)
    np.testing.assert_allclose(np.exp(logs), proba, atol=1e-10)


def test_a_table_of_genes_is_read_down_to_a_few():
    X, y = genes(n=80, d=2000)
    model = DeepLDAClassifier().fit(X, y)
    assert 2 <= len(model.selected_) <= 20
    assert set(model.selected_[:3]) <= set(range(4))
    fresh, label = genes(seed=1, n=400, d=2000)
    assert model.score(fresh, label) > 0.9


def test_calibration_makes_held_out_deviance_least():
    """The factor, found anew by a search over the folds written out here."""
    X, y = genes(n=64, d=100, gap=1.5)  # even classes in every training part
    folds = list(StratifiedKFold(4).split(X, y))
    free = {"n_features_to_select": 5, "shrinkage": 0.3, "memory": 1.0, "cv": folds}
    evidence, truth = [], []
    for train, test in folds:
        raw = DeepLDAClassifier(**{**free, "calibrate": False}).fit(X[train], y[train])
        evidence.append(raw.decision_function(X[test]))  # even classes: no prior
        truth.append(np.where(y[test] == 1, 1.0, -1.0))
    margins = np.concatenate(truth) * np.concatenate(evidence)
    slack = 1 / (len(y) + 2)  # Platt's targets

    def loss(t):
        return np.sum(np.logaddexp(0, -t * margins) + slack * t * margins)

    best = scipy.optimize.minimize_scalar(loss, (0.1, 1.0), tol=1e-12).x
    model = DeepLDAClassifier(**free).fit(X, y)
    assert model.calibration_ == pytest.approx(best, rel=1e-5)
    deviance = np.mean(np.logaddexp(0, -best * margins))
    assert model.path_.deviance[model.path_.chosen] == pytest.approx(deviance, rel=1e-6)


def test_the_rule_of_one_paired_error_never_takes_more():
    for seed in range(3):
        X, y = genes(seed, n=60, gap=1.2)
        least = DeepLDASelector(cv=4).fit(X, y)
        fewest = DeepLDASelector(cv=4, rule="paired-1se").fit(X, y)
        assert len(fewest.selected_) <= len(least.selected_)
        path = fewest.path_
        k = path.chosen
        above = path.deviance[k] - np.nanmin(path.deviance)
        assert above <= path.paired_error[k] + 1e-12


# 1. Sparse tables.


@BOTH
@pytest.mark.parametrize("shape", [(60, 20), (40, 150)])
@pytest.mark.parametrize("kind_of_sparse", [csr_array, csr_matrix])
def test_csr_fits_and_predicts_as_dense(kind, shape, kind_of_sparse):
    X, y = genes(n=shape[0], d=shape[1], C=3)
    X[X < 0.5] = 0
    sparse = kind_of_sparse(X)
    a, b = kind(cv=3).fit(X, y), kind(cv=3).fit(sparse, y)
    assert np.array_equal(a.selected_, b.selected_)
    if kind is DeepLDAClassifier:
        left, right = a.predict_proba(X), b.predict_proba(sparse)
        np.testing.assert_allclose(left, right, atol=1e-10)
        np.testing.assert_allclose(a.transform(X), b.transform(sparse), atol=1e-10)
        scores = b.decision_function(sparse)
        np.testing.assert_allclose(a.decision_function(X), scores, atol=1e-9)


# 2. Chunks.


@pytest.mark.parametrize("words", [PLAIN, FIXED])
@BOTH
def test_three_chunks_are_one_table(kind, words):
    X, y = genes(n=90, d=12, C=3)
    order = np.argsort(y == 2, kind="stable")  # the third class comes late
    X, y = X[order], y[order]
    model = kind(**words)
    for cut in (slice(0, 40), slice(40, 70), slice(70, 90)):
        model.partial_fit(X[cut], y[cut])
    whole = kind(**words).fit(X, y)
    assert np.array_equal(model.selected_, whole.selected_)
    if kind is DeepLDAClassifier:
        for name in ("coef_", "intercept_", "means_", "priors_"):
            left, right = getattr(model, name), getattr(whole, name)
            np.testing.assert_allclose(left, right, rtol=1e-12, atol=1e-12)


def test_selection_from_chunks_merging_and_scatters_agree():
    X, y = genes(n=400, d=30, gap=0.8)
    model = DeepLDAClassifier().partial_fit(X, y)
    folds = FoldScatters.of(X, y)
    again = DeepLDAClassifier.from_scatter(folds)
    halves = [DeepLDAClassifier().partial_fit(X[i::2], y[i::2]) for i in (0, 1)]
    both = halves[0].merge(halves[1])
    np.testing.assert_allclose(again.coef_, model.coef_)
    assert set(model.selected_) >= set(range(4))
    assert set(both.selected_) >= set(range(4))
    total = both._gathered.total
    np.testing.assert_allclose(total.sums, Scatter.of(X, y).sums, rtol=1e-10, atol=1e-9)
    assert model.path_.criterion == "code error"


def test_the_loss_without_rows_is_that_of_the_rows():
    """Least squares on the class code, fold by fold, with the rows at hand."""
    X, y = genes(n=120, d=8, C=3, gap=1.0)
    words = {"n_features_to_select": 4, "shrinkage": 0.2, "memory": 1.0}
    place = np.empty(len(y), int)
    for c in range(3):
        place[y == c] = np.arange(np.sum(y == c)) % 5
    model = DeepLDASelector(**words).partial_fit(X, y)
    total = 0.0
    for k in range(5):
        own = {"calibrate": False, **words}
        part = DeepLDAClassifier(**own).fit(X[place != k], y[place != k])
        path = part.path_
        one = X[place != k]
        member = np.eye(3)[y[place != k]]
        centre = (member.T @ one) / member.sum(0)[:, None]
        sd = np.sqrt(np.mean((one - centre[y[place != k]]) ** 2, 0))
        # Optimal scoring by ridge-like normal equations on the features chosen.
        A = part.selected_
        pi = member.mean(0)
        H = scipy.linalg.null_space(np.sqrt(pi)[None])
        code = H / np.sqrt(pi)[:, None]
        Z = ((one - one.mean(0)) / sd)[:, A]
        W = ((one - centre[y[place != k]]) / sd)[:, A]
        S = 0.8 * W.T @ W / len(W) + 0.2 * np.eye(len(A))
        M = Z.T @ code[y[place != k]] / len(Z)
        B = np.linalg.solve(S + M @ M.T, M)
        held = ((X[place == k] - one.mean(0)) / sd)[:, A]
        total += np.sum((code[y[place == k]] - held @ B) ** 2)
        del path
    found = model.path_.deviance[model.path_.chosen]
    assert found == pytest.approx(total / len(y), rel=1e-10)


# 3. Weights.


@pytest.mark.parametrize("words", [{}, PLAIN, FIXED])
def test_a_weight_is_so_many_rows(words):
    X, y = genes(n=60, d=10, gap=1.0)
    w = np.random.default_rng(1).integers(0, 3, 60).astype(float)
    weighed = DeepLDAClassifier(**words).fit(X, y, sample_weight=w)
    rows = np.repeat(np.arange(60), w.astype(int))
    shuffled = np.random.default_rng(2).permutation(rows)
    repeated = DeepLDAClassifier(**words).fit(X[shuffled], y[shuffled])
    np.testing.assert_allclose(weighed.coef_, repeated.coef_, rtol=1e-8, atol=1e-10)
    assert weighed.calibration_ == pytest.approx(repeated.calibration_, rel=1e-8)


def test_weights_pass_through_a_pipeline_and_a_search():
    X, y = genes(n=60, d=10)
    w = np.random.default_rng(1).integers(1, 3, 60).astype(float)
    with config_context(enable_metadata_routing=True):
        model: Any = DeepLDAClassifier(**FIXED).set_fit_request(sample_weight=True)
        scaler: Any = StandardScaler().set_fit_request(sample_weight=False)
        piped: Any = make_pipeline(scaler, model).fit(X, y, sample_weight=w)
        single: Any = clone(model)
        alone = single.fit(scaler.fit_transform(X), y, sample_weight=w)
        np.testing.assert_allclose(piped[-1].coef_, alone.coef_)
        model.set_score_request(sample_weight=False)
        grid = GridSearchCV(model, {"n_features_to_select": [1, 4]}, cv=3)
        assert grid.fit(X, y, sample_weight=w).best_params_


# 4. Next to no rows.


@BOTH
def test_no_more_rows_than_classes_is_refused_with_both_counts(kind):
    with pytest.raises(ValueError, match="3 samples in 3 classes"):
        kind().fit(np.eye(3), [0, 1, 2])


@BOTH
@pytest.mark.parametrize("words", [{}, PLAIN])
def test_three_rows_raise_nothing_of_lapack(kind, words):
    with pytest.warns(UserWarning, match="constant within every class"):
        model = kind(**words).fit([[0], [1], [1]], [0, 1, 1])
    assert list(model.selected_) == [0]


# 5. Labels.


@pytest.mark.parametrize(
    ("y", "wanted"),
    [
        (pd.Series([3, 7] * 10, dtype="Int64"), "i"),
        (pd.Series([True, False] * 10, dtype="boolean"), "b"),
        (pd.Series(["a", "b"] * 10, dtype="string"), "U"),
        (pd.Series(["a", "b"] * 10, dtype="category"), "U"),
        (np.array(["a", "b"] * 10, dtype=object), "U"),
    ],
    ids=["Int64", "boolean", "string", "category", "object"],
)
def test_classes_are_plain(y, wanted):
    X, _ = genes(n=20, d=3)
    model = DeepLDAClassifier(**FIXED).fit(X, y)
    assert model.classes_.dtype.kind == wanted
    assert model.predict(X).dtype == model.classes_.dtype


@pytest.mark.parametrize(
    "y",
    [
        pd.Series([0, 1, 0, None] + [0, 1] * 4, dtype="Int64"),
        pd.Series(["a", "b", "a", None] + ["a", "b"] * 4),
        np.array([0, 1, 0, np.nan] + [0, 1] * 4),
    ],
    ids=["Int64", "text", "float"],
)
@BOTH
def test_a_missing_label_is_refused_with_its_row(kind, y):
    with pytest.raises(DataError, match="row 3"):
        kind().fit(genes(n=12, d=3)[0], y)


# 6. Names.


def test_names_of_features_are_kept_where_they_are_strings():
    X, y = genes(n=30, d=4)
    named = pd.DataFrame(X, columns=list("abcd"))
    selector = DeepLDASelector(**FIXED).fit(named, y)
    assert list(selector.feature_names_in_) == list("abcd")
    chosen = [list("abcd")[i] for i in selector.selected_]
    assert list(selector.get_feature_names_out()) == chosen
    selector.set_output(transform="pandas")
    chosen_of: Any = selector.transform(named)
    assert list(chosen_of.columns) == chosen
    model = DeepLDAClassifier(**FIXED).fit(named, y).set_output(transform="pandas")
    assert list(model.transform(named).columns) == ["deepldaclassifier0"]
    for columns in (pd.MultiIndex.from_product([["g"], list("abcd")]), range(4)):
        plain = DeepLDASelector(**FIXED).fit(pd.DataFrame(X, columns=columns), y)
        assert not hasattr(plain, "feature_names_in_")


# 7 and 8. Numbers.


def test_fifty_classes_of_unequal_scale_have_one_answer():
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(50), 25)
    X = (rng.standard_normal((50, 150))[y] + rng.standard_normal((1250, 150))) * (
        10.0 ** rng.uniform(-4, 4, 150)
    )
    model = DeepLDAClassifier(**PLAIN).fit(X, y)
    means = np.array([X[y == c].mean(0) for c in range(50)])
    within = sum((X[y == c] - means[c]).T @ (X[y == c] - means[c]) for c in range(50))
    unit = np.sqrt(np.diag(within / 1250))  # a dense solver needs one scale
    within, apart = within / 1250 / np.outer(unit, unit), (means - X.mean(0)) / unit
    values, vectors = scipy.linalg.eigh(apart.T @ apart / 50, within)
    shares = values[::-1][:49] / values.sum()
    np.testing.assert_allclose(model.explained_variance_ratio_, shares, atol=1e-10)
    for a, b in zip(model.scalings_.T * unit, vectors.T[::-1], strict=False):
        np.testing.assert_allclose(a, b * np.sign(a @ b), atol=1e-8)


def test_a_far_offset_costs_no_digit_of_the_probabilities():
    X, y = genes(n=60, d=6, gap=1.0)
    X = np.round(1024 * X) / 1024  # exact at the offset
    near = DeepLDAClassifier(**PLAIN).fit(X, y).predict_proba(X)
    far = DeepLDAClassifier(**PLAIN).fit(X + 2.0**26, y).predict_proba(X + 2.0**26)
    np.testing.assert_allclose(far, near, atol=1e-7)


# 9. Noise.


@BOTH
def test_noise_is_called_noise(kind):
    X = np.random.default_rng(0).standard_normal((60, 300))
    with pytest.warns(UserWarning, match="no features were found that do better"):
        model = kind().fit(X, np.arange(60) % 2)
    assert len(model.selected_) >= 1


def test_stability_tells_signal_from_noise():
    X, y = genes(n=60, d=100)
    found = DeepLDASelector(4, memory=1, shrinkage=0.2, cv=3).fit(X, y).stability(20)
    assert found.frequency[:4].min() > 0.5
    assert found.frequency[4:].max() < 0.5
    assert found.jaccard > 5 * found.chance
    assert "20 resamples" in repr(found)
    noise = np.random.default_rng(1).standard_normal((60, 100))
    fixed = DeepLDASelector(4, memory=1, shrinkage=0.2, calibrate=False)
    assert fixed.fit(noise, y).stability(20).jaccard < found.jaccard / 2


# 10. Constants.


@BOTH
@pytest.mark.parametrize("n", [30, 6])
def test_a_constant_is_never_taken_in(kind, n):
    X, y = genes(n=n, d=8)
    third = np.where(np.arange(n) % 3, 0.3, 0.1 + 0.2)
    X = np.c_[np.full(n, 7.0), X, third, np.zeros(n)]
    fixed = {"n_features_to_select": 5, "shrinkage": 0.3, "memory": 1}
    model = kind(**fixed, calibrate=False).fit(X, y)
    assert not {0, 9, 10} & set(model.selected_)
    model = kind(**{**PLAIN, "shrinkage": 0.3}).fit(X, y)
    assert not {0, 9, 10} & set(model.selected_)
    if kind is DeepLDAClassifier:
        assert not model.coef_[:, [0, 9, 10]].any()
    merged = FoldScatters.of(X, y, folds=2) + FoldScatters.of(X, y, folds=2)
    again = kind.from_scatter(merged, **fixed, calibrate=False)
    assert not {0, 9, 10} & set(again.selected_)


# Manners.


def test_it_works_inside_scikit_learn():
    X, y = genes(n=60, d=50)
    model = make_pipeline(StandardScaler(), DeepLDASelector(3, memory=1, shrinkage=0.1,
                          calibrate=False), DeepLDAClassifier(**PLAIN))  # fmt: skip
    assert cross_val_score(model, X, y, cv=3).mean() > 0.8
    kept: Any = SelectFromModel(DeepLDAClassifier(**FIXED), threshold=1e-12).fit(X, y)
    assert kept.get_support().sum() == 3
    twin: Any = clone(DeepLDASelector(7))
    assert twin.n_features_to_select == 7


@BOTH
def test_a_pickle_predicts_the_same_and_carries_no_rows(kind):
    X, y = genes(n=60, d=500)
    model = kind(**FIXED).fit(X, y)
    text = pickle.dumps(model)
    assert len(text) < X.nbytes / 4
    again = pickle.loads(text)
    np.testing.assert_array_equal(again.transform(X), model.transform(X))
    if kind is DeepLDASelector:
        with pytest.raises(DataError, match="holds none"):
            again.stability()


def test_the_path_says_what_came_when():
    X, y = genes(n=60, d=30)
    selector = DeepLDASelector(cv=3).fit(
        pd.DataFrame(X).rename(columns="g{}".format), y
    )
    path = selector.path_
    assert selector.ranking_[path.features[0]] == 1
    assert selector.scores_[path.features[0]] == pytest.approx(1 / path.times[0])
    assert sorted(path.weights[[path.chosen]].indices) == list(selector.selected_)
    assert path.sizes[path.chosen] == len(selector.selected_)
    assert np.isfinite(path.deviance[path.chosen])
    assert path.name(0) == "g0"
    figure = selector.plot_path()
    assert len(figure.axes) == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"n_features_to_select": "some"}, '"auto", "all"'),
        ({"n_features_to_select": 0}, "1 or more; got 0"),
        ({"n_features_to_select": 9}, "ends with 4 of 4"),
        ({"shrinkage": 1.5}, "from 0 to 1; got 1.5"),
        ({"memory": None}, "memory is"),
        ({"rule": "1se"}, "paired-1se"),
        ({"max_features": 2.5}, "max_features is a whole number"),
        ({"priors": [0.5, 0.2]}, "sum to 0.7"),
        ({"priors": [1.0]}, "2 positive shares"),
        ({"cv": 1}, "2 folds or more"),
        ({"n_components": 2}, "at most 1"),
    ],
    ids=lambda x: next(iter(x)) if isinstance(x, dict) else "",
)
@BOTH
def test_bad_parameters_are_named(kind, words, told):
    X, y = genes(n=20, d=4)
    with pytest.raises(ValueError, match=told):
        kind(**words).fit(X, y)


def test_what_cannot_be_done_is_said():
    X, y = genes(n=20, d=60)
    with pytest.raises(DataError, match="shrinkage='auto'"):
        DeepLDAClassifier(**PLAIN).fit(X, y)
    with pytest.raises(DataError, match="one a fold"):
        DeepLDAClassifier.from_scatter(Scatter.of(X, y))
    with pytest.raises(DataError, match="none"):
        DeepLDAClassifier(**FIXED).fit(X, y).merge(DeepLDAClassifier(**FIXED).fit(X, y))
    with pytest.raises(DataError, match="not among the classes"):
        DeepLDAClassifier(**FIXED).partial_fit(X, y, classes=[0, 2])
    with pytest.raises(ValueError, match="greater than one"):
        DeepLDAClassifier().fit(X, y, sample_weight=(y == 1).astype(float))


def test_priors_stand_through_calibration():
    X, y = genes(n=60, d=10, gap=0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = DeepLDAClassifier(cv=3, priors=[0.9, 0.1]).fit(X, y)
    assert model.predict_proba(X).mean(0) == pytest.approx([0.9, 0.1], abs=0.1)


def test_neither_import_nor_fit_loads_jax():
    code = (
        "import sys, numpy as np, tacit\n"
        "X = np.random.default_rng(0).normal(size=(20, 5))\n"
        "X[::2, 0] += 3\n"
        "tacit.DeepLDAClassifier(cv=2).fit(X, np.arange(20) % 2)\n"
        "print('jax' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr
