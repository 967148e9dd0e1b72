"""What the gradient flow of a diagonal network conserves."""

from collections.abc import Iterable
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from ...experiment import Experiment
from ...flows import Descent
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import AbstractObservable, Balance, LayerNorms, LinearPredictor
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim, along, Hypothesis, is_gradient_flow
from ..hypotheses.discriminants import balanced, scale_free
from ..witnesses.discriminants import definite, FINE, unbalanced


class BalanceConserved(AbstractClaim[Diagonal]):
    r"""Under any loss, $\theta_{l,i}^2 - \theta_{m,i}^2$ never changes.

    $\theta_{l,i} \nabla_{l,i} R = w_i g_i$ is the same number for every layer $l$, so
    the squares of all layers change at the same rate.
    """

    id: ClassVar[str] = "B1"
    reference: ClassVar[str] = "Du, Hu & Lee (2018), arXiv:1806.00900, Theorem 2.1"
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (Balance(),)
    tolerance: float = 1e-9
    """The drift of a Runge-Kutta method at rtol 1e-12 over a few hundred steps."""

    def hypotheses(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(run)

    def gap(self, run: Trajectory[Diagonal]) -> float:
        squares = run.experiment.network.layers**2
        drift = run.seen["Balance"] - (squares[1:] - squares[:-1])[None]
        return float(jnp.max(jnp.abs(drift), initial=0.0) / jnp.max(squares))

    def witness(self) -> Experiment[Diagonal]:
        problem, _ = definite()
        ridged = Risk(problem, Fisher(form="ratio", ridge=0.3))
        return Experiment(unbalanced(depth=3), ridged, FINE, until=5.0)

    def foil(self) -> Experiment[Diagonal]:
        true = self.witness()
        return Experiment(true.network, true.risk, Descent(0.02), until=250)


class LayerNormsConserved(AbstractClaim[Diagonal]):
    r"""If the loss is free of scale, no layer of a diagonal network changes norm.

    Scaling one layer scales the output, so the gradient is orthogonal to every layer:
    $\frac{d}{dt}\|\theta_l\|^2 = -2\langle\theta_l, \nabla_l R\rangle = 0$ from *any*
    start; no balance is needed.
    """

    id: ClassVar[str] = "B2"
    reference: ClassVar[str] = "Derived; cf. Li (2026), arXiv:2603.02622"
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LayerNorms(),)
    tolerance: float = 1e-9
    """The drift of a Runge-Kutta method at rtol 1e-12 over a few hundred steps."""

    depth: int = 3

    def hypotheses(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield scale_free(run)
        yield is_gradient_flow(run)

    def gap(self, run: Trajectory[Diagonal]) -> float:
        before = jnp.sum(run.experiment.network.layers**2, axis=1)
        return float(jnp.max(jnp.abs(run.seen["LayerNorms"] / before[None] - 1)))

    def witness(self) -> Experiment[Diagonal]:
        problem, _ = definite()
        start = unbalanced(depth=self.depth)
        return Experiment(start, Risk(problem, Fisher()), FINE, until=5.0)

    def foil(self) -> Experiment[Diagonal]:
        true = self.witness()
        ridged = Risk(true.risk.problem, Fisher(form="ratio", ridge=0.3))
        return Experiment(true.network, ridged, FINE, until=1.0)


class QuasiNormConserved(AbstractClaim[Diagonal]):
    r"""From a balanced start, $\sum_i |w_i|^{2/L}$ is constant as well.

    Balance is kept, so $|w_i|^{2/L} = \theta_{l,i}^2$: the sum is a layer's norm. Its
    power $L/2$ is the $(2/L)$-quasi-norm of the predictor, a norm only for $L \le 2$.
    """

    id: ClassVar[str] = "B3"
    reference: ClassVar[str] = "Derived; cf. Li (2026), arXiv:2603.02622"
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    tolerance: float = 1e-9
    """The drift of a Runge-Kutta method at rtol 1e-12 over a few hundred steps."""

    depth: int = 3

    shift: int = 0
    """Added to the depth in the exponent; another number than 0 makes it false."""

    def hypotheses(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield scale_free(run)
        yield is_gradient_flow(run)
        yield balanced(run)

    def gap(self, run: Trajectory[Diagonal]) -> float:
        _, w = along(run)
        power = 2 / (run.experiment.network.depth + self.shift)
        total = np.sum(np.abs(w) ** power, axis=1)
        return float(np.max(np.abs(total / total[0] - 1)))

    def witness(self) -> Experiment[Diagonal]:
        problem, w0 = definite()
        start = Diagonal.balanced(w0, depth=self.depth)
        return Experiment(start, Risk(problem, Fisher()), FINE, until=5.0)

    def foil(self) -> Experiment[Diagonal]:
        true = self.witness()
        lopsided = unbalanced(depth=self.depth)
        return Experiment(lopsided, true.risk, FINE, until=5.0)

    @property
    def rivals(self) -> tuple[AbstractClaim, ...]:
        return () if self.shift else (QuasiNormConserved(depth=self.depth, shift=1),)
