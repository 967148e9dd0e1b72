r"""One implicit step of the soft flow, which needs no iteration.

The method is ROS34PW2 of Rang and Angermann (2005), BIT 45. It keeps its order 3 with
any matrix in place of the Jacobian, and is given the one stiff part of it, which is
inverted by a solve of the predictor's size.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from .margin_field import MarginField, Tangent


GAMMA = 0.43586652150845900
_A = np.array([
    [0, 0, 0, 0],
    [0.87173304301691801, 0, 0, 0],
    [0.84457060015369423, -0.11299064236484185, 0, 0],
    [0, 0, 1, 0],
])  # fmt: skip
_G = np.array([
    [GAMMA, 0, 0, 0],
    [-0.87173304301691801, GAMMA, 0, 0],
    [-0.90338057013044082, 0.054180672388095326, GAMMA, 0],
    [0.24212380706095346, -1.2232505839045147, 0.54526025533510214, GAMMA],
])  # fmt: skip
_B = np.array([0.24212380706095346, -1.2232505839045147, 1.5452602553351020, GAMMA])
_EMBEDDED = np.array(
    [0.37810903145819369, -0.096042292212423178, 0.5, 0.21793326075422950]
)
# In the variables U = G k no product with the Jacobian is left.
_INVERSE = np.linalg.inv(_G)
STAGES, COUPLING = _A @ _INVERSE, np.eye(4) / GAMMA - _INVERSE
WEIGHTS, ERROR = _B @ _INVERSE, (_B - _EMBEDDED) @ _INVERSE
# The rows of the later stages, turned so that the latest stage comes last.
_LATEST_STAGES, _LATEST_COUPLING = (
    np.stack([np.roll(T[i], -i) for i in (1, 2, 3)]) for T in (STAGES, COUPLING)
)


def step(field: MarginField, here: Tangent, y: Array, h: Array) -> tuple[Array, Array]:
    """The state after a step from `y`, where the tangent is `here`, and its error."""
    solve, solved = here.solver(h * GAMMA)
    none, first = jnp.zeros_like(y), GAMMA * h * solved

    def stage(U, row):
        moved, coupled = row
        slope = field.velocity(y + _mixed(moved, U))
        last = solve(GAMMA * (h * slope + _mixed(coupled, U)))
        return (*U[1:], last), None

    # Scanned: three times the slope would be three times as long to compile. The latest
    # four stages are four vectors: one matrix of them would be copied at every stage.
    rows = jnp.asarray(_LATEST_STAGES), jnp.asarray(_LATEST_COUPLING)
    U, _ = jax.lax.scan(stage, (none, none, none, first), rows)
    return y + _mixed(WEIGHTS, U), field.error(y, _mixed(ERROR, U))


def _mixed(shares, U):
    a, b, c, d = U
    return shares[0] * a + shares[1] * b + shares[2] * c + shares[3] * d
