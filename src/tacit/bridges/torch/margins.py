"""The normalised margin of a classifier on samples that are kept for it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ...errors import ShapeError
from .backend import torch


def normalised_margin(
    model: torch.nn.Module,
    inputs: torch.Tensor,
    targets: torch.Tensor,
    weights: Sequence[torch.Tensor],
) -> torch.Tensor:
    r"""The least margin of the samples over the product of the layers' norms.

    The margin of a sample is the output of its class less the largest other; of a
    single output ``(n,)`` or ``(n, 1)``, with targets of either sign, the output with
    the sign of its target. For a network of positive homogeneity without biases,
    dividing by $\prod_l \|W_l\|_F$ takes the scale out (Lyu and Li 2020,
    arXiv:1906.05890, divide by $\|\theta\|^L$, which for balanced layers is that up to
    a constant). The model is run in evaluation mode and left as it was.
    """
    with torch.no_grad(), evaluating(model):
        outputs = model(inputs)
    if outputs.ndim == 2 and outputs.shape[1] == 1:
        outputs = outputs[:, 0]
    if outputs.ndim == 1 and targets.shape == outputs.shape:
        margins = outputs * torch.sign(targets.to(outputs))
    elif outputs.ndim == 2 and targets.shape == outputs.shape[:1]:
        own = outputs.gather(1, targets[:, None].long())[:, 0]
        others = outputs.scatter(1, targets[:, None].long(), -torch.inf)
        margins = own - others.max(1).values
    else:
        raise ShapeError(
            "the probe of a Monitor is (inputs, targets) with outputs (n, C) and class "
            "numbers (n,), or outputs (n,) and signs (n,); got outputs "
            f"{tuple(outputs.shape)} and targets {tuple(targets.shape)}."
        )
    logs = sum(torch.log(torch.linalg.vector_norm(W.detach())) for W in weights)
    return margins.min() * torch.exp(-torch.as_tensor(logs))


@contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """Evaluation mode; afterwards every module is in the mode that it was in."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
