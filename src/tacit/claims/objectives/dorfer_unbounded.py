"""The Deep LDA objective without a ridge: no minimum, and drift that is not its own."""

from collections.abc import Iterable
from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import scipy.linalg
from jaxtyping import Array, Float

from ...experiment import Experiment, Snapshot
from ...flows import Descent, GradientFlow
from ...losses import Dorfer
from ...networks import DeepLinear, MLP
from ...observables import AbstractObservable, LayerNorms
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.objectives import (
    homogeneous,
    of_dorfer,
    without_biases,
    without_ridge,
)
from ..measures.budgets import EPS
from ..measures.drifts import EVERY, every_step, is_descent
from ..measures.paths import gradient
from ..papers import DORFER, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.discriminants import fully_connected, rectified, three_classes


NEAR = np.array([1e-2, 1e-3, 1e-4])
"""Distances from the kernel, relative to that of the network."""


class UnboundedBelow(AbstractClaim[DeepLinear]):
    r"""Without a ridge the objective has no minimum where $S_w$ is singular.

    At a distance $s$ from outputs in the kernel of $S_w$ the eigenvalues are of order
    $s^{-2}$: the loss falls without end and its gradient, of order $s^{-3}$, makes the
    flow stiff. A network that can collapse the classes finds such outputs on any data.
    """

    id: ClassVar[str] = "G5"
    source: ClassVar[Source] = Source(DORFER, "", "derived")
    needs: ClassVar[type] = DeepLinear
    sees: ClassVar[float] = 0.02

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield of_dorfer(experiment)
        yield without_ridge(experiment)
        problem = experiment.risk.problem
        apart = np.linalg.matrix_rank(_kernel(problem).T @ problem.contrast, tol=1e-8)
        outputs = len(np.atleast_2d(experiment.network.predictor()))
        yield Hypothesis(
            "the class means differ in the kernel of S_w, along every output",
            bool(apart >= outputs),
        )

    def forecast(self, experiment: Experiment[DeepLinear]) -> Forecast:
        del experiment
        return Forecast(2.0, "the exponent of 1 / s in the loss")

    def measured(self, run: Trajectory[DeepLinear]) -> float:
        return float(self._exponents(run)[-1])

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        first, last = self._exponents(run)
        change = float(abs(last - first))
        # The next term is of relative size s: over a decade it falls to a tenth. Its
        # square counts where the first decade is not near enough for that.
        yield Term(
            "next order",
            (change / 5 + change**2) / 2,
            "a tenth of what the exponent changes by over a decade of s, twice, and "
            "the square of the change",
            "outputs nearer the kernel",
        )
        within = np.asarray(run.experiment.risk.problem.within)
        lost = EPS * np.max(np.abs(within)) * len(within) / NEAR[-1] ** 2
        spread = np.linalg.eigvalsh(self._latent(run))[0]
        reason = "float64 in a scatter that is s² of what cancels in it"
        yield Term("rounding", float(lost / spread), reason, "fewer features")

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        del run
        yield Rival("the eigenvalues are of order 1 / s", 1.0)
        yield Rival("of order 1 / s³, as the gradient", 3.0)

    def _parts(self, run) -> tuple[np.ndarray, np.ndarray]:
        """The network in the kernel, and what is outside."""
        kernel = _kernel(run.experiment.risk.problem)
        E = np.atleast_2d(np.asarray(run.network.predictor()))
        inside = E @ kernel @ kernel.T
        return inside, E - inside

    def _latent(self, run) -> np.ndarray:
        _, outside = self._parts(run)
        return outside @ np.asarray(run.experiment.risk.problem.within) @ outside.T

    def _exponents(self, run) -> np.ndarray:
        """The slope of log(-R) in log(1/s) over each decade."""
        (inside, outside), risk = self._parts(run), run.experiment.risk
        values = [float(risk.value(DeepLinear([inside + s * outside]))) for s in NEAR]
        return -np.diff(np.log(-np.array(values))) / np.diff(np.log(NEAR))

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return self._with(0.0, seed)

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return self._with(0.1, seed)

    def _with(self, ridge: float, seed: int | None) -> Experiment[DeepLinear]:
        whole = three_classes(seed)
        few = Problem(np.asarray(whole.X)[:9], whole.labels[:9])
        start = fully_connected(8, 2, seed=seed)
        risk = Risk(few, Dorfer("scatter", ridge=ridge))
        return Experiment(start, risk, GradientFlow(), until=0.0)


