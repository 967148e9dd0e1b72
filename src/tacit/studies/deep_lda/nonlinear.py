"""Networks with activations: what is still conserved, and steps that keep it so."""

import functools
import math
from typing import NamedTuple

import numpy as np
from scipy.special import zeta

from ...claims.conservation.nonlinear import (
    LowerNormsMove,
    TopGramOfNetworks,
    TopNormConserved,
)
from ...claims.discretisation.nonlinear_steps import TopLayerGrows
from ...experiment import Experiment
from ...flows import GradientFlow, PowerDecay, Stochastic
from ...losses import RatioTrace
from ...networks import MLP
from ...observables import FlatWeights, LayerNorms, TrainingRisk
from ...problems import load
from ...reporting import Finding, number, Numbers, Picture, plots, Section
from ...risk import Risk
from ...training import train, Trajectory
from ...verdict import judge, observed_by
from ..base import Answer


WIDTHS = (13, 8, 6, 2)
BATCH, STEP, POWER = 60, 3e-4, 0.75
BOUND = 0.01
"""The share by which the squared norm of the last layer may grow, stated before."""

PILOT = 300
"""Steps that tell how long the slope is: five epochs and more. Every run has so many
records, so that all are compiled once."""

CONSTANTLY = Stochastic(STEP, BATCH, balanced=True, schedule=PowerDecay(0.0))

FLOW = GradientFlow(rtol=1e-10, atol=1e-12)
UNTIL = {"tanh": 0.05, "gelu": 0.05, "relu": 0.01}
"""Flow times by which the ratio trace has grown by a third and more. It has no largest
value here and the flow of tanh and of GELU blows up, by 0.17; with ReLU samples come to
rest on a kink at 0.0147, where no slope can be followed."""


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """Which norms a nonlinear network keeps, and under which steps."""
    horizons = {"tanh": 0.02} if quick else UNTIL
    kept, moves = (TopNormConserved(), TopGramOfNetworks()), LowerNormsMove()
    watch = (*observed_by(*kept, moves), TrainingRisk())
    flows, findings = {}, []
    for kind, until in horizons.items():
        experiment = Experiment(_start(kind), _risk(), FLOW, until=until)
        flows[kind] = train(experiment, watch, records=40)
        on = f"Wine, 3 classes, {kind}"
        # Where the activation is homogeneous no norm moves, whatever the formula.
        claims = kept if kind == "relu" else (*kept, moves)
        findings += [Finding.of(judge(each, flows[kind]), on=on) for each in claims]
    plan = _planned()
    steps = 1_000 if quick else 10_000
    ways = {CONSTANT: CONSTANTLY, BOUNDED: plan.flow}
    runs = {name: _trained(flow, steps) for name, flow in ways.items()}
    claim, short = TopLayerGrows(), _trained(plan.flow, PILOT)
    on = "Wine, 3 classes, tanh, mini-batches"
    findings.append(Finding.of(judge(claim, short), on=on))
    section = Section(
        "Networks with activations",
        *_words(flows, runs, plan, steps),
        Picture(
            plots.to_svg(
                _draw(flows, runs),
                alt="Squared norms of the layers of a tanh network along the gradient "
                "flow: the last one stays, the others move; the growth of the last "
                "layer's squared norm over steps, at a constant rate and under a "
                "schedule that keeps it below one per cent.",
            ),
            f"Wine with its three classes, widths {'-'.join(map(str, WIDTHS))}, ratio "
            "trace. Left: the squared norm of every layer along the flow, over what it "
            "was (tanh). Right: by how much that of the last layer has grown on "
            f"batches of {BATCH}; the line is the bound that was stated.",
        ),
        Numbers(
            ("steps", "growth of the last norm", "ratio trace at the end"),
            _rows(runs),
            f"After {steps} steps on batches of {BATCH}, from one start",
        ),
    )
    records = {f"flow-{kind}": run.to_xarray() for kind, run in flows.items()}
    records |= {name: run.to_xarray() for name, run in runs.items()}
    return Answer(section, tuple(findings), records)


class Plan(NamedTuple):
    """Steps that fall, their length from the longest slope of a pilot run."""

    flow: Stochastic
    slope: float
    r"""The largest $\|W_L\|\,\|\nabla_L\|$ of the pilot."""


CONSTANT, BOUNDED = "constant", "bounded"


@functools.cache
def _risk() -> Risk:
    return Risk(load("wine").standardised(), RatioTrace())


@functools.cache
def _start(activation: str) -> MLP:
    rng = np.random.default_rng(0)
    pairs = zip(WIDTHS, WIDTHS[1:], strict=False)
    weights = [rng.standard_normal((n, m)) / np.sqrt(m) for m, n in pairs]
    return MLP(weights, activation)


def _trained(flow: Stochastic, steps: int) -> Trajectory:
    watch = (FlatWeights(), LayerNorms(), TrainingRisk())
    experiment = Experiment(_start("tanh"), _risk(), flow, until=steps)
    return train(experiment, watch, records=PILOT)


