"""A million steps of the length that the paper prescribes, against a PyTorch loop.

Ji and Telgarsky (2019), Assumption 5, on a 10-20-20-1 network under the logistic loss.
The loop is timed on fewer steps and its cost a step compared; both must end alike.
"""

from pairs import paired, show, verdict  # first: it pins the process to one core

import math

import numpy as np
import torch
from margin import problem, SPANNING, start

import tacit


STEPS, FEWER, GROWTH = 1_000_000, 10_000, 0.25


def data():
    """The samples of `margin.py`, the longest of length 1."""
    given = problem(SPANNING)
    X = np.asarray(given.X)
    return X / np.linalg.norm(X, axis=1).max(), np.asarray(given.targets)


def ours(X, y, layers, steps):
    """Descent by prescribed steps in tacit."""
    risk = tacit.Risk(tacit.Problem(X, y), tacit.losses.Logistic())
    flow = tacit.flows.Descent(tacit.flows.PrescribedSteps(GROWTH))
    network = tacit.networks.DeepLinear(layers)
    experiment = tacit.Experiment(network, risk, flow, until=steps)

    def run():
        end = tacit.train(experiment, records=1).network
        return np.asarray(end.predictor())

    return run


def torch_loop(X, y, layers, steps):
    """The usual loop: autograd, with the step set before each move."""
    Z = torch.from_numpy(y[:, None] * X)
    L, curvature, slope = len(layers), 1 / 4, 1.0

    def run():
        W = [torch.tensor(A, requires_grad=True) for A in layers]
        optimiser = torch.optim.SGD(W, lr=1.0)
        radius = max(A.norm().item() for A in W) + 1
        for _ in range(steps):
            with torch.no_grad():
                short = max(A.norm().item() for A in W) + 1 - radius
            radius += GROWTH * max(math.ceil(short / GROWTH), 0)
            bound = 2 * L**2 * radius ** (2 * L - 2) * (curvature + slope)
            optimiser.param_groups[0]["lr"] = min(1 / bound, 1.0)
            optimiser.zero_grad()
            w = W[2] @ W[1] @ W[0]
            loss = torch.nn.functional.softplus(-(Z @ w[0])).mean()
            loss.backward()
            optimiser.step()
        return (W[2] @ W[1] @ W[0])[0].detach().numpy()

    return run


def main():
    """Time a million steps, a step of the loop, and compare their ends."""
    torch.set_num_threads(1)
    given = *data(), start()
    alike = ours(*given, FEWER)(), torch_loop(*given, FEWER)()
    apart = np.linalg.norm(alike[0] / alike[1] - 1, np.inf)
    long = paired({"tacit": ours(*given, STEPS)}, repeats=3)["tacit"]
    loop = paired({"loop": torch_loop(*given, FEWER)}, repeats=3)["loop"]
    each = 1e6 * long / STEPS, 1e6 * loop / FEWER
    rows = [
        ("tacit", f"{STEPS}", f"{long:.2f}", f"{each[0]:.2f}"),
        ("PyTorch loop", f"{FEWER}", f"{loop:.2f}", f"{each[1]:.1f}"),
    ]
    show("prescribed steps, L = 3", rows, ("loop", "steps", "s", "µs a step"))
    return all(
        [
            verdict("PyTorch loop over tacit, a step", each[1] / each[0], 25),
            verdict(
                f"the same end to {apart:.0e}, 1e-9 over it", float(1e-9 / apart), 1
            ),
        ]
    )


if __name__ == "__main__":
    raise SystemExit(not main())
