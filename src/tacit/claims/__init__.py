"""Theorems, each as something a run can be held against.

One package a theme; inside it one file a theorem or a few that share their data.
"""

from ..errors import suggest_names as _suggest_names
from . import conservation, discretisation, limits, margins, memory, objectives, saddles
from .base import AbstractClaim
from .conservation import *  # noqa: F403
from .discretisation import *  # noqa: F403
from .limits import *  # noqa: F403
from .margins import *  # noqa: F403
from .memory import *  # noqa: F403
from .objectives import *  # noqa: F403
from .papers import Paper, Source
from .parts import Forecast, Hypothesis, Rival, Term, Unmeasured
from .saddles import *  # noqa: F403


__all__ = [
    "AbstractClaim",
    "Forecast",
    "Hypothesis",
    "Paper",
    "Rival",
    "Source",
    "Term",
    "Unmeasured",
]
__all__ += conservation.__all__
__all__ += discretisation.__all__
__all__ += limits.__all__
__all__ += margins.__all__
__all__ += memory.__all__
__all__ += objectives.__all__
__all__ += saddles.__all__

_suggest_names(__name__)
