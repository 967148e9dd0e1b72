"""What runs forward and backward through the layers of a network."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..losses import AbstractLoss
from ..networks import MLP
from ..networks.activations import values_and_slopes
from ..problems import Problem


class Signals(NamedTuple):
    r"""The signals at every layer $l = 1..L$ and sample, lists of ``(n, n_l)``.

    `inputs` are the $h_{l-1}$ and `before` the $z_l = W_l h_{l-1} + b_l$. `slopes` are
    the derivatives of the loss in $z_l$, sample weights included: a plain sum over the
    samples is the weighted mean, and $\nabla_{W_l} = \mathrm{slopes}^\top h_{l-1}$.
    """

    inputs: list[Float[Array, "n _"]]
    before: list[Float[Array, "n _"]]
    slopes: list[Float[Array, "n _"]]

    def returned(self, network: MLP) -> list[Float[Array, "n _"]]:
        r"""$W_{l+1}^\top$ times the slopes above, for every layer but the last."""
        pairs = zip(self.slopes[1:], network.weights[1:], strict=True)
        return [slope @ W for slope, W in pairs]


def signals(network: MLP, loss: AbstractLoss, problem: Problem) -> Signals:
    """The signals of `network` on the whole sample.

    The slopes by automatic differentiation of the loss in a shift of every layer.
    """
    X = jnp.asarray(problem.X)
    sizes = [len(W) for W in network.weights]

    def forward(shifts):
        h, inputs, before = X, [], []
        for i, (W, shift) in enumerate(zip(network.weights, shifts, strict=True)):
            z = h @ W.T + shift
            if network.biases is not None:
                z = z + network.biases[i][None]
            inputs.append(h)
            before.append(z)
            h = network.sigma(z)
        outputs = before[-1]
        outputs = outputs[:, 0] if sizes[-1] == 1 else outputs
        return loss(outputs, problem.targets, problem.weights), (inputs, before)

    still = [jnp.zeros((len(X), m)) for m in sizes]
    slopes, (inputs, before) = jax.grad(forward, has_aux=True)(still)
    return Signals(inputs, before, slopes)


def leftover(network: MLP, z: Float[Array, "n _"]) -> Float[Array, "n _"]:
    r"""$\varphi(z) = z\sigma'(z) - \sigma(z)$: 0 where $\sigma$ is homogeneous."""
    value, slope = values_and_slopes(network.sigma, z)
    return z * slope - value


def imbalance_rate(
    network: MLP, loss: AbstractLoss, problem: Problem
) -> Float[Array, " pairs"]:
    r"""How the gradient flow moves ``network.imbalance()``, whatever the loss.

    $2\,\mathbb E\langle W_{l+1}^\top \delta_{l+1}, \varphi(z_l)\rangle$ (Rawal and
    DeWeese 2026, arXiv:2605.01288).
    """
    found = signals(network, loss, problem)
    pairs = zip(found.returned(network), found.before, strict=False)
    return 2 * jnp.stack([jnp.sum(d * leftover(network, z)) for d, z in pairs])
