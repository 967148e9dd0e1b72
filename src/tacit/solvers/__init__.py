"""Integrators of a chart's field."""

from .explicit import explicit, explicit_event, leave
from .stiff import integrate_stiff, Stretch


__all__ = ["Stretch", "explicit", "explicit_event", "integrate_stiff", "leave"]
