"""Where the flow of Deep LDA ends: over depth, imbalance and samples a feature."""

from .study import PhaseDiagram


__all__ = ["PhaseDiagram"]
