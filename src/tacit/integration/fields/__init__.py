"""What is integrated: the velocity of the parameters at every network."""

from .base import AbstractField
from .gradient import Gradient
from .memory import MemoryField
from .modified import Modified
from .weight_decay import Decayed


__all__ = ["AbstractField", "Decayed", "Gradient", "MemoryField", "Modified"]
