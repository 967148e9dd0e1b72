"""Which features a balanced diagonal network picks up first."""

from collections.abc import Iterable
from typing import ClassVar

import equinox as eqx
import jax
import numpy as np

from ...experiment import Experiment
from ...losses import Fisher
from ...networks import Diagonal
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import balanced
from ..hypotheses.flows import is_gradient_flow
from ..measures.budgets import rounding
from ..measures.paths import slope_size, slopes
from ..papers import LI, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.discriminants import few_of_many, FINE


class FirstFeatures(AbstractClaim[Diagonal]):
    r"""A uniform start sets the features off in the order of their share $-w_i g_i$.

    $\frac{d}{dt} \log(w_i / w_j) = \frac{Ld}{Q} (w_j g_j - w_i g_i)$ where
    $|w_1| = \dots = |w_d|$, with $Q = \sum_i |w_i|^{2/L}$: from a balanced start
    $\dot w_i / w_i = -L |w_i|^{-2/L} w_i g_i$, and all the powers are $Q / d$.
    """

    id: ClassVar[str] = "B8"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    sees: ClassVar[float] = 1e-10

    depth: int = 3

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield balanced(experiment)
        size = np.abs(experiment.network.predictor())
        even = np.ptp(size) <= 8 * np.finfo(float).eps * np.max(size)
        yield Hypothesis("all weights start equal in magnitude", bool(even))

    def forecast(self, experiment: Experiment[Diagonal]) -> Forecast:
        value = _lead(experiment, experiment.network.depth)
        return Forecast(value, "the rates of log |w_i / w_j| at the start")

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        start = run.experiment
        w, velocity = (np.asarray(x) for x in _moving(start.network, start.risk))
        return _pairwise(velocity / w)

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        start = run.experiment
        w, L = np.asarray(start.network.predictor()), start.network.depth
        terms = L * np.abs(w[0]) ** (1 - 2 / L) * slope_size(start, w[None])
        # Near an optimum the rates are what remains of larger terms.
        lost = terms / np.max(np.abs(_lead(start, L)))
        return (rounding(run, L * float(lost)),)

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        L = run.experiment.network.depth
        yield Rival(
            "the rates are those of one layer more", _lead(run.experiment, L + 1)
        )

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        problem, w0 = few_of_many(seed)
        start = Diagonal.balanced(w0, depth=self.depth)
        return Experiment(start, Risk(problem, Fisher()), FINE, until=0.0)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        true = self.witness(seed)
        uneven = np.linspace(0.5, 1.5, true.risk.problem.d) / true.risk.problem.d
        start = Diagonal.balanced(uneven, depth=self.depth)
        return Experiment(start, true.risk, FINE, until=0.0)


def _lead(experiment: Experiment[Diagonal], L: int) -> np.ndarray:
    """By how much every share leads every other, as the law for `L` layers has it."""
    w = np.asarray(experiment.network.predictor())
    share = w * slopes(experiment, w[None])[0]
    return _pairwise(-L * len(w) / np.sum(np.abs(w) ** (2 / L)) * share)


def _pairwise(x: np.ndarray) -> np.ndarray:
    return x[:, None] - x[None]


@eqx.filter_jit
def _moving(network, risk):
    """The predictor, and its velocity under the gradient flow."""
    down = jax.tree.map(lambda g: -g, risk.gradient(network))
    return jax.jvp(lambda net: net.predictor(), (network,), (down,))
