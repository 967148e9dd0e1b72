"""Which layers of a model are matrices, and what stands between two of them.

The model is traced symbolically (`torch.fx`): nothing is run, hooked or changed. Where
tracing fails, its `Sequential` parts are traced one by one.
"""

from typing import NamedTuple

from .activations import activation_at, HOMOGENEOUS, IDENTITY, UNKNOWN
from .backend import torch


nn = torch.nn
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
LAYERS = (nn.Linear, *CONVOLUTIONS, *TRANSPOSED)
DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout)
AVERAGES = (nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)
AVERAGES += (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d)
LARGEST = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)
LARGEST += (nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d, nn.AdaptiveMaxPool3d)
FLATTENING = (torch.flatten, "flatten")

MATRIX, UNIT, NONE = "matrix", "unit", "none"


class Link(NamedTuple):
    r"""Two layers of which the upper is fed by the lower and by nothing else.

    `law` is what the gradient flow of any loss conserves of them: with $W$ the lower
    and $V$ the upper matrix, and $b$ the lower bias, ``"matrix"``
    $V^\top V - WW^\top - bb^\top$ (no activation between), ``"unit"`` its diagonal (one
    of positive homogeneity), ``"none"`` nothing.
    """

    below: str
    above: str
    activation: str
    law: str


class Structure(NamedTuple):
    """The layers of a model by name, their links, and what is left out, with reasons.

    `skipped` are parameters that belong to no layer, `unlinked` pairs
    ``<below>:<above>`` of which the upper is reached from the lower through no other
    layer and that are no link; `shared` are layers that are called more than once or
    whose weight is another's.
    """

    layers: dict[str, nn.Module]
    links: tuple[Link, ...]
    skipped: dict[str, str]
    unlinked: dict[str, str]
    shared: frozenset[str]


def bare(model: nn.Module) -> nn.Module:
    """The model inside of `torch.compile` and of data parallelism."""
    while True:
        if hasattr(model, "_orig_mod"):
            model = model._orig_mod  # pyright: ignore[reportAssignmentType]
        elif isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
            model = model.module
        else:
            return model


def structure(model: nn.Module) -> Structure:
    """What there is to measure in `model`; every parameter is in it or is skipped.

    A bias is in it with its layer.
    """
    model = bare(model)
    layers: dict[str, nn.Module] = {}
    skipped: dict[str, str] = {}
    owners: dict[int, str] = {}
    shared: set[str] = set()
    for layers_only in (True, False):
        for name, module in model.named_modules():
            for own, parameter in module.named_parameters(recurse=False):
                whole = f"{name}.{own}" if name else own
                matrix_form = isinstance(module, LAYERS) and own == "weight"
                if matrix_form != layers_only:
                    continue
                if isinstance(parameter, nn.UninitializedParameter):
                    skipped[whole] = "has no size yet: call the model once first"
                elif id(parameter) in owners:
                    shared |= {owners[id(parameter)]}
                    skipped[whole] = f"is the weight of {owners[id(parameter)]}"
                elif matrix_form:
                    owners[id(parameter)] = name
                    layers[name] = module
                elif not (isinstance(module, LAYERS) and own == "bias"):
                    skipped[whole] = _why_skipped(module, parameter)
    links, unlinked, called = _links(model, layers)
    shared |= {name for name, times in called.items() if times > 1}
    for link in links:
        for name in sorted({link.below, link.above} & shared):
            why = f"{name} is called more than once or shares its weight"
            unlinked.setdefault(f"{link.below}:{link.above}", why)
    links = [k for k in links if not {k.below, k.above} & shared]
    return Structure(layers, tuple(links), skipped, unlinked, frozenset(shared))


def _why_skipped(module, parameter) -> str:
    kind = type(module).__name__
    if parameter.ndim > 1:
        return f"no matrix form is known for a {kind}"
    form = "a vector" if parameter.ndim else "a number"
    return f"{form} of a {kind}, and no matrix"