@functools.cache
def _planned() -> Plan:
    """Steps under which the squared norm of the last layer grows by `BOUND` at most."""
    pilot, claim = _trained(CONSTANTLY, PILOT), TopLayerGrows()
    slopes = np.asarray(claim.predicted(pilot)) / STEP**2
    start = float(np.sum(np.asarray(_start("tanh").weights[-1]) ** 2))
    norms = start + np.append(0.0, np.cumsum(claim.measured(pilot)))[:-1]
    product = float(np.max(slopes * norms))
    first = first_step(start, product, BOUND, POWER)
    flow = Stochastic(first, BATCH, balanced=True, schedule=PowerDecay(POWER))
    return Plan(flow, math.sqrt(product))


def first_step(start: float, product: float, bound: float, power: float) -> float:
    r"""The first of steps $\eta_0 t^{-p}$ that let a squared norm grow by `bound`.

    With $N\|g\|^2 \le C$, the `product`, a step adds at most $2\eta^2C +
    \eta^4C^2/N_0^2$ to $N^2$, and $\sum t^{-2p} = \zeta(2p)$ for $p > \frac12$: an
    equation of second degree in $\eta_0^2$.
    """
    room = start**2 * ((1 + bound) ** 2 - 1)
    linear, square = 2 * product * zeta(2 * power), product**2 * zeta(4 * power)
    square /= start**2
    root = 2 * room / (linear + math.sqrt(linear**2 + 4 * square * room))
    return math.sqrt(root)


def _growth(run: Trajectory) -> np.ndarray:
    """By which share the squared norm of every layer has grown, ``(t, L)``."""
    weights = run.experiment.network.weights
    before = np.array([np.sum(np.asarray(W) ** 2) for W in weights])
    return np.asarray(run.seen["LayerNorms"]) / before - 1


def _rows(runs: dict[str, Trajectory]) -> list[tuple]:
    return [
        (name, float(_growth(run)[-1, -1]), -float(run.seen["TrainingRisk"][-1]))
        for name, run in runs.items()
    ]


def _draw(flows: dict[str, Trajectory], runs: dict[str, Trajectory]) -> plots.Drawing:
    drawing = plots.figure(1, 2, height=3.2)
    run = flows["tanh"]
    layers = {
        f"layer {k + 1}": (run.times, 1 + _growth(run)[:, k])
        for k in range(len(WIDTHS) - 1)
    }
    drawing[0].frame(
        title="gradient flow", x="flow time", y="squared norm / first"
    ).lines(layers, labels="key").key("best")
    panel = drawing[1].frame(
        title="mini-batches", x="steps", y="growth of the last layer", log="xy"
    )
    panel.lines(
        {name: (each.times, _growth(each)[:, -1]) for name, each in runs.items()},
        labels="key",
    )
    panel.axes.axhline(BOUND, color="0.4", lw=0.8)
    panel.key("best")
    return drawing


def _words(
    flows: dict[str, Trajectory],
    runs: dict[str, Trajectory],
    plan: Plan,
    steps: int,
) -> tuple[str, ...]:
    top = max(float(np.abs(_growth(run)[:, -1]).max()) for run in flows.values())
    below = {
        kind: float(np.abs(_growth(run)[:, :-1]).max()) for kind, run in flows.items()
    }
    moved = ", ".join(f"{number(share, 2)} ({kind})" for kind, share in below.items())
    risks = {kind: np.asarray(run.seen["TrainingRisk"]) for kind, run in flows.items()}
    reached = ", ".join(
        f"{number(-each[0], 3)} to {number(-each[-1], 3)} with {kind}"
        for kind, each in risks.items()
    )
    grown = {name: float(_growth(run)[-1, -1]) for name, run in runs.items()}
    best = {name: -float(run.seen["TrainingRisk"][-1]) for name, run in runs.items()}
    return (
        "The paper asks what becomes of this with activations. Scaling the last layer "
        "still scales the outputs, so its norm is conserved at *any* activation: along "
        f"the flow it moves by {number(top, 1)} at most, relatively. Below it a norm "
        "moves by what the activations above leave of homogeneity, $z s'(z) - s(z)$: "
        f"the largest share by which one does is {moved}. Where the outputs' basis "
        "does not matter either, the whole Gram matrix of the last layer stays. The "
        f"runs end while the ratio trace still grows ({reached}): no plane of best "
        "discriminants bounds it for a network that can draw every class together, and "
        "the flow reaches infinity in a finite time.",
        "It also asks for steps that keep this. A step of length $\\eta$ adds "
        r"$\eta^2\|\nabla_L R\|^2$ to the squared norm of the last layer, on every "
        "mini-batch, and nothing of first order: so a schedule bounds the growth. In "
        f"a pilot of {PILOT} steps $\\|W_L\\|\\,\\|\\nabla_L R\\|$ reaches "
        f"{number(plan.slope, 2)}; with steps that fall like $t^{{-{POWER:g}}}$ from "
        f"{number(plan.flow.step, 2)} the growth should stay below the "
        f"{BOUND:.0%} that was asked for. After {steps} steps it is "
        f"{number(grown[BOUNDED], 2)}; at a constant step of {STEP:g} it is "
        f"{number(grown[CONSTANT], 2)}. The ratio trace is then "
        f"{number(best[BOUNDED], 3)} and {number(best[CONSTANT], 3)}.",
    )
