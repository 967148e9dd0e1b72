"""How the balance of the layers moves: an identity for any activation and any loss."""

import functools
from typing import ClassVar, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..._types import Scalar
from ...activations import ACTIVATIONS
from ...backpropagation import leftover, signals
from ...claims import ImbalanceIdentity, MatrixImbalance, NeuronImbalance
from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import AbstractLoss, AbstractPointwiseLoss, CrossEntropy, Squared
from ...networks import MLP
from ...observables import Imbalance, ImbalanceRate
from ...oracles import activation_class
from ...problem import Problem
from ...reporting import Finding, number, Numbers, Picture, plots, Section
from ...risk import Risk
from ...training import train, Trajectory
from ...verdict import judge
from ..base import Answer
from . import subjects


SEED = 1010
SAMPLES, WIDTHS = 23, (5, 5, 5, 3)
"""One shape for all: what is computed op by op is then compiled once."""

BOUND = 1e-13
QUICK = ("relu", "tanh", "gelu")
FOLLOWED = ("tanh", "gelu", "relu")


class Residuals(NamedTuple):
    """The largest residuals of an activation over losses, networks and biases.

    `layers`, `neurons` and `entries` are those of the norms, the single units and the
    Gram matrices; `ignored` is what is left if the balance is taken to be conserved.
    """

    layers: float
    biased: float
    neurons: float
    entries: float
    ignored: float


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


class LogCosh(AbstractPointwiseLoss):
    r"""$\log\cosh(p - y)$: a loss that is not among ours."""

    attained: ClassVar[bool] = True

    def pointwise(self, output: Scalar, target: Scalar) -> Scalar:
        return jnp.sum(jnp.log(jnp.cosh(output - target)))


def problems() -> dict[AbstractLoss, Problem]:
    """A sample for each loss: three numbers or three classes."""
    rng = np.random.default_rng(SEED)
    X = rng.standard_normal((SAMPLES, WIDTHS[0]))
    numbers = np.sin(X[:, :3] + X[:, 1:4])
    return {
        Squared(): Problem(X, numbers),
        LogCosh(): Problem(X, numbers),
        CrossEntropy(): Problem(X, np.arange(SAMPLES) % 3),
    }


@functools.cache
def residuals(activation: str) -> Residuals:
    """The largest residuals of all forms of the identity."""
    worst = np.zeros(5)
    networks = [_drawn(activation, biased=biased) for biased in (False, True)]
    risks = [Risk(problem, loss) for loss, problem in problems().items()]
    for network, every in zip(networks, _sides(networks, risks), strict=True):
        for sides in every:
            layers, *rest = _residuals(network, sides)
            both = (layers, 0.0) if network.biases is None else (0.0, layers)
            worst = np.maximum(worst, (*both, *rest))
    return Residuals(*(float(each) for each in worst))


class Sides(NamedTuple):
    """The gradient, and what the layers see: ``(n, n_l)`` for every layer but the last.

    `returned` comes back from above, `slopes` are those of the loss in `before`.
    """

    gradient: MLP
    returned: list
    slopes: list
    before: list
    after: list
    left: list


@eqx.filter_jit
def _sides(networks: list[MLP], risks: list[Risk]) -> list[list[Sides]]:
    return [[_both(network, risk) for risk in risks] for network in networks]


def _both(network, risk):
    flow = signals(network, risk.loss, risk.problem)
    return Sides(
        risk.gradient(network),
        flow.returned(network),
        flow.slopes,
        flow.before[:-1],
        [network.sigma(z) for z in flow.before[:-1]],
        [leftover(network, z) for z in flow.before[:-1]],
    )


def _drawn(activation, *, biased):
    rng = np.random.default_rng(SEED)
    sizes = list(zip(WIDTHS[1:], WIDTHS, strict=False))
    weights = [0.7 * rng.standard_normal(size) / size[1] ** 0.5 for size in sizes]
    shifts = [0.3 * rng.standard_normal(m) for m, _ in sizes] if biased else None
    return MLP(weights, activation, shifts)


