"""Ways in from other libraries, one file for each; none is imported before its use."""

from . import torch as torch


__all__ = ["torch"]
