"""The weights of a PyTorch model as a network of tacit, and back."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ...errors import DataError, ShapeError
from ...networks import (
    AbstractFullyConnected,
    AbstractNetwork,
    ConvLinear,
    DeepLinear,
    MLP,
)
from ...networks.activations import ACTIVATIONS
from .activations import activation_at, IDENTITY, SETTINGS, UNKNOWN
from .backend import torch
from .structure import bare, DROPOUTS, FLATTENING, graphs, LAYERS, matrix


nn = torch.nn
SHAPING = (*FLATTENING, torch.squeeze, "squeeze", "view", "reshape")


class _Chain(NamedTuple):
    """Layers one after another, and the activation after each but the last."""

    layers: list[Any]
    activation: str | Callable


def network(model: nn.Module) -> AbstractNetwork:
    r"""The function of `model`, with its weights in float64, as a network of tacit.

    * `Linear` layers with one activation between all of them: `MLP`; without
      activations and biases `DeepLinear`. Flattening, `Identity` and `Dropout` in
      evaluation mode may stand between. An input is a flat vector ``(d,)``.
    * ``Conv1d(1, 1, d, padding="same", padding_mode="circular", bias=False)`` layers
      and a ``Linear(d, 1, bias=False)``: `ConvLinear`.
    * A single layer, a convolution too: the network of one patch ``(channels x places
      of the kernel,)``, as `torch.nn.functional.unfold` cuts them.

    Outputs are equal to rounding. `load_network` takes the weights back. Raises
    `DataError`, naming the module, for what has no such network.
    """
    chain = _chain(bare(model))
    if any(isinstance(layer, nn.Conv1d) for layer in chain.layers[:-1]):
        return ConvLinear(np.stack([_kernel(layer) for layer in chain.layers]))
    weights = [_array(matrix(layer, layer.weight)) for layer in chain.layers]
    biases = [layer.bias for layer in chain.layers]
    there = [b is not None for b in biases]
    if any(there) != all(there):
        raise DataError(
            f"network: layer {there.index(False) + 1} has no bias, another has one; "
            "give all layers a bias, or none of them."
        )
    if chain.activation == IDENTITY and not any(there):
        return DeepLinear(weights)
    return MLP(
        weights, chain.activation, [_array(b) for b in biases] if all(there) else None
    )


def load_network(model: nn.Module, network: AbstractNetwork) -> None:
    """Write the weights of `network` into the parameters of `model`, in place.

    The model is one that `tacit.bridges.torch.network` takes, of the same shapes; its
    parameters stay the same objects, of their own type. Raises `ShapeError` for a
    network of another shape.
    """
    layers = _chain(bare(model)).layers
    if isinstance(network, ConvLinear):
        arrays = [_unkernel(k, v) for k, v in zip(layers, network.layers, strict=True)]
        pairs = [(k.weight, v) for k, v in zip(layers, arrays, strict=True)]
    else:
        given = network.layers if isinstance(network, AbstractFullyConnected) else []
        if len(given) != len(layers):
            raise ShapeError(
                f"load_network: the model has {len(layers)} layers and the network "
                f"{type(network).__name__} has {len(given)} matrices."
            )
        pairs = [(k.weight, v) for k, v in zip(layers, given, strict=True)]
        biases = network.biases
        if (biases is None) != (layers[0].bias is None):
            raise ShapeError(
                "load_network: one of the model and the network has biases, the other "
                "has none."
            )
        pairs += [(k.bias, b) for k, b in zip(layers, biases or [], strict=False)]
    for parameter, array in pairs:
        if np.size(array) != parameter.numel():
            raise ShapeError(
                f"load_network: a parameter is {tuple(parameter.shape)} in the model, "
                f"and {np.shape(array)} in the network."
            )
    with torch.no_grad():
        for parameter, array in pairs:
            source = torch.from_numpy(np.array(array)).reshape(parameter.shape)
            parameter.copy_(source)


def _chain(model: nn.Module) -> _Chain:
    """The layers that the input goes through; `DataError` unless it is a chain."""
    if isinstance(model, LAYERS):
        return _Chain([model], IDENTITY)
    traced = graphs(model)
    if not traced or traced[0][0]:
        raise DataError(
            f"network: {type(model).__name__} cannot be traced symbolically, so what "
            "it computes is not known. Pass the part of it that is an nn.Sequential."
        )
    layers: list[Any] = []
    between: list[str | Callable] = []
    for node in traced[0][1].nodes:
        module = (
            model.get_submodule(str(node.target)) if node.op == "call_module" else None
        )
        name, setting = activation_at(node, module)
        if len(node.users) > 1:
            raise DataError(
                f"network: the output of {node.name} is used {len(node.users)} times, "
                "so the model is no chain of layers."
            )
        if isinstance(module, nn.Linear | nn.Conv1d):
            if layers and len(between) < len(layers):
                between.append(IDENTITY)
            layers.append(module)
        elif name not in (UNKNOWN, IDENTITY) and len(between) == len(layers) - 1:
            between.append(_activation(name, setting))
        elif not _nothing(node, module, name):
            what = type(module).__name__ if module is not None else node.target
            raise DataError(
                f"network: {node.name} ({what}) has no counterpart in tacit.networks "
                "at its place. There may be Linear layers with one activation after "
                "each but the last; Dropout, after model.eval(); Flatten, Identity."
            )
    if not layers:
        raise DataError("network: the model has no Linear or Conv1d layer.")
    if len(between) == len(layers):
        raise DataError(
            "network: there is an activation after the last layer, which networks of "
            "tacit do not have. Leave it to the loss."
        )
    if len(set(between)) > 1:
        raise DataError(
            f"network: the activations differ ({', '.join(map(str, set(between)))}); "
            "an MLP has one."
        )
    return _Chain(layers, between[0] if between else IDENTITY)


def _nothing(node, module, name) -> bool:
    """Whether the node leaves the numbers as they are."""
    return (
        node.op in ("placeholder", "output")
        or name == IDENTITY
        or isinstance(module, nn.Flatten)
        or node.target in SHAPING
        or (isinstance(module, DROPOUTS) and not module.training)
    )


@functools.cache
def _activation(name: str, setting: Any) -> str | Callable:
    """The activation of tacit that is PyTorch's `name` with its setting."""
    if name == "softplus":  # PyTorch's is the identity from 20 on
        return functools.partial(_softplus, beta=float(setting))
    if name in SETTINGS and setting != SETTINGS[name][1]:
        if name == "gelu":
            return functools.partial(jax.nn.gelu, approximate=True)
        word = "alpha" if name == "elu" else "negative_slope"
        return functools.partial(getattr(jax.nn, name), **{word: float(setting)})
    if name not in ACTIVATIONS:
        raise DataError(
            f"network: {name} has parameters of its own, which the activation of an "
            "MLP has not."
        )
    return name


