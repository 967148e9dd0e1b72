"""What a sweep costs: many small flows against other tools, and two workers.

``python benchmarks/sweeps.py [flows|workers ...] [--quick]``; by default both.

* flows: 10,000 flows of Deep LDA on diagonal networks, data of their own and mixed
  stiffness, on one core: tacit against diffrax under a plain vmap, a SciPy loop and
  torchdiffeq, these on 512 random ones of them: half the flows take less than half of
  the mean number of slopes, and the mean of 32 is off by a quarter and more.
* workers: two processes against one, once everything is compiled.
"""

import sys

from pairs import CORES, paired, show, verdict

import os
import tempfile
import time
from pathlib import Path

import numpy as np

import tacit
from tacit import Experiment, losses, Problem, Risk
from tacit.flows import Descent, GradientFlow
from tacit.networks import Diagonal


D, DEPTH, SPAN, RTOL = 20, 3, 20.0, 1e-6
QUICK = "--quick" in sys.argv


def matrices(seed):
    """A scatter with a condition between 1 and 1e3, and a difference of means."""
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.standard_normal((D, D)))[0]
    spread = 10 ** rng.uniform(0, 3)
    S = (turn * np.geomspace(1, spread, D) / spread**0.5) @ turn.T
    return (S + S.T) / 2, rng.standard_normal(D)


def flow(seed, until=SPAN):
    """One of the flows, as tacit has it."""
    S, delta = matrices(seed)
    problem = Problem.from_scatter(within=S, delta=delta)
    start = Diagonal.balanced(np.sign(delta) / D, depth=DEPTH)
    risk = Risk(problem, losses.Fisher())
    return Experiment(
        start, risk, GradientFlow(rtol=RTOL, solver="explicit"), until=until
    )


def ours(seeds):
    experiments = [flow(i) for i in seeds]

    def run():
        runs = tacit.train_ensemble(experiments, records=1)
        return np.stack([np.asarray(each.network.layers).prod(0) for each in runs])

    return run


def reduced(seeds):
    r"""The same in one layer $x > 0$: $w = x^L$, signs turned to be positive."""
    pairs = [matrices(i) for i in seeds]
    S = np.stack([S * np.outer(np.sign(d), np.sign(d)) for S, d in pairs])
    delta = np.stack([np.abs(d) for _, d in pairs])
    return S, delta, np.full((len(seeds), D), D ** (-1 / DEPTH))


def signed(w, seeds):
    """Predictors of the reduced flows with their signs put back."""
    return np.stack([np.sign(matrices(i)[1]) for i in seeds]) * w


def with_diffrax(seeds):
    import diffrax
    import jax
    import jax.numpy as jnp

    def field(_, x, args):
        S, delta = args
        w = x**DEPTH
        Sw = S @ w
        return -(x ** (DEPTH - 1)) * (2 * Sw / (w @ Sw) - 2 * delta / (w @ delta))

    def one(S, delta, x):
        found = diffrax.diffeqsolve(
            diffrax.ODETerm(field), diffrax.Dopri5(), 0.0, SPAN, None, x, (S, delta),
            stepsize_controller=diffrax.PIDController(rtol=RTOL, atol=1e-9),
            max_steps=1_000_000, saveat=diffrax.SaveAt(t1=True),
        )  # fmt: skip
        return jnp.asarray(found.ys)[0] ** DEPTH

    solve = jax.jit(jax.vmap(one))
    data = [jnp.asarray(each) for each in reduced(seeds)]
    return lambda: signed(np.asarray(solve(*data)), seeds)


def with_scipy(seeds, method="RK45", rtol=RTOL, atol=1e-9):
    from scipy.integrate import solve_ivp

    S, delta, x = reduced(seeds)

    def one(i):
        def field(_, x):
            w = x**DEPTH
            Sw = S[i] @ w
            slope = 2 * Sw / (w @ Sw) - 2 * delta[i] / (w @ delta[i])
            return -(x ** (DEPTH - 1)) * slope

        found = solve_ivp(field, (0, SPAN), x[i], method=method, rtol=rtol, atol=atol)
        return found.y[:, -1] ** DEPTH

    return lambda: signed(np.stack([one(i) for i in range(len(seeds))]), seeds)


