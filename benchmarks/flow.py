"""One warm gradient flow against SciPy's DOP853 and torchdiffeq's dopri5.

All three follow the same balanced 3-layer network down -log J to the same time, each
at the loosest tolerance with which it *achieves* the asked relative error in the
predictor. SciPy and torchdiffeq integrate the layers with a hand-written slope, on one
core. Each runs twenty times in its turn: after another's turn the first few are slower.
"""

from pairs import paired, show, verdict  # first: it pins the process to one core

import functools

import numpy as np
import torch
from scipy.integrate import solve_ivp
from torchdiffeq import odeint

import tacit


DEPTH, SPAN, CONDITION, ERROR = 3, 20.0, 1e4, 1e-10
TOLERANCES = np.geomspace(1e-6, 1e-13, 22)


def setting(d, seed=0):
    """A problem with a within-class scatter of known condition, and the start."""
    rng = np.random.default_rng(seed)
    Q = np.linalg.qr(rng.standard_normal((d, d)))[0]
    S = (Q * np.geomspace(1 / CONDITION, 1, d)) @ Q.T
    return S, rng.uniform(-1, 1, d), rng.uniform(0.2, 1.2, d)


def ours(S, delta, w0):
    """The flow in tacit, as a function of the tolerance."""
    risk = tacit.Risk(
        tacit.Problem.from_scatter(within=S, delta=delta), tacit.losses.Fisher()
    )
    start = tacit.networks.Diagonal.balanced(w0, depth=DEPTH)

    @functools.cache
    def experiment(rtol):
        flow = tacit.flows.GradientFlow(rtol=rtol, atol=rtol * 1e-3)
        return tacit.Experiment(start, risk, flow, until=SPAN)

    def run(rtol):
        end = tacit.train(experiment(rtol), records=1).network
        return np.asarray(end.layers).prod(0)

    return run


def slope(S, delta, layers):
    """The gradient of -log J over the layers, by hand; NumPy or PyTorch."""
    a, b, c = layers
    w = a * b * c
    Sw = S @ w
    g = -2 * delta / (delta @ w) + 2 * Sw / (w @ Sw)
    return g * b * c, g * a * c, g * a * b


def scipy_flow(S, delta, w0):
    """The same by SciPy."""
    start = np.tile(w0 ** (1 / DEPTH), DEPTH)
    shape = (DEPTH, len(w0))

    def field(_, y):
        return -np.concatenate(slope(S, delta, y.reshape(shape)))

    def run(rtol):
        path = solve_ivp(field, (0, SPAN), start, "DOP853", rtol=rtol, atol=rtol * 1e-3)
        return path.y[:, -1].reshape(shape).prod(0)

    return run


def torch_flow(S, delta, w0):
    """The same by torchdiffeq."""
    S, delta = torch.from_numpy(S), torch.from_numpy(delta)
    start = torch.from_numpy(np.tile(w0 ** (1 / DEPTH), (DEPTH, 1)))
    times = torch.tensor([0.0, SPAN], dtype=torch.float64)

    def field(_, layers):
        return -torch.stack(slope(S, delta, layers))

    def run(rtol):
        with torch.no_grad():
            path = odeint(field, start, times, rtol=rtol, atol=rtol * 1e-3)
        return torch.as_tensor(path[-1]).prod(0).numpy()

    return run


def loosest(run, exact):
    """The loosest tolerance that achieves the asked error, and that error."""
    for rtol in TOLERANCES:
        error = np.linalg.norm(run(rtol) - exact) / np.linalg.norm(exact)
        if error <= ERROR:
            return rtol, error
    raise SystemExit(f"the error stays above {ERROR}")


def main():
    """Time the three at d = 10, 30, 100 and say whether the ratios are reached."""
    torch.set_num_threads(1)
    rows, good = [], True
    for d in (10, 30, 100):
        args = setting(d)
        exact = scipy_flow(*args)(1e-13)
        runs = {
            "tacit": ours(*args),
            "SciPy DOP853": scipy_flow(*args),
            "torchdiffeq dopri5": torch_flow(*args),
        }
        chosen = {name: loosest(run, exact) for name, run in runs.items()}
        spent = paired(
            {n: lambda r=r, t=chosen[n][0]: r(t) for n, r in runs.items()},
            repeats=5,
            inner=20,
        )
        rows += [
            (d, n, f"{chosen[n][0]:.0e}", f"{chosen[n][1]:.1e}", f"{1e3 * s:.2f}",
             f"{s / spent['tacit']:.1f}")
            for n, s in spent.items()
        ]  # fmt: skip
        good &= verdict(f"d = {d}, SciPy", spent["SciPy DOP853"] / spent["tacit"], 5)
        ratio = spent["torchdiffeq dopri5"] / spent["tacit"]
        good &= verdict(f"d = {d}, torchdiffeq", ratio, 80)
    columns = ("d", "solver", "rtol", "error", "ms (median)", "over tacit")
    show(
        f"one flow, L = {DEPTH}, time {SPAN:g}, condition {CONDITION:g}", rows, columns
    )
    raise SystemExit(0 if good else 1)


if __name__ == "__main__":
    main()
