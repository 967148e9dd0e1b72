"""Integrators of a chart's field."""

from .explicit import explicit, explicit_event, leave
from .leg import Leg
from .rescaled import rescaled, rescaled_event
from .stiff import integrate_stiff


__all__ = [
    "Leg",
    "explicit",
    "explicit_event",
    "integrate_stiff",
    "leave",
    "rescaled",
    "rescaled_event",
]
