"""What optimisers with memory remember, and what it makes of their moves."""

from ..errors import suggest_names as _suggest_names
from .advice import adam_advice, AdamAdvice
from .averages import MovingAverages, require_memory
from .histories import gradients, replay
from .limits import (
    adam_full_batch,
    adam_long_memory,
    long_memory,
    LongMemory,
    mean_age,
    sampling_share,
)
from .means import adam_memory_mean, heavy_ball_memory_mean, heavy_ball_sums, MeanTerms
from .noise import (
    adam_noise_terms,
    long_memory_coefficient,
    noise_coefficients,
    noise_thresholds,
    NoiseCoefficients,
    NoiseTerms,
    second_order_coefficient,
    Thresholds,
)
from .schedules import (
    adam_schedule_advice,
    beta_of_half_life,
    half_life_of_beta,
    Stage,
    StageAdvice,
)
from .terms import adam_memory, heavy_ball_memory, MemoryTerms


__all__ = [
    "AdamAdvice",
    "LongMemory",
    "MeanTerms",
    "MemoryTerms",
    "MovingAverages",
    "NoiseCoefficients",
    "NoiseTerms",
    "Stage",
    "StageAdvice",
    "Thresholds",
    "adam_advice",
    "adam_full_batch",
    "adam_long_memory",
    "adam_memory",
    "adam_memory_mean",
    "adam_noise_terms",
    "adam_schedule_advice",
    "beta_of_half_life",
    "gradients",
    "half_life_of_beta",
    "heavy_ball_memory",
    "heavy_ball_memory_mean",
    "heavy_ball_sums",
    "long_memory",
    "long_memory_coefficient",
    "mean_age",
    "noise_coefficients",
    "noise_thresholds",
    "second_order_coefficient",
    "replay",
    "require_memory",
    "sampling_share",
]

_suggest_names(__name__)
