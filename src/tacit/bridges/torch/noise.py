"""PyTorch: the noise of a model's gradients."""

import contextlib
import math
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from ...errors import DataError
from ..base import import_extra


HOLDERS = (list, dict, set)
"""What a module may keep tensors in; their content is put back as well."""


class MeasuredNoise(NamedTuple):
    r"""The noise of `samples` gradients about their mean.

    `trace` is $\operatorname{tr}\Sigma$ over these samples and `square` the squared
    norm of their mean gradient.
    """

    trace: float
    square: float
    samples: int

    @property
    def scale(self) -> float:
        r"""$B_{\rm simple}$ of exactly these samples; infinite where the mean is 0."""
        return self.trace / self.square if self.square > 0 else math.inf

    @property
    def unbiased(self) -> float:
        r"""The same for the population they are drawn from, its parts without bias.

        The square of a mean of $n$ gradients is too large by the share
        $\operatorname{tr}\Sigma/n$ on average. Infinite where nothing else is left.
        """
        if self.samples < 2:
            return math.inf
        trace = self.trace * self.samples / (self.samples - 1)
        square = self.square - trace / self.samples
        return trace / square if square > 0 else math.inf

    def __repr__(self) -> str:
        return (
            f"MeasuredNoise(scale={self.scale:.4g}, unbiased={self.unbiased:.4g}, "
            f"trace={self.trace:.4g}, square={self.square:.4g}, samples={self.samples})"
        )


def noise_scale(
    model: Any, loss: Callable, loader: Iterable, *, vectorised: bool = True
) -> MeasuredNoise:
    r"""The noise scale $\operatorname{tr}\Sigma/|g|^2$ of a PyTorch model, in samples.

    `loader` gives pairs of inputs and targets ``(b, ...)``, every sample once;
    ``loss(model(inputs), targets)`` is a number, and a mean over samples. The gradient
    of every single sample is taken, with respect to all parameters that train, and
    summed in float64. The model is left as it was found, with its mode, its buffers
    and its own attributes, also where an error ends the measurement; a parameter that
    several layers share counts once. `vectorised` takes the samples of a batch side by
    side, which some models, recurrent ones among them, do not support.

    McCandlish, Kaplan and Amodei (2018), arXiv:1812.06162, equation 2.9. Raises
    `MissingExtraError` without PyTorch, and `DataError` for a model that mixes the
    samples of a batch, for no samples, and for gradients that are not finite.
    """
    torch = import_extra("bridges.torch.noise_scale", "torch", "torch")
    _require_apart(torch, model)
    places = _places(model)
    trained = {k: t for k, (t, _) in places.items() if t.requires_grad}
    if not trained:
        raise DataError("noise_scale: no parameter of the model requires a gradient.")
    at = {k: t.detach() for k, t in trained.items()}

    def one(parameters, x, y):
        whole = {}
        for k, (tensor, names) in places.items():
            # Copied, or a layer that counts its calls would do so in the model.
            value = parameters[k] if k in parameters else tensor.detach().clone()
            whole |= dict.fromkeys(names, value)
        # Ties are in the names; PyTorch's own search for them would, of a module that
        # is used twice, put back the wrong tensor.
        outputs = torch.func.functional_call(
            model, whole, (x[None],), tie_weights=False
        )
        value = loss(outputs, y[None])
        if value.ndim:
            raise DataError(
                f"noise_scale: the loss has shape {tuple(value.shape)}; it must be one "
                "number, the mean over samples."
            )
        return value

    slope = torch.func.grad(one)
    if vectorised:
        slope = torch.func.vmap(slope, in_dims=(None, 0, 0), randomness="different")
    device = next(iter(trained.values())).device
    total: dict[str, Any] = {k: 0.0 for k in at}
    squares, samples = 0.0, 0
    for pair in loader:
        inputs, targets = _paired(pair, device)
        samples += len(inputs)
        parts = [(inputs, targets)] if vectorised else zip(inputs, targets, strict=True)
        for part in parts:
            with _as_found(model):
                found = slope(at, *part)
            for k, g in found.items():
                g = g.detach().to(torch.float64)
                squares += float((g**2).sum())
                total[k] = total[k] + (g.sum(0) if vectorised else g)
    if not samples:
        raise DataError("noise_scale: the loader gave no samples.")
    square = sum(float(((t / samples) ** 2).sum()) for t in total.values())
    if not math.isfinite(squares):
        raise DataError(
            f"noise_scale: gradients of the {samples} samples are not all finite."
        )
    return MeasuredNoise(max(squares / samples - square, 0.0), square, samples)


def _places(model):
    """Every parameter and buffer, once, under its first name, and all its names.

    A module in several places is one module, with one name; tensors that several
    modules share have a name in each.
    """
    places: dict[str, tuple[Any, list[str]]] = {}
    first: dict[int, str] = {}
    for prefix, module in model.named_modules():
        for own in (module._parameters, module._buffers):
            for name, tensor in own.items():
                if tensor is not None:
                    full = f"{prefix}.{name}" if prefix else name
                    key = first.setdefault(id(tensor), full)
                    places.setdefault(key, (tensor, []))[1].append(full)
    return places


@contextlib.contextmanager
def _as_found(model):
    """Put back all that the modules hold by name, and what their lists and dicts hold.

    A module may keep what it has seen (a recurrent one its weights in a list); inside
    a transformation that is no tensor anyone else could use.
    """
    modules = list(model.modules())
    held = [dict(vars(module)) for module in modules]
    inside = [
        (x, x.copy()) for own in held for x in own.values() if isinstance(x, HOLDERS)
    ]
    try:
        yield
    finally:
        for module, own in zip(modules, held, strict=True):
            vars(module).clear()
            vars(module).update(own)
        for holder, content in inside:
            if isinstance(holder, list):
                holder[:] = content
            else:
                holder.clear()
                holder.update(content)


def _require_apart(torch, model):
    """Raise `DataError` if the output of one sample depends on the others."""
    for name, layer in model.named_modules():
        batched = isinstance(layer, torch.nn.modules.batchnorm._BatchNorm)
        if batched and (layer.training or layer.running_mean is None):
            raise DataError(
                f"noise_scale: {name or 'the model'} is a {type(layer).__name__} that "
                "normalises by its batch, so a single sample has no gradient of its "
                "own. Call model.eval() first, and keep running statistics."
            )


def _paired(pair, device):
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        got = type(pair).__name__
        size = f" of {len(pair)}" if isinstance(pair, tuple | list | dict) else ""
        raise DataError(
            "noise_scale: the loader must give pairs (inputs, targets), a batch each; "
            f"got a {got}{size}."
        )
    inputs, targets = (part.to(device) for part in pair)
    if len(inputs) != len(targets):
        raise DataError(
            f"noise_scale: a batch has {len(inputs)} inputs but {len(targets)} targets."
        )
    return inputs, targets
