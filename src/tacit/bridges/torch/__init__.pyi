from .loss import (
    DeepLDALoss as DeepLDALoss,
    DegenerateBatchWarning as DegenerateBatchWarning,
)
from .metric_learning import MetricDeepLDALoss as MetricDeepLDALoss
from .networks import load_network as load_network, network as network
from .noise import MeasuredNoise as MeasuredNoise, noise_scale as noise_scale
from .noise_stream import NoiseScale as NoiseScale
from .sampler import ClassBalancedSampler as ClassBalancedSampler
from .statistics import ClassStatistics as ClassStatistics

__all__ = [
    "ClassBalancedSampler",
    "ClassStatistics",
    "DeepLDALoss",
    "DegenerateBatchWarning",
    "MeasuredNoise",
    "MetricDeepLDALoss",
    "NoiseScale",
    "load_network",
    "network",
    "noise_scale",
]
