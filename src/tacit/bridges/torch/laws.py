"""What training a PyTorch model conserves."""

from typing import Any

from ...conservation import Laws, laws as count
from ...errors import DataError, ShapeError
from .backend import torch
from .exported import exported
from .networks import network


def laws(
    model: torch.nn.Module,
    example_input: torch.Tensor,
    loss: Any = None,
    flow: Any = None,
    degree: int = 2,
) -> Laws:
    """The laws of `tacit.laws` for the network that `model` is, found on its weights.

    A model that `tacit.bridges.torch.network` takes is seen through its weights, so
    that its laws are certified; any other, if small, as what ``torch.export`` makes of
    it, at drawn inputs. `example_input` is a batch ``(n, ...)`` of what it is called
    with, and only its shape is used. `loss` and `flow` are those of tacit. Raises
    `DataError` for a model of operations that are not known, naming them, and
    `ShapeError` for an input that it does not take.
    """
    try:
        with torch.no_grad():
            model(example_input)
    except RuntimeError as error:
        raise ShapeError(
            f"laws: {type(model).__name__} does not take an input of shape "
            f"{tuple(example_input.shape)}: {str(error).splitlines()[0]}"
        ) from error
    try:
        known = network(model)
    except DataError:  # no chain of layers
        whole = exported(model, example_input)
        return count(whole, loss, flow, degree, inputs=example_input[0].numel())
    return count(known, loss, flow, degree)
