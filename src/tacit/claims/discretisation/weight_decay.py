"""Weight decay under a loss that is free of scale."""

from collections.abc import Iterable
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import AbstractObservable, Layers
from ...risk import Risk
from ...training import train, Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import scale_free
from ..measures.budgets import integration, rough, rounding
from ..measures.drifts import (
    EVERY,
    every_step,
    gradients,
    is_descent,
    of_one_step,
    over_norms,
    passed,
    rates,
    squares,
)
from ..papers import LI, Source, WAN
from ..parts import Hypothesis, Rival, Term, Unmeasured
from ..witnesses.batches import DECAY, noisy
from ..witnesses.discriminants import definite, FINE, unbalanced


SPANS = 20.0
"""Of 1 / weight decay: longer, and the clock leaves what a flow can be followed to."""


class DecayIsAClock(AbstractClaim[Diagonal]):
    r"""Weight decay shrinks the parameters and runs the clock faster: nothing else.

    The gradient is of degree $-1$ in the parameters, so
    $\theta(t) = e^{-\mu t}\,\theta_0\bigl(\tfrac{e^{2\mu t} - 1}{2\mu}\bigr)$ with
    $\theta_0$ the flow without decay. The directions passed through are the same.
    """

    id: ClassVar[str] = "F5"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (Layers(),)
    records: ClassVar[int] = 20
    sees: ClassVar[float] = 1e-9

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield scale_free(experiment)
        flow = experiment.flow
        alone = (
            isinstance(flow, GradientFlow)
            and flow.weight_decay > 0
            and not flow.descent_step
            and flow.memory is None
        )
        yield Hypothesis("it is the gradient flow with weight decay", alone)

    def predicted(self, run: Trajectory[Diagonal]) -> np.ndarray:
        times, mu = _followed(run), run.experiment.flow.weight_decay
        return _shrunk(run, _plain(run, np.expm1(2 * mu * times) / (2 * mu)))

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return np.asarray(run.seen["Layers"])[: len(_followed(run))]

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[Diagonal]
    ) -> float:
        del run
        sizes = np.abs(predicted).max(axis=(1, 2))
        return float(np.max(np.abs(measured - predicted).max(axis=(1, 2)) / sizes))

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        # A start as small as `atol` is followed coarser than to its rtol.
        yield integration(run, run.experiment.network.depth * rough(run))
        other = "three steps of the flow without decay, at their rtol"
        yield Term("integration of it", 3 * FINE.rtol, other, "nothing")
        yield rounding(run)

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        plain = _plain(run, _followed(run))
        yield Rival("decay shrinks the layers and no more", _shrunk(run, plain))
        yield Rival("decay does nothing", plain)

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        flow = GradientFlow(1e-12, 1e-14, weight_decay=0.3)
        risk = Risk(definite(seed)[0], Fisher())
        return Experiment(unbalanced(seed, depth=3), risk, flow, until=3.0)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        true = self.witness(seed)
        ridged = Risk(true.risk.problem, Fisher(form="ratio", ridge=0.3))
        return Experiment(true.network, ridged, true.flow, until=true.until)


def _followed(run: Trajectory[Diagonal]) -> np.ndarray:
    """The recorded times within `SPANS` of the decay."""
    times, mu = np.asarray(run.times), run.experiment.flow.weight_decay
    times = times[mu * times <= SPANS]
    if not len(times) or not times[-1] > 0:
        raise Unmeasured(
            f"it needs a record within {SPANS:g} spans of 1 / weight decay"
        )
    return times


def _plain(run: Trajectory[Diagonal], times: np.ndarray) -> np.ndarray:
    """The layers of the flow without decay, at these times."""
    plain = Experiment(
        run.experiment.network, run.experiment.risk, FINE, until=float(times[-1])
    )
    other = train(plain, (Layers(),), records=times)
    if not other.finite:
        raise Unmeasured(f"the flow without decay stops early: {other.reason}")
    return np.asarray(other.seen["Layers"])


def _shrunk(run: Trajectory[Diagonal], layers: np.ndarray) -> np.ndarray:
    mu = run.experiment.flow.weight_decay
    return np.exp(-mu * _followed(run))[:, None, None] * layers


class DecayAgainstGrowth(AbstractClaim[Diagonal]):
    r"""With weight decay, $\|\theta_l\|^2$ is shrunk and grown by every step.

    $\|\theta_l'\|^2 = (1 - \eta\mu)^2\|\theta_l\|^2 + \eta^2\|g_l\|^2$: the gradient is
    orthogonal to the layer, however much that is shrunk.
    """

    id: ClassVar[str] = "F6"
    source: ClassVar[Source] = Source(WAN, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (Layers(),)
    records: ClassVar[int] = EVERY
    sees: ClassVar[float] = 1e-9

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield scale_free(experiment)
        yield from is_descent(experiment, decay=True, schedule=True, batches=True)
        decays = bool(experiment.flow.weight_decay)
        yield Hypothesis("there is weight decay", decays)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield every_step(run)

    def predicted(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return self._after(run, 2)

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return np.asarray(squares(passed(run)))[1:]

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[Diagonal]
    ) -> float:
        return over_norms(passed(run), predicted, measured)

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        yield of_one_step(run, float(jnp.min(squares(passed(run)))))

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        yield Rival("the squared norm shrinks as the layer does", self._after(run, 1))
        yield Rival("decay takes nothing off the norms", self._after(run, 0))

    def _after(self, run, power):
        """The squared norms after every step, shrunk by this power of the factor."""
        layers, rate = passed(run), rates(run)[:, None]
        mu, g = run.experiment.flow.weight_decay, gradients(run.experiment, layers[:-1])
        kept = (1 - rate * mu) ** power * squares(layers)[:-1]
        return np.asarray(kept + rate**2 * squares(g))

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        return noisy(0.2, decay=DECAY, until=200, seed=seed)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        true = self.witness(seed)
        ridged = Risk(true.risk.problem, Fisher(form="ratio", ridge=0.3))
        return Experiment(true.network, ridged, true.flow, until=true.until)
