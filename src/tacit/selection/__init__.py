"""Sparse discriminants: the jump path with shrinkage, and how far to follow it.

NumPy and SciPy only; nothing here compiles.
"""

from ..errors import suggest_names as _suggest_names
from .choosing import choose_from_rows, choose_from_scatters, Selection
from .fold_scatters import FoldScatters
from .folds import deal
from .held_out import spread_of
from .nested import Nested, nested_validation
from .path import Path, Plateau, trace_path
from .pooled import Pooled
from .record import SelectionPath
from .request import Request
from .rows import Rows


__all__ = [
    "FoldScatters",
    "Nested",
    "Path",
    "Plateau",
    "Pooled",
    "Request",
    "Rows",
    "Selection",
    "SelectionPath",
    "choose_from_rows",
    "choose_from_scatters",
    "deal",
    "nested_validation",
    "spread_of",
    "trace_path",
]

_suggest_names(__name__)