def _softplus(z, *, beta):
    scaled = beta * z
    return jnp.where(scaled > 20, z, jax.nn.softplus(jnp.minimum(scaled, 20)) / beta)


def _array(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().to(device="cpu", dtype=torch.float64).numpy().copy()


def _kernel(layer: Any) -> np.ndarray:
    """The row of a `ConvLinear` that is this layer."""
    values = _array(layer.weight).ravel()
    if isinstance(layer, nn.Linear):
        plain = layer.out_features == 1 and layer.bias is None
    else:
        d = len(values)
        plain = (
            (layer.in_channels, layer.out_channels, layer.bias) == (1, 1, None)
            and layer.padding_mode == "circular"
            and (layer.stride, layer.dilation) == ((1,), (1,))
            and layer.padding in ("same", ((d - 1) / 2,))
        )
        values = np.sqrt(d) * np.roll(values, -((d - 1) // 2))
    if not plain:
        raise DataError(
            f"network: {layer} is not a layer of ConvLinear: Conv1d(1, 1, d, "
            "padding='same', padding_mode='circular', bias=False) on d places, and a "
            "Linear(d, 1, bias=False) at the end."
        )
    return values


def _unkernel(layer: Any, row: Any) -> np.ndarray:
    """The weight of this layer that is the row; the inverse of `_kernel`."""
    values = np.asarray(row)
    if isinstance(layer, nn.Linear):
        return values
    return np.roll(values, (len(values) - 1) // 2) / np.sqrt(len(values))
