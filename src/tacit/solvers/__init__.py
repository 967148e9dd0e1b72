"""Integrators that no library has, and the doors to those that it has."""

from .explicit import explicit, explicit_event, leave
from .hard_margin import hard_flow, weighty_rows
from .leg import Leg
from .many import soft_flows
from .rescaled import rescaled, rescaled_event
from .rosenbrock import soft_flow, SoftLeg
from .stiff import integrate_stiff
from .tangent import flat_predictor


__all__ = [
    "Leg",
    "SoftLeg",
    "explicit",
    "explicit_event",
    "flat_predictor",
    "hard_flow",
    "integrate_stiff",
    "leave",
    "rescaled",
    "rescaled_event",
    "soft_flow",
    "soft_flows",
    "weighty_rows",
]
