"""What the tests of sweeps run: small experiments that compile little."""

import os
import signal
import time

import numpy as np

from tacit import Experiment, losses, Problem, Risk
from tacit.flows import Descent
from tacit.networks import Diagonal
from tacit.observables import LinearPredictor, TrainingRisk


WATCH = [TrainingRisk(), LinearPredictor()]
STEPS = 6

WORKERS = {"threads_per_worker": 1, "dashboard_address": ":0"}
"""Of a Dask cluster for a test. At None its scheduler would ask for port 8787, and warn
where another test's has it."""


def regression(seed=0):
    """Ten samples of three features."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((10, 3))
    return Risk(Problem(X, X @ np.ones(3)), losses.Squared())


def descent(depth, seed, alpha=1.0):
    """A few steps of descent."""
    start = Diagonal.balanced(np.full(3, 0.1 * alpha), depth=depth)
    return Experiment(start, regression(seed), Descent(step=0.05), until=STEPS)


def written_out(depth, seed, alpha=1.0):
    """The risks along `descent`, in NumPy."""
    risk = regression(seed).problem
    X, y = np.asarray(risk.X), np.asarray(risk.targets)
    layers = np.tile(np.abs(0.1 * alpha) ** (1 / depth), (depth, 3))
    seen = []
    for _ in range(STEPS):
        off = X @ layers.prod(0) - y
        slope = X.T @ off / len(y)
        layers = layers - 0.05 * np.stack(
            [slope * np.delete(layers, i, 0).prod(0) for i in range(depth)]
        )
        seen.append(np.mean((X @ layers.prod(0) - y) ** 2) / 2)
    return np.array(seen)


def unlucky(depth, seed):
    """Raises at one point and diverges at another."""
    if seed == 1:
        raise ZeroDivisionError("seed 1 has no luck")
    if seed == 2:
        start = Diagonal.balanced(np.full(3, 1e3), depth=depth)
        return Experiment(start, regression(), Descent(step=1.0), until=STEPS)
    return descent(depth, seed)


def slow(depth, seed):
    """Takes a tenth of a second to make."""
    time.sleep(0.1)
    return descent(depth, seed)


def deadly(depth, seed):
    """Ends the worker that makes it: the driver makes it first, in peace."""
    if seed == 1 and os.environ.get("OPENBLAS_NUM_THREADS") == "1" and _in_worker():
        os.kill(os.getpid(), signal.SIGKILL)
    return descent(depth, seed)


def _in_worker():
    import __main__

    return "worker" in str(getattr(__main__, "__file__", ""))
