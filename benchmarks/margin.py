"""The flow on separable data against SciPy's stiff solvers, and many flows at once.

A 10-20-20-1 network on 50 points down the exponential risk. Everyone integrates in the
clock in which the logarithm of the norm grows evenly: without it nobody gets far. SciPy
has the full state with a hand-written slope and, to be fair, the balanced flow reduced
to the predictor (d unknowns) with an analytic Jacobian.
"""

from pairs import paired, show, verdict  # first: it pins the process to one core

import signal
import time

import numpy as np
from scipy.integrate import solve_ivp

import tacit
from tacit.integration import clocks
from tacit import flows, networks


WIDTHS, N, RTOL, PATIENCE = (10, 20, 20, 1), 50, 1e-6, 40
SPANNING = 53  # the draw of alignment.py, whose support vectors span
SHAPES = list(zip(WIDTHS[1:], WIDTHS, strict=False))


def problem(seed):
    rng = np.random.default_rng(seed)
    d = WIDTHS[0]
    u = rng.standard_normal(d)
    u /= np.linalg.norm(u)
    X = rng.standard_normal((N, d))
    X /= np.linalg.norm(X, axis=1).max()
    y = np.sign(X @ u)
    return tacit.Problem(X + 0.3 * y[:, None] * u, y)


def start(seed=3):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape) / np.sqrt(shape[1]) / 3 for shape in SHAPES]


def ours(risk, layers, until, **options):
    flow = flows.GradientFlow(rtol=RTOL, clock=clocks.LogRisk(**options))
    experiment = tacit.Experiment(networks.DeepLinear(layers), risk, flow, until=until)

    def run():
        return np.asarray(tacit.train(experiment, records=1).network.predictor())

    return run


def full_state(Z, layers, until, method):
    """SciPy on every parameter, stopped at the norm by an event."""

    def field(_, y):
        A, B, C = unravel(y)
        top = C @ B
        w = (top @ A)[0]
        m = Z @ w
        p = np.exp(m.min() - m)
        u = p @ Z / p.sum()
        Au = A @ u
        parts = np.outer(top[0], u), np.outer(C[0], Au), B @ Au
        speed = (y @ y / 3) ** -0.5 / np.linalg.norm(u)
        return speed * np.concatenate([part.ravel() for part in parts])

    def far(_, y):
        A, B, C = unravel(y)
        return np.linalg.norm(C @ B @ A) / until - 1

    vars(far)["terminal"] = True

    def run():
        y = np.concatenate([W.ravel() for W in layers])
        path = solve_ivp(field, (0, 1e3), y, method, rtol=RTOL, atol=1e-9, events=far)
        A, B, C = unravel(path.y[:, -1])
        return (C @ B @ A)[0]

    return run


def unravel(y):
    ends = np.cumsum([m * n for m, n in SHAPES])[:-1]
    return [p.reshape(s) for p, s in zip(np.split(y, ends), SHAPES, strict=True)]


def reduced(Z, layers, until, method):
    """SciPy on the predictor of the balanced flow, with its Jacobian.

    With x = w / |w|^(2/3) the slope is |x| (u + 2 <u, w> w / |w|^2) up to a clock.
    """
    L = 3

    def parts(w):
        m = Z @ w
        p = np.exp(m.min() - m)
        p /= p.sum()
        return p, p @ Z, np.linalg.norm(w)

    def field(_, w):
        _, u, r = parts(w)
        return r * (u + (L - 1) * (u @ w) * w / r**2)

    def jacobian(_, w):
        p, u, r = parts(w)
        H = np.outer(u, u) - (Z.T * p) @ Z  # du/dw
        v = w / r
        M = np.eye(len(w)) + (L - 1) * np.outer(v, v)
        across = np.eye(len(w)) - np.outer(v, v)
        turn = (L - 1) * ((u @ v) * across + np.outer(v, across @ u))
        return r * (M @ H) + np.outer(M @ u, v) + turn

    def far(_, w):
        return np.linalg.norm(w) / until - 1

    vars(far)["terminal"] = True
    A, B, C = layers
    begin = (C @ B @ A)[0]

    def run():
        path = solve_ivp(
            field, (0, 1e3), begin, method, rtol=RTOL, atol=1e-9, jac=jacobian,
            events=far,
        )  # fmt: skip
        return path.y[:, -1]

    return run


def limited(way):
    """Wall seconds and the norm reached, or None past the patience."""

    def stop(*_):
        raise TimeoutError

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(PATIENCE)
    begun = time.perf_counter()
    try:
        w = way()
    except TimeoutError:
        return None
    finally:
        signal.alarm(0)
    return time.perf_counter() - begun, np.linalg.norm(w)


def main():
    data, layers = problem(SPANNING), start()
    risk = tacit.Risk(data, tacit.losses.Exponential())
    Z = np.asarray(risk.margin_rows)
    limit = tacit.oracles.max_margin(data)
    ways = {
        "tacit": ours(risk, layers, 1e6),
        "LSODA": full_state(Z, layers, 1e6, "LSODA"),
        "BDF": full_state(Z, layers, 1e6, "BDF"),
    }
    cost = paired(ways, repeats=3)
    cost["tacit"] = paired({"tacit": ways["tacit"]}, repeats=9)["tacit"]
    rows = [
        (name, f"{1e3 * seconds:.1f}", f"{seconds / cost['tacit']:.0f}")
        for name, seconds in cost.items()
    ]
    show("to |w| = 1e6, rtol 1e-6", rows, ("solver", "ms", "ratio"))
    met = [
        verdict(f"{name} over tacit", cost[name] / cost["tacit"], 50)
        for name in ("LSODA", "BDF")
    ]

    rows = []
    for until in (1e9, 1e36):
        way = ours(risk, layers, until)
        seconds = paired({"it": way})["it"]
        w = way()
        off = np.linalg.norm(w / np.linalg.norm(w) - limit.value)
        rows.append(("tacit", f"{until:g}", f"{1e3 * seconds:.0f} ms", f"{off:.1e}"))
    far = {
        "LSODA, full state": full_state(Z, layers, 1e9, "LSODA"),
        "BDF, full state": full_state(Z, layers, 1e9, "BDF"),
        "BDF, reduced, Jacobian": reduced(Z, layers, 1e9, "BDF"),
        "Radau, reduced, Jacobian": reduced(Z, layers, 1e9, "Radau"),
    }
    for name, way in far.items():
        done = limited(way)
        if done is None:
            rows.append((name, "1e+09", f"not in {PATIENCE} s", ""))
        else:
            rows.append((name, f"{done[1]:.3g}", f"{1e3 * done[0]:.0f} ms", ""))
    show("further", rows, ("solver", "|w| reached", "time", "direction error"))

    flow = flows.GradientFlow(rtol=1e-4, clock=clocks.LogRisk(hand_over=1e9))
    many = [
        tacit.Experiment(networks.DeepLinear(start(seed)), risk, flow, until=1e9)
        for seed in range(1000)
    ]
    seconds = paired(
        {"ensemble": lambda: tacit.train_ensemble(many, records=1)}, repeats=3
    )["ensemble"]
    met.append(verdict("flows to 1e9 a second, 1000 together", 1000 / seconds, 300))
    return all(met)


if __name__ == "__main__":
    raise SystemExit(not main())
