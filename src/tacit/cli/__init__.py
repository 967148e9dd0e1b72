"""The command line: the library's verbs, and nothing the library cannot do.

Data go to stdout, progress and notes to stderr. Exit codes: 0 fine, 1 a claim fails,
2 usage or input, 3 numerical failure, 4 incomplete and resumable, 70 a fault of ours,
130 interrupted, 141 nobody reads on. Nothing heavy is imported before a command runs.
"""

# A verb is there once its file is imported; --help lists them in this order.
from . import (
    advising,
    checking,
    examining,
    finding_laws,
    listing_claims,
    listing_data,
    predicting,
    reproducing,
    running,
    selecting,
    storing,
    viewing,
)  # noqa: I001
from .base import app, UNREAD
from .entry import main


__all__ = [
    "UNREAD",
    "advising",
    "app",
    "checking",
    "examining",
    "finding_laws",
    "listing_claims",
    "listing_data",
    "main",
    "predicting",
    "reproducing",
    "running",
    "selecting",
    "storing",
    "viewing",
]
