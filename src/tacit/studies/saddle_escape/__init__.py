"""Escape from a saddle: the experiments, claims and figures of the third study."""

from .study import SaddleEscape


__all__ = ["SaddleEscape"]
