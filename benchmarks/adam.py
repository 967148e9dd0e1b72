"""Adam on mini-batches against a PyTorch loop, and the cost of the correction."""

from pairs import paired, show, verdict  # first: it pins the process to one core

import itertools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import torch

import tacit
from tacit.memory import adam_memory


LENGTHS, BATCH = (2_000, 10_000), 8
WINDOW, BUDGET = 100, 250
BATCHES = (10, 25, 50, WINDOW)
SHAPES = ((784, 120, 10), (64, 256, 272, 10))


def setting(width):
    """A regression of 32 samples, and a network of `width` tanh units."""
    rng = np.random.default_rng(1203)
    X, y = rng.standard_normal((32, 6)), rng.standard_normal(32)
    weights = [rng.standard_normal(s) for s in ((width, 6), (1, width))]
    return X, y, weights


def ours(X, y, weights, steps):
    """Adam in tacit: batches are drawn on the device."""
    risk = tacit.Risk(tacit.Problem(X, y), tacit.losses.Squared())
    flow = tacit.flows.Adam(1e-3, batch=BATCH, inside=False)
    start = tacit.networks.MLP(weights)
    experiment = tacit.Experiment(start, risk, flow, until=steps)
    rows = np.array(flow.rows(risk, 0, steps))

    def run():
        network = tacit.train(experiment, records=1).network
        return np.concatenate([np.ravel(W) for W in network.weights])

    return run, rows


def torch_loop(X, y, weights, rows):
    """The usual loop, handed the rows of every batch."""
    X, y, rows = torch.from_numpy(X), torch.from_numpy(y), torch.from_numpy(rows)

    def run():
        first, second = (torch.from_numpy(W.copy()).requires_grad_() for W in weights)
        optimiser = torch.optim.Adam([first, second], lr=1e-3)
        for picked in rows:
            optimiser.zero_grad()
            outputs = (torch.tanh(X[picked] @ first.T) @ second.T)[:, 0]
            (0.5 * torch.mean((outputs - y[picked]) ** 2)).backward()
            optimiser.step()
        return np.concatenate([W.detach().numpy().ravel() for W in (first, second)])

    return run


def batch_loss(X, Y, theta, b):
    """Half the mean squared error of a tanh network on batch `b`."""
    z = X[b]
    for W in theta[:-1]:
        z = jnp.tanh(z @ W.T)
    return 0.5 * jnp.mean(jnp.sum((z @ theta[-1].T - Y[b]) ** 2, axis=1))


def memory(sizes, rows=256):
    """The correction after 100 moves, of so many batches, and the budget it has.

    The budget is 250 gradients of the same function, compiled, a batch at a time.
    """
    rng = np.random.default_rng(7)
    pairs = list(zip(sizes[1:], sizes, strict=False))
    theta = [jnp.asarray(rng.standard_normal(s) / np.sqrt(s[1])) for s in pairs]
    X = jnp.asarray(rng.standard_normal((WINDOW, rows, sizes[0])))
    Y = jnp.asarray(rng.standard_normal((WINDOW, rows, sizes[-1])))
    loss = jax.tree_util.Partial(batch_loss, X, Y)
    slope = jax.jit(lambda loss, theta, b: jax.grad(loss)(theta, b))
    numbers = [jnp.asarray(b) for b in range(WINDOW)]

    def corrected(batches):
        epochs = [rng.permutation(batches) for _ in range(-(-WINDOW // batches))]
        order = np.concatenate(epochs)[:WINDOW]

        def run():
            found = adam_memory(loss, order, theta, 0.9, 0.99, count=batches)
            return jax.block_until_ready(found)

        return run

    def budget():
        for k in range(BUDGET - 1):
            slope(loss, theta, numbers[k % WINDOW])
        return jax.block_until_ready(slope(loss, theta, numbers[0]))

    ways: dict[str, Callable[[], object]] = {"budget": budget}
    ways |= {str(batches): corrected(batches) for batches in BATCHES}
    return ways, sum(W.size for W in theta)


def main():
    """Time both; say whether the ratios are reached."""
    torch.set_num_threads(1)
    rows, good = [], True
    for width, steps in itertools.product((2, 8), LENGTHS):
        args = setting(width)
        run, drawn = ours(*args, steps)
        loop = torch_loop(*args, drawn)
        runs: dict[str, Callable] = {"tacit": run, "PyTorch loop": loop}
        ends = {name: run() for name, run in runs.items()}
        spent = paired(runs, repeats=5)
        for name, seconds in spent.items():
            apart = np.abs(ends[name] - ends["tacit"]).max()
            each, over = 1e6 * seconds / steps, seconds / spent["tacit"]
            row = (width, steps, name, f"{each:.2f}", f"{over:.1f}", f"{apart:.0e}")
            rows.append(row)
        ratio = spent["PyTorch loop"] / spent["tacit"]
        good &= verdict(f"{width} units, {steps} steps", ratio, 25)
    columns = ("units", "steps", "loop", "µs a step", "over tacit", "end differs by")
    show(f"Steps on batches of {BATCH}", rows, columns)
    costs = []
    for sizes in SHAPES:
        ways, size = memory(sizes)
        spent = paired(ways, repeats=3)
        name = "-".join(map(str, sizes))
        cost = {m: BUDGET * spent[str(m)] / spent["budget"] for m in BATCHES}
        costs.append((name, size, *[f"{cost[m]:.0f}" for m in BATCHES]))
        for m in BATCHES:
            good &= verdict(
                f"{name}, {m} batches: budget over cost", BUDGET / cost[m], 1
            )
    columns = ("network", "parameters", *[f"{m} batches" for m in BATCHES])
    show(
        f"The correction after {WINDOW} moves, in gradients of 256 rows", costs, columns
    )
    raise SystemExit(0 if good else 1)


if __name__ == "__main__":
    main()
