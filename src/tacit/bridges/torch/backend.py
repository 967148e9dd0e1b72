"""PyTorch itself: the one file here that imports it."""

from ...errors import MissingExtraError


try:
    import torch as torch
except ModuleNotFoundError as error:
    if error.name != "torch":  # it is there, and something it needs is not
        raise
    raise MissingExtraError("tacit.bridges.torch", "torch", "torch") from None
