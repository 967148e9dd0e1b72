"""An observable of your own, and the moment at which it passes a level."""

import jax.numpy as jnp
import numpy as np

import tacit


class LargestShare(tacit.observables.AbstractObservable):
    """The share of the largest weight in the sum of all."""

    def measure(self, at):
        """The value, from 1 / d for equal weights to 1 for a single one."""
        size = jnp.abs(at.network.predictor())
        return jnp.max(size) / jnp.sum(size)


problem = tacit.load("wine", classes=("class_0", "class_1")).standardised()
risk = tacit.Risk(problem, tacit.losses.Fisher())
network = tacit.networks.Diagonal.balanced(np.sign(problem.delta) / problem.d, depth=3)
until = tacit.Reaches(LargestShare(), 0.2)
experiment = tacit.Experiment(network, risk, tacit.flows.GradientFlow(), until=until)
run = tacit.train(experiment, [LargestShare()], records=5)
print(run.to_xarray()["LargestShare"])
print(f"a feature holds a fifth of the weight at t = {run.times[-1]:.6f}")
