"""What is conserved, and what is not."""

import numpy as np

from ...claims import LayerNormsConserved, QuasiNormConserved
from ...experiment import Experiment
from ...flows import AbstractFlow, Adam, Descent, GradientFlow, Stochastic
from ...reporting import Finding, Numbers, Picture, plots, Section
from ...training import train, Trajectory
from ...verdict import judge, observed_by
from ..base import Answer
from .subjects import real


DEPTH = 3
SPAN = 20.0
STEP = 0.01
WAYS: dict[str, tuple[AbstractFlow, float]] = {
    "gradient flow": (GradientFlow(rtol=1e-11, atol=1e-13, chart="parameters"), 1.0),
    "descent": (Descent(STEP), STEP),
    "momentum 0.9": (Descent(STEP / 10, momentum=0.9), STEP),
    "mini-batches": (Stochastic(STEP, 64, balanced=True), STEP),
    "weight decay": (Descent(STEP, weight_decay=0.01), STEP),
    "Adam": (Adam(STEP / 10), STEP),
}
"""Each way of descending, and how much flow time one unit of its own time is."""


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """How far the layer norms drift under six ways of descending, on real data."""
    span = SPAN / 4 if quick else SPAN
    subject = real()[0]
    start = subject.network(DEPTH)
    before = float(np.sum(np.asarray(start.layers[0]) ** 2))
    claims = (LayerNormsConserved(), QuasiNormConserved())
    watch = observed_by(*claims)
    runs: dict[str, Trajectory] = {}
    for name, (flow, unit) in WAYS.items():
        until = span if isinstance(flow, GradientFlow) else round(span / unit)
        experiment = Experiment(start, subject.risk, flow, until=until)
        runs[name] = train(experiment, watch, records=40)
    drift = {
        name: np.abs(np.asarray(run.seen["LayerNorms"]) / before - 1).max(axis=1)
        for name, run in runs.items()
    }
    look = plots.strokes(WAYS)
    drawing = plots.figure(1, 1)
    drawing[0].frame(
        x="flow time (steps × step)",
        y=r"largest $|\,\|\theta_l\|^2 / \|\theta_l(0)\|^2 - 1|$",
        log="y",
    ).lines(
        {
            name: (np.asarray(runs[name].times) * WAYS[name][1], drift[name])
            for name in WAYS
        },
        look=look,
        floor=1e-17,
    )
    rows = [(name, f"{drift[name][-1]:.1e}") for name in WAYS]
    findings = tuple(
        Finding.of(judge(claim, run), on=f"{subject.title}, L = {DEPTH}, {name}")
        for name, run in runs.items()
        for claim in claims
    )
    flow, descent = drift["gradient flow"][-1], drift["descent"][-1]
    section = Section(
        "What is conserved, and what is not",
        "The objective does not change when the predictor is scaled. So the gradient "
        "is orthogonal to every layer, and the gradient flow keeps each layer's norm "
        f"(measured drift {flow:.0e}); from a balanced start the $(2/L)$-quasi-norm of "
        "the predictor is the same number. Nothing else on this page keeps it: "
        f"descent with steps adds the square of every step ({descent:.1e} here), "
        "momentum and mini-batches add more of the same, weight decay takes away, and "
        "Adam is not orthogonal to anything.",
        Picture(
            plots.to_svg(
                drawing,
                alt="Drift of the layer norms against flow time, logarithmic, for six "
                "ways of descending: rounding for the flow, up to order one for Adam.",
            ),
            f"Drift of the layer norms on {subject.title.lower()} "
            f"(d = {subject.problem.d}, L = {DEPTH}), integrated in the plain "
            "parameters so that nothing is conserved by construction.",
        ),
        Numbers(("way of descending", "drift at the end"), rows, "Largest drift"),
    )
    records = {name.replace(" ", "_"): run.to_xarray() for name, run in runs.items()}
    return Answer(section, findings, records)
