"""Implicit bias in deep LDA: the experiments, claims and figures of the first study."""

from .study import DeepLDA


__all__ = ["DeepLDA"]
