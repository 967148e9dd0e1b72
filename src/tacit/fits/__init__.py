"""What is read off curves: exponents and plateaus."""

from ..errors import suggest_names as _suggest_names
from .exponents import difference_slopes, Exponent, fit_exponent
from .plateaus import find_plateaus, first_below, Plateau


__all__ = [
    "Exponent",
    "Plateau",
    "difference_slopes",
    "find_plateaus",
    "first_below",
    "fit_exponent",
]

_suggest_names(__name__)
