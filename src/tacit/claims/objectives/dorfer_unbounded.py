"""The Deep LDA objective without a ridge: no minimum, and drift that is not its own."""

from collections.abc import Iterable
from typing import ClassVar

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
from ..measures.drifts import EVERY, every_step, is_descent
from ..papers import DORFER, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import fully_connected, rectified, three_classes


def _is_dorfer_without_ridge(experiment: Experiment) -> Iterable[Hypothesis]:
    loss = experiment.risk.loss
    ours = isinstance(loss, Dorfer)
    yield Hypothesis("the loss is the mean of the smallest LDA eigenvalues", ours)
    yield Hypothesis("it has no ridge", getattr(loss, "ridge", 0.0) == 0)


class UnboundedBelow(AbstractToleranceClaim[DeepLinear]):
    r"""Without a ridge the objective has no minimum where $S_w$ is singular.

    At a distance $s$ from outputs in the kernel of $S_w$ the eigenvalues are of order
    $s^{-2}$: the loss falls without end and its gradient, of order $s^{-3}$, makes the
    flow stiff. A network that can collapse the classes finds such outputs on any data.
    """

    id: ClassVar[str] = "G5"
    source: ClassVar[Source] = Source(DORFER, "", "derived")
    needs: ClassVar[type] = DeepLinear
    tolerance: float = 0.02
    """The next term is of relative size $s$, at most 1e-3."""

    margin: ClassVar[float] = 50.0
    """With a ridge the slope is 0 and the gap 2."""

    exponent: float = 2.0
    """The slope of $\\log(-R)$ in $\\log(1/s)$. Below 2 it is false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (UnboundedBelow(exponent=0.0), UnboundedBelow(exponent=1.0))

    def conditions(self, run: Trajectory[DeepLinear]) -> Iterable[Hypothesis]:
        yield from _is_dorfer_without_ridge(run.experiment)
        problem = run.experiment.risk.problem
        kernel = scipy.linalg.null_space(np.asarray(problem.within), rcond=1e-10)
        apart = np.linalg.matrix_rank(kernel.T @ problem.contrast, tol=1e-8)
        outputs = len(np.atleast_2d(run.network.predictor()))
        yield Hypothesis(
            "the class means differ in the kernel of S_w, along every output",
            apart >= outputs,
        )

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        risk = run.experiment.risk
        kernel = scipy.linalg.null_space(np.asarray(risk.problem.within), rcond=1e-10)
        E = np.atleast_2d(run.network.predictor())
        inside = E @ kernel @ kernel.T
        near = np.array([1e-3, 1e-4])
        values = [
            float(risk.value(DeepLinear([inside + s * (E - inside)]))) for s in near
        ]
        found = -np.diff(np.log(-np.array(values)))[0] / np.diff(np.log(near))[0]
        return float(abs(found - self.exponent))

    def witness(self) -> Experiment[DeepLinear]:
        return self._with(0.0)

    def foil(self) -> Experiment[DeepLinear]:
        return self._with(0.1)

    def _with(self, ridge: float):
        whole = three_classes()
        few = Problem(np.asarray(whole.X)[:9], whole.labels[:9])
        risk = Risk(few, Dorfer("scatter", ridge=ridge))
        return Experiment(fully_connected(8, 2), risk, GradientFlow(), until=0.0)


class SlopeOfWeights(AbstractObservable[MLP]):
    r"""$\|\nabla_l\|^2$ of every weight matrix."""

    needs: ClassVar[type] = MLP
    dims: ClassVar[tuple[str, ...]] = ("layer",)

    def measure(self, at: Snapshot[MLP]) -> Float[Array, " L"]:
        slope = at.risk.gradient(at.network)
        return jnp.stack([jnp.sum(g**2) for g in slope.weights])


class DriftOfSteps(AbstractToleranceClaim[MLP]):
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
    tolerance: float = 1e-12
    """Rounding of a sum of squares, 1e-15, with room for a thousand terms."""

    growth: float = 1.0
    """What the growth is multiplied with. Only 1 is right."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (DriftOfSteps(growth=0.0),)

    def conditions(self, run: Trajectory[MLP]) -> Iterable[Hypothesis]:
        yield from _is_dorfer_without_ridge(run.experiment)
        network = run.experiment.network
        rectified = network.activation in ("identity", "leaky_relu", "relu")
        yield Hypothesis("the activation is homogeneous", rectified)
        yield Hypothesis("there are no biases", network.biases is None)
        yield from is_descent(run.experiment)
        yield every_step(run)

    def gap(self, run: Trajectory[MLP]) -> float:
        step = getattr(run.experiment.flow, "step", 1.0)
        norms = run.seen["LayerNorms"]
        added = self.growth * step**2 * run.seen["SlopeOfWeights"]
        stray = norms[1:] - norms[:-1] - added[:-1]
        return float(jnp.max(jnp.abs(stray / norms[:-1])))

    def witness(self) -> Experiment[MLP]:
        return self._with(0.0)

    def foil(self) -> Experiment[MLP]:
        return self._with(0.1)

    def _with(self, ridge: float):
        risk = Risk(three_classes(), Dorfer(ridge=ridge))
        return Experiment(rectified(), risk, Descent(0.01), until=50)
