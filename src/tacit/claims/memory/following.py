"""How closely an optimiser with memory follows its memoryless iteration."""

import math
from collections.abc import Iterable
from typing import Any, ClassVar

import equinox as eqx
import jax
import numpy as np
from jax.flatten_util import ravel_pytree

from ...experiment import Experiment
from ...flows import Adam, Memoryless, Stochastic
from ...networks import AbstractNetwork
from ...training import Trajectory
from ..hypotheses.memory import longest_memory, short_steps
from ..papers import CATTANEO_2025, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.memory import regression, tanh_network


POINTS = 16
"""At how many times of the path the distance is taken."""


FORGOTTEN = 28
"""Times over which a memory must fall by 1/e to leave no more than rounding."""


class FollowsMemoryless(AbstractToleranceClaim[AbstractNetwork]):
    r"""An optimiser with memory stays $O(\eta^2)$ from its memoryless iteration.

    On the same batches, for a fixed time $\eta T$, at every time of the path. Without
    the correction, from $\theta - \eta\,\mathrm{Main}_t$, it stays $O(\eta)$. The gap
    is how far the orders, measured by halving the step, are from 2 and 1.
    """

    id: ClassVar[str] = "M1"
    source: ClassVar[Source] = Source(
        CATTANEO_2025, "the bound on the distance", "quoted"
    )
    needs: ClassVar[type] = AbstractNetwork
    records: ClassVar[int] = 1
    tolerance: float = 0.1
    """The next order of the expansion, at steps of a sixtieth of 1 - beta."""

    margin: ClassVar[float] = 3.0
    """Orders are compared: where steps are long there is none."""

    heavy_ball: bool = False
    """Whether the witness is heavy ball instead of Adam."""

    strength: float = 1.0
    """The correction over what it should be. Only 1 is right."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        # Its sign reversed, and the memoryless iteration without it.
        return tuple(FollowsMemoryless(strength=s) for s in (-1.0, 0.0))

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        flow = experiment.flow
        steady = getattr(flow, "schedule", None) is None
        yield Hypothesis("the step is constant", steady)
        remembers = longest_memory(flow) > 0
        yield Hypothesis("the optimiser has a memory", remembers or not steady)
        n, batch = experiment.risk.problem.n, getattr(flow, "batch", None)
        yield Hypothesis("the batches divide the sample", not (batch and n % batch))
        yield short_steps(experiment)
        whole = float(experiment.until)
        yield Hypothesis("the moves can be cut in 16", whole % POINTS == 0)

    def gap(self, run: Trajectory) -> float:
        true = run.experiment
        flow: Any = true.flow
        step = eqx.tree_at(lambda f: f.step, flow, flow.step / 2)
        long, short = (
            self._distances(true, flow, moves)
            for flow, moves in ((true.flow, true.until), (step, 2 * true.until))
        )
        orders = np.log2(np.array(long) / np.array(short))
        return float(np.max(np.abs(orders - [2, 1])))

    def _distances(self, true, flow, moves):
        """The largest distance on the path, with the correction and without."""
        times = np.linspace(0, float(moves), POINTS + 1)[1:]

        def path(flow: Any) -> np.ndarray:
            key = jax.random.key(true.seed)
            found = flow.path(true.risk, true.network, times, key)
            return np.asarray(jax.vmap(lambda s: ravel_pytree(s)[0])(found.states))

        kept = path(flow)
        whole = math.ceil(FORGOTTEN / -math.log(longest_memory(flow)))
        main, both = (
            path(Memoryless(flow, correction, whole)) for correction in (False, True)
        )
        # To second order the correction of another strength is a blend of the two.
        found = main + self.strength * (both - main)
        return [np.abs(x - kept).max() for x in (found, main)]

    def witness(self) -> Experiment[AbstractNetwork]:
        flow: Any = Adam(2**-9, 0.75, 0.85, 1e-2, batch=6, fixed=True)
        if self.heavy_ball:
            flow = Stochastic(2**-9, 6, momentum=0.75, fixed=True)
        return Experiment(tanh_network(), regression(), flow, until=256, seed=1207)

    def foil(self) -> Experiment[AbstractNetwork]:
        true = self.witness()
        flow = eqx.tree_at(lambda f: f.step, true.flow, 0.5)
        return Experiment(true.network, true.risk, flow, until=16, seed=true.seed)
