"""`tacit.laws`: from a network to its laws."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jaxtyping import ArrayLike

from .._types import float64
from ..errors import DataError
from ..losses import AbstractLoss
from ..networks import AbstractNetwork
from .arithmetic import AbstractArithmetic, Modular
from .closure import closure
from .exact import NotExactError
from .floating import Floating
from .generators import Generators
from .inventory import Laws
from .liftings import lifting_of
from .metrics import dynamics_of
from .parametrisation import (
    AbstractParametrisation,
    DrawnInputs,
    FunctionOf,
    reals,
    SampleInputs,
)
from .search import Search
from .starts import quasi_norm, special
from .symmetry import NONE, Symmetry, symmetry_of


LARGEST = 1500
UNTRACED = (
    jax.errors.TracerArrayConversionError,
    jax.errors.ConcretizationTypeError,
)


def laws(
    network: AbstractNetwork | AbstractParametrisation | Callable,
    loss: AbstractLoss | Symmetry | None = None,
    flow: Any = None,
    degree: int = 2,
    *,
    at: Any = None,
    inputs: int | ArrayLike | None = None,
    exact: bool | None = None,
    seed: int = 0,
    largest: int = LARGEST,
) -> Laws:
    r"""The conservation laws of training `network`, counted, written out and proved.

    A law is a function of the parameters that does not change under `flow`, whatever
    the data and whatever the loss, among losses that do not see what `loss` does not
    see of the outputs. Their number is the dimension of the state less that of the Lie
    algebra of all gradients (Marcotte, Gribonval and Peyré 2023, arXiv:2307.00144);
    formulas are relations between readable quantities, then polynomials up to `degree`.

    * `network`: one of `tacit.networks`, one of your own, or any map of parameters to
      what the loss sees of them, with the parameters' shapes `at`;
    * `loss`: a loss, whose invariances are measured, or a `Symmetry`; None is any loss;
    * `flow`: one of `tacit.flows` or of `tacit.conservation`'s motions; None is
      gradient flow;
    * `inputs`: how many features an input has, for a network that does not say; or a
      sample ``(n, d)``, and then the laws are those on that sample alone;
    * `exact`: None tries residues modulo a prime and falls back on floating point;
    * `largest`: refuse a state of more numbers than this.

    Raises `DataError` for parameters that are not finite float64, for a map that is
    random or not finite, at a kink of the sample, and for a state too large.
    """
    if not 1 <= degree <= 6:
        raise DataError(f"degree is a whole number from 1 to 6; got {degree}.")
    shape = _shape(network, at, inputs)
    symmetry = _symmetry(loss, shape.outputs)
    generators = Generators(shape, symmetry, dynamics_of(flow))
    _require_size(generators.size, largest)
    notes: list[str] = []
    for arithmetic in _arithmetics(generators, exact=exact):
        if not arithmetic.exact:
            _require_smooth(generators, arithmetic, seed)
        try:
            found = closure(generators, arithmetic, (seed, seed + 1))
            break
        except NotExactError as error:
            if exact:
                raise
            notes.append(f"counted in floating point and not proved: {error}")
        except UNTRACED as error:
            raise DataError(
                "the map cannot be traced by JAX: it turns parameters into Python or "
                "NumPy numbers. Write it with jax.numpy."
            ) from error
    else:
        raise AssertionError("floating point refuses nothing")
    search = Search(generators, arithmetic, seed)
    missing = found.size - found.rank
    formulas = tuple(search.run(missing, degree)) if missing else ()
    if (left := missing - search.count) > 0:
        notes.append(
            f"{left} of the laws have no formula of degree {degree} or less that was "
            "found; they exist near every generic point."
        )
    given = at if at is not None else network
    if isinstance(given, AbstractNetwork) or at is not None:
        notes += special(generators, arithmetic, shape.blocks(given), found, seed)
    notes += quasi_norm(network, generators, formulas)
    if not found.clear:
        notes.append(
            "singular values leave no gap, so the count is not known, and a formula "
            "may hold to rounding alone."
        )
    subject = getattr(network, "__name__", type(network).__name__)
    anywhere = np.random.default_rng(seed).standard_normal(shape.layout.size)
    point = shape.layout.split(float64(anywhere))
    return Laws(
        "a map" if subject == "<lambda>" else subject,
        generators,
        found,
        formulas,
        arithmetic.exact,
        tuple(notes),
        tuple(point),
    )


def _shape(network, at, inputs) -> AbstractParametrisation:
    if isinstance(network, AbstractParametrisation):
        return network
    if not isinstance(network, AbstractNetwork):
        if at is None:
            raise DataError(
                "a map needs `at=`: parameters of the shape that it takes, such as "
                "jnp.ones(4) or a tuple of arrays."
            )
        return FunctionOf(network, at)
    if inputs is not None and np.ndim(inputs):
        return SampleInputs(network, inputs)
    if inputs is None and (known := lifting_of(network)) is not None:
        return known
    return DrawnInputs(network, _features(network, inputs))


def _features(network, inputs) -> int:
    if inputs is not None:
        if int(inputs) != inputs or inputs < 1:
            raise DataError(f"inputs counts features, from 1 on; got {inputs}.")
        return int(inputs)
    known = network.features
    if known is None:
        raise DataError(
            f"{type(network).__name__} does not say how long its inputs are; pass "
            "inputs=d, or a sample inputs=X (n, d) for the laws on that sample."
        )
    return known


def _symmetry(loss, outputs) -> Symmetry:
    if loss is None:
        return NONE
    return loss if isinstance(loss, Symmetry) else symmetry_of(loss, outputs)


def _arithmetics(generators, *, exact) -> list[AbstractArithmetic]:
    if exact and not generators.dynamics.exact:
        raise DataError(
            f"{generators.dynamics.words} is no polynomial; leave out exact."
        )
    if exact or (exact is None and generators.dynamics.exact):
        return [Modular(), Floating()]
    return [Floating()]


def _require_smooth(generators, arithmetic, seed):
    """Raise at a kink: there a slope depends on the side it is taken from."""
    rng = np.random.default_rng(seed)
    drawn = arithmetic.draw(generators.drawn, 8, rng)
    states = arithmetic.draw(reals(generators.size), 8, rng)
    away = 1e-7 * rng.standard_normal(states.shape)
    at, *sides = (
        arithmetic.evaluated(generators.field, drawn, states + shift)
        for shift in (0 * away, away, -away)
    )
    size = np.linalg.norm(at, axis=1)
    live = size > 0  # a dead unit has no slope, on either side
    jumps = [np.linalg.norm(s - at, axis=1)[live] / size[live] for s in sides]
    if not live.any() or np.max(jumps) > 1e-3:
        raise DataError(
            "the network is at a kink, or constant, at random parameters: on a sample "
            "where units are exactly 0 a slope depends on the side. Move the inputs."
        )


def _require_size(size, largest):
    if size <= largest:
        return
    seconds, gigabytes = 6 * (size / 400) ** 3, 150 * size**2 / 1e9
    raise DataError(
        f"a state of {size} numbers is more than {largest}: it would take about "
        f"{seconds / 60:.0f} minutes and {gigabytes:.1f} GB. Formulas do not depend on "
        f"widths: try a narrower network, or pass largest={size}."
    )
