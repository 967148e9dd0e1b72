"""What is learned: samples with their targets, or the scatter matrices of them.

Loaded name by name: a `Scatter` needs NumPy alone.
"""

import lazy_loader

from ..errors import suggest_names as _suggest_names


__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

_suggest_names(__name__)
