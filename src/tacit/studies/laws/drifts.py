"""How far laws drift along runs, beside what is predicted."""

import numpy as np

from ...claims import FoundLawsConserved
from ...conservation import Drift, laws
from ...display.notation import number
from ...experiment import Experiment
from ...flows import AbstractFlow, Adam, Descent, GradientFlow, Stochastic
from ...losses import Squared
from ...networks import MLP
from ...observables import Conserved, NoiseDrift, StepDrift
from ...problems import Problem
from ...reporting import Finding, Numbers, Picture, plots, Section
from ...risk import Risk
from ...training import train
from ...verdict import check
from ..base import Answer


STEP = 0.01
SPAN = 10.0
WAYS: dict[str, tuple[AbstractFlow, float]] = {
    "gradient flow": (GradientFlow(rtol=1e-10), 1.0),
    "weight decay": (GradientFlow(rtol=1e-10, weight_decay=0.1), 1.0),
    "descent": (Descent(STEP), STEP),
    "descent, half steps": (Descent(STEP / 2), STEP / 2),
    "momentum 0.5": (Descent(STEP / 2, momentum=0.5), STEP),
    "Nesterov 0.5": (Descent(STEP / 2, momentum=0.5, nesterov=True), STEP),
    "mini-batches": (Stochastic(STEP, 8), STEP),
    "Adam": (Adam(STEP), STEP),
}
"""Each way of descending, and how much flow time one unit of its own time is."""


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """The laws of a network of rectifiers along eight ways of descending."""
    span = SPAN / 4 if quick else SPAN
    rng = np.random.default_rng(31)
    X = rng.standard_normal((40, 3))
    y = X @ rng.standard_normal((3, 2)) + 0.1 * rng.standard_normal((40, 2))
    risk = Risk(Problem(X, y), Squared())
    network = MLP.he_normal((3, 4, 2), activation="leaky_relu", biases=True, seed=3)
    found = laws(network)
    watch = [kind(found) for kind in (Conserved, StepDrift, NoiseDrift)]
    experiments = {
        name: Experiment(network, risk, flow, until=_until(flow, unit, span))
        for name, (flow, unit) in WAYS.items()
    }
    runs, drifts = {}, {}
    for name in WAYS:
        runs[name] = train(experiments[name], watch, records=100)
        drifts[name] = found.drift(runs[name])
    drawing = plots.figure(1, 1)
    drawing[0].frame(
        x="flow time (steps × step)", y="largest drift of a law, relative", log="y"
    ).lines(
        {
            name: (drift.times[1:] * WAYS[name][1], _moved(drift)[1:])
            for name, drift in drifts.items()
        },
        look=plots.strokes(WAYS),
        floor=1e-17,
    )
    rows = [(name, *_row(drift)) for name, drift in drifts.items()]
    claim = FoundLawsConserved()
    findings = [
        Finding.of(check(claim, each), on=f"leaky rectifiers, {name}")
        for name, each in experiments.items()
    ]
    halved = _moved(drifts["descent"])[-1] / _moved(drifts["descent, half steps"])[-1]
    section = Section(
        "How far they drift, and how far they should",
        f"A network of leaky rectifiers keeps {found.count} numbers "
        f"({found.status}): {'; '.join(map(str, found.formulas))}. The flow keeps "
        f"them to {_moved(drifts['gradient flow'])[-1]:.0e}. A step of length η adds "
        f"η² times the law of the gradient, so that halving the step divides the drift "
        f"by {halved:.2f}; decay takes them away at twice its rate; Adam keeps none.",
        Picture(
            plots.to_svg(
                drawing,
                alt="Drift of the laws against flow time, logarithmic, for eight ways "
                "of descending: rounding for the flow, largest for Adam.",
            ),
            "The largest distance of a law from its start, in units of the squared "
            "norm of all parameters.",
        ),
        Numbers(
            ("way of descending", "drift at the end", "off the prediction", "why"),
            rows,
            "Drift, and how far it is from what is predicted",
        ),
    )
    records = {
        name.replace(" ", "_").replace(",", ""): run.to_xarray()
        for name, run in runs.items()
    }
    return Answer(section, tuple(findings), records)


def _until(flow, unit, span):
    return span if isinstance(flow, GradientFlow) else round(span / unit)


def _moved(drift: Drift) -> np.ndarray:
    return np.abs(drift.values - drift.values[0]).max(axis=1) / drift.scale


def _row(drift: Drift) -> tuple[str, str, str]:
    off = "—" if drift.off is None else number(drift.off.max(), 2)
    return number(_moved(drift)[-1], 2), off, drift.why
