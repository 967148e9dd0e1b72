"""Networks whose hidden units are nearly alike, and how they grow apart."""

import dataclasses
import math
from collections.abc import Iterable
from typing import ClassVar

import numpy as np
from jax.flatten_util import ravel_pytree

from ...experiment import Experiment
from ...networks import MLP
from ...saddles import pull_of
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.saddles import (
    ahead,
    even_units,
    level_of,
    small_of,
    start_gain,
    steep_at_zero,
    to_a_gain,
    zero_at_zero,
)
from ..measures.budgets import EPS, followed
from ..measures.escapes import arrived, bent
from ..measures.units import alike, reduced
from ..papers import RAWAL, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.draws import draw
from ..witnesses.saddles import leaving, two_directions


class SymmetryRepels(AbstractClaim[MLP]):
    r"""Units nearly alike grow apart, in part as fast as the layers: no attraction.

    On the way out of the saddle, where the common gain grows by $\rho$, what the units
    of a layer send up and what those above take of it differ by parts $u$ and $p$, of
    which $u + p$ grows by $\rho$ and $u - p$ falls by it; all else stays. So units come
    to differ by more, relative to the layers by no more and by no less: the manifold is
    invariant and does not attract.
    """

    id: ClassVar[str] = "S3b"
    source: ClassVar[Source] = Source(
        RAWAL, "Theorem 4 of version 1, off the manifold", "derived"
    )
    needs: ClassVar[type] = MLP
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 2e-2

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        for each in even_units(experiment):
            yield each
            if not each.met:
                return
        yield steep_at_zero(experiment)
        yield zero_at_zero(experiment)
        yield from to_a_gain(experiment)
        norms = np.array([np.linalg.norm(W) for W in experiment.network.weights])
        every = small_of(experiment) == tuple(range(len(norms)))
        even = every and np.ptp(norms) < 0.1 * np.min(norms)
        yield Hypothesis("all layers start small and about alike", bool(even))
        away = alike(experiment.network)
        near = 1e-7 * np.max(norms) < away < 1e-2 * np.max(norms)
        yield Hypothesis("the hidden units start nearly alike, not quite", bool(near))
        chain = dataclasses.replace(experiment, network=reduced(experiment.network))
        yield ahead(chain)

    def forecast(self, experiment: Experiment[MLP]) -> Forecast:
        parts = self._parts(experiment)
        about = "how far the units are from alike when the gain is at its level"
        size = sum(self._left(experiment))
        return Forecast(self._after(experiment, *parts), about, size)

    def measured(self, run: Trajectory[MLP]) -> float:
        return alike(run.network)

    def budget(self, run: Trajectory[MLP]) -> Iterable[Term]:
        late, second = self._left(run.experiment)
        reason = "twice the bend of the activations and of the loss, while layers grow"
        yield Term("next order", late, reason, "a lower level")
        reason = "how unlike the units are, and how unequal the layers"
        yield Term("unlikeness", second, reason, "units and layers more alike")
        size = float(np.linalg.norm(ravel_pytree(run.network)[0])) / alike(run.network)
        yield Term(
            "integration", 10 * followed(run) * size, "ten steps at their rtol",
            "a smaller rtol",
        )  # fmt: skip
        reason = "float64 in differences between units"
        yield Term("rounding", 64 * EPS * size, reason, "units less alike")

    def rivals(self, run: Trajectory[MLP]) -> Iterable[Rival]:
        experiment = run.experiment
        plus, minus, rest = self._parts(experiment)
        yield Rival("units stay as far apart as they were", alike(experiment.network))
        whole = math.sqrt(plus**2 + minus**2 + rest**2)
        falls = self._after(experiment, 0.0, whole, 0.0)
        yield Rival("what differs falls off: the manifold attracts", falls)
        grows = self._after(experiment, whole, 0.0, 0.0)
        yield Rival("all that differs grows with the layers", grows)

    def _after(self, experiment, plus, minus, rest):
        ratio = (level_of(experiment) or math.nan) / start_gain(experiment)
        return math.sqrt((plus * ratio) ** 2 + (minus / ratio) ** 2 + rest**2)

    def _parts(self, experiment):
        """The lengths of what grows, falls and stays, of what tells units apart."""
        weights = [np.asarray(W) for W in experiment.network.weights]
        m, risk = len(weights[0]), experiment.risk
        signal = pull_of(risk.loss, risk.problem)[:, 0] @ np.asarray(risk.problem.X)
        ones = np.full(m, m**-0.5)
        gains = reduced(experiment.network).gains
        signs = np.sign(np.append(1.0, np.asarray(gains)))
        grown = fallen = 0.0
        for i, (W, V) in enumerate(zip(weights, weights[1:], strict=False)):
            up = W @ (signal / np.linalg.norm(signal) if i == 0 else ones)
            last = i == len(weights) - 2
            down = V.T @ (np.ones(1) if last else ones)
            u, p = up - up.mean(), (down - down.mean()) * signs[i] * signs[i + 1]
            grown += np.sum((u + p) ** 2) / 2
            fallen += np.sum((u - p) ** 2) / 2
        rest = max(alike(experiment.network) ** 2 - grown - fallen, 0.0)
        return math.sqrt(grown), math.sqrt(fallen), math.sqrt(rest)

    def _left(self, experiment):
        """The bend at the level, and the squares of what is taken for small."""
        level, network = level_of(experiment) or math.nan, experiment.network
        chain = dataclasses.replace(experiment, network=reduced(network))
        end = arrived(chain, level)
        size = bent(experiment.risk, end, small_of(experiment))
        norms = np.array([np.linalg.norm(W) for W in network.weights])
        unlike = (alike(network) / np.min(norms)) ** 2
        unequal = np.ptp(norms) / np.min(norms)
        return 2 * size if size < 0.5 else math.inf, float(unlike + 2 * unequal)

    def witness(self, seed: int | None = None) -> Experiment[MLP]:
        return _nearly("tanh", seed)

    def foil(self, seed: int | None = None) -> Experiment[MLP]:
        return _nearly("softplus", seed)


def _nearly(activation: str, seed: int | None) -> Experiment[MLP]:
    """Five units in each of two layers, small, and a push off the symmetry."""
    eps, risk = 1e-3, two_directions(60, seed)
    signal = pull_of(risk.loss, risk.problem)[:, 0] @ np.asarray(risk.problem.X)
    first = eps * signal / np.linalg.norm(signal)
    start = MLP.symmetric(first, [eps] * 2, width=5, activation=activation)
    push = draw(1023, seed).standard_normal((5, 5))
    weights = [np.asarray(W) for W in start.weights]
    weights[1] = weights[1] + 1e-3 * eps * push / np.linalg.norm(push)
    return leaving(MLP(weights, activation), risk, 0.02)
