"""A network and a loss of one's own at four depths and five scales: fifty starts each.

Depth splits the ensemble into four shapes; one labelled dataset comes out, and a
figure. What is finished stays finished: the same script goes on after Ctrl-C.
"""

import pathlib

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

import tacit


class Woven(tacit.networks.AbstractNetwork):
    """A product of bent threads."""

    threads: Float[Array, "L d"]

    def __call__(self, x):
        return jnp.prod(self.threads + jnp.tanh(self.threads) ** 3, axis=0) @ x


class LogCosh(tacit.losses.AbstractPointwiseLoss):
    """Squared where it is small, absolute where it is large."""

    attained = True

    def pointwise(self, output, target):
        return jnp.log(jnp.cosh(output - target))


def experiment(depth, scale, seed):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((40, 5))
    problem = tacit.Problem(X, X @ np.array([1.0, 0.5, 0, 0, 0]))
    network = Woven(jnp.asarray(scale * rng.uniform(0.5, 1.5, (depth, 5))))
    flow = tacit.flows.GradientFlow(rtol=1e-6)
    return tacit.Experiment(network, tacit.Risk(problem, LogCosh()), flow, until=30.0)


grid = {"depth": [1, 2, 3, 4], "scale": [0.1, 0.2, 0.4, 0.7, 1.0], "seed": range(10)}
sweep = tacit.sweep(experiment, grid, "runs/woven", [tacit.observables.TrainingRisk()])
print(sweep)
print(sweep.open(pad=True)["TrainingRisk"].isel(time=-1).median("seed"))
drawing = sweep.plot("scale", "TrainingRisk", by="depth", log="xy")
pathlib.Path("woven.svg").write_text(drawing.svg())
