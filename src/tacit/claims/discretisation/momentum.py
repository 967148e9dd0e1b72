"""What momentum adds to the norms that the flow conserves."""

from collections.abc import Iterable
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np

from ...experiment import Experiment
from ...flows import Descent
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import AbstractObservable, LayerNorms, Layers
from ...risk import Risk
from ...training import train, Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import scale_free
from ..measures.budgets import rounding
from ..measures.drifts import (
    EVERY,
    every_step,
    gradients,
    growth,
    is_descent,
    of_one_step,
    over_norms,
    passed,
    rates,
    Shortened,
    shorter,
    squares,
)
from ..papers import LI, Source
from ..parts import Forecast, Hypothesis, Rival, Term, Unmeasured
from ..witnesses.discriminants import definite, unbalanced


class MomentumLengthensLayers(AbstractClaim[Diagonal]):
    r"""Momentum carries the growth of the squared norms on, and adds its own.

    With $N = \|\theta_l\|^2$ of a layer, $v$ its velocity and $v' = \beta v - \eta g$,

    * heavy ball: $N_{t+1} - N_t = \beta(N_t - N_{t-1}) + \|v'\|^2 + \beta\|v\|^2$;
    * Nesterov, whose $g$ is taken at $\theta + \beta v$: $N_{t+1} - N_t =
      2\beta\langle\theta, v\rangle + 2\eta\beta\langle v, g\rangle + \|v'\|^2$.

    All that is used is that the gradient is orthogonal to the layers it is taken at.
    """

    id: ClassVar[str] = "F4"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (Layers(),)
    records: ClassVar[int] = EVERY
    sees: ClassVar[float] = 1e-6

    nesterov: bool = False
    """Whether the witness looks ahead."""

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield scale_free(experiment)
        yield from is_descent(experiment, momentum=True)
        carried = bool(experiment.flow.momentum)
        yield Hypothesis("there is momentum", carried)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield every_step(run)

    def predicted(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return np.asarray(sum(self._parts(run)))

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return np.asarray(growth(passed(run)))

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[Diagonal]
    ) -> float:
        return over_norms(passed(run), predicted, measured)

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        yield of_one_step(run, float(jnp.min(squares(passed(run)))))

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        kept, own, extra = self._parts(run)
        yield Rival("momentum adds nothing of its own", np.asarray(kept + own))
        yield Rival("it carries no growth on", np.asarray(own + extra))

    def _parts(self, run):
        """The growth carried on, the square of the move, and what momentum adds."""
        flow, layers = run.experiment.flow, passed(run)
        ahead, beta = layers[1:] - layers[:-1], flow.momentum
        behind = jnp.concatenate([jnp.zeros_like(ahead[:1]), ahead[:-1]])
        norms, now = squares(layers), layers[:-1]
        if flow.nesterov:
            g = gradients(run.experiment, now + beta * behind)
            extra = 2 * beta * rates(run)[:, None] * jnp.sum(behind * g, axis=2)
            return 2 * beta * jnp.sum(now * behind, axis=2), squares(ahead), extra
        before = jnp.concatenate([norms[:1], norms[:-2]])
        return beta * (norms[:-1] - before), squares(ahead), beta * squares(behind)

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        flow = Descent(1e-3, momentum=0.9, nesterov=self.nesterov)
        risk = Risk(definite(seed)[0], Fisher())
        return Experiment(unbalanced(seed, depth=3), risk, flow, until=200)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        true = self.witness(seed)
        ridged = Risk(true.risk.problem, Fisher(form="ratio", ridge=0.3))
        return Experiment(true.network, ridged, true.flow, until=true.until)


class MomentumDrift(AbstractClaim[Diagonal]):
    r"""Momentum multiplies the drift of the norms, as the step goes to 0.

    Compared with plain descent of the same flow time and the same effective step
    $\eta / (1 - \beta)$, the heavy ball drifts $\frac{1 + \beta}{1 - \beta}$ times as
    far, and Nesterov's momentum $\frac{1 - \beta + 2\beta^2}{1 - \beta}$ times: put
    $v = -\eta g / (1 - \beta)$ into the growth of a single step.

    Measured in the limit $\eta \to 0$, extrapolated from the run at hand and those
    of a half and a quarter of its step.
    """

    id: ClassVar[str] = "F4b"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LayerNorms(),)
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 2e-2

    nesterov: bool = False
    """Whether the witness looks ahead."""

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield scale_free(experiment)
        yield from is_descent(experiment, momentum=True)
        carried = bool(experiment.flow.momentum)
        yield Hypothesis("there is momentum", carried)

    def forecast(self, experiment: Experiment[Diagonal]) -> Forecast:
        flow: Any = experiment.flow
        beta, ahead = flow.momentum, flow.nesterov
        top = 1 - beta + 2 * beta**2 if ahead else 1 + beta
        about = "the drift of every layer over that of plain descent"
        return Forecast(np.full(experiment.network.depth, top / (1 - beta)), about)

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return self._shortened(run).leading()

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        yield self._shortened(run).next_order()
        yield self._shortened(run).square()
        before = jnp.sum(run.experiment.network.layers**2, axis=1)
        drift = jnp.abs(run.seen["LayerNorms"][-1] - before)
        # Steps as long as a layer leave after the first one: no limit is near then.
        share = float(jnp.max(drift / before))
        reason = "the square of the part of its norm that a layer drifts"
        yield Term("long steps", share**2, reason, "shorter steps")
        # That of plain descent is smaller by the factor itself.
        factor = float(self.forecast(run.experiment).value[0])
        yield rounding(run, factor * float(jnp.max(before / drift)))

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        flow: Any = run.experiment.flow
        told, beta = self.forecast(run.experiment).value, flow.momentum
        yield Rival("only the effective step counts", np.ones_like(told))
        other = 1 + beta if flow.nesterov else 1 - beta + 2 * beta**2
        text = "the factor of the other of the two momenta"
        yield Rival(text, np.full_like(told, other / (1 - beta)))

    def _shortened(self, run):
        return Shortened(*(self._multiple(each) for each in shorter(run)))

    def _multiple(self, run):
        """The drift of every layer over that of plain descent."""
        true, flow = run.experiment, run.experiment.flow
        equal = Descent(flow.step / (1 - flow.momentum))
        plain = Experiment(true.network, true.risk, equal, until=true.until)
        before = jnp.sum(true.network.layers**2, axis=1)
        other = train(plain, self.observes, records=1)
        if not other.finite:
            raise Unmeasured(f"plain descent stops early: {other.reason}")
        drifts = [each.seen["LayerNorms"][-1] - before for each in (run, other)]
        return np.asarray(drifts[0] / drifts[1])

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        risk = Risk(definite(seed)[0], Fisher())
        flow = Descent(1e-4, momentum=0.9, nesterov=self.nesterov)
        return Experiment(unbalanced(seed, depth=3), risk, flow, until=1000)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        true = self.witness(seed)
        ridged = Risk(true.risk.problem, Fisher(form="ratio", ridge=0.3))
        return Experiment(true.network, ridged, true.flow, until=true.until)
