"""Adam on mini-batches against a PyTorch loop, and the cost of the correction."""

from pairs import paired, show, verdict  # first: it pins the process to one core

import jax
import jax.numpy as jnp
import numpy as np
import torch

import tacit
from tacit.oracles import adam_memory


STEPS, BATCH = 10_000, 8
WINDOW = 100


def setting(width):
    """A regression of 32 samples, and a network of `width` tanh units."""
    rng = np.random.default_rng(1203)
    X, y = rng.standard_normal((32, 6)), rng.standard_normal(32)
    weights = [rng.standard_normal(s) for s in ((width, 6), (1, width))]
    return X, y, weights


def ours(X, y, weights):
    """Adam in tacit: batches are drawn on the device."""
    risk = tacit.Risk(tacit.Problem(X, y), tacit.losses.Squared())
    flow = tacit.flows.Adam(1e-3, batch=BATCH, inside=False)
    start = tacit.networks.MLP(weights)
    experiment = tacit.Experiment(start, risk, flow, until=STEPS)
    rows = np.array(flow.rows(risk, 0, STEPS))

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


def memory(batches, rows=256):
    """The correction of a network of 1e5 parameters after 100 moves, and a gradient."""
    rng = np.random.default_rng(7)
    sizes = ((256, 64), (272, 256), (10, 272))
    theta = [jnp.asarray(rng.standard_normal(s) / np.sqrt(s[1])) for s in sizes]
    X = jnp.asarray(rng.standard_normal((batches, rows, 64)))
    Y = jnp.asarray(rng.standard_normal((batches, rows, 10)))

    def loss(theta, b):
        z = X[b]
        for W in theta[:-1]:
            z = jnp.tanh(z @ W.T)
        return 0.5 * jnp.mean(jnp.sum((z @ theta[-1].T - Y[b]) ** 2, axis=1))

    epochs = [rng.permutation(batches) for _ in range(-(-WINDOW // batches))]
    order = np.concatenate(epochs)[:WINDOW]
    slope = jax.jit(jax.grad(loss))

    def corrected():
        found = adam_memory(loss, order, theta, 0.9, 0.99, count=batches)
        return jax.block_until_ready(found)

    def gradients():
        for b in range(10):
            found = slope(theta, jnp.asarray(b % batches))
        return jax.block_until_ready(found)

    size = sum(W.size for W in theta)
    return {"correction": corrected, "ten gradients": gradients}, size


def main():
    """Time both; say whether the ratios are reached."""
    torch.set_num_threads(1)
    rows, good = [], True
    for width in (2, 8):
        args = setting(width)
        run, drawn = ours(*args)
        runs = {"tacit": run, "PyTorch loop": torch_loop(*args, drawn)}
        ends = {name: run() for name, run in runs.items()}
        spent = paired(runs, repeats=3)
        for name, seconds in spent.items():
            apart = np.abs(ends[name] - ends["tacit"]).max()
            each, over = 1e6 * seconds / STEPS, seconds / spent["tacit"]
            rows.append((width, name, f"{each:.2f}", f"{over:.1f}", f"{apart:.0e}"))
        good &= verdict(f"{width} units", spent["PyTorch loop"] / spent["tacit"], 25)
    columns = ("units", "loop", "µs a step", "over tacit", "difference at the end")
    show(f"{STEPS} steps on batches of {BATCH}", rows, columns)
    costs = []
    for batches in (10, 25, WINDOW):
        ways, size = memory(batches)
        spent = paired(ways, repeats=3)
        cost = 10 * spent["correction"] / spent["ten gradients"]
        costs.append((batches, f"{cost:.0f}"))
        if batches < WINDOW:  # all different, each has a product of its own
            good &= verdict(f"{batches} batches, 250 over cost", 250 / cost, 1)
    title = f"Correction at {size} parameters, {WINDOW} moves of 256 rows"
    show(title, costs, ("batches", "gradients that it costs"))
    raise SystemExit(0 if good else 1)


if __name__ == "__main__":
    main()
