"""What the memory of an optimiser does."""

from .following import FollowsMemoryless, MemoryCarries
from .full_batch import AntiRegularised, WholeSampleCorrection
from .heavy_ball import HeavyBallModifiedLoss, HeavyBallOverOrders
from .long_memory import LongMemoryCorrection
from .noise_terms import NoiseInFiveTerms, NoiseWithoutReplacement
from .products import CorrectionByProducts
from .reversal import LongerMemoryAntiRegularises, NoiseTurnsSharpness
from .thresholds import FormulaThresholds
from .training_effect import NoiseDampsMemory


__all__ = [
    "AntiRegularised",
    "CorrectionByProducts",
    "FollowsMemoryless",
    "FormulaThresholds",
    "HeavyBallModifiedLoss",
    "HeavyBallOverOrders",
    "LongMemoryCorrection",
    "LongerMemoryAntiRegularises",
    "MemoryCarries",
    "NoiseDampsMemory",
    "NoiseInFiveTerms",
    "NoiseTurnsSharpness",
    "NoiseWithoutReplacement",
    "WholeSampleCorrection",
]
