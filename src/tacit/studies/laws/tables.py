"""How many laws there are: networks, losses and motions side by side."""

import numpy as np

from ...conservation import laws
from ...conservation.table import Row, rows
from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Squared
from ...networks import DeepLinear
from ...observables import Conserved
from ...problems import Problem
from ...reporting import Numbers, Section
from ...risk import Risk
from ...training import train, Trajectory
from ..base import Answer


FAST = {"diagonal", "two-sided", "deep-linear", "residual"}
"""Networks of which a short run asks."""


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """The table of the documentation, counted anew."""
    chosen = [row for row in rows() if not quick or row.network in FAST]
    counted = [(row, row.laws()) for row in chosen]
    cells = [
        (
            _asked(row),
            row.loss or "any",
            row.flow,
            "?" if found.count is None else str(found.count),
            found.status,
            "; ".join(map(str, found.formulas)) or "none",
        )
        for row, found in counted
    ]
    run = _kept()
    values = np.asarray(run.seen["Conserved"])
    moved = float(np.abs(values - values[0]).max())
    proved = sum(found.certified for _, found in counted)
    others = (
        "The others hold functions that are no polynomials, such as tanh or softmax; "
        "they are counted in floating point, by a gap in the singular values. "
        if proved < len(counted)
        else ""
    )
    section = Section(
        "How many laws there are, and which",
        f"Of {len(counted)} combinations {proved} are proved: as many formulas as the "
        f"rank modulo a prime leaves room for. {others}Along the flow of a linear "
        f"network of two layers its {values.shape[1]} laws move by {moved:.0e}.",
        Numbers(
            ("network", "loss", "motion", "laws", "status", "formulas"),
            cells,
            "What is kept, whatever the data. Behind the name of a network are the "
            "widths of its layers, or its features and layers where it is diagonal or "
            "two-sided.",
        ),
    )
    return Answer(section, records={"linear": run.to_xarray()})


def _kept() -> Trajectory:
    """The laws of a linear network along its gradient flow on regression."""
    rng = np.random.default_rng(32)
    X, y = rng.standard_normal((2, 20, 2))
    network = DeepLinear.gaussian((2, 2, 2), seed=1)
    flow = GradientFlow(rtol=1e-11, chart="parameters")
    experiment = Experiment(network, Risk(Problem(X, y), Squared()), flow, until=5.0)
    return train(experiment, [Conserved(laws(network))], records=50)


def _asked(row: Row) -> str:
    words = [
        f"{word} {value}" if value is not True else word for word, value in row.words
    ]
    return ", ".join([f"{row.network} {'-'.join(map(str, row.widths))}", *words])
