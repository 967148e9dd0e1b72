"""Gradient descent steps against the same steps in a PyTorch loop."""

from pairs import paired, show, verdict  # first: it pins the process to one core

import numpy as np
import torch
from flow import DEPTH, setting, slope

import tacit


STEPS, STEP = 5000, 1e-3


def ours(S, delta, w0):
    """Descent in tacit."""
    risk = tacit.Risk(
        tacit.Problem.from_scatter(within=S, delta=delta), tacit.losses.Fisher()
    )
    start = tacit.networks.Diagonal.balanced(w0, depth=DEPTH)
    experiment = tacit.Experiment(start, risk, tacit.flows.Descent(STEP), until=STEPS)
    return lambda: np.asarray(tacit.train(experiment, records=1).network.layers)


def torch_loop(S, delta, w0):
    """The usual loop: autograd and torch.optim.SGD."""
    S, delta = torch.from_numpy(S), torch.from_numpy(delta)
    start = torch.from_numpy(np.tile(w0 ** (1 / DEPTH), (DEPTH, 1)))

    def run():
        layers = start.clone().requires_grad_()
        optimiser = torch.optim.SGD([layers], lr=STEP)
        for _ in range(STEPS):
            optimiser.zero_grad()
            w = layers.prod(0)
            loss = torch.log(w @ (S @ w)) - 2 * torch.log(delta @ w)
            loss.backward()
            optimiser.step()
        return layers.detach().numpy()

    return run


def torch_by_hand(S, delta, w0):
    """The same without autograd or optimiser: as fast as a PyTorch loop gets."""
    S, delta = torch.from_numpy(S), torch.from_numpy(delta)
    start = torch.from_numpy(np.tile(w0 ** (1 / DEPTH), (DEPTH, 1)))

    def run():
        layers = start.clone()
        with torch.no_grad():
            for _ in range(STEPS):
                layers -= STEP * torch.stack(slope(S, delta, layers))
        return layers.numpy()

    return run


def main():
    """Time the three at d = 10 and 100 and say whether the ratio is reached."""
    torch.set_num_threads(1)
    rows, good = [], True
    for d in (10, 100):
        args = setting(d)
        runs = {
            "tacit": ours(*args),
            "PyTorch loop": torch_loop(*args),
            "PyTorch, slope by hand": torch_by_hand(*args),
        }
        ends = {name: run() for name, run in runs.items()}
        spent = paired(runs, repeats=3)
        for name, seconds in spent.items():
            apart = np.abs(ends[name] / ends["tacit"] - 1).max()
            each, over = 1e6 * seconds / STEPS, seconds / spent["tacit"]
            rows.append((d, name, f"{each:.2f}", f"{over:.1f}", f"{apart:.0e}"))
        good &= verdict(f"d = {d}", spent["PyTorch loop"] / spent["tacit"], 25)
    columns = ("d", "loop", "µs a step", "over tacit", "difference at the end")
    show(f"{STEPS} steps, L = {DEPTH}", rows, columns)
    raise SystemExit(0 if good else 1)


if __name__ == "__main__":
    main()
