"""How the balance between neighbouring layers moves: an identity, exact everywhere."""

import dataclasses
from collections.abc import Iterable
from typing import Any, ClassVar

import equinox as eqx
import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import AbstractLoss, Squared
from ...networks import MLP
from ...observables import AbstractObservable, Imbalance, ImbalanceRate, LayerNorms
from ...saddles import imbalance_rate
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.saddles import several_layers
from ..measures.budgets import integration, quadrature, rounding
from ..measures.layers import BiasNorms
from ..measures.paths import over_time
from ..papers import RAWAL, Source
from ..parts import Hypothesis, Rival, Term
from ..witnesses.saddles import ordinary


FLOW = GradientFlow(rtol=1e-11)


class ImbalanceIdentity(AbstractClaim[MLP]):
    r"""$\|W_{l+1}\|^2-\|W_l\|^2-\|b_l\|^2$ moves as an activation is inhomogeneous.

    At $2\,\mathbb E\langle\bar d_l,\varphi(z_l)\rangle$, where
    $\varphi(z) = z\sigma'(z) - \sigma(z)$ and $\bar d_l = W_{l+1}^\top\delta_{l+1}$
    is what comes back from above. For any activation with a slope almost everywhere,
    any loss and any data. A bias counts with the layer it belongs to. Held against the
    whole run: what the balance has moved by is the integral of this rate.
    """

    id: ClassVar[str] = "S1"
    source: ClassVar[tuple[Source, ...]] = (
        Source(RAWAL, "Theorem 1 of version 1", "quoted"),
        Source(RAWAL, "with biases", "derived"),
    )
    needs: ClassVar[type] = MLP
    observes: ClassVar[tuple[AbstractObservable, ...]] = (
        Imbalance(),
        ImbalanceRate(),
        LayerNorms(),
        BiasNorms(),
    )
    records: ClassVar[int] = 64
    sees: ClassVar[float] = 1e-6

    activation: str = "tanh"
    """That of the witness, as are the next two."""

    loss: AbstractLoss = Squared()
    biases: bool = False

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield several_layers(experiment)

    def predicted(self, run: Trajectory[MLP]) -> np.ndarray:
        return _told(run)[0]

    def measured(self, run: Trajectory[MLP]) -> np.ndarray:
        return np.asarray(run.seen["Imbalance"]) - np.asarray(_began(run).imbalance())

    def distance(self, predicted: Any, measured: Any, run: Trajectory[MLP]) -> float:
        # In units of what the norms have moved by: the balance itself may stay.
        return float(np.max(np.abs(measured - predicted)) / _moved(run))

    def budget(self, run: Trajectory[MLP]) -> Iterable[Term]:
        told, error = _told(run)
        yield quadrature(error, np.max(np.abs(told)) / _moved(run))
        squares = np.asarray(run.seen["LayerNorms"])
        lost = float(np.max(squares) / _moved(run))
        yield integration(run, lost)
        yield rounding(run, lost)

    def rivals(self, run: Trajectory[MLP]) -> Iterable[Rival]:
        told, _ = _told(run)
        start = [np.sum(np.asarray(W) ** 2) for W in _began(run).weights]
        squares = np.asarray(run.seen["LayerNorms"])
        yield Rival("only the layer above moves", squares[:, 1:] - np.array(start[1:]))
        if np.max(np.abs(told)) < 1e-12 * _moved(run):
            return  # the activation is homogeneous, and what follows is true of it
        yield Rival("the balance is conserved", 0 * told)
        yield Rival("it moves the other way", -told)
        if _began(run).biases is not None:
            text = "a bias counts with no layer"
            yield Rival(text, told - _shifted(run))

    def witness(self, seed: int | None = None) -> Experiment[MLP]:
        return ordinary(
            self.activation, seed=seed, biases=self.biases, loss=self.loss,
            flow=FLOW, until=2.0,
        )  # fmt: skip

    def foil(self, seed: int | None = None) -> Experiment[MLP]:
        decaying = GradientFlow(weight_decay=0.1)
        return dataclasses.replace(self.witness(seed), flow=decaying)


def _began(run: Trajectory[MLP]) -> MLP:
    return run.experiment.network


def _told(run: Trajectory[MLP]) -> tuple[np.ndarray, float]:
    """The integral of the predicted rate at every record, and its relative error."""
    times, rates = np.asarray(run.times), np.asarray(run.seen["ImbalanceRate"])
    if times[0] == 0:
        return over_time(times, rates)
    first = np.asarray(_first_rate(run.experiment.risk, _began(run)))
    whole = np.concatenate([first[None], rates])
    told, error = over_time(np.append(0.0, times), whole)
    return told[1:], error


@eqx.filter_jit
def _first_rate(risk, network):
    return imbalance_rate(network, risk.loss, risk.problem)


def _moved(run: Trajectory[MLP]) -> float:
    """The most that the squared norm of a layer or a bias has moved by."""
    start = [np.sum(np.asarray(W) ** 2) for W in _began(run).weights]
    moved = np.abs(np.asarray(run.seen["LayerNorms"]) - np.array(start))
    return float(max(np.max(moved), np.max(np.abs(_shifted(run)), initial=0.0)))


def _shifted(run: Trajectory[MLP]) -> np.ndarray:
    """How the squared norms of the biases below the last have moved."""
    start = _began(run).biases or [np.zeros(1) for _ in _began(run).weights]
    squares = np.array([np.sum(np.asarray(b) ** 2) for b in start])
    return (np.asarray(run.seen["BiasNorms"]) - squares)[:, :-1]
