r"""What a loss does not see of the outputs, and the generators that leaves.

Where the loss does not change along a direction of the outputs, its gradient is
orthogonal to that direction. Fewer gradients are possible, so more is conserved
(Kunin et al. 2021, arXiv:2012.04728).
"""

import itertools
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..errors import DataError, TacitError
from ..losses import AbstractLoss
from .parametrisation import AbstractParametrisation, Blocks, reals


MOST_OUTPUTS = 6
"""With k outputs mixed at will a generator has k + 1 minors of size k."""


class Symmetry(NamedTuple):
    """Which changes of the outputs `f` ``(n, k)`` leave a loss as it is."""

    scale: bool = False
    """``c f`` for every number c > 0."""

    linear: bool = False
    """``f A`` for every invertible matrix A."""

    translation: bool = False
    """A number of its own added to all outputs of a sample, as softmax allows."""

    centred: bool = False
    """One vector added to the outputs of all samples."""

    @property
    def words(self) -> str:
        """What it does not see, in words; nothing if it sees all."""
        parts = {
            "a linear map of the outputs": self.linear,
            "their scale": self.scale and not self.linear,
            "a shift of each sample's outputs together": self.translation,
            "a shift of all samples alike": self.centred,
        }
        return " and ".join(what for what, has in parts.items() if has)


NONE = Symmetry()


def symmetry_of(loss: AbstractLoss, outputs: int) -> Symmetry:
    """What `loss` does not see, measured on random outputs and targets.

    Raises `DataError` if it can be evaluated on no kind of targets.
    """
    rng = np.random.default_rng(20)
    rows = 12 + 4 * outputs
    f = rng.standard_normal((rows, outputs))
    mix = np.eye(outputs) + 0.4 * rng.standard_normal((outputs, outputs))
    changed = np.stack(
        [
            f,
            1.7 * f,
            f @ mix,
            f + rng.standard_normal((rows, 1)),
            f + rng.standard_normal(outputs)[None, :],
        ]
    )
    for kinds in _targets(rng, rows, outputs):
        found = [_values(loss, changed, targets) for targets in kinds]
        values = [v for v in found if v is not None and np.all(np.isfinite(v))]
        if values:
            same = [np.isclose(v[1:], v[0], rtol=1e-9, atol=0) for v in values]
            return Symmetry(*map(bool, np.all(same, axis=0)))
    raise DataError(
        f"{type(loss).__name__} has no value on {outputs} outputs, for targets that "
        "are classes or numbers: give the network as many outputs as it takes, or pass "
        "loss=Symmetry(...) with what it does not see."
    )


def _targets(rng, rows, outputs):
    """Targets of classes, then of numbers: a loss of classes need not allow those."""
    number = np.arange(rows)
    signs = np.where(number % 2, 1.0, -1.0)
    counts = sorted({2, outputs, outputs + 1, outputs + 2} - {1})
    yield [signs, *(np.eye(classes)[number % classes] for classes in counts)]
    yield [rng.standard_normal((rows, outputs)), rng.standard_normal(rows)]


def _values(loss, outputs, targets) -> Any:
    """The loss of every batch of outputs, or None if these are no targets for it."""
    if outputs.shape[2] == 1:
        outputs = outputs[:, :, 0]
    try:
        each = jax.jit(jax.vmap(loss, in_axes=(0, None)))
        return np.asarray(each(jnp.asarray(outputs), jnp.asarray(targets)))
    except (TacitError, TypeError, ValueError):
        return None


def coefficients(shape: AbstractParametrisation, symmetry: Symmetry) -> Any:
    """What is drawn for one generator."""
    k = shape.outputs
    mixed = 2 if symmetry.scale else 1
    if symmetry.linear and k > 1:
        if k > MOST_OUTPUTS:
            raise DataError(
                f"a loss that allows every linear map of {k} outputs: up to "
                f"{MOST_OUTPUTS} can be counted. Use a network of fewer outputs."
            )
        mixed = k + 1
    elif symmetry.linear:
        mixed = 2
    probes = jax.tree.map(lambda s: reals(mixed, *s.shape), shape.probe)
    beside = {} if shape.hidden is None else {"hidden": shape.probe}
    return {"probe": probes, "outputs": reals(mixed, k), **beside}


def gradient(
    shape: AbstractParametrisation, symmetry: Symmetry, drawn: Any, theta: Array
) -> Float[Array, " D"]:
    r"""A gradient that some data and some loss with this symmetry have at `theta`.

    * no symmetry: $\nabla\langle c, \phi\rangle$;
    * scale: $P_a\nabla P_b - P_b\nabla P_a$ with $P_c = \langle c, \phi\rangle$,
      which spans what is orthogonal to $\phi$;
    * linear maps: $\sum_j (-1)^j \det F_{-j}\, \nabla P_j$, where the columns of
      $F$ are the outputs at $k + 1$ probes: Cramer's rule, so it is a polynomial.
    """

    def outputs(theta):
        blocks: Blocks = shape.layout.split(theta)
        read = partial(shape.read, blocks, centred=symmetry.centred)
        return jax.vmap(read)(drawn["probe"]).T

    c = drawn["outputs"]
    if symmetry.translation:
        c = shape.outputs * c - jnp.sum(c, axis=1, keepdims=True)
    F, pull = jax.vjp(outputs, theta)
    if symmetry.linear and shape.outputs > 1:
        sides = range(shape.outputs + 1)
        minors = [_determinant(jnp.delete(F, j, axis=1)) for j in sides]
        signed = jnp.stack([-m if j % 2 else m for j, m in enumerate(minors)])
        found = pull(c[0][:, None] * signed[None, :])[0]
    elif symmetry.scale or symmetry.linear:
        a, b = c[0] @ F[:, 0], c[1] @ F[:, 1]
        found = pull(jnp.stack([-b * c[0], a * c[1]], axis=1))[0]
    else:
        found = pull(c.T)[0]
    if (hidden := shape.hidden) is None:
        return found

    def beside(theta):
        return hidden(shape.layout.split(theta), drawn["hidden"])

    return found + jax.grad(beside)(theta)


def _determinant(F):
    """By expansion: a polynomial of the entries, as exact arithmetic needs."""
    minors: dict[tuple[int, ...], Array] = {
        (): jnp.ones(())
    }  # of the last rows, by the columns that are left
    for row in reversed(range(len(F))):
        sets = itertools.combinations(range(len(F)), len(F) - row)
        minors = {
            columns: sum(
                (
                    (-1.0) ** j
                    * F[row, column]
                    * minors[columns[:j] + columns[j + 1 :]]
                    for j, column in enumerate(columns)
                ),
                jnp.zeros(()),
            )
            for columns in sets
        }
    return minors[tuple(range(len(F)))]
