"""How near the limits of training come on separable data, at depths 1 to 6.

Networks 10-20-...-20-1 on 50 points whose support vectors span, followed to norms of
1e9 and 1e36. Three things are chosen so that the limit, and not the way to it, is seen:

* the support vectors span, and each carries more than 2 % of the multipliers: one with
  3e-4 (draw 8) joins so late that four layers are 6e-4 from the limit at 1e9;
* what stays across the limit is shorter than 20, since the distance is that over |w|;
* the layers start small: what they have beyond rank one stays what it was.
"""

from pairs import show, verdict  # first: it pins the process to one core

import itertools

import numpy as np

import tacit
from margin import problem
from tacit.integration import clocks
from tacit import flows, losses, networks, observables


DEPTHS, SMALL = (1, 2, 3, 4, 6), 1e-3
WATCH = (
    observables.Misalignment(),
    observables.RankExcess(),
    observables.BalanceDrift(),
)


def draw(seed=0):
    """The first draw from `seed` on that is as said above, with its limit."""
    while True:
        data = problem(seed)
        limit = tacit.oracles.max_margin(data)
        if limit.spanning and limit.multipliers[limit.support].min() > 0.02:
            rest = np.linalg.norm(tacit.oracles.residual_direction(data).value)
            if rest < 20:
                return seed, data, limit, rest
        seed += 1


def reach(risk, limit, depth, until, scale=SMALL, **options):
    """Distance of the direction, misalignment, excess over rank one and drift."""
    start = networks.DeepLinear.gaussian(
        (10, *[20] * (depth - 1), 1), seed=3, scale=scale
    )
    flow = flows.GradientFlow(rtol=1e-6, clock=clocks.LogRisk(**options))
    experiment = tacit.Experiment(start, risk, flow, until=until)
    run = tacit.train(experiment, WATCH, records=1)
    w = np.asarray(run.network.predictor())
    seen = [np.max(run.seen[o.name][-1], initial=0.0) for o in WATCH]
    away = np.linalg.norm(w / np.linalg.norm(w) - limit.value)
    # One minus a cosine, and one minus a ratio, from the squares of sines.
    aligned, rank = (1 - np.sqrt(1 - s) if s > 1e-9 else s / 2 for s in seen[:2])
    return np.array([away if run.finite else np.inf, aligned, rank, seen[2]])


def main():
    """Fill the table and say whether every bound is kept."""
    seed, data, limit, rest = draw()
    support = limit.multipliers[limit.support]
    print(
        f"draw {seed}: {len(support)} support vectors in {data.d} dimensions, the "
        f"smallest multiplier {support.min():.3f}; the distance is {rest:.2f} / |w|"
    )
    rows, ordinary, worst = [], [], np.zeros(6)
    for name, L in itertools.product(("Exponential", "Logistic"), DEPTHS):
        risk = tacit.Risk(data, getattr(losses, name)())
        found = reach(risk, limit, L, 1e9)
        kept = reach(risk, limit, L, 1e9, rebalance=True)[3]
        far = reach(risk, limit, L, 1e36)[0]
        line = np.array([*found, kept, far])
        worst = np.maximum(worst, line)
        rows.append((name, L, *(f"{x:.1e}" for x in line)))
        usual = [reach(risk, limit, L, 1e9, 1 / 3)]
        usual.append(reach(risk, limit, L, 1e9, 1 / 3, rebalance=True)[3:])
        ordinary.append((name, L, *(f"{x:.1e}" for x in np.concatenate(usual))))
    columns = (
        "loss", "L", "direction", "1 - alignment", "1 - rank-one ratio",
        "drift", "with rebalance", "direction at 1e36",
    )  # fmt: skip
    show("at |w| = 1e9, small start, rtol 1e-6", rows, columns)
    show("the same, layers of ordinary size (no bounds)", ordinary, columns[:-1])
    bounds = (2e-8, 1e-12, 1e-7, 1e-8, 1e-14, 1e-12)
    print()
    met = [
        verdict(f"{what}: {x:.1e} at most, bound/measured", bound / max(x, 1e-300), 1)
        for what, x, bound in zip(columns[2:], worst, bounds, strict=True)
    ]
    return all(met)


if __name__ == "__main__":
    raise SystemExit(not main())
