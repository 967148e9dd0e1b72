"""How parameters make a function: what a loss sees of them, probed at random."""

import abc
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float

from ..errors import DataError
from ..networks import AbstractNetwork
from .layout import join, Layout, Name


Blocks = Sequence[Array]


def reals(*shape: int) -> jax.ShapeDtypeStruct:
    """The shape of numbers to be drawn."""
    return jax.ShapeDtypeStruct(shape, jnp.float64)


class AbstractParametrisation(abc.ABC):
    r"""What a loss sees of the parameters $\theta$: a lifting $\phi(\theta)$.

    It is never formed. `read` gives its contraction with random numbers, the *probe*,
    on all axes but that of the outputs; probes must span. To add one: subclass, set the
    four fields, define `read` and `blocks`.
    """

    layout: Layout
    outputs: int
    probe: Any
    """A tree of `jax.ShapeDtypeStruct`: what is drawn."""

    hidden: Callable[[Blocks, Any], Float[Array, ""]] | None = None
    """What the loss sees besides, of blocks and probe, that is not proportional to the
    outputs: no symmetry of the loss limits it."""

    method: ClassVar[str]
    """How it looks at the network, in words."""

    @abc.abstractmethod
    def read(self, blocks: Blocks, probe: Any, *, centred: bool) -> Float[Array, " k"]:
        """The outputs, contracted with `probe`.

        With `centred`, only what a loss sees that does not see a shift of all samples'
        outputs by one and the same vector.
        """

    @abc.abstractmethod
    def blocks(self, parameters: Any) -> list[Array]:
        """The blocks of a network, or of parameters, of this kind."""


class FunctionOf(AbstractParametrisation):
    """Any map of parameters to what the loss sees of them.

    The first axis of its value counts the outputs if there are two axes or more.
    """

    method: ClassVar[str] = "the map itself"

    def __init__(self, function: Callable, at: Any):
        leaves, self.structure = jax.tree.flatten(at)
        if not leaves:
            raise DataError("`at` has no parameters: give an array, or several.")
        paths = [
            jax.tree_util.keystr(p) for p, _ in jax.tree_util.tree_leaves_with_path(at)
        ]
        names = tuple(
            Name.of("θ") if len(leaves) == 1 else _named(path, number)
            for number, path in enumerate(paths)
        )
        self.function = function
        self.layout = Layout(names, tuple(np.shape(leaf) for leaf in leaves))
        self.blocks(at)
        value = _evaluated(function, at)
        self.shape = value.shape if value.ndim >= 2 else (1, value.size)
        self.outputs = self.shape[0]
        self.probe = reals(*self.shape[1:])

    def read(self, blocks, probe, *, centred):
        del centred  # what the loss sees of this map is the map
        value = self.function(jax.tree.unflatten(self.structure, list(blocks)))
        value = jnp.reshape(value, (self.outputs, -1))
        return value @ jnp.ravel(probe)

    def blocks(self, parameters):
        return checked(jax.tree.leaves(parameters))


class DrawnInputs(AbstractParametrisation):
    """A network seen at inputs that are drawn anew for every generator."""

    method: ClassVar[str] = "outputs at drawn inputs"

    def __init__(self, network: AbstractNetwork, features: int):
        self.layout, self.structure = layout_of(network)
        self.blocks(network)
        self.outputs = _outputs(network, features)
        self.probe = reals(2, features)

    def read(self, blocks, probe, *, centred):
        network = jax.tree.unflatten(self.structure, list(blocks))
        output = jnp.ravel(network(probe[0]))
        return output - jnp.ravel(network(probe[1])) if centred else output

    def blocks(self, parameters):
        return checked(jax.tree.leaves(parameters))


