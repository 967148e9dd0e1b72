"""What somebody writes who has installed tacit: types are checked against the wheel."""

from collections.abc import Iterable
from typing import assert_type, ClassVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

import tacit
from tacit import claims, flows, losses, networks, observables, oracles
from tacit.errors import DataError, TacitError


class Cubic(losses.AbstractPointwiseLoss):
    """A loss of one's own."""

    attained: ClassVar[bool] = True

    def pointwise(self, output: Array, target: Array) -> Array:
        return jnp.sum(jnp.abs(output - target) ** 3)


class Largest(observables.AbstractObservable[networks.AbstractLinearNetwork]):
    """An observable of one's own."""

    needs = networks.AbstractLinearNetwork

    def measure(
        self, at: tacit.Snapshot[networks.AbstractLinearNetwork]
    ) -> Float[Array, ""]:
        return jnp.max(jnp.abs(at.network.predictor()))


def problem(seed: int) -> tacit.Problem:
    """Twenty samples of two classes."""
    rng = np.random.default_rng(seed)
    y = np.arange(20) % 2
    return tacit.Problem(rng.normal(size=(20, 3)) + y[:, None], y)


def experiment(
    flow: flows.AbstractFlow, until: float
) -> tacit.Experiment[networks.Diagonal]:
    """A diagonal network on these samples."""
    start = networks.Diagonal.balanced(np.array([0.5, 0.4, -0.3]), depth=2)
    return tacit.Experiment(
        start, tacit.Risk(problem(0), losses.Fisher()), flow, until=until
    )


def trained(asked: tacit.Experiment[networks.Diagonal]) -> Iterable[float]:
    """The layers' norms, by two ways."""
    run = tacit.train(asked, [observables.LayerNorms(), Largest()], records=3)
    assert_type(run, tacit.Trajectory[networks.Diagonal])
    assert_type(run.network, networks.Diagonal)
    assert_type(run.times, Array)
    yield float(np.max(np.asarray(run.seen["LayerNorms"])))
    yield float(jnp.max(run.network.layers))


def main() -> None:
    """Train, predict, check, ask an oracle, and be refused."""
    asked = experiment(flows.GradientFlow(rtol=1e-8), 1.0)
    print([f"{x:.3f}" for x in trained(asked)])
    verdict = tacit.check(claims.QuasiNormConserved(), asked)
    assert_type(verdict, tacit.Verdict)
    print(verdict.outcome, verdict.claim)
    assert_type(oracles.fisher_direction(problem(1)), oracles.FisherDirection)
    assert_type(tacit.predict(asked), tacit.Forecasts)
    own = tacit.Risk(problem(2), Cubic())
    print(f"{own.value(asked.network):.3f}")
    try:
        flows.Descent(-1.0)
    except DataError as error:
        assert_type(error.about, str)
        base: TacitError = error
        print(base)


if __name__ == "__main__":
    main()
