"""How the balance of the layers moves: an identity for any activation and any loss."""

import functools

import numpy as np

from ...claims import ImbalanceIdentity, MatrixImbalance, NeuronImbalance
from ...experiment import Experiment
from ...flows import GradientFlow
from ...networks.activations import ACTIVATIONS
from ...oracles import activation_class
from ...reporting import Finding, number, Numbers, Picture, plots, Section
from ...risk import Risk
from ...training import train, Trajectory
from ...verdict import judge
from ..base import Answer
from . import subjects
from .balance import drawn, problems, residuals


BOUND = 1e-13
QUICK = ("relu", "tanh", "gelu")
FOLLOWED = ("tanh", "gelu", "relu")


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """The identity on twenty activations, three losses, with and without biases."""
    names = QUICK if quick else tuple(ACTIVATIONS)
    found = subjects.side_by_side(residuals, names)
    runs = subjects.side_by_side(_follow, FOLLOWED[:1] if quick else FOLLOWED)
    section = Section(
        "How the balance moves",
        *_words(found, runs),
        Picture(
            plots.to_svg(
                _draw(found, runs),
                alt="Left: for every activation, residuals of the identity, all at "
                "rounding, and what is left without its right side, far above except "
                "for homogeneous activations. Right: the imbalance of two layers along "
                "a flow, and the integral of the predicted rate, on top of each other.",
            ),
            "Left: the largest residual over losses, networks and biases, relative to "
            "the two terms whose difference it is; crosses leave the right side of the "
            "identity out. Right: the imbalance of the first two layers on a flow, and "
            "dots for the integral of its predicted rate.",
        ),
        _classes(names),
    )
    findings = tuple(
        Finding.of(judge(claim, run), on=f"{name}, with biases, after a flow")
        for name, run in runs.items()
        for claim in (ImbalanceIdentity(), NeuronImbalance(), MatrixImbalance())
    )
    records = {name: run.to_xarray() for name, run in runs.items()}
    return Answer(section, findings, records)


@functools.cache
def _follow(activation: str) -> Trajectory:
    """The gradient flow of a network with biases, with its imbalance watched."""
    loss, problem = problems()[0]
    network = drawn(activation, biased=True)
    flow = GradientFlow(clock="escape", rtol=1e-9)
    experiment = Experiment(network, Risk(problem, loss), flow, until=20.0)
    return train(experiment, ImbalanceIdentity.observes, records=100)


def _integrated(run: Trajectory) -> np.ndarray:
    """The imbalance of the first pair, from its predicted rate by Hermite's rule."""
    t, rate = np.asarray(run.times), np.asarray(run.seen["ImbalanceRate"])[:, 0]
    slope = np.gradient(rate, t, edge_order=2)
    h = np.diff(t)
    steps = h * (rate[1:] + rate[:-1]) / 2 + h**2 * (slope[:-1] - slope[1:]) / 12
    start = float(np.asarray(run.seen["Imbalance"])[0, 0])
    return start + np.append(0.0, np.cumsum(steps))


def _draw(found, runs) -> plots.Drawing:
    drawing = plots.figure(1, 2, height=max(3.4, 0.2 * len(found) + 1.8), width=8.4)
    rows, panel = np.arange(len(found)), drawing[0]
    marks = {
        "norms": ("layers", "o", "#0072b2"), "with biases": ("biased", "s", "#009e73"),
        "single units": ("neurons", "^", "#b5598f"),
        "matrices": ("entries", "D", "#e69f00"),
        "right side left out": ("ignored", "x", "#d55e00"),
    }  # fmt: skip
    for label, (field, mark, colour) in marks.items():
        values = [max(getattr(each, field), 1e-17) for each in found.values()]
        panel.axes.plot(
            values, rows, mark, color=colour, ms=4.5, label=label, mfc="none"
        )
    panel.axes.set_yticks(rows, list(found))
    panel.axes.set_ylim(len(found) - 0.4, -0.6)
    panel.axes.axvline(BOUND, color="#59616b", lw=1, ls=(0, (4, 3)))
    panel.frame(title="residuals", x="relative residual", log="x")
    curves = {
        name: (run.times, np.asarray(run.seen["Imbalance"])[:, 0])
        for name, run in runs.items()
    }
    look = plots.strokes(curves)
    drawing[1].frame(
        title="along a flow", x="flow time", y="imbalance of layers 1 and 2"
    ).lines(curves, look=look, markers=0)
    for name, run in runs.items():
        told = _integrated(run)[::10]
        drawing[1].axes.plot(
            np.asarray(run.times)[::10], told, "o", color=look[name].colour, ms=3.5
        )
    panel.axes.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, -0.45 / drawing.figure.get_figheight()),
        ncols=3, fontsize=7.5, columnspacing=1.0, handletextpad=0.2, frameon=False,
        borderaxespad=2.5,
    )  # fmt: skip
    return drawing


def _classes(names) -> Numbers:
    rows = []
    for name in names:
        kind = activation_class(name)
        q = "—" if kind.q is None else str(kind.q)
        size = "—" if kind.q is None else f"{kind.coefficient:.4f}".replace("-", "−")
        rows.append(
            (name, kind.letter, q, size, number(round(kind.alpha, 7)), _caveat(kind))
        )
    return Numbers(
        ("activation", "class", "order q", "coefficient", "σ′(0)", "caveat"),
        rows,
        "Classes by the Taylor expansion of φ at 0, by repeated forward "
        "differentiation; of the right side where the two sides differ",
    )


def _caveat(kind) -> str:
    said = []
    if not kind.smooth:
        said.append("not smooth at 0" if kind.letter != "A" else "kink at 0")
    if abs(kind.alpha) < 1e-6:
        said.append("slope 0 at 0: the escape law does not apply")
    return "; ".join(said) or "—"


def _words(found, runs) -> tuple[str, ...]:
    worst = float(np.max([each[:4] for each in found.values()]))  # NaN if one is
    kept = [n for n in found if activation_class(n).letter == "A"]
    moved = {n: each.ignored for n, each in found.items() if n not in kept}
    still = max(found[n].ignored for n in kept)
    off = max(
        float(
            np.max(np.abs(_integrated(run) - np.asarray(run.seen["Imbalance"])[:, 0]))
        )
        for run in runs.values()
    )
    first = (
        "In a linear network training conserves the difference of the squared norms of "
        "neighbouring layers. With an activation it moves, and the paper says exactly "
        "how: $\\dot\\Delta_l = 2\\,\\mathbb E\\langle W_{l+1}^\\top\\delta_{l+1}, "
        "\\varphi(z_l)\\rangle$ with $\\varphi(z) = z\\sigma'(z) - \\sigma(z)$, for "
        "any loss and any data. Here the left side is the derivative of the balance "
        "along the gradient of the risk, and the right side is read off the signals "
        f"inside the network: {len(found)} activations, {len(problems())} "
        "losses, with and without biases. The largest "
        f"residual is {number(worst, 2)}, also unit by unit and entry by entry of the "
        "matrix $W_{l+1}^\\top W_{l+1} - W_l W_l^\\top - b_l b_l^\\top$."
    )
    second = (
        f"Without the right side the residual of {', '.join(kept)} stays at "
        f"{number(still, 1)}: for them the balance *is* conserved (class A). For the "
        f"others it is between {number(min(moved.values()), 2)} and "
        f"{number(max(moved.values()), 2)}. Along a flow, the integral of the "
        f"predicted rate follows the imbalance to {number(off, 1)}, the error of the "
        "quadrature between records."
    )
    return first, second
