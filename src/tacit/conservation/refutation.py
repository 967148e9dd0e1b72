"""Looking for a point at which what is said to be conserved moves."""

import dataclasses
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ..errors import DataError
from ..losses import AbstractLoss, AbstractScatterLoss, CrossEntropy, Squared
from ..networks import AbstractNetwork
from .exact import Exact
from .formulas import formula
from .liftings import lifting_of
from .parametrisation import DrawnInputs, layout_of
from .rings import Rationals


MOVES = 1e-9
HALVED = ", the mean over the inputs of ½‖output − target‖²"


@dataclasses.dataclass(frozen=True, eq=False)
class Refutation:
    """A start, data and targets at which an asserted law has a derivative.

    `derivative` is that by flow time along the gradient flow of `loss` on the sample:
    a fraction, and then it is exact, or a float.
    """

    asserted: str
    names: tuple[str, ...]
    point: tuple[np.ndarray, ...]
    inputs: np.ndarray
    targets: np.ndarray
    loss: str
    derivative: Fraction | float

    @property
    def exact(self) -> bool:
        """Whether no number was rounded."""
        return isinstance(self.derivative, Fraction)

    def to_json(self) -> dict[str, Any]:
        """The same as plain data; an exact derivative as text, such as -3/4."""
        return {
            "asserted": self.asserted,
            "point": {
                n: b.tolist() for n, b in zip(self.names, self.point, strict=True)
            },
            "inputs": self.inputs.tolist(),
            "targets": self.targets.tolist(),
            "loss": self.loss,
            "derivative": str(self.derivative) if self.exact else self.derivative,
            "exact": self.exact,
        }

    def __str__(self) -> str:
        about = "" if self.exact else "about "
        blocks = zip(self.names, self.point, strict=True)
        return "\n".join(
            [
                f"{self.asserted} is not conserved from a generic start: its "
                f"derivative is {about}{self.derivative}",
                *(f"  at {name} = {_shown(block)}" for name, block in blocks),
                f"  on inputs {_shown(self.inputs)}",
                f"  and targets {_shown(self.targets)}, under {self.loss}"
                + HALVED * (self.loss == Squared.__name__),
                "  (from special starts, such as balanced ones, it may still hold)",
            ]
        )


def refute(
    asserted: str | Callable[[Any], Array],
    network: AbstractNetwork,
    loss: AbstractLoss | None = None,
    *,
    features: int | None = None,
    trials: int = 200,
    seed: int = 0,
) -> Refutation | None:
    r"""A point where an asserted law of gradient flow moves, or None if none is found.

    `asserted` is a formula in the names of the network's blocks, or a function of a
    network that gives one number. Parameters, inputs and targets are small whole
    numbers and halves; where the network allows, $-\langle\nabla h,
    \nabla\mathcal L\rangle$ is then computed in fractions. Functions such as the
    exponential are rational at 0 only, so that some trials set a block to 0. If none
    is exact, the answer is a float.

    `loss` is squared by default, the mean over the inputs of half the squared distance;
    a law for losses without scale is tried under one. The motion is gradient flow, with
    neither momentum nor weight decay. The start is generic: what moves there may still
    be kept from special starts, as the quasi-norm of claim B3 is from balanced ones.
    None proves nothing: see `tacit.laws` for what is proved.
    """
    layout, structure = layout_of(network)
    d = features or network.features or _features(network)
    known = lifting_of(network) or DrawnInputs(network, d)
    law = _law(asserted, structure, known)
    loss = loss or Squared()
    found, rounded = None, None
    run: dict[Any, tuple] = {}
    rng = np.random.default_rng(seed)
    for trial in range(trials):
        point, X = _point(rng, layout, trial), rng.integers(-2, 3, (4, d)).astype(float)
        network_at = jax.tree.unflatten(structure, [jnp.asarray(b) for b in point])
        shape = jax.eval_shape(jax.vmap(network_at), jnp.asarray(X)).shape
        y = _targets(rng, loss, shape)
        key = y.tobytes() if isinstance(loss, AbstractScatterLoss | CrossEntropy) else 0
        if key not in run:
            slope = _derivative(law, structure, loss, y if key else None)
            arguments = (point, X, y)
            run[key] = Exact(slope, *arguments), jax.jit(slope)
        exact, compiled = run[key]
        value = float(compiled(point, X, y))
        if not np.isfinite(value) or abs(value) < MOVES:
            continue
        rounded = rounded or (point, X, y, value)
        if (fraction := _fraction(exact, point, X, y)) is not None:
            found = (point, X, y, fraction)
            break
    if (best := found or rounded) is None:
        return None
    names = tuple(name.text for name in known.layout.names)
    words = (
        asserted if isinstance(asserted, str) else getattr(asserted, "__name__", "it")
    )
    point, X, y, value = best
    blocks = known.blocks(
        jax.tree.unflatten(structure, [jnp.asarray(b) for b in point])
    )
    shown = tuple(map(np.asarray, blocks))
    return Refutation(words, names, shown, X, y, type(loss).__name__, value)


def _law(asserted, structure, known) -> Callable[[Sequence[Array]], Array]:
    """The law as a function of the leaves; formulas name the blocks of a lifting."""

    def network(leaves):
        return jax.tree.unflatten(structure, list(leaves))

    if not isinstance(asserted, str):
        return lambda leaves: asserted(network(leaves))
    value = formula(asserted, known.layout)
    return lambda leaves: value(known.blocks(network(leaves)))


def _features(network):
    layers = network.layers
    if np.ndim(layers[0]) == 0:
        raise DataError(
            f"{type(network).__name__} does not say how long its inputs are; pass "
            "features=d."
        )
    return np.shape(layers[0])[-1]


def _point(rng, layout, trial):
    """Blocks of halves that are not 0; every third trial one block is."""
    halves = np.array([-4, -3, -2, -1, 1, 2, 3, 4]) / 2
    blocks = [rng.choice(halves, shape) for shape in layout.shapes]
    if trial % 3 == 2:
        pick = rng.integers(len(blocks))
        blocks[pick] = np.zeros_like(blocks[pick])
    return blocks


def _targets(rng, loss, shape):
    if isinstance(loss, CrossEntropy):
        return np.eye(shape[1])[np.arange(shape[0]) % shape[1]]
    if isinstance(loss, AbstractScatterLoss):
        return np.where(np.arange(shape[0]) % 2, 1.0, -1.0)
    return rng.integers(-2, 3, shape).astype(float)


def _derivative(law, structure, loss, fixed):
    """Minus the product of the gradients of the law and of the loss."""

    def risk(blocks, X, y):
        outputs = jax.vmap(jax.tree.unflatten(structure, list(blocks)))(X)
        return loss(outputs, y if fixed is None else jnp.asarray(fixed))

    def derivative(blocks, X, y):
        down = jax.grad(risk)(blocks, X, y)
        return -jax.jvp(law, (list(blocks),), (list(down),))[1]

    return derivative


def _fraction(exact, point, X, y) -> Fraction | None:
    ring = Rationals()
    arguments = jax.tree.map(ring.lift, (point, X, y))
    try:
        found = np.asarray(exact(ring, *arguments), dtype=object).item()
    except (DataError, ZeroDivisionError):
        return None
    return found if isinstance(found, Fraction) else None


def _shown(array) -> str:
    return np.array2string(
        np.asarray(array),
        separator=", ",
        formatter={"float_kind": lambda x: str(Fraction(float(x)))},
    ).replace("\n", "")