def graphs(model: nn.Module) -> list[tuple[str, torch.fx.Graph]]:
    """The traced graph of the model, or those of its `Sequential` parts, by prefix."""
    try:
        return [("", torch.fx.Tracer().trace(model))]
    except Exception:  # whatever tracing meets in code of others
        found, inside = [], ()
        for name, module in model.named_modules():
            if name and isinstance(module, nn.Sequential):
                if inside and name.startswith(inside):
                    continue  # a part of one that was traced
                try:
                    found.append((f"{name}.", torch.fx.Tracer().trace(module)))
                    inside = (*inside, f"{name}.")
                except Exception:
                    continue
        return found


def _links(model, layers):
    """The links of all graphs, why other pairs are none, and the calls of each."""
    names = {id(module): name for name, module in layers.items()}
    links, unlinked, called = [], {}, dict.fromkeys(layers, 0)
    for prefix, graph in graphs(model):
        for node in graph.nodes:
            name = names.get(id(_module(model, prefix, node)))
            if name is None:
                continue
            called[name] += 1
            found = _above(model, prefix, node, name, names)
            if isinstance(found, Link):
                links.append(found)
                continue
            for above in _next(model, prefix, found.further, names):
                unlinked[f"{name}:{above}"] = found.why
    return links, unlinked, called


class _End(NamedTuple):
    """Why the way up from a layer ends, and the nodes by which it would go on."""

    why: str
    further: list[torch.fx.Node]


def _next(model, prefix, nodes, names) -> list[str]:
    """The first layers that are met at `nodes` or above."""
    found, seen, waiting = [], set(), list(nodes)
    while waiting:
        node = waiting.pop(0)
        if node in seen:
            continue
        seen.add(node)
        name = names.get(id(_module(model, prefix, node)))
        if name is None:
            waiting += node.users
        else:
            found.append(name)
    return found


def _module(model, prefix, node):
    return (
        model.get_submodule(prefix + node.target) if node.op == "call_module" else None
    )


def _above(model, prefix, node, below, names) -> Link | _End:
    """The link from the layer at `node` upwards, or why there is none."""
    activation, law = IDENTITY, MATRIX
    if _grouped(model.get_submodule(below)):
        law = UNIT
    while len(node.users) == 1:
        (node,) = node.users
        module = _module(model, prefix, node)
        if id(module) in names:
            above = names[id(module)]
            if _grouped(module):
                return _End(f"{above} is a convolution in groups", [node])
            return Link(below, above, activation, law)
        found, _ = activation_at(node, module)
        if found not in (UNKNOWN, IDENTITY):
            if activation != IDENTITY:
                why = f"two activations stand between them, {activation} and {found}"
                return _End(why, [node])
            activation = found
            law = UNIT if found in HOMOGENEOUS and law != NONE else NONE
        elif isinstance(module, DROPOUTS + LARGEST):
            law = UNIT if law == MATRIX else law
        elif not (
            found == IDENTITY
            or isinstance(module, (nn.Flatten, *AVERAGES))
            or node.target in FLATTENING
        ):
            return _End(f"{_called(node, module)} stands between them", [node])
    return _End(f"what leaves {below} is used {len(node.users)} times", [*node.users])


def _grouped(module) -> bool:
    """Whether channels of one group do not mix with others."""
    return isinstance(module, nn.modules.conv._ConvNd) and module.groups != 1


def _called(node, module) -> str:
    """What stands at a node, as its author calls it."""
    if module is not None:
        return type(module).__name__
    # A function by its name; a method of a tensor is a name already.
    return node.target if isinstance(node.target, str) else node.target.__name__


def matrix(module: nn.Module, weight: torch.Tensor) -> torch.Tensor:
    """The weight as a matrix, a row for each output or output channel."""
    if isinstance(module, TRANSPOSED):
        weight = weight.transpose(0, 1)
    return weight.flatten(1)


def columns(module: nn.Module, weight: torch.Tensor, units: int) -> torch.Tensor:
    """The weight as a matrix with a column for each of the `units` that feed it.

    Those are the input channels; or what a flattened image was before, all places of a
    channel in one column.
    """
    if isinstance(module, TRANSPOSED):
        return weight.flatten(1).mT
    if isinstance(module, CONVOLUTIONS):
        return weight.transpose(0, 1).flatten(1).mT
    return weight.unflatten(1, (units, -1)).transpose(1, 2).flatten(0, 1)
