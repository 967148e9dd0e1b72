"""Claims about the memory of optimisers and the noise of mini-batches."""

from .following import FollowsMemoryless
from .full_batch import AntiRegularised, WholeSampleCorrection
from .heavy_ball import HeavyBallModifiedLoss, HeavyBallOverOrders
from .products import CorrectionByProducts


__all__ = [
    "AntiRegularised",
    "CorrectionByProducts",
    "FollowsMemoryless",
    "HeavyBallModifiedLoss",
    "HeavyBallOverOrders",
    "WholeSampleCorrection",
]
