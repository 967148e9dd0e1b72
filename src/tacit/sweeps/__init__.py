"""Grids of experiments, run in batches and kept.

Loaded name by name: looking into a store needs nothing that computes.
"""

import lazy_loader

from ..errors import suggest_names as _suggest_names


__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

_suggest_names(__name__)
