"""Numbers read off a network while it trains."""

from ..errors import suggest_names as _suggest_names
from .alignment import (
    Alignment,
    BalanceDrift,
    FlatWeights,
    FrobeniusNorms,
    LayerRatios,
    Misalignment,
    RankExcess,
    SingularValues,
    SpectralNorms,
)
from .base import AbstractObservable
from .conserved import (
    Imbalance,
    LayerNorms,
    QuasiNorm,
    SidePairing,
    TopGram,
)
from .curvature import (
    HessianTrace,
    HessianTraceError,
    TopEigenvalue,
    TopEigenvalueError,
)
from .deviations import deviations
from .directions import Cosine, Sine
from .gradient_noise import GradientOneNorm, NoiseScale
from .law_values import Conserved, NoiseDrift, StepDrift
from .margin import HomogeneousMargin, LogRisk, NormalizedMargin
from .memory_projection import MemoryProjection
from .saddle import FeatureOverlap, ImbalanceRate, MeanGain, SignalEnergy
from .sparsity import Hoyer, StrongWeakRatio, SupportSize
from .training import FisherRatio, GradientNorm, Layers, LinearPredictor, TrainingRisk


__all__ = [
    "AbstractObservable",
    "Alignment",
    "BalanceDrift",
    "Conserved",
    "Cosine",
    "FeatureOverlap",
    "FlatWeights",
    "FisherRatio",
    "FrobeniusNorms",
    "GradientNorm",
    "GradientOneNorm",
    "HessianTrace",
    "HessianTraceError",
    "HomogeneousMargin",
    "Hoyer",
    "Imbalance",
    "ImbalanceRate",
    "LayerNorms",
    "LayerRatios",
    "Layers",
    "LinearPredictor",
    "LogRisk",
    "MeanGain",
    "MemoryProjection",
    "Misalignment",
    "NoiseDrift",
    "NoiseScale",
    "NormalizedMargin",
    "SidePairing",
    "QuasiNorm",
    "RankExcess",
    "SignalEnergy",
    "Sine",
    "SingularValues",
    "SpectralNorms",
    "StepDrift",
    "StrongWeakRatio",
    "SupportSize",
    "TopEigenvalue",
    "TopEigenvalueError",
    "TopGram",
    "TrainingRisk",
    "deviations",
]

_suggest_names(__name__)
