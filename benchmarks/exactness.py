"""What is conserved to how many digits, and how near the limits come."""

from pairs import show, verdict  # first: it pins the process to one core

import numpy as np

import tacit
from tacit.claims.witnesses import discriminants as witnesses
from tacit.observables import LayerNorms, LinearPredictor, QuasiNorm


def drift(run, name):
    """The largest relative change of an observable along a run."""
    seen = np.asarray(run.seen[name])
    return np.abs(seen / seen[0] - 1).max()


def conservation():
    """Drift of layer norms and quasi-norm in exact and in plain coordinates."""
    rows, exact, plain = [], 0.0, 0.0
    problem, w0 = witnesses.definite()
    risk = tacit.Risk(problem, tacit.losses.Fisher())
    starts = {
        "balanced": tacit.networks.Diagonal.balanced(w0, depth=3),
        "unbalanced": witnesses.unbalanced(depth=3),
    }
    watch = [LayerNorms(), QuasiNorm()]
    for chart in ("auto", "parameters"):
        for name, start in starts.items():
            for rtol in (1e-3, 1e-6, 1e-9):
                flow = tacit.flows.GradientFlow(rtol, rtol * 1e-3, chart=chart)
                run = tacit.train(
                    tacit.Experiment(start, risk, flow, until=100.0),
                    watch,
                    records=np.linspace(0, 100, 101),
                )
                norms, quasi = drift(run, "LayerNorms"), drift(run, "QuasiNorm")
                balanced = name == "balanced"
                worst = max(norms, quasi) if balanced else norms
                if chart == "auto":
                    exact = max(exact, worst)
                elif rtol == 1e-9:
                    plain = max(plain, worst)
                rows.append(
                    (chart, name, f"{rtol:.0e}", f"{norms:.1e}", f"{quasi:.1e}")
                )
    columns = ("coordinates", "start", "rtol", "layer norms", "quasi-norm")
    show(
        "drift to t = 100 (the quasi-norm of an unbalanced start moves)", rows, columns
    )
    return exact, plain


def descent_identity():
    """The norm after a step minus the norm before plus the squared step."""
    problem, _ = witnesses.definite()
    risk = tacit.Risk(problem, tacit.losses.Fisher())
    start, step = witnesses.unbalanced(depth=3), 0.05
    experiment = tacit.Experiment(start, risk, tacit.flows.Descent(step), until=1000)
    run = tacit.train(experiment, [tacit.observables.Layers()], records=np.arange(1001))
    layers = np.asarray(run.seen["Layers"])
    norms = (layers**2).sum(axis=2)
    worst = 0.0
    for k in range(0, 1000, 7):
        slope = np.asarray(risk.gradient(tacit.networks.Diagonal(layers[k])).layers)
        grown = norms[k] + step**2 * (slope**2).sum(axis=1)
        worst = max(worst, np.abs(norms[k + 1] / grown - 1).max())
    return worst


def limits():
    """1 - cos to the predicted limit on 50 random problems, L = 2 to 6."""
    worst = {}
    for seed in range(50):
        problem, w0 = witnesses.definite(3000 + seed)
        risk = tacit.Risk(problem, tacit.losses.Fisher())
        apart = float(np.asarray(problem.delta) @ w0)
        if abs(apart) < 1e-3:
            continue
        target = tacit.oracles.orthant_limit(problem, w0).value
        for depth in (2, 3, 4, 5, 6):
            start = tacit.networks.Diagonal.balanced(w0, depth=depth)
            flow = tacit.flows.GradientFlow(1e-10, 1e-12, solver="stiff")
            run = tacit.train(
                tacit.Experiment(start, risk, flow, until=1e8),
                [LinearPredictor()],
                records=1,
            )
            w = np.asarray(run.seen["LinearPredictor"][-1])
            w = w / np.linalg.norm(w)
            off = np.linalg.norm(w - (w @ target) * target)
            away = 2.0 if w @ target < 0 else off**2 / 2  # 1 - cos, without cancelling
            worst[depth] = max(worst.get(depth, 0.0), away)
    rows = [(depth, f"{value:.1e}") for depth, value in worst.items()]
    show("1 - cos to the orthant limit, worst of 50 problems", rows, ("L", "1 - cos"))
    return max(worst.values())


def main():
    """Measure all three and say whether they are reached."""
    exact, plain = conservation()
    checks = {
        "conservation, exact coordinates, any rtol": (exact, 1e-13),
        "conservation, plain coordinates, rtol 1e-9": (plain, 1e-9),
        "drift identity of descent": (descent_identity(), 1e-12),
        "1 - cos to the predicted limit": (limits(), 1e-10),
    }
    good = [
        verdict(f"{n}: {m:.1e}, bound/measured", b / m, 1)
        for n, (m, b) in checks.items()
    ]
    raise SystemExit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
