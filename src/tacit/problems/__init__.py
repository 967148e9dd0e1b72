"""What is learned: samples with their targets, or the scatter matrices of them."""

from .datasets import load, SETS
from .problem import Problem
from .scatter import Scatter
from .synthetic import strong_weak_noise, two_gaussians


__all__ = ["Problem", "SETS", "Scatter", "load", "strong_weak_noise", "two_gaussians"]
