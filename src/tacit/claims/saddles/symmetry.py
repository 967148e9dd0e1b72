"""Networks whose hidden units are all alike, and what training makes of them."""

from collections.abc import Iterable
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from ...experiment import Experiment
from ...flows import GradientFlow
from ...networks import MLP
from ...observables import AbstractObservable, GradientNorm
from ...saddles import unfolded
from ...training import train, Trajectory
from ..base import AbstractClaim
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.saddles import even_units
from ..measures.budgets import integration, rounding
from ..measures.paths import gradient
from ..measures.units import alike, reduced
from ..papers import RAWAL, Source
from ..parts import Hypothesis, Rival, Term, Unmeasured
from ..witnesses.draws import draw
from ..witnesses.saddles import two_directions


FLOW = GradientFlow(rtol=1e-10)


class SymmetricReduction(AbstractClaim[MLP]):
    r"""Hidden units that start alike stay alike, and the flow is that of a chain.

    For any data, loss and activation. In the Frobenius norms of the layers the reduced
    metric is the identity: the gradient is that of
    $f = \sqrt N X_L\sigma(X_{L-1}\cdots\sigma(v^\top x/\sqrt N))$ for $N$ units.
    The chain is followed for as long, and the network predicted from it.
    """

    id: ClassVar[str] = "S3"
    source: ClassVar[tuple[Source, ...]] = (
        Source(RAWAL, "Definition 3 and Theorem 4 of version 1", "quoted"),
        Source(RAWAL, "the metric", "corrected"),
    )
    needs: ClassVar[type] = MLP
    observes: ClassVar[tuple[AbstractObservable, ...]] = (GradientNorm(),)
    records: ClassVar[int] = 20
    sees: ClassVar[float] = 1e-6

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        unmet = False
        for each in even_units(experiment):
            yield each
            unmet |= not each.met
        size = max(float(np.linalg.norm(W)) for W in experiment.network.weights)
        same = not unmet and alike(experiment.network) < 1e-13 * size
        yield Hypothesis("the hidden units start alike", same)

    def predicted(self, run: Trajectory[MLP]) -> np.ndarray:
        return self._as_chain(run)

    def measured(self, run: Trajectory[MLP]) -> np.ndarray:
        return np.asarray(ravel_pytree(run.network)[0])

    def budget(self, run: Trajectory[MLP]) -> Iterable[Term]:
        # An error made on the way goes on with the flow: it grows as the velocity does.
        speeds = np.asarray(run.seen["GradientNorm"])
        slope = gradient(run.experiment.risk, run.experiment.network)
        first = float(jnp.linalg.norm(ravel_pytree(slope)[0]))
        growth = 1 + float(speeds[-1] / min(first, np.min(speeds)))
        return integration(run, 2 * growth), rounding(run, growth)

    def rivals(self, run: Trajectory[MLP]) -> Iterable[Rival]:
        units = len(run.experiment.network.weights[0])
        text = "it is the chain in the authors' time, N units slower"
        yield Rival(text, self._as_chain(run, slower=units))

    def _as_chain(self, run, slower=1):
        """The network at the end, of which the chain was followed."""
        true, until = run.experiment, float(run.times[-1]) / slower
        chain = reduced(true.network)
        found = train(Experiment(chain, true.risk, true.flow, until=until), records=1)
        if not found.finite:
            raise Unmeasured(f"the chain stops early: {found.reason}")
        return np.asarray(ravel_pytree(unfolded(found.network))[0])

    def witness(self, seed: int | None = None) -> Experiment[MLP]:
        return Experiment(
            _symmetric(7, 4, seed), two_directions(19, seed), FLOW, until=0.5
        )

    def foil(self, seed: int | None = None) -> Experiment[MLP]:
        start = _symmetric(7, 4, seed)
        weights = [np.array(W) for W in start.weights]
        weights[1][0, 1] += 1e-3
        return Experiment(
            MLP(weights, "gelu"), two_directions(19, seed), FLOW, until=0.5
        )


def _symmetric(width: int, depth: int, seed: int | None) -> MLP:
    rng = draw(1021, seed)
    gains = rng.uniform(0.5, 1.5, depth - 1)
    first = rng.standard_normal(4)
    return MLP.symmetric(first, gains, width=width, activation="gelu")
