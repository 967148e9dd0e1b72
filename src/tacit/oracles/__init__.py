"""Exact answers by algebra or convex optimisation, each with its certificate."""

from ..errors import suggest_names as _suggest_names
from .activation import (
    activation_class as activation_class,
    ActivationClass as ActivationClass,
)
from .base import AbstractAnswer as AbstractAnswer
from .circulant import fourier_margin as fourier_margin, FourierMargin as FourierMargin
from .entropies import (
    hyperbolic_interpolator as hyperbolic_interpolator,
    hyperbolic_margin as hyperbolic_margin,
    HyperbolicInterpolator as HyperbolicInterpolator,
    HyperbolicMargin as HyperbolicMargin,
)
from .escape import escape_time as escape_time, EscapeTime as EscapeTime
from .fisher import (
    fisher_direction as fisher_direction,
    FisherDirection as FisherDirection,
)
from .jumps import jump_path as jump_path, JumpPath as JumpPath
from .margin import (
    max_margin as max_margin,
    MaxMargin as MaxMargin,
    Separability as Separability,
    separability as separability,
)
from .orthant import orthant_limit as orthant_limit, OrthantLimit as OrthantLimit
from .plateaus import (
    least_squares_path as least_squares_path,
    LeastSquaresPath as LeastSquaresPath,
)
from .quasi_norms import (
    margin_conditions as margin_conditions,
    MarginConditions as MarginConditions,
    quasi_margin as quasi_margin,
    QuasiMargin as QuasiMargin,
)
from .residual import (
    residual_direction as residual_direction,
    ResidualDirection as ResidualDirection,
)
from .several_outputs import Optimum as Optimum, optimum as optimum
from .singular import singular_limit as singular_limit, SingularLimit as SingularLimit
from .sparse_margin import l1_margin as l1_margin, L1Margin as L1Margin
from .worst_direction import (
    support_strength as support_strength,
    SupportStrength as SupportStrength,
)


__all__ = [
    "AbstractAnswer",
    "ActivationClass",
    "EscapeTime",
    "SupportStrength",
    "FisherDirection",
    "FourierMargin",
    "HyperbolicInterpolator",
    "HyperbolicMargin",
    "JumpPath",
    "L1Margin",
    "LeastSquaresPath",
    "MarginConditions",
    "MaxMargin",
    "Optimum",
    "OrthantLimit",
    "QuasiMargin",
    "ResidualDirection",
    "Separability",
    "SingularLimit",
    "activation_class",
    "support_strength",
    "escape_time",
    "fisher_direction",
    "fourier_margin",
    "hyperbolic_interpolator",
    "hyperbolic_margin",
    "jump_path",
    "l1_margin",
    "least_squares_path",
    "margin_conditions",
    "max_margin",
    "optimum",
    "orthant_limit",
    "quasi_margin",
    "residual_direction",
    "separability",
    "singular_limit",
]

_suggest_names(__name__)
