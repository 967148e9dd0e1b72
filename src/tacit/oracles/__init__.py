"""Exact answers by algebra or convex optimisation, each with its certificate."""

from .activation import (
    activation_class as activation_class,
    ActivationClass as ActivationClass,
)
from .adam_limits import (
    adam_full_batch as adam_full_batch,
    adam_long_memory as adam_long_memory,
    long_memory as long_memory,
    LongMemory as LongMemory,
    mean_age as mean_age,
    sampling_share as sampling_share,
)
from .adam_noise import (
    adam_noise_terms as adam_noise_terms,
    long_norm as long_norm,
    noise_coefficients as noise_coefficients,
    noise_thresholds as noise_thresholds,
    NoiseCoefficients as NoiseCoefficients,
    NoiseTerms as NoiseTerms,
    norm_coefficient as norm_coefficient,
    Thresholds as Thresholds,
)
from .averages import MovingAverages as MovingAverages
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
from .histories import gradients as gradients, replay as replay
from .jumps import jump_path as jump_path, JumpPath as JumpPath
from .margin import (
    max_margin as max_margin,
    MaxMargin as MaxMargin,
    Separability as Separability,
    separability as separability,
)
from .memory import (
    adam_memory as adam_memory,
    heavy_ball_memory as heavy_ball_memory,
    MemoryTerms as MemoryTerms,
)
from .memory_means import (
    adam_memory_mean as adam_memory_mean,
    heavy_ball_memory_mean as heavy_ball_memory_mean,
    heavy_ball_sums as heavy_ball_sums,
    MeanTerms as MeanTerms,
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
from .worst_direction import Alpha as Alpha, alpha as alpha


__all__ = [
    "AbstractAnswer",
    "ActivationClass",
    "EscapeTime",
    "Alpha",
    "FisherDirection",
    "FourierMargin",
    "HyperbolicInterpolator",
    "HyperbolicMargin",
    "JumpPath",
    "L1Margin",
    "LeastSquaresPath",
    "LongMemory",
    "MarginConditions",
    "MaxMargin",
    "MeanTerms",
    "MemoryTerms",
    "MovingAverages",
    "NoiseCoefficients",
    "NoiseTerms",
    "Optimum",
    "OrthantLimit",
    "QuasiMargin",
    "ResidualDirection",
    "Separability",
    "SingularLimit",
    "Thresholds",
    "activation_class",
    "adam_full_batch",
    "adam_long_memory",
    "adam_memory",
    "adam_memory_mean",
    "adam_noise_terms",
    "alpha",
    "escape_time",
    "fisher_direction",
    "fourier_margin",
    "gradients",
    "heavy_ball_memory",
    "heavy_ball_memory_mean",
    "heavy_ball_sums",
    "hyperbolic_interpolator",
    "hyperbolic_margin",
    "jump_path",
    "l1_margin",
    "least_squares_path",
    "long_memory",
    "long_norm",
    "margin_conditions",
    "max_margin",
    "mean_age",
    "noise_coefficients",
    "noise_thresholds",
    "norm_coefficient",
    "optimum",
    "orthant_limit",
    "quasi_margin",
    "replay",
    "residual_direction",
    "sampling_share",
    "separability",
    "singular_limit",
]