class SlopeOfWeights(AbstractObservable[MLP]):
    r"""$\|\nabla_l\|^2$ of every weight matrix."""

    needs: ClassVar[type] = MLP
    dims: ClassVar[tuple[str, ...]] = ("layer",)

    def measure(self, at: Snapshot[MLP]) -> Float[Array, " L"]:
        return _squares(at.risk.gradient(at.network))


class DriftOfSteps(AbstractClaim[MLP]):
    r"""Without a ridge all drift of the norms comes from the length of the steps.

    The flow keeps every $\|W_l\|$; a step of descent adds $\eta^2\|\nabla_l\|^2$. With
    a ridge the norms are driven as well, at first order in $\eta$.
    """

    id: ClassVar[str] = "G5b"
    source: ClassVar[Source] = Source(DORFER, "", "derived")
    needs: ClassVar[type] = MLP
    observes: ClassVar[tuple[AbstractObservable, ...]] = (
        LayerNorms(),
        SlopeOfWeights(),
    )
    records: ClassVar[int] = EVERY
    sees: ClassVar[float] = 1e-9

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield of_dorfer(experiment)
        yield without_ridge(experiment)
        yield homogeneous(experiment)
        yield without_biases(experiment)
        yield from is_descent(experiment)

    def conditions(self, run: Trajectory[MLP]) -> Iterable[Hypothesis]:
        yield every_step(run)

    def predicted(self, run: Trajectory[MLP]) -> np.ndarray:
        norms, added = _steps(run)
        return norms[:-1] + added[:-1]

    def measured(self, run: Trajectory[MLP]) -> np.ndarray:
        return _steps(run)[0][1:]

    def distance(self, predicted: Any, measured: Any, run: Trajectory[MLP]) -> float:
        del run
        return float(np.max(np.abs(measured / predicted - 1), initial=0.0))

    def budget(self, run: Trajectory[MLP]) -> Iterable[Term]:
        norms, added = _steps(run)
        # What cancels at first order is 2 step <W, slope>, of terms of this size.
        moved = 2 * np.sqrt(np.max(added / norms))
        size = 64 * EPS * float(1 + moved * run.experiment.risk.problem.n)
        reason = "float64 in one step, whose first order cancels"
        yield Term("rounding", size, reason, "a shorter step")

    def rivals(self, run: Trajectory[MLP]) -> Iterable[Rival]:
        norms, added = _steps(run)
        yield Rival("a step keeps the norms, as the flow does", norms[:-1])
        yield Rival("a step adds twice as much", norms[:-1] + 2 * added[:-1])

    def witness(self, seed: int | None = None) -> Experiment[MLP]:
        return self._with(0.0, seed)

    def foil(self, seed: int | None = None) -> Experiment[MLP]:
        return self._with(0.1, seed)

    def _with(self, ridge: float, seed: int | None) -> Experiment[MLP]:
        risk = Risk(three_classes(seed), Dorfer(ridge=ridge))
        return Experiment(rectified(seed=seed), risk, Descent(0.01), until=50)


def _kernel(problem: Problem) -> np.ndarray:
    return scipy.linalg.null_space(np.asarray(problem.within), rcond=1e-10)


@eqx.filter_jit
def _squares(network: MLP) -> Float[Array, " L"]:
    return jnp.stack([jnp.sum(W**2) for W in network.weights])


def _steps(run: Trajectory[MLP]) -> tuple[np.ndarray, np.ndarray]:
    """Squared norms at the start and after every step, and what the next one adds."""
    network, risk = run.experiment.network, run.experiment.risk
    norms = np.asarray(run.seen["LayerNorms"])
    slopes = np.asarray(run.seen["SlopeOfWeights"])
    if run.times[0] > 0:
        first = np.asarray(_squares(gradient(risk, network)))
        norms = np.concatenate([np.asarray(_squares(network))[None], norms])
        slopes = np.concatenate([first[None], slopes])
    return norms, run.experiment.flow.step**2 * slopes
