"""Which layers make the start of a network a saddle, and the flow near it."""

import itertools
import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from scipy.integrate import solve_ivp

from ..errors import DataError
from ..losses import AbstractLoss
from ..networks import MLP
from ..networks.activations import values_and_slopes
from ..problems import Problem


class Leading(eqx.Module):
    r"""$J = \mathrm{tr}(T^\top W_r M_{r-1} \cdots M_1 W_1)$, which the flow climbs.

    `signal` is $T$, what the fixed layers above make of $\mathbb E[p\,h^\top]$, with
    $h$ the activity that enters the first small layer, upstream of which everything
    stays nonlinear, and $p$ the pull of the loss at output 0; `between` are the $M_l$.
    Activations above are their slope at 0.
    """

    signal: np.ndarray
    between: list[np.ndarray]
    start: list[np.ndarray]

    @classmethod
    def of(
        cls, network: MLP, loss: AbstractLoss, problem: Problem, small: tuple[int, ...]
    ) -> "Leading":
        """The leading order of `network` on `problem` in its `small` layers."""
        weights = [np.asarray(W) for W in network.weights]
        h = jnp.asarray(problem.X)
        for W in weights[: small[0]]:
            h = network.sigma(h @ W.T)
        signal = pull_of(loss, problem).T @ np.asarray(h)
        slope = float(values_and_slopes(network.sigma, jnp.zeros(()))[1])
        signal = slope ** (len(weights) - 1 - small[0]) * signal
        for W in weights[: small[-1] : -1]:
            signal = W.T @ signal
        between = []
        for i, j in itertools.pairwise(small):
            product = np.eye(len(weights[i]))
            for W in weights[i + 1 : j]:
                product = W @ product
            between.append(product)
        return cls(signal, between, [weights[i] for i in small])

    def pulls(self, layers: list[np.ndarray]) -> list[np.ndarray]:
        """The gradient of $J$ in every small layer."""
        below = [np.eye(layers[0].shape[1])]
        for W, M in zip(layers, self.between, strict=False):
            below.append(M @ W @ below[-1])
        above = [self.signal]
        for W, M in zip(layers[:0:-1], self.between[::-1], strict=True):
            above.insert(0, M.T @ W.T @ above[0])
        return [A @ B.T for A, B in zip(above, below, strict=True)]

    @property
    def fastest(self) -> float:
        """The largest rate, that of rank-one layers along the signal."""
        sizes = [float(np.linalg.norm(M, 2)) for M in (self.signal, *self.between)]
        return math.prod(sizes)

    def along(self) -> float | None:
        """The rate $K$ if every layer is pulled along itself, else None."""
        rates = []
        norms = [np.linalg.norm(W) for W in self.start]
        for W, G, size in zip(self.start, self.pulls(self.start), norms, strict=True):
            pull = np.sum(W * G) / size
            if np.linalg.norm(G - pull * W / size) > 1e-9 * np.linalg.norm(G):
                return None
            rates.append(pull * size / math.prod(norms))
        return float(rates[0])

    def time(self, level: float) -> float:
        """When the geometric mean of the layers is `level`, by following the flow.

        Raises `DataError` where it is not met.
        """
        return self.end(level)[0]

    def end(self, level: float) -> tuple[float, list[np.ndarray]]:
        """That time, and the layers then.

        In the clock in which the velocity is of degree 1.
        """
        sizes, r = [W.size for W in self.start], len(self.start)
        edges = np.cumsum([0, *sizes])

        def shape(y):
            parts = [y[a:b] for a, b in itertools.pairwise(edges)]
            return [p.reshape(W.shape) for p, W in zip(parts, self.start, strict=True)]

        def field(_, y):
            pace = np.sum(y[:-1] ** 2) ** ((r - 2) / 2)
            pulls = [G.ravel() for G in self.pulls(shape(y))]
            return np.append(np.concatenate(pulls), 1.0) / pace

        def met(_, y):
            logs = [math.log(np.linalg.norm(W)) for W in shape(y)]
            return sum(logs) / r - math.log(level)

        vars(met)["terminal"] = True
        y = np.concatenate([*(W.ravel() for W in self.start), [0.0]])
        size = float(np.linalg.norm(y))
        atol = np.append(np.full(len(y) - 1, 1e-13 * size), np.inf)
        span = (0, 200 * (1 + abs(math.log(level / size))) / self.fastest)
        run = solve_ivp(field, span, y, "DOP853", rtol=1e-10, atol=atol, events=met)
        if not len(run.t_events[0]):
            raise DataError(
                f"escape_time: the small layers never reach level = {level:g}; the "
                "start points away from the signal. Flip the sign of a layer."
            )
        last = run.y_events[0][0]
        return float(last[-1]), shape(last)


def pull_of(loss: AbstractLoss, problem: Problem) -> np.ndarray:
    """Minus the slope of the risk in every output, ``(n, k)``, where all are 0."""
    targets = problem.targets
    slope = jax.grad(loss)(jnp.zeros_like(targets), targets, problem.weights)
    return -np.asarray(slope).reshape(problem.n, -1)
