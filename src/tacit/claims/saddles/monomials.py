"""Activations that are powers: how long they wait, and what they conserve."""

import math
from collections.abc import Iterable
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Squared
from ...networks import Chain
from ...observables import AbstractObservable, LayerNorms
from ...problems import Problem
from ...risk import Risk
from ...saddles import pull_of, share, span
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.saddles import (
    all_small_and_alike,
    level_of,
    squared_loss,
    start_gain,
    to_a_gain,
)
from ..measures.budgets import integration, rounding
from ..papers import RAWAL, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.saddles import even, gaussian, leaving, taught


class MonomialEscape(AbstractClaim[Chain]):
    r"""For $\sigma(z) = z^k$ the power is $\sum_{j<L} k^j - 2$, with its prefactor.

    The degree of the output in the small layers, less 2: with no slope at 0 no layer
    acts as a linear map. With $J = A\prod X_l^{k_l}$, $k_l = k^{L-l}$ and $A$ the
    signal at gains 1, the squares are $X_l^2 = \varepsilon^2 + k_l s$ with
    $\dot s = 2J$, and the time is $\int ds/2J$.
    """

    id: ClassVar[str] = "S12"
    source: ClassVar[Source] = Source(RAWAL, "", "derived")
    needs: ClassVar[type] = Chain
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 1e-5

    degree: int = 2
    """That of the witness."""

    def hypotheses(self, experiment: Experiment[Chain]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield squared_loss(experiment)
        yield _monomial(experiment)
        yield from to_a_gain(experiment)
        yield from all_small_and_alike(experiment)
        one = len(experiment.network.first) == 1
        yield Hypothesis("there is one feature", one)
        signs = _signal(experiment) * np.prod(np.sign(experiment.network.gains[-1:]))
        yield Hypothesis("the start points along the signal", bool(signs > 0))

    def forecast(self, experiment: Experiment[Chain]) -> Forecast:
        level = level_of(experiment) or math.nan
        powers = _powers(experiment)
        time = _followed(start_gain(experiment), level, powers)
        about = f"when the geometric mean of all layers is {level:g}"
        told = time / abs(_signal(experiment))
        return Forecast(told, about, self._left(experiment))

    def measured(self, run: Trajectory[Chain]) -> float:
        return float(run.times[-1])

    def budget(self, run: Trajectory[Chain]) -> Iterable[Term]:
        reason = "the bend of the loss at the level, while time runs"
        size = self._left(run.experiment)
        yield Term("next order", size, reason, "a smaller start or a lower level")
        yield integration(run, float(np.sum(_powers(run.experiment))))
        yield rounding(run)

    def rivals(self, run: Trajectory[Chain]) -> Iterable[Rival]:
        experiment = run.experiment
        low, level = start_gain(experiment), level_of(experiment) or math.nan
        A, degree = abs(_signal(experiment)), float(np.sum(_powers(experiment)))
        L = len(experiment.network.weights)
        yield Rival("the power is r - 2", span(low, level, L - 2) / A)
        yield Rival("all layers grow alike", span(low, level, degree - 2) / A)
        yield Rival("the power is one lower", span(low, level, degree - 3) / A)

    def _left(self, experiment):
        """The square of the outputs over the signal, while time runs."""
        low, level = start_gain(experiment), level_of(experiment) or math.nan
        degree = float(np.sum(_powers(experiment)))
        mass = experiment.risk.problem.weights
        f = _at_one(experiment)
        mass = np.ones(len(f)) if mass is None else np.asarray(mass)
        own = float(mass / mass.sum() @ f**2 / abs(_signal(experiment)))
        # The layers with the larger powers have grown past the level.
        reach = level * math.sqrt(float(np.max(_powers(experiment))))
        return own * reach**degree * share(low, level, degree - 2, degree)

    def witness(self, seed: int | None = None) -> Experiment[Chain]:
        return _power("square" if self.degree == 2 else "cube", self.degree, seed)

    def foil(self, seed: int | None = None) -> Experiment[Chain]:
        return _power("tanh", 1, seed)


class MonomialBalance(AbstractClaim[Chain]):
    r"""For $\sigma(z) = z^k$ the flow conserves $\|W_l\|^2 - k\|W_{l+1}\|^2$.

    Scaling layer $l$ by $c$ is scaling the one above by $c^k$, under any loss.
    """

    id: ClassVar[str] = "S12b"
    source: ClassVar[Source] = Source(RAWAL, "", "derived")
    needs: ClassVar[type] = Chain
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LayerNorms(),)
    sees: ClassVar[float] = 1e-7

    degree: int = 3
    """That of the witness."""

    def hypotheses(self, experiment: Experiment[Chain]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield _monomial(experiment)

    def forecast(self, experiment: Experiment[Chain]) -> Forecast:
        squares, k = _squares(experiment), _degree(experiment) or 1
        about = f"the squared norm of every layer, less {k} times that above, all along"
        return Forecast(squares[:-1] - k * squares[1:], about)

    def measured(self, run: Trajectory[Chain]) -> np.ndarray:
        squares, k = np.asarray(run.seen["LayerNorms"]), _degree(run.experiment) or 1
        return squares[:, :-1] - k * squares[:, 1:]

    def distance(self, predicted: Any, measured: Any, run: Trajectory[Chain]) -> float:
        # In units of what the norms have moved by: the difference may be 0.
        return float(np.max(np.abs(measured - predicted)) / _moved(run))

    def budget(self, run: Trajectory[Chain]) -> Iterable[Term]:
        k = _degree(run.experiment) or 1
        lost = k * float(np.max(np.asarray(run.seen["LayerNorms"])) / _moved(run))
        return integration(run, lost), rounding(run, lost)

    def rivals(self, run: Trajectory[Chain]) -> Iterable[Rival]:
        squares, start = np.asarray(run.seen["LayerNorms"]), _squares(run.experiment)
        k, moved = _degree(run.experiment) or 1, squares - start
        kept = (start[:-1] - k * start[1:])[None]
        text = "both layers count alike"
        yield Rival(text, kept + (1 - k) * moved[:, 1:])
        yield Rival("only the layer below moves", kept + moved[:, :-1])

    def witness(self, seed: int | None = None) -> Experiment[Chain]:
        return self._flowing("square" if self.degree == 2 else "cube", seed)

    def foil(self, seed: int | None = None) -> Experiment[Chain]:
        return self._flowing("tanh", seed)

    def _flowing(self, activation, seed):
        u = np.linspace(-1.2, 1.2, 21)
        risk = Risk(Problem(u[:, None], taught(np.tanh, seed)(u) + 0.3), Squared())
        start = Chain(0.7, [1.1, 0.8], activation)
        return Experiment(
            start, risk, GradientFlow(rtol=1e-11, max_steps=10_000), until=1.0
        )


def _degree(experiment: Experiment[Chain]) -> int | None:
    """The power that the activation is, None if it is none."""
    z = np.linspace(-2.0, 2.0, 9)
    values = np.asarray(jax.vmap(experiment.network.sigma)(z))
    same = (k for k in range(2, 7) if np.allclose(values, z**k, rtol=1e-13, atol=0))
    return next(same, None)


def _monomial(experiment: Experiment[Chain]) -> Hypothesis:
    known = _degree(experiment) is not None
    return Hypothesis("the activation is a power, from the second on", known)


def _powers(experiment: Experiment[Chain]) -> np.ndarray:
    """The power of every layer in the output."""
    L, k = len(experiment.network.weights), _degree(experiment) or 1
    return float(k) ** np.arange(L - 1, -1, -1)


def _at_one(experiment: Experiment[Chain]) -> np.ndarray:
    """The outputs at gains 1, the read-out's sign left out."""
    chain = experiment.network
    first = chain.first / np.linalg.norm(chain.first)
    ones = np.ones(len(chain.gains))
    unit = Chain(first, ones, chain.activation, chain.width)
    return np.asarray(jax.vmap(unit)(jnp.asarray(experiment.risk.problem.X)))


def _signal(experiment: Experiment[Chain]) -> float:
    pull = pull_of(experiment.risk.loss, experiment.risk.problem)[:, 0]
    return float(pull @ _at_one(experiment))


def _followed(low: float, level: float, powers: np.ndarray) -> float:
    """The time from `low` to the level at signal 1, each layer at its own pace."""

    def squares(s):
        return low**2 * (1 + powers * math.exp(s))

    def over(s):
        return np.mean(np.log(squares(s))) - 2 * math.log(level)

    top = brentq(over, -60.0, 2 * math.log(level / low) + 5)

    def density(s):
        J = np.prod(squares(s) ** (powers / 2))
        return low**2 * math.exp(s) / (2 * J)

    return quad(density, -60.0, top, epsabs=0, epsrel=1e-11, limit=800)[0]


def _squares(experiment: Experiment[Chain]) -> np.ndarray:
    return np.array([np.sum(np.asarray(W) ** 2) for W in experiment.network.weights])


def _moved(run: Trajectory[Chain]) -> float:
    """The most that the squared norm of a layer has moved by."""
    moved = np.asarray(run.seen["LayerNorms"]) - _squares(run.experiment)
    return float(np.max(np.abs(moved)))


def _power(activation: str, degree: int, seed: int | None) -> Experiment[Chain]:
    size = 1.0 if seed is None else 1 + 0.3 * (seed % 5)
    risk = gaussian(lambda u: size * u ** (degree**2))
    return leaving(even(0.025, 3, activation), risk, 0.3)
