from . import sinks as sinks
from .laws import laws as laws
from .lightning import LightningMonitor as LightningMonitor
from .loss import (
    DeepLDALoss as DeepLDALoss,
    DegenerateBatchWarning as DegenerateBatchWarning,
)
from .metric_learning import MetricDeepLDALoss as MetricDeepLDALoss
from .monitor import Monitor as Monitor
from .networks import load_network as load_network, network as network
from .noise import MeasuredNoise as MeasuredNoise, noise_scale as noise_scale
from .noise_stream import NoiseScale as NoiseScale
from .sampler import ClassBalancedSampler as ClassBalancedSampler
from .statistics import ClassStatistics as ClassStatistics
from .transformers import TrainerMonitor as TrainerMonitor

__all__ = [
    "ClassBalancedSampler",
    "ClassStatistics",
    "DeepLDALoss",
    "DegenerateBatchWarning",
    "LightningMonitor",
    "MeasuredNoise",
    "MetricDeepLDALoss",
    "Monitor",
    "NoiseScale",
    "TrainerMonitor",
    "laws",
    "load_network",
    "network",
    "noise_scale",
    "sinks",
]
