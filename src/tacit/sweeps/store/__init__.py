"""Where a sweep keeps its results: whole or not at all, and found again by anyone.

Loaded name by name: looking into a store needs neither JAX nor xarray.
"""

import lazy_loader


__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
