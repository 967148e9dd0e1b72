"""Numbers read off a network while it trains."""

from .base import AbstractObservable
from .conserved import (
    Balance,
    GramDifferences,
    LayerNorms,
    Products,
    QuasiNorm,
    TopGram,
)
from .directions import Cosine, Sine
from .sparsity import Hoyer, StrongWeakRatio, SupportSize
from .training import FisherRatio, GradientNorm, LinearPredictor, TrainingRisk


__all__ = [
    "AbstractObservable",
    "Balance",
    "Cosine",
    "FisherRatio",
    "GradientNorm",
    "GramDifferences",
    "Hoyer",
    "LayerNorms",
    "LinearPredictor",
    "Products",
    "QuasiNorm",
    "Sine",
    "StrongWeakRatio",
    "SupportSize",
    "TopGram",
    "TrainingRisk",
]
