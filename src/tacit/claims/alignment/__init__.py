"""Claims about alignment and margins on separable data."""

from .logarithmic_time import (
    ErrorFallsLikeOneOverLogTime,
    HeldByOneDrifts,
    RiskFallsLikeOneOverTime,
)
from .schedules import GapTimesNorm


__all__ = [
    "ErrorFallsLikeOneOverLogTime",
    "GapTimesNorm",
    "HeldByOneDrifts",
    "RiskFallsLikeOneOverTime",
]
