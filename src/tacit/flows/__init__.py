"""Ways to move parameters down a risk."""

from ..errors import suggest_names as _suggest_names
from .adam import Adam, AdamW, RMSprop
from .adaptive import AbstractAdaptive
from .base import AbstractFlow
from .descent import Descent
from .fixed_step import AbstractFixedStep
from .gradient_flow import GradientFlow
from .memoryless import Memoryless
from .rules import (
    curvature_bound,
    GradientNormalized,
    LossNormalized,
    PrescribedSteps,
)
from .schedules import PowerDecay
from .sign_descent import SignDescent
from .stochastic import Stochastic


__all__ = [
    "AbstractAdaptive",
    "AbstractFixedStep",
    "AbstractFlow",
    "Adam",
    "AdamW",
    "Descent",
    "GradientFlow",
    "GradientNormalized",
    "LossNormalized",
    "Memoryless",
    "PowerDecay",
    "PrescribedSteps",
    "RMSprop",
    "SignDescent",
    "Stochastic",
    "curvature_bound",
]

_suggest_names(__name__)
