"""Exact liftings of `architectures`, where there are any."""

from typing import Any, ClassVar

import jax.numpy as jnp

from .architectures import Attention, Convolution, Residual
from .layout import Layout, Name
from .parametrisation import AbstractParametrisation, checked, reals


class AttentionLifting(AbstractParametrisation):
    r"""$Q_h K_h^\top$ and $V_h O_h^\top$, head by head.

    (Marcotte, Gribonval and Peyré 2025.) With rotary positions the loss sees
    $Q_h R_\Delta K_h^\top$ for every distance $\Delta$; rotations by enough distances
    span all maps $aI + bJ$ of every pair of columns.
    """

    method: ClassVar[str] = "the products of queries and keys, of values and outputs"

    def __init__(self, network: Attention):
        heads, d, k = network.Q.shape
        letters = [(letter, h) for letter in "QKVO" for h in range(heads)]
        names = tuple(
            Name.of(letter, h + 1 if heads > 1 else None) for letter, h in letters
        )
        self.layout = Layout(names, ((d, k),) * len(names))
        self.heads, self.rotary, self.outputs = heads, network.rotary, d
        turns = reals(heads, 2, k // 2) if network.rotary else reals(0)
        self.probe = (reals(heads, d), reals(2, heads, d), turns)
        self.hidden = self._scores

    def read(self, blocks, probe, *, centred):
        del centred  # no bias
        values, outputs = blocks[2 * self.heads : 3 * self.heads], blocks[-self.heads :]
        trios = zip(values, outputs, probe[0], strict=True)
        terms = [out @ (value.T @ e) for value, out, e in trios]
        return jnp.sum(jnp.stack(terms), axis=0)

    def blocks(self, parameters):
        every = (parameters.Q, parameters.K, parameters.V, parameters.O)
        return checked([head for W in every for head in W])

    def _scores(self, blocks, probe):
        total = jnp.zeros(())
        for h in range(self.heads):
            query = blocks[h].T @ probe[1][0, h]
            key = blocks[self.heads + h].T @ probe[1][1, h]
            if self.rotary:
                a, b = probe[2][h]
                first, second = key[::2], key[1::2]
                turned = [a * first - b * second, b * first + a * second]
                key = jnp.stack(turned, axis=1).reshape(-1)
            total = total + query @ key
        return total


class GatedConvolution(AbstractParametrisation):
    """A convolution of rectifiers, every unit multiplied by a number drawn for it."""

    method: ClassVar[str] = "the path lifting"

    def __init__(self, network: Convolution):
        self.network = network
        shapes = (network.K.shape, network.V.shape)
        self.layout = Layout((Name.of("K"), Name.of("V")), shapes)
        self.outputs = network.V.shape[0]
        self.probe = (reals(network.features), reals(*network.V.shape[1:]))

    def read(self, blocks, probe, *, centred):
        del centred
        x, gates = probe
        network = Convolution(blocks[0], blocks[1], "identity")
        units = jnp.ravel(network.before(x) * gates)
        return blocks[1].reshape(self.outputs, -1) @ units

    def blocks(self, parameters):
        return checked([parameters.K, parameters.V])


class GatedResidual(AbstractParametrisation):
    """A residual block of rectifiers, every unit times a number drawn for it."""

    method: ClassVar[str] = "the path lifting"

    def __init__(self, network: Residual):
        shapes = (network.U.shape, network.V.shape)
        self.layout = Layout((Name.of("U"), Name.of("V")), shapes)
        self.outputs, (h, d) = len(network.V), network.U.shape
        self.probe = (reals(d), reals(h))

    def read(self, blocks, probe, *, centred):
        U, V = blocks
        x, gates = probe
        return (0 if centred else x) + V @ (gates * (U @ x))

    def blocks(self, parameters):
        return checked([parameters.U, parameters.V])


def part_lifting(network: Any, *, rectifies: bool) -> AbstractParametrisation | None:
    """The exact lifting of one of `architectures`, or None.

    `rectifies` says whether its activation is linear on either side of a kink.
    """
    if isinstance(network, Attention):
        enough = not network.rotary or 2 * network.tokens - 1 >= network.Q.shape[2]
        return AttentionLifting(network) if enough else None
    if isinstance(network, Convolution) and rectifies:
        return GatedConvolution(network)
    if isinstance(network, Residual) and rectifies:
        return GatedResidual(network)
    return None
