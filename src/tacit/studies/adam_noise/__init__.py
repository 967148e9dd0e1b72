"""Memory and mini-batch noise in Adam: experiments, claims and figures."""

from .study import AdamNoise


__all__ = ["AdamNoise"]
