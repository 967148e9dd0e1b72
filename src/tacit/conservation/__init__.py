"""Conservation laws of training: counted, written out and proved.

`laws` is the way in. A law is a function of the parameters that training does not
change, whatever the data (Marcotte, Gribonval and Peyré 2023, arXiv:2307.00144).
"""

from ..errors import suggest_names as _suggest_names
from . import architectures, catalogue
from .counting import laws
from .drift import Drift
from .dynamics import (
    AbstractDynamics,
    Decay,
    Gradient,
    Momentum,
)
from .inventory import Laws
from .law import Law
from .metrics import Adaptive, Metric, Multiplicative
from .parametrisation import AbstractParametrisation
from .refutation import Refutation, refute
from .symmetry import Symmetry, symmetry_of


__all__ = [
    "AbstractDynamics",
    "AbstractParametrisation",
    "Adaptive",
    "Decay",
    "Drift",
    "Gradient",
    "Law",
    "Laws",
    "Metric",
    "Momentum",
    "Multiplicative",
    "Refutation",
    "Symmetry",
    "architectures",
    "catalogue",
    "laws",
    "refute",
    "symmetry_of",
]

_suggest_names(__name__)
