"""How many laws there are: networks, losses and motions side by side."""

from ...conservation.table import Row, rows
from ...reporting import Numbers, Section
from ..base import Answer


FAST = {"diagonal", "two-sided", "deep-linear", "residual"}
"""Networks of which a short run asks."""


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """The table of the documentation, counted anew."""
    chosen = [row for row in rows() if not quick or row.network in FAST]
    found = [(row, row.laws()) for row in chosen]
    cells = [
        (
            _asked(row),
            row.loss or "any",
            row.flow,
            "?" if laws.count is None else str(laws.count),
            laws.status,
            "; ".join(map(str, laws.formulas)),
        )
        for row, laws in found
    ]
    proved = sum(laws.certified for _, laws in found)
    section = Section(
        "How many laws there are, and which",
        f"Of {len(found)} combinations {proved} are proved: as many formulas as the "
        "rank modulo a prime leaves room for. The others hold functions that are no "
        "polynomials, such as tanh or softmax; they are counted in floating point, by "
        "a gap in the singular values.",
        Numbers(
            ("network", "loss", "motion", "laws", "status", "formulas"),
            cells,
            "What is kept, whatever the data",
        ),
    )
    return Answer(section)


def _asked(row: Row) -> str:
    words = [
        f"{word} {value}" if value is not True else word for word, value in row.words
    ]
    return ", ".join([f"{row.network} {'-'.join(map(str, row.widths))}", *words])
