"""How sparse a predictor is."""

import math

import numpy as np


def hoyer(w: np.ndarray) -> float:
    """Hoyer's sparsity: 0 for equal entries, 1 for a single one."""
    root = math.sqrt(len(w))
    return float((root - np.abs(w).sum() / np.linalg.norm(w)) / (root - 1))
