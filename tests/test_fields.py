"""Laws of all fields, against potentials differentiated by JAX."""

import equinox as eqx
import jax
import jax.numpy as jnp
import pytest
from jax.flatten_util import ravel_pytree

from tests.cases import each, FIELDS, NETWORKS, POINTWISE


NETWORK = NETWORKS["DeepLinear"]


def square(tree):
    return sum(jnp.sum(x**2) for x in jax.tree.leaves(tree))


def bent(network, share):
    """The risk with `share` of the squared norm of its gradient."""
    slope = jax.grad(POINTWISE.value)(network)
    return POINTWISE.value(network) + share * square(slope)


# Heavy ball: Kovachki and Stuart (2021), arXiv:1906.04285, for the second term.
POTENTIALS = {
    "Decayed": lambda n: POINTWISE.value(n) + 0.3 / 2 * square(n),
    "Gradient": POINTWISE.value,
    "MemoryField": lambda n: bent(n, 0.05 * 1.6 / (4 * 0.4**2)) / 0.4,
    "Modified": lambda n: bent(n, 0.2 / 4) + 0.1 / 2 * square(n),
}


@pytest.mark.parametrize("name", FIELDS)
def test_it_is_minus_the_gradient_of_its_potential(name):
    found, _ = ravel_pytree(eqx.filter_jit(FIELDS[name])(NETWORK))
    down, _ = ravel_pytree(jax.jit(jax.grad(POTENTIALS[name]))(NETWORK))
    assert jnp.linalg.norm(found + down) <= 1e-13 * jnp.linalg.norm(down)


@pytest.mark.parametrize("field", **each(FIELDS))
def test_the_velocity_has_the_shape_of_the_network(field):
    found = jax.eval_shape(field, NETWORK)
    assert jax.tree.structure(found) == jax.tree.structure(NETWORK)
    pairs = zip(jax.tree.leaves(found), jax.tree.leaves(NETWORK), strict=True)
    assert all(v.shape == p.shape and v.dtype == p.dtype for v, p in pairs)
