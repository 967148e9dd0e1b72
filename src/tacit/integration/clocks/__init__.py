"""What a gradient flow is measured by: flow time, or what makes its orbit short."""

from .base import AbstractClock, OPTIONS, Settings
from .escape import Escape
from .log_risk import LogRisk
from .time import Time


CLOCKS: dict[str, type[AbstractClock]] = {
    "escape": Escape,
    "log-risk": LogRisk,
    "time": Time,
}
"""The clocks that a gradient flow can be asked for by name."""

__all__ = [
    "CLOCKS",
    "OPTIONS",
    "AbstractClock",
    "Escape",
    "LogRisk",
    "Settings",
    "Time",
]
