"""Theorems, each as something a run can be held against.

One package a founding paper; inside it one file a theorem.
"""

from . import adam_noise, alignment, deep_lda, saddle_escape
from .adam_noise import *  # noqa: F403
from .alignment import *  # noqa: F403
from .base import AbstractClaim, Hypothesis
from .deep_lda import *  # noqa: F403
from .saddle_escape import *  # noqa: F403


__all__ = ["AbstractClaim", "Hypothesis"]
__all__ += adam_noise.__all__
__all__ += alignment.__all__
__all__ += deep_lda.__all__
__all__ += saddle_escape.__all__
