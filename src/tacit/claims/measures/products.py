"""How the product of a fully connected linear network moves along a run."""

from collections.abc import Iterable
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ...experiment import Snapshot
from ...networks import DeepLinear
from ...observables import AbstractObservable
from ...training import Trajectory
from ..parts import Term
from .budgets import integration, rough, rounding
from .paths import slopes


def product(network: DeepLinear) -> jax.Array:
    """The predictor, with an axis of outputs even if there is one."""
    return jnp.atleast_2d(network.predictor())


class Velocity(AbstractObservable[DeepLinear]):
    r"""$\dot E$ along the flow of the risk, by differentiating through the layers."""

    needs: ClassVar[type] = DeepLinear
    dims: ClassVar[tuple[str, ...]] = ("output", "feature")

    def measure(self, at: Snapshot[DeepLinear]) -> Float[Array, "k d"]:
        down = jax.tree.map(jnp.negative, at.risk.gradient(at.network))
        return jax.jvp(product, (at.network,), (down,))[1]


def products(run: Trajectory[DeepLinear]) -> np.ndarray:
    """The product at every record, ``(t, k, d)``."""
    E = np.asarray(run.seen["LinearPredictor"])
    return E if E.ndim == 3 else E[:, None]


def along_axes(E: np.ndarray, X: np.ndarray) -> np.ndarray:
    r"""$u_r^\top X v_r$ at every record, for the singular vectors of `E`."""
    U, _, Vt = np.linalg.svd(E, full_matrices=False)
    return np.einsum("tkr,tkd,trd->tr", U, X, Vt)


def velocity_terms(run: Trajectory[DeepLinear], L: int) -> Iterable[np.ndarray]:
    """Those of the velocity for `L` layers, at every record, $j = 1$ first."""
    E = products(run)
    slope, other = slopes(run.experiment, E), np.swapaxes(E, 1, 2)
    for j in range(1, L + 1):
        yield -_power(E, (j - 1) / L) @ slope @ _power(other, (L - j) / L)


def _power(E: np.ndarray, exponent: float) -> np.ndarray:
    """The power of ``E Eᵀ``; the identity for the exponent 0."""
    # From E itself: a third root would make 1e-5 of the rounding of E Eᵀ.
    axes, found, _ = np.linalg.svd(E)
    sizes = np.zeros(E.shape[:2])
    sizes[:, : found.shape[1]] = found
    powers = sizes[:, None, :] ** (2 * exponent)
    return (axes * powers) @ np.swapaxes(axes, 1, 2)


def tied(run: Trajectory[DeepLinear]) -> tuple[Term, Term]:
    r"""What a velocity is off by where the layers are matched to `rtol` only.

    An imbalance of that part of the layers turns the slope by that part of the whole
    of it, times the ways in which $L$ layers enter. Where the product hardly moves,
    its velocity is what remains of larger terms.
    """
    E = products(run)
    L = run.experiment.network.depth
    sizes = np.linalg.svd(E, compute_uv=False)
    terms = np.linalg.norm(slopes(run.experiment, E), axis=(1, 2)) * sizes[:, 0] ** (
        2 - 2 / L
    )
    moving = np.max(np.linalg.norm(np.asarray(run.seen["Velocity"]), axis=(1, 2)))
    # A power below 1 of a small singular value is rougher than the value.
    uneven = float(np.max(sizes[:, 0] / sizes[:, -1]) ** max(0.0, 1 - 2 / L))
    lost = L**2 * uneven * float(np.max(terms) / moving)
    return integration(run, lost * rough(run)), rounding(run, lost)
