"""Theorems, each as something a run can be held against."""

from .base import AbstractClaim, Hypothesis
from .layer_norms import LayerNormsConserved, QuasiNormConserved


__all__ = ["AbstractClaim", "Hypothesis", "LayerNormsConserved", "QuasiNormConserved"]