class SampleInputs(AbstractParametrisation):
    """A network seen on one sample ``(n, d)`` and nowhere else.

    What is conserved on it may move on another: too few rows look like more laws.
    """

    method: ClassVar[str] = "outputs on the sample"

    def __init__(self, network: AbstractNetwork, inputs: Any):
        self.inputs = jnp.asarray(inputs, jnp.float64)
        if self.inputs.ndim != 2 or not finite(self.inputs):
            raise DataError(
                f"inputs is a sample (n, d) of finite numbers; got {self.inputs.shape}."
            )
        self.layout, self.structure = layout_of(network)
        self.blocks(network)
        self.outputs = _outputs(network, self.inputs.shape[1])
        self.probe = reals(len(self.inputs))

    def read(self, blocks, probe, *, centred):
        network = jax.tree.unflatten(self.structure, list(blocks))
        weights = len(self.inputs) * probe - jnp.sum(probe) if centred else probe
        outputs = jax.vmap(network)(self.inputs)
        return weights @ outputs.reshape(len(self.inputs), -1)

    def blocks(self, parameters):
        return checked(jax.tree.leaves(parameters))


def layout_of(network: AbstractNetwork) -> tuple[Layout, Any]:
    """The blocks of a network, named after its fields, and its structure."""
    leaves, structure = jax.tree.flatten(network)
    if not leaves:
        raise DataError(f"{type(network).__name__} has no parameters.")
    names = [_named(path, i) for i, path in enumerate(_paths(network))]
    return Layout(tuple(names), tuple(np.shape(leaf) for leaf in leaves)), structure


def _paths(tree: Any) -> list[str]:
    return [
        jax.tree_util.keystr(p) for p, _ in jax.tree_util.tree_leaves_with_path(tree)
    ]


LETTERS = {"weights": "W", "layers": "W", "biases": "b", "matrices": "W"}


def _named(path: str, number: int) -> Name:
    """``.weights[0]`` is W₁; a field or key is itself; without a name it is θ."""
    if "['" in path:
        return Name.of(path.rsplit("['", 1)[1].removesuffix("']"))
    words = path.replace("]", "").replace("[", ".").replace("'", "").split(".")
    words = [word for word in words if word]
    if len(words) == 1 and not words[0].isdigit():
        return Name.of(LETTERS.get(words[0], words[0]))
    if len(words) == 2 and words[1].isdigit() and not words[0].isdigit():
        return Name.of(LETTERS.get(words[0], words[0]), int(words[1]) + 1)
    return Name.of("θ", number + 1)


def finite(x: Array) -> bool:
    """Whether all of `x` is finite; True for a value that is not known yet."""
    return isinstance(x, Tracer) or bool(jnp.all(jnp.isfinite(x)))


def checked(leaves: Sequence) -> list[Array]:
    """The leaves, which must be finite float64 arrays."""
    for leaf in leaves:
        dtype = jnp.result_type(leaf)
        if dtype != np.float64:
            raise DataError(
                f"parameters are float64; one of shape {np.shape(leaf)} is {dtype}, in "
                "which no law can be told from rounding. Convert it with "
                "jnp.asarray(x, jnp.float64)."
            )
        if not finite(jnp.asarray(leaf)):
            raise DataError("a parameter is not a finite number.")
    return [jnp.asarray(leaf) for leaf in leaves]


def _evaluated(function: Callable, at: Any) -> Array:
    """The value of a map at `at`, which must be finite, and the same twice."""
    arrays = jax.tree.map(jnp.asarray, at)
    values = [jnp.asarray(function(arrays)) for _ in range(2)]
    if values[0].dtype != jnp.float64:
        raise DataError(
            f"the map gives {values[0].dtype} of float64 parameters; no law can be "
            "told from rounding there. Leave the type alone."
        )
    if not all(map(finite, values)):
        raise DataError("the map is not finite at `at`.")
    if not jnp.array_equal(values[0], values[1]):
        raise DataError(
            "the map gives two values for the same parameters: it draws at random, or "
            "remembers. Give it its randomness as an argument that is fixed."
        )
    return values[0]


def _outputs(network, features):
    if not finite(join(jax.tree.leaves(network))):
        raise DataError(f"{type(network).__name__} has parameters that are not finite.")
    x = jnp.linspace(0.3, 1.1, features)
    value = _evaluated(lambda net: jnp.ravel(net(x)), network)
    return value.size
