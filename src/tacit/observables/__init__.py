"""Numbers read off a network while it trains."""

from .alignment import (
    Alignment,
    BalanceDrift,
    FrobeniusNorms,
    LayerRatios,
    Misalignment,
    RankExcess,
    SingularValues,
    SpectralNorms,
)
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
from .margin import HomogeneousMargin, LogRisk, NormalizedMargin
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
    "Alignment",
    "Balance",
    "BalanceDrift",
    "Cosine",
    "FisherRatio",
    "FrobeniusNorms",
    "GradientNorm",
    "GramDifferences",
    "HomogeneousMargin",
    "Hoyer",
    "LayerNorms",
    "LayerRatios",
    "Layers",
    "LinearPredictor",
    "LogRisk",
    "Misalignment",
    "NormalizedMargin",
    "Products",
    "QuasiNorm",
    "RankExcess",
    "Sine",
    "SingularValues",
    "SpectralNorms",
    "StrongWeakRatio",
    "SupportSize",
    "TopGram",
    "TrainingRisk",
]
