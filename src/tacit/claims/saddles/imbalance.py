"""How the balance between neighbouring layers moves: an identity, exact everywhere."""

import dataclasses
from collections.abc import Iterable
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from ...experiment import Experiment
from ...losses import AbstractLoss, Squared
from ...networks import MLP
from ...training import Trajectory
from ..hypotheses.flows import is_gradient_flow
from ..measures.saddles import (
    biases as biases_of,
    DECAYING,
    exchange,
    scale,
    velocity as moving,
)
from ..papers import RAWAL, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.saddles import ordinary


class ImbalanceIdentity(AbstractToleranceClaim[MLP]):
    r"""$\|W_{l+1}\|^2-\|W_l\|^2-\|b_l\|^2$ moves as an activation is inhomogeneous.

    At $2\,\mathbb E\langle\bar d_l,\varphi(z_l)\rangle$, where
    $\varphi(z) = z\sigma'(z) - \sigma(z)$ and $\bar d_l = W_{l+1}^\top\delta_{l+1}$
    is what comes back from above. For any activation with a slope almost everywhere,
    any loss and any data. A bias counts with the layer it belongs to.
    """

    id: ClassVar[str] = "S1"
    source: ClassVar[Source] = Source(
        RAWAL, "the imbalance identity; with biases derived", "quoted"
    )
    needs: ClassVar[type] = MLP
    tolerance: float = 1e-12
    """Rounding of two sums over samples and units, with three digits to spare."""

    activation: str = "tanh"
    loss: AbstractLoss = Squared()
    biases: bool = False

    version: str = "true"
    """With "conserved" the right side is 0, with "flipped" it has the other sign, with
    "unbiased" the bias is left out: all false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        wrong = ("conserved", "flipped", *(["unbiased"] if self.biases else []))
        return tuple(dataclasses.replace(self, version=v) for v in wrong)

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)

    def gap(self, run: Trajectory[MLP]) -> float:
        network, velocity = run.network, moving(run)
        told = exchange(run.experiment.risk, network).neurons
        sign = {"conserved": 0.0, "flipped": -1.0}.get(self.version, 1.0)
        both = zip(network.weights, velocity.weights, strict=True)
        moved = np.array([2 * np.sum(W * V) for W, V in both])
        if self.version != "unbiased":
            shifts = [2 * b @ v for b, v in biases_of(network, velocity)]
            below = moved + np.array(shifts)
        else:
            below = moved
        found = moved[1:] - below[:-1]
        rates = sign * np.array([float(jnp.sum(t)) for t in told])
        return float(np.max(np.abs(found - rates) / scale(network, velocity)))

    def witness(self) -> Experiment[MLP]:
        return ordinary(self.activation, biases=self.biases, loss=self.loss)

    def foil(self) -> Experiment[MLP]:
        true = self.witness()
        return dataclasses.replace(true, flow=DECAYING)
