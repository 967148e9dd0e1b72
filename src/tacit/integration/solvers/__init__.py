"""Integrators that no library has, and the doors to those that it has."""

from .explicit import explicit, explicit_event, explicit_in_windows, leave
from .hard_margin import asymptotic_flow, weighty_rows
from .lanes import explicit_many
from .many import margin_flows
from .margin_flow import margin_flow, MarginSegment
from .rescaled import rescaled, rescaled_event
from .segment import Segment
from .stiff import integrate_stiff
from .tangent import flat_predictor


__all__ = [
    "Segment",
    "MarginSegment",
    "explicit",
    "explicit_event",
    "explicit_in_windows",
    "explicit_many",
    "flat_predictor",
    "asymptotic_flow",
    "integrate_stiff",
    "leave",
    "rescaled",
    "rescaled_event",
    "margin_flow",
    "margin_flows",
    "weighty_rows",
]
