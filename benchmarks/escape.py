"""Escape from a saddle against SciPy's RK45 and DOP853 and torchdiffeq's dopri5.

All follow the same tanh network of four layers, all of them 1e-4 of their He-normal
size, down the squared loss to the moment at which a tenth of the risk is gone. Each
runs at the loosest tolerance with which it *achieves* the asked relative error in that
time, with an absolute tolerance that scales with the start. SciPy and torchdiffeq
integrate in plain time with a gradient written by hand, on one core. The reference is
SciPy's DOP853 at rtol 1e-12 in a clock that runs with the size of the layers.

Before that a grid of 240 flows, six activations by eight sizes by five draws, with all
that is compiled for it.
"""

from pairs import paired, show, verdict  # first: it pins the process to one core

import functools
import time

import equinox as eqx
import numpy as np
import torch
from scipy.integrate import solve_ivp
from torchdiffeq import odeint_event

import tacit


EPS, DEPTH, FEATURES, WIDTH, SAMPLES = 1e-4, 4, 6, 10, 96
WIDTHS = (FEATURES, *[WIDTH] * (DEPTH - 1), 1)
ERROR = 1e-6
TOLERANCES = np.geomspace(1e-3, 1e-12, 19)
FINEST = 1e-12
SIZES, DRAWS = np.geomspace(1e-1, 1e-4, 8), 5
GRID = {
    "identity": 1e-9, "relu": 1e-4, "tanh": 1e-9, "arctan": 1e-9, "gelu": 1e-9,
    "silu": 1e-9,
}  # fmt: skip
"""The activations, with the tolerance they are followed at."""


def grid(X, y, level):
    """CPU seconds for the time to escape of every activation, size and draw."""
    begun, found = time.process_time(), []
    risk = tacit.Risk(tacit.Problem(X, y), tacit.losses.Squared())
    until = tacit.RiskBelow(level)
    for activation, rtol in GRID.items():
        flow = tacit.flows.GradientFlow(clock="escape", rtol=rtol)
        for size in SIZES:
            for seed in range(DRAWS):
                start = tacit.networks.MLP.he_normal(
                    WIDTHS, seed=seed, small=DEPTH, eps=size, activation=activation
                )
                run = tacit.train(
                    tacit.Experiment(start, risk, flow, until=until), records=1
                )
                found.append(run.finite)
    return time.process_time() - begun, sum(found), len(found)


def setting():
    """White inputs, a teacher, the start, and the risk at which the run is over."""
    X = np.random.default_rng(1000).standard_normal((SAMPLES, FEATURES))
    X -= X.mean(axis=0)
    X = X @ np.linalg.inv(np.linalg.cholesky(X.T @ X / SAMPLES)).T
    y = np.tanh(X[:, 0])
    start = tacit.networks.MLP.he_normal(WIDTHS, seed=1001, small=DEPTH, eps=EPS)
    return X, y, start, 0.9 * 0.5 * np.mean(y**2)


def ours(X, y, start, level):
    """The time in tacit, as a function of the tolerance."""
    risk = tacit.Risk(tacit.Problem(X, y), tacit.losses.Squared())
    flow = tacit.flows.GradientFlow(clock="escape", rtol=1e-6)
    first = tacit.Experiment(start, risk, flow, until=tacit.RiskBelow(level))

    @functools.cache
    def experiment(rtol):
        return eqx.tree_at(lambda each: each.flow.rtol, first, rtol)

    return lambda rtol: float(tacit.train(experiment(rtol), records=1).times[-1])


def slope(X, y, weights, tanh):
    """The risk and its gradient over the layers, by hand; NumPy or PyTorch."""
    h, seen = X, [X]
    for W in weights[:-1]:
        h = tanh(h @ W.T)
        seen.append(h)
    off = (h @ weights[-1].T)[:, 0] - y
    back, slopes = off[:, None] / len(y), []
    for W, h in zip(weights[::-1], seen[::-1], strict=True):
        slopes.append(back.T @ h)
        back = (back @ W) * (1 - h**2)
    return 0.5 * (off @ off) / len(y), slopes[::-1]


