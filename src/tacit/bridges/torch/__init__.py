"""PyTorch: what a model's gradients tell."""

from .noise import MeasuredNoise as MeasuredNoise, noise_scale as noise_scale


__all__ = ["MeasuredNoise", "noise_scale"]
