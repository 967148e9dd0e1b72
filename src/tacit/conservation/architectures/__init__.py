"""Parts of larger networks, small enough that what training keeps can be counted."""

from .attention import Attention
from .convolution import Convolution
from .experts import Experts
from .gated import Gated
from .normalised import Normalised
from .residual import Residual


__all__ = [
    "Attention",
    "Convolution",
    "Experts",
    "Gated",
    "Normalised",
    "Residual",
]