def _residuals(network: MLP, sides: Sides):
    """The residuals of the norms, the units, the Gram matrices; and of no right side.

    The left sides are derivatives of the balance along the gradient of the risk, which
    knows nothing of layers; the right sides come from signals inside the network.
    """
    W, G = _arrays(network.weights), _arrays(sides.gradient.weights)
    b, g = (_arrays(each.biases or ()) for each in (network, sides.gradient))
    parts = zip(*(_arrays(each) for each in sides[1:]), strict=False)
    off = np.zeros(4)
    for i, (back, below, z, h, left) in enumerate(parts):
        change = _twice(W[i] @ G[i].T) - _twice(W[i + 1].T @ G[i + 1])
        if b:
            change += _twice(np.outer(b[i], g[i]))
        units = 2 * np.sum(back * left, axis=0)
        told = _twice(below.T @ z - back.T @ h)
        gaps = (
            abs(np.trace(change) - units.sum()),
            np.abs(np.diag(change) - units).max(),
            np.abs(change - told).max(),
            abs(np.trace(change)),
        )
        norm = np.linalg.norm
        size = norm(W[i]) * norm(G[i]) + norm(W[i + 1]) * norm(G[i + 1])
        off = np.maximum(off, np.array(gaps) / size)
    return tuple(off)


def _arrays(leaves):
    return [np.asarray(each) for each in leaves]


def _twice(matrix):
    """The matrix and its transpose: the derivative of a Gram matrix."""
    return matrix + matrix.T


@functools.cache
def _follow(activation: str) -> Trajectory:
    """The gradient flow of a network with biases, with its imbalance watched."""
    loss, problem = next(iter(problems().items()))
    network = _drawn(activation, biased=True)
    flow = GradientFlow(clock="escape", rtol=1e-9)
    experiment = Experiment(network, Risk(problem, loss), flow, until=20.0)
    return train(experiment, (Imbalance(), ImbalanceRate()), records=100)


def _integrated(run: Trajectory) -> np.ndarray:
    """The imbalance of the first pair, from its predicted rate by Hermite's rule."""
    t, rate = np.asarray(run.times), np.asarray(run.seen["ImbalanceRate"])[:, 0]
    slope = np.gradient(rate, t, edge_order=2)
    h = np.diff(t)
    steps = h * (rate[1:] + rate[:-1]) / 2 + h**2 * (slope[:-1] - slope[1:]) / 12
    start = float(np.asarray(run.seen["Imbalance"])[0, 0])
    return start + np.append(0.0, np.cumsum(steps))


def _draw(found, runs) -> plots.Drawing:
    drawing = plots.figure(1, 2, height=0.2 * len(found) + 1.8, width=8.4)
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
        loc="upper left", bbox_to_anchor=(-0.1, -0.16 * 20 / (len(found) + 8)), ncols=3,
        fontsize=8, columnspacing=1.0, handletextpad=0.2,
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
    worst = max(max(each[:4]) for each in found.values())
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
        "\\varphi(z_l)\\rangle$ with $\\varphi(z) = z\\sigma'(z) - \\sigma(z)$, for any "
        "loss and any data. Here the left side is the derivative of the balance along "
        "the gradient of the risk, and the right side is read off the signals inside "
        f"the network: {len(found)} activations, {len(problems())} "
        "losses, with and without biases. The largest "
        f"residual is {number(worst, 2)}, also unit by unit and entry by entry of the "
        "matrix $W_{l+1}^\\top W_{l+1} - W_l W_l^\\top - b_l b_l^\\top$."
    )
    second = (
        f"Without the right side the residual of {', '.join(kept)} stays at "
        f"{number(still, 1)}: for them the balance *is* conserved (class A). For the "
        f"others it is between {number(min(moved.values()), 2)} and "
        f"{number(max(moved.values()), 2)}. Along a flow, the integral of the predicted "
        f"rate follows the imbalance to {number(off, 1)}, the error of the quadrature "
        "between records."
    )
    return first, second
