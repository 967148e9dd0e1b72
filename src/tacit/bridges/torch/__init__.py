"""PyTorch: a Deep LDA loss, a monitor of training, the noise of gradients, weights.

Nothing of PyTorch is imported before a name is used.
"""

import lazy_loader


__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