def with_torch(seeds):
    import torch
    from torchdiffeq import odeint

    torch.set_num_threads(1)
    S, delta, x = (torch.from_numpy(each) for each in reduced(seeds))

    def field(_, x):
        w = x**DEPTH
        Sw = (S @ w[..., None])[..., 0]
        a, b = (w * delta).sum(-1, keepdim=True), (w * Sw).sum(-1, keepdim=True)
        return -(x ** (DEPTH - 1)) * (2 * Sw / b - 2 * delta / a)

    times = torch.tensor([0.0, SPAN], dtype=torch.float64)

    def run():
        with torch.no_grad():
            found = odeint(field, x, times, method="dopri5", rtol=RTOL, atol=1e-9)
        return signed(torch.as_tensor(found[-1]).numpy() ** DEPTH, seeds)

    return run


def flows():
    """CPU time a flow; every tool on as many as it can be waited for."""
    many, batch, few = (256, 256, 8) if QUICK else (10_000, 512, 32)  # few: exactly
    seeds = np.random.default_rng(0).permutation(many).tolist()
    exact = with_scipy(seeds[:few], "DOP853", 1e-11, 1e-13)()
    ways = {
        "tacit": (ours(seeds), many),
        "diffrax vmap": (with_diffrax(seeds[:batch]), batch),
        "SciPy RK45": (with_scipy(seeds[:batch]), batch),
        "torchdiffeq": (with_torch(seeds[:batch]), batch),
    }
    errors = {
        name: float(np.abs(run()[:few] - exact).max())
        for name, (run, _) in ways.items()
    }
    repeats = 2 if QUICK else 3
    spent = paired({name: run for name, (run, _) in ways.items()}, repeats=repeats)
    each = {name: spent[name] / number for name, (_, number) in ways.items()}
    rows = [
        (
            name,
            ways[name][1],
            f"{1e3 * t:.3f}",
            f"{errors[name]:.0e}",
            f"{t / each['tacit']:.1f}",
        )
        for name, t in each.items()
    ]
    columns = ("tool", "flows", "ms a flow", "largest error", "over tacit")
    show(f"flows of {D} features, {DEPTH} layers, conditions 1 to 1e3", rows, columns)
    print(f"{many:,} flows: {spent['tacit']:.1f} s in tacit")
    return all(
        [
            verdict(name, each[name] / each["tacit"], least)
            for name, least in (
                ("diffrax vmap", 4),
                ("SciPy RK45", 60),
                ("torchdiffeq", 20),
            )
        ]
    )


def steps(seed, until=40_000):
    """Descent for a while: a run without much to compile."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((200, 20))
    risk = Risk(Problem(X, X @ np.ones(20)), losses.Squared())
    start = Diagonal.balanced(np.full(20, 0.1), depth=3)
    return Experiment(start, risk, Descent(step=1e-4), until=until)


def workers():
    """Runs a second of one worker and of two, once both have begun."""
    if len(CORES) < 2:
        print("one core: two workers cannot be compared")
        return True
    os.sched_setaffinity(0, CORES)
    pace, runs = {}, 60 if QUICK else 240
    for number in (1, 2):
        seen = []

        def told(done, total, text, seen=seen):
            del total, text
            if done:
                seen.append((time.perf_counter(), done))

        # Two processes of their own against one of its own: a local engine for both.
        with tempfile.TemporaryDirectory() as place:
            job = tacit.sweeps.Grid({"seed": range(runs)})
            _in_workers(job, Path(place) / "runs", number, told)
        (begun, first), (over, last) = seen[0], seen[-1]
        pace[number] = (last - first) / (over - begun)
        print(f"{number}: {pace[number]:.1f} runs a second")
    return verdict("two workers over one", pace[2] / pace[1], 1.7)


def _in_workers(grid, place, number, told):
    """A sweep in `number` processes, also where that is one."""
    from tacit.sweeps.engine import Driver, run_locally
    from tacit.sweeps.plan import Plan
    from tacit.sweeps.tidings import Tidings
    from tacit.sweeps.work import Work

    plan = Plan.of("steps", grid, Work(steps), batch=2)
    store = tacit.Store.create(place, plan.manifest)
    driver = Driver(plan, store, str(place), Tidings(told).watching(store))
    run_locally(driver, number)


def main():
    """Run what was asked for, and exit with 1 if something missed its target."""
    known = {"flows": flows, "workers": workers}
    asked = [word for word in sys.argv[1:] if not word.startswith("-")] or list(known)
    raise SystemExit(0 if all([known[name]() for name in asked]) else 1)


if __name__ == "__main__":
    main()
