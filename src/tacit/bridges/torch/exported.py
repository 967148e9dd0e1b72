"""Any small PyTorch model as a function of its parameters, in JAX."""

import copy
import dataclasses
import operator
import warnings
from collections.abc import Mapping
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..._types import Vector
from ...errors import DataError, ShapeError
from ...networks import AbstractNetwork
from .backend import torch
from .operations import OPERATIONS


@dataclasses.dataclass(frozen=True, eq=False)
class _Program:
    """The steps of an exported model, and what in it does not train."""

    nodes: tuple[Any, ...]
    parameters: Mapping[str, str]
    """The name of a step, and that of the parameter that it stands for."""

    constants: Mapping[str, Array]
    shape: tuple[int, ...]


class ExportedNetwork(AbstractNetwork):
    """What ``torch.export`` makes of a model, with its parameters in float64.

    `weights` are the parameters by their names in the model. An input is a flat vector
    of what one sample has. Two models are never equal, even with the same weights.
    """

    weights: dict[str, Array]
    program: _Program = eqx.field(static=True)
    kinked: ClassVar[bool] = True  # as far as is known

    def __call__(self, x: Vector) -> Float[Array, "*k"]:
        with jax.numpy_rank_promotion("allow"):  # as PyTorch does
            return self._run(x)

    def _run(self, x):
        program, known = self.program, {}

        def read(node):
            return known[node.name]

        for node in program.nodes:
            if node.op == "placeholder":
                name = program.parameters.get(node.name)
                if name is not None:
                    known[node.name] = self.weights[name]
                elif node.name in program.constants:
                    known[node.name] = program.constants[node.name]
                else:
                    known[node.name] = x.reshape(1, *program.shape)
            elif node.op == "output":
                return read(node.args[0][0])[0]
            else:
                args = torch.fx.map_arg(node.args, read)
                kwargs = torch.fx.map_arg(node.kwargs, read)
                known[node.name] = _operation(node)(*args, **kwargs)
        raise AssertionError("an exported program has an output")


def exported(model: torch.nn.Module, example_input: torch.Tensor) -> ExportedNetwork:
    """`model` as a network of tacit, by the operations that it is made of.

    `example_input` is a batch ``(n, ...)`` of what it is called with; only the shape of
    one sample is used. Samples must not see each other: batch normalisation is that of
    ``model.eval()``. Raises `DataError` for a model that cannot be exported, has an
    operation that is not known, or is in training mode with layers that behave
    otherwise then.
    """
    _require_still(model)
    one = example_input[:1].detach().double()
    copied = copy.deepcopy(model).double()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.export.export(copied, (one,)).run_decompositions()
    except Exception as error:  # whatever a model may do while it is traced
        raise DataError(
            f"{type(model).__name__} cannot be exported by torch.export, so what it "
            f"computes is not known: {str(error).splitlines()[0]}"
        ) from error
    signature = program.graph_signature
    parameters = dict(signature.inputs_to_parameters)
    held = {**dict(copied.named_buffers()), **program.constants}
    constants = {
        name: _array(held[target])
        for kind in (
            signature.inputs_to_buffers,
            signature.inputs_to_lifted_tensor_constants,
        )
        for name, target in kind.items()
    }
    nodes = tuple(program.graph.nodes)
    for node in nodes:
        if node.op == "call_function":
            _operation(node)
    weights = dict(copied.named_parameters())
    network = ExportedNetwork(
        {name: _array(weights[name]) for name in parameters.values()},
        _Program(nodes, parameters, constants, tuple(one.shape[1:])),
    )
    _require_same(network, copied, one)
    return network


def _operation(node):
    if node.target is operator.getitem:
        return operator.getitem
    name = str(node.target).removeprefix("aten.").split(".")[0]
    if name not in OPERATIONS:
        raise DataError(
            f"the model uses {node.target}, which has no counterpart here. Ask for the "
            "laws of a part of it, or write the network in JAX."
        )
    return OPERATIONS[name]


def _require_still(model):
    """Raise for layers that draw at random, or mix samples, while they train."""
    for name, module in model.named_modules():
        drops = isinstance(module, torch.nn.modules.dropout._DropoutNd) and module.p > 0
        mixes = isinstance(module, torch.nn.modules.batchnorm._BatchNorm)
        if module.training and (drops or mixes):
            raise DataError(
                f"{name or 'the model'} ({type(module).__name__}) is in training mode, "
                "where a sample's output is not its own; call model.eval() first."
            )


def _array(tensor):
    return jnp.asarray(np.asarray(tensor.detach().cpu(), float))


def _require_same(network, model, one):
    """Raise unless the network gives what the model gives, at an input of its shape."""
    x = torch.linspace(-1.0, 1.3, one.numel(), dtype=torch.float64).reshape(one.shape)
    with torch.no_grad():
        known = model(x)
    if not isinstance(known, torch.Tensor) or known.shape[:1] != (1,):
        raise ShapeError(
            f"{type(model).__name__} gives {type(known).__name__} of a batch; a tensor "
            "(n, ...) is needed."
        )
    try:
        ours = network(jnp.asarray(x.numpy().ravel()))
    except NotImplementedError as error:
        raise DataError(f"the model has {error}, which is not known here.") from error
    if not np.allclose(ours, known[0].numpy(), rtol=1e-9, atol=1e-9):
        raise DataError(
            f"{type(model).__name__} does not compute here what it computes in "
            "PyTorch; an operation of it is used in a way that is not known."
        )
