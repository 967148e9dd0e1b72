"""The works that a run rests on, as BibTeX: software, methods and losses."""

from typing import Any, NamedTuple


class Work(NamedTuple):
    """An entry of a bibliography: its kind, its key, and its fields in order."""

    kind: str
    key: str
    fields: dict[str, str]

    @property
    def bibtex(self) -> str:
        """As a file of BibTeX has it."""
        body = "".join(
            f"  {name} = {{{text}}},\n" for name, text in self.fields.items()
        )
        return f"@{self.kind}{{{self.key},\n{body}}}\n"


def _preprint(key: str, authors: str, title: str, year: str, number: str) -> Work:
    fields = {"author": authors, "title": title, "year": year}
    known = {"eprint": number, "archivePrefix": "arXiv"}
    return Work("misc", key, fields | known)


def _article(
    key: str, authors: str, title: str, year: str, journal: str, place: str
) -> Work:
    volume, _, pages = place.partition(":")
    fields = {"author": authors, "title": title, "journal": journal, "year": year}
    return Work("article", key, fields | {"volume": volume, "pages": pages})


TACIT = Work(
    "software",
    "tacit",
    {
        "author": "{The tacit authors}",
        "title": "tacit: the implicit bias of gradient training, made explicit",
    },
)
JAX = Work(
    "software",
    "jax",
    {
        "author": "Bradbury, James and Frostig, Roy and Hawkins, Peter and Johnson, "
        "Matthew James and Leary, Chris and Maclaurin, Dougal and others",
        "title": "JAX: composable transformations of Python+NumPy programs",
        "year": "2018",
        "url": "http://github.com/jax-ml/jax",
    },
)
EQUINOX = _preprint(
    "equinox", "Kidger, Patrick and Garcia, Cristian",
    "Equinox: neural networks in JAX via callable PyTrees and filtered transformations",
    "2021", "2111.00254",
)  # fmt: skip
SCIPY = _article(
    "scipy", "Virtanen, Pauli and Gommers, Ralf and Oliphant, Travis E. and others",
    "SciPy 1.0: fundamental algorithms for scientific computing in Python", "2020",
    "Nature Methods", "17:261--272",
)  # fmt: skip
HAIRER = Work(
    "book",
    "hairer",
    {
        "author": "Hairer, Ernst and Norsett, Syvert P. and Wanner, Gerhard",
        "title": "Solving Ordinary Differential Equations I: Nonstiff Problems",
        "publisher": "Springer",
        "year": "1993",
        "edition": "2",
    },
)
PETZOLD = _article(
    "petzold", "Petzold, Linda",
    "Automatic selection of methods for solving stiff and nonstiff systems of "
    "ordinary differential equations", "1983",
    "SIAM Journal on Scientific and Statistical Computing", "4:136--148",
)  # fmt: skip
RANG = _article(
    "rang", "Rang, Joachim and Angermann, Lutz",
    "New Rosenbrock W-methods of order 3 for partial differential algebraic equations "
    "of index 1", "2005", "BIT Numerical Mathematics", "45:761--787",
)  # fmt: skip
FISHER = _article(
    "fisher", "Fisher, Ronald A.",
    "The use of multiple measurements in taxonomic problems", "1936",
    "Annals of Eugenics", "7:179--188",
)  # fmt: skip
WILKS = _article(
    "wilks", "Wilks, Samuel S.",
    "Certain generalizations in the analysis of variance", "1932", "Biometrika",
    "24:471--494",
)  # fmt: skip
DORFER = _preprint(
    "dorfer", "Dorfer, Matthias and Kelz, Rainer and Widmer, Gerhard",
    "Deep Linear Discriminant Analysis", "2016", "1511.04707",
)  # fmt: skip
ADAM = _preprint(
    "adam", "Kingma, Diederik P. and Ba, Jimmy",
    "Adam: A Method for Stochastic Optimization", "2015", "1412.6980",
)  # fmt: skip
ADAMW = _preprint(
    "adamw", "Loshchilov, Ilya and Hutter, Frank",
    "Decoupled Weight Decay Regularization", "2019", "1711.05101",
)  # fmt: skip

SOFTWARE = (TACIT, JAX, EQUINOX, SCIPY)
"""What every run rests on."""

CLOCKS = {"Time": (HAIRER, PETZOLD), "LogRisk": (RANG,), "Escape": (HAIRER,)}
LOSSES = {"Fisher": (FISHER,), "LogDet": (WILKS,), "Dorfer": (DORFER,)}
FLOWS = {"Adam": (ADAM,), "AdamW": (ADAM, ADAMW)}
"""By the name of the class; a class without a work of its own is not listed."""


def works(experiment: Any) -> list[Work]:
    """What `experiment`, a `tacit.Experiment`, rests on: each work once."""
    flow = experiment.flow
    clock = type(flow.clock).__name__
    named = (
        LOSSES.get(type(experiment.risk.loss).__name__, ()),
        FLOWS.get(type(flow).__name__, ()),
        CLOCKS.get(clock, ()),
    )
    found = {work.key: work for some in (SOFTWARE, *named) for work in some}
    return list(found.values())
