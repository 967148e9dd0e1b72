"""Ways to move parameters down a risk."""

from .adam import Adam
from .base import AbstractFlow
from .descent import Descent
from .fixed_step import AbstractFixedStep
from .gradient_flow import GradientFlow
from .schedules import PowerDecay
from .sign_descent import SignDescent
from .stochastic import Stochastic


__all__ = [
    "AbstractFixedStep",
    "AbstractFlow",
    "Adam",
    "Descent",
    "GradientFlow",
    "PowerDecay",
    "SignDescent",
    "Stochastic",
]