def parts(flat, start):
    """The layers that a flat vector holds."""
    sizes = np.cumsum([0, *(W.size for W in start.weights)])
    pairs = zip(sizes, sizes[1:], start.weights, strict=False)
    return [flat[a:b].reshape(W.shape) for a, b, W in pairs]


def scipy_time(X, y, start, level, method, *, rescaled=False):
    """The same by SciPy, in plain time or in the clock that runs with the layers."""
    flat = np.concatenate([np.asarray(W).ravel() for W in start.weights])
    size = np.sqrt(np.mean(flat**2))

    def field(_, state):
        weights = parts(state[:-1], start)
        pull = np.concatenate([G.ravel() for G in slope(X, y, weights, np.tanh)[1]])
        pace = state[:-1] @ state[:-1] if rescaled else 1.0
        return np.append(-pull, 1.0) / pace

    def over(_, state):
        return slope(X, y, parts(state[:-1], start), np.tanh)[0] - level

    vars(over)["terminal"] = True

    def run(rtol):
        atol = np.append(np.full(flat.size, rtol * size), np.inf)
        path = solve_ivp(
            field, (0, 1e12), np.append(flat, 0.0), method, rtol=rtol, atol=atol,
            events=over,
        )  # fmt: skip
        return float(path.y_events[0][0, -1])

    return run


def torch_time(X, y, start, level):
    """The same by torchdiffeq, its event found to the tolerance."""
    X, y = torch.from_numpy(X), torch.from_numpy(y)
    flat = torch.cat([torch.from_numpy(np.array(W)).ravel() for W in start.weights])
    size = float(flat.square().mean().sqrt())

    def field(_, state):
        pulls = slope(X, y, parts(state, start), torch.tanh)[1]
        return -torch.cat([G.ravel() for G in pulls])

    def over(_, state):
        return slope(X, y, parts(state, start), torch.tanh)[0] - level

    def run(rtol):
        with torch.no_grad():
            when, _ = odeint_event(
                field, flat, torch.zeros((), dtype=torch.float64), event_fn=over,
                rtol=rtol, atol=rtol * size,
            )  # fmt: skip
        return float(when)

    return run


def loosest(run, exact):
    """The loosest tolerance that achieves the asked error, and that error."""
    for rtol in TOLERANCES:
        error = abs(run(rtol) / exact - 1)
        if error <= ERROR:
            return float(rtol), error
    raise SystemExit(f"the error stays above {ERROR}")


def main():
    """Time the four and say whether what was asked is reached."""
    torch.set_num_threads(1)
    args = setting()
    spent, escaped, flows = grid(*args[:2], args[-1])
    print(f"{escaped} of {flows} flows escaped, in {spent:.1f} s with compilation")
    good = verdict("a minute over the grid", 60 / spent, 1) and escaped == flows
    exact = scipy_time(*args, "DOP853", rescaled=True)(FINEST)
    runs = {
        "tacit": ours(*args),
        "SciPy RK45": scipy_time(*args, "RK45"),
        "SciPy DOP853": scipy_time(*args, "DOP853"),
        "torchdiffeq dopri5": torch_time(*args),
    }
    chosen = {name: loosest(run, exact) for name, run in runs.items()}
    ways = {n: lambda r=r, t=chosen[n][0]: r(t) for n, r in runs.items()}
    spent = paired(ways, repeats=7, inner=3)
    rows = [
        (n, f"{chosen[n][0]:.0e}", f"{chosen[n][1]:.1e}", f"{1e3 * s:.2f}",
         f"{s / spent['tacit']:.1f}")
        for n, s in spent.items()
    ]  # fmt: skip
    columns = ("solver", "rtol", "error", "ms (median)", "over tacit")
    show(f"escape at ε = {EPS:g}, r = {DEPTH}, time {exact:.6g}", rows, columns)
    good &= verdict("15 ms over tacit", 15e-3 / spent["tacit"], 1)
    for name in ("SciPy RK45", "SciPy DOP853"):
        good &= verdict(name, spent[name] / spent["tacit"], 5)
    good &= verdict("torchdiffeq", spent["torchdiffeq dopri5"] / spent["tacit"], 25)
    raise SystemExit(0 if good else 1)


if __name__ == "__main__":
    main()
