"""Alignment and margins: the experiments, claims and figures of the second study."""

from .study import Alignment


__all__ = ["Alignment"]
