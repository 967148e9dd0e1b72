"""How sharply the risk curves."""

import jax
import jax.numpy as jnp
import jax.random as jr
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from .._types import Scalar
from ..errors import DataError
from ..experiment import Snapshot
from ..networks import AbstractNetwork
from .base import AbstractObservable


SIDE = 32
"""Hessian-vector products taken side by side."""


class HessianTrace(AbstractObservable[AbstractNetwork]):
    r"""$\operatorname{tr}\nabla^2 R$, exactly or by random `probes`.

    Exactly it takes a Hessian-vector product a parameter. With `probes` vectors of
    random signs it is the mean of $z^\top H z$ (Hutchinson 1990), the same vectors at
    every time; `HessianTraceError` is its standard error. Raises `DataError` for fewer
    than two probes.
    """

    probes: int | None = None
    seed: int = 0

    def __check_init__(self):
        _require_probes(self.probes)

    def measure(self, at: Snapshot) -> Scalar:
        flat, bend = _curved(at)
        if self.probes is not None:
            return jnp.mean(_probed(flat, bend, self.probes, self.seed))

        def entry(i):
            axis = jnp.zeros_like(flat).at[i].set(1.0)
            return bend(axis)[i]

        many = jnp.arange(len(flat))
        return jnp.sum(jax.lax.map(entry, many, batch_size=min(SIDE, len(flat))))


class HessianTraceError(AbstractObservable[AbstractNetwork]):
    """The standard error of `HessianTrace` with these `probes` and `seed`."""

    probes: int = 32
    seed: int = 0

    def __check_init__(self):
        _require_probes(self.probes)

    def measure(self, at: Snapshot) -> Scalar:
        flat, bend = _curved(at)
        found = _probed(flat, bend, self.probes, self.seed)
        return jnp.std(found, ddof=1) / jnp.sqrt(jnp.asarray(float(self.probes)))


class TopEigenvalue(AbstractObservable[AbstractNetwork]):
    r"""The largest eigenvalue of $\nabla^2 R$, by `iterations` of Lanczos.

    All vectors are kept orthogonal, so as many iterations as parameters are exact. It
    is a lower bound of the largest, and `TopEigenvalueError` bounds how far the next
    eigenvalue is. Raises `DataError` for no iterations.
    """

    iterations: int = 32
    seed: int = 0

    def __check_init__(self):
        _require_iterations(self.iterations)

    def measure(self, at: Snapshot) -> Scalar:
        flat, bend = _curved(at)
        v = jax.lax.stop_gradient(_ritz(flat, bend, self.iterations, self.seed))
        return v @ bend(v)  # to first order the vector does not move the value


class TopEigenvalueError(AbstractObservable[AbstractNetwork]):
    r"""$|Hv - \lambda v|$ of `TopEigenvalue`: some eigenvalue is that close to it."""

    iterations: int = 32
    seed: int = 0

    def __check_init__(self):
        _require_iterations(self.iterations)

    def measure(self, at: Snapshot) -> Scalar:
        flat, bend = _curved(at)
        v = _ritz(flat, bend, self.iterations, self.seed)
        bent = bend(v)
        return jnp.sqrt(jnp.sum((bent - (v @ bent) * v) ** 2))


def _require_probes(probes):
    if probes is not None and probes < 2:
        raise DataError(
            f"probes = {probes}: an error bar needs two or more.", about="probes"
        )


def _require_iterations(iterations):
    if iterations < 1:
        raise DataError(
            f"iterations = {iterations}: Lanczos needs one or more.",
            about="iterations",
        )


def _curved(at):
    """The parameters as a vector, and the Hessian there as a function of vectors."""
    flat, back = ravel_pytree(at.network)

    def slope(where):
        return ravel_pytree(at.risk.gradient(back(where)))[0]

    return flat, lambda along: jax.jvp(slope, (flat,), (along,))[1]


def _probed(flat, bend, probes, seed) -> Float[Array, " probes"]:
    signs = jr.rademacher(jr.key(seed), (probes, len(flat)), dtype=flat.dtype)
    return jax.lax.map(lambda z: z @ bend(z), signs, batch_size=min(SIDE, probes))


def _ritz(flat, bend, iterations, seed) -> Float[Array, " P"]:
    """The unit vector of the Krylov space on which the Hessian is largest."""
    P = len(flat)
    K = min(iterations, P)
    fresh = jr.normal(jr.key(seed), (K, P), dtype=flat.dtype)

    def unit(v, Q):
        v = v - Q.T @ (Q @ v)
        v = v - Q.T @ (Q @ v)  # twice is enough
        size = jnp.sqrt(jnp.sum(v**2))
        return v / jnp.where(size > 0, size, 1.0), size

    def step(carry, k):
        Q, scale = carry
        bent = bend(Q[k])
        scale = jnp.maximum(scale, jnp.sqrt(jnp.sum(bent**2)))
        ahead, size = unit(bent, Q)
        # An invariant space has been found: go on in another one.
        other, _ = unit(fresh[k], Q)
        ahead = jnp.where(size > 1e-12 * scale, ahead, other)
        Q = Q.at[k + 1].set(ahead, mode="drop")
        return (Q, scale), bent

    first = fresh[0] / jnp.sqrt(jnp.sum(fresh[0] ** 2))
    Q = jnp.zeros((K, P)).at[0].set(first)
    (Q, _), bent = jax.lax.scan(step, (Q, jnp.zeros(())), jnp.arange(K))
    projected = Q @ bent.T
    _, vectors = jnp.linalg.eigh((projected + projected.T) / 2)
    return vectors[:, -1] @ Q
