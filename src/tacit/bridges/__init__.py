"""Ways in from other libraries, one for each; none is imported before its use."""

import lazy_loader


__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, ["sklearn", "torch"])
