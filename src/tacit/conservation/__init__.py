"""Conservation laws of training: counted, written out and proved.

`laws` is the way in. A law is a function of the parameters that training does not
change, whatever the data (Marcotte, Gribonval and Peyré 2023, arXiv:2307.00144).
"""

from .counting import laws
from .drift import Drift
from .dynamics import (
    AbstractDynamics,
    Decay,
    Gradient,
    Momentum,
)
from .law import Law
from .laws import Laws
from .metrics import Adaptive, Metric, Multiplicative
from .parametrisation import AbstractParametrisation
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
    "Symmetry",
    "laws",
    "symmetry_of",
]
