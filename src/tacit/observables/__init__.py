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
from .training import (
    FisherRatio,
    GradientNorm,
    Layers,
    LinearPredictor,
    TrainingRisk,
)


__all__ = [
    "AbstractObservable",
    "Balance",
    "Cosine",
    "FisherRatio",
    "GradientNorm",
    "GramDifferences",
    "Hoyer",
    "LayerNorms",
    "Layers",
    "LinearPredictor",
    "Products",
    "QuasiNorm",
    "Sine",
    "StrongWeakRatio",
    "SupportSize",
    "TopGram",
    "TrainingRisk",
]
