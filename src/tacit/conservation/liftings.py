r"""Polynomials through which networks of known kinds reach the loss.

Rank-one coefficients span a lifting, and contracting it with them is a forward pass:
$O(D)$ and not the number of paths. The path lifting of rectifier networks is that of
Marcotte et al. (2023), arXiv:2307.00144.
"""

from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np

from ..networks import (
    ConvLinear,
    DeepLinear,
    Diagonal,
    Gate,
    MLP,
    TwoSided,
)
from ..networks.activations import activation_of, called, kinked
from .layout import Layout, Name
from .parametrisation import AbstractParametrisation, checked, reals
from .parts import part_lifting


class LinearChain(AbstractParametrisation):
    r"""$W_L \cdots W_1$, and the sum of what biases become at the output."""

    method: ClassVar[str] = "the product of the layers"

    def __init__(self, network: DeepLinear | MLP):
        self.layout, self.biased = _fully_connected(network)
        self.outputs = len(network.layers[-1])
        self.probe = (reals(network.layers[0].shape[1]), reals())

    def read(self, blocks, probe, *, centred):
        a, share = probe
        weights, biases = _halves(blocks, self.biased)
        if centred:  # neither layer's bias tells two samples apart
            share = jnp.zeros_like(share)
        for i, W in enumerate(weights):
            a = W @ a + share * biases[i] if self.biased else W @ a
        return a

    def blocks(self, parameters):
        return _of_fully_connected(parameters)


class PathLifting(AbstractParametrisation):
    r"""All products of weights along paths from inputs and biases to outputs.

    Inside a region where no unit switches, the outputs of a network of rectifiers are
    linear in it. It is contracted by a forward pass in which every unit is multiplied
    by a number drawn for it.
    """

    method: ClassVar[str] = "the path lifting"

    def __init__(self, network: MLP):
        self.layout, self.biased = _fully_connected(network)
        self.outputs = len(network.weights[-1])
        gates = [reals(len(W)) for W in network.weights[:-1]]
        self.probe = (
            reals(network.weights[0].shape[1]),
            gates,
            [reals() for _ in network.weights],
        )

    def read(self, blocks, probe, *, centred):
        a, gates, shares = probe
        weights, biases = _halves(blocks, self.biased)
        last = len(weights) - 1
        for i, W in enumerate(weights):
            a = W @ a
            if self.biased and not (centred and i == last):
                a = a + shares[i] * biases[i]
            if i < last:
                a = a * gates[i]
        return a

    def blocks(self, parameters):
        return _of_fully_connected(parameters)


class DiagonalProduct(AbstractParametrisation):
    r"""$\theta_1 \odot \dots \odot \theta_L$, summed up or kept apart."""

    method: ClassVar[str] = "the product of the layers"

    def __init__(self, network: Diagonal | Gate):
        L, d = network.layers.shape
        self.layout = Layout(tuple(Name.of("θ", i + 1) for i in range(L)), ((d,),) * L)
        self.apart = isinstance(network, Gate)
        self.outputs = d if self.apart else 1
        self.probe = reals(d)

    def read(self, blocks, probe, *, centred):
        del centred
        product = probe
        for block in blocks:
            product = product * block
        return product if self.apart else jnp.sum(product)[None]

    def blocks(self, parameters):
        return checked(list(parameters.layers))


class CircularConvolutions(AbstractParametrisation):
    r"""$\theta_1 * \dots * \theta_L$ up to its factor, by sums, not by transforms."""

    method: ClassVar[str] = "the convolution of the layers"

    def __init__(self, network: ConvLinear):
        L, d = network.layers.shape
        self.layout = Layout(tuple(Name.of("θ", i + 1) for i in range(L)), ((d,),) * L)
        self.outputs, self.probe = 1, reals(d)
        self.turns = np.add.outer(np.arange(d), np.arange(d)) % d

    def read(self, blocks, probe, *, centred):
        del centred
        x = probe
        for block in blocks[:-1]:
            shifted = jnp.stack([jnp.roll(x, -i) for i in range(len(x))])
            x = shifted @ block
        return jnp.sum(blocks[-1] * x)[None]

    def blocks(self, parameters):
        return checked(list(parameters.layers))


class TwoSides(AbstractParametrisation):
    """$u^L - v^L$, coordinate by coordinate."""

    method: ClassVar[str] = "the predictor"

    def __init__(self, network: TwoSided):
        d = len(network.u)
        self.layout = Layout((Name.of("u"), Name.of("v")), ((d,), (d,)))
        self.depth, self.outputs, self.probe = network.depth, 1, reals(d)

    def read(self, blocks, probe, *, centred):
        del centred
        u, v = blocks
        return jnp.sum(probe * (u**self.depth - v**self.depth))[None]

    def blocks(self, parameters):
        return checked([parameters.u, parameters.v])


def is_piecewise_linear(sigma: Any) -> bool:
    """Whether an activation is linear on either side of 0, with a kink there."""
    z = np.array([0.3, 1.0, 7.0])
    above, below = np.asarray(sigma(jnp.asarray(z))), np.asarray(sigma(jnp.asarray(-z)))
    straight = np.allclose(above / z, above[1]) and np.allclose(below / z, below[1])
    return bool(straight and kinked(sigma))


def lifting_of(network: Any) -> AbstractParametrisation | None:
    """The exact lifting of a network, or None where none is known."""
    simple = {
        ConvLinear: CircularConvolutions,
        DeepLinear: LinearChain,
        Diagonal: DiagonalProduct,
        Gate: DiagonalProduct,
        TwoSided: TwoSides,
    }
    if type(network) in simple:
        return simple[type(network)](network)
    if isinstance(network, MLP):
        if called(network.activation) == "identity":
            return LinearChain(network)
        if is_piecewise_linear(network.sigma):
            return PathLifting(network)
    activation = network.activation
    rectifies = activation is not None and is_piecewise_linear(
        activation_of(activation)
    )
    return part_lifting(network, rectifies=rectifies)


def _fully_connected(network) -> tuple[Layout, bool]:
    weights, biases = network.layers, _biases(network)
    names = [Name.of("W", i + 1) for i in range(len(weights))]
    shapes = [W.shape for W in weights]
    if biases is not None:
        names += [Name.of("b", i + 1) for i in range(len(biases))]
        shapes += [b.shape for b in biases]
    return Layout(tuple(names), tuple(shapes)), biases is not None


def _halves(blocks, biased):
    middle = len(blocks) // 2 if biased else len(blocks)
    return blocks[:middle], blocks[middle:]


def _of_fully_connected(network):
    return checked([*network.layers, *(_biases(network) or ())])


def _biases(network):
    return network.biases if isinstance(network, MLP) else None
