"""A network with ReLUs on digits: what is left of the theorem (Figure 2)."""

import functools

import numpy as np

from ...claims.margins import LayersAlign
from ...experiment import Experiment
from ...flows import Stochastic
from ...losses import Logistic
from ...networks import MLP
from ...observables import Alignment, FrobeniusNorms, LayerRatios, LogRisk
from ...problems import load, Problem
from ...reporting import Finding, number, Numbers, Picture, plots, Section
from ...risk import Risk
from ...training import train, Trajectory
from ...verdict import check
from ..base import Answer


HIDDEN = 48
LAYERS = 4
SMALL = 2.0
"""The Frobenius norm of every layer at the second start."""

STEP, BATCH = 0.1, 32


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """The ratio of every layer while a ReLU network learns odd from even digits."""
    runs = {name: _train(name, 2_000 if quick else 20_000) for name in _starts()}
    bounds = _bounds(next(iter(runs.values())))
    section = Section(
        "Outside the theorem: a ReLU network",
        *_words(runs, bounds),
        Picture(
            plots.to_svg(
                _draw(runs, bounds),
                alt="The ratio of spectral to Frobenius norm of three layers against "
                "training steps, for two starts, each with its lower bound; it hardly "
                "moves from a usual start and rises from a small one. The risk.",
            ),
            f"A network with ReLUs, layers {_widths(runs)}, no biases, on odd against "
            f"even digits; gradient descent by batches of {BATCH}. Left: independent "
            "normal weights of variance 2 / inputs. Middle: orthogonal layers of equal "
            f"Frobenius norm {SMALL:g}. Dashed is the lower bound "
            "$1/\\sqrt{\\min(n_l, n_{l-1})}$; the last layer is a row, with ratio 1. "
            "Right: the risk.",
        ),
        _table(runs, bounds),
    )
    kept = zip(("usual", "small"), runs.values(), strict=True)
    records = {key: run.to_xarray() for key, run in kept}
    first = next(iter(runs.values())).experiment
    finding = Finding.of(check(LayersAlign(), first), on="Digits, ReLU network")
    return Answer(section, (finding,), records)


@functools.cache
def _digits() -> Problem:
    digits = load("digits").varying().standardised()
    parity = np.where(digits.codes % 2, "odd", "even")
    return Problem(np.asarray(digits.X), parity)


@functools.cache
def _starts() -> dict[str, MLP]:
    widths = (_digits().d, *[HIDDEN] * (LAYERS - 1), 1)
    usual = MLP.he_normal(widths, seed=0, activation="relu")
    even = MLP.orthogonal(widths, seed=0, activation="relu").weights
    small = [SMALL * np.asarray(W) / np.linalg.norm(W) for W in even]
    return {"usual start": usual, "small, equal norms": MLP(small, "relu")}


@functools.cache
def _train(name: str, steps: int) -> Trajectory:
    risk, flow = Risk(_digits(), Logistic()), Stochastic(STEP, BATCH)
    watch = (LogRisk(), LayerRatios(), Alignment(), FrobeniusNorms())
    times = np.unique(np.geomspace(10, steps, 60).round())
    return train(
        Experiment(_starts()[name], risk, flow, until=steps), watch,
        records=np.append(0.0, times),
    )  # fmt: skip


def _widths(runs) -> str:
    layers = next(iter(runs.values())).experiment.network.weights
    return "-".join(str(k) for k in (layers[0].shape[1], *(len(W) for W in layers)))


def _bounds(run: Trajectory) -> np.ndarray:
    return np.array([min(W.shape) ** -0.5 for W in run.experiment.network.weights])


def _draw(runs, bounds) -> plots.Drawing:
    drawing = plots.figure(1, 3, height=3.3, width=8.4)
    names = [f"layer {k + 1}" for k in range(LAYERS - 1)]
    look = plots.strokes(names)
    words = ("lower bound", "")
    for panel, word, (title, run) in zip(drawing, words, runs.items(), strict=False):
        ratios = np.asarray(run.seen["LayerRatios"])
        curves = {n: (1 + run.times, ratios[:, k]) for k, n in enumerate(names)}
        panel.frame(
            title=title, x="1 + steps", y="‖W‖₂ / ‖W‖ (Frobenius)", log="x"
        ).lines(curves, look=look, labels="key").level(bounds[0], word)
        panel.axes.set_ylim(0, 1)
    drawing[0].key("upper left")
    curves = {
        name: (1 + run.times, np.exp(np.asarray(run.seen["LogRisk"])))
        for name, run in zip(("usual", "small"), runs.values(), strict=True)
    }
    kinds = dict(zip(curves, plots.STROKES[3:5], strict=True))
    drawing[2].frame(title="risk", x="1 + steps", y="risk", log="xy").lines(
        curves, look=kinds, labels="key"
    ).key("lower left")
    return drawing


def _table(runs, bounds) -> Numbers:
    rows = []
    for name, run in runs.items():
        ratios, angles = (np.asarray(run.seen[k]) for k in ("LayerRatios", "Alignment"))
        for k in range(LAYERS - 1):
            ends = ratios[0, k], ratios[-1, k]
            rows.append((f"{name}, layer {k + 1}", bounds[k], *ends, angles[-1, k]))
    return Numbers(
        ("", "bound", "at the start", "at the end", "alignment"),
        rows,
        "Ratio of spectral to Frobenius norm, and at the end the cosine between a "
        "layer's first left singular vector and the next one's first right",
    )


def _words(runs, bounds) -> tuple[str, ...]:
    usual, small = (
        np.asarray(run.seen["LayerRatios"])[:, :-1] for run in runs.values()
    )
    risks = [
        float(np.exp(np.asarray(run.seen["LogRisk"])[-1])) for run in runs.values()
    ]
    moved = float(np.abs(usual[-1] - usual[0]).max())
    rose = bool(np.all(small[-1] > small[0]))
    return (
        "The paper's second figure shows the ratios of a network on which the theorem "
        "is silent, and so does this one: it has ReLUs, is trained by batches with "
        "finite steps, and a hyperplane is not what it fits. **Nothing here is a "
        "check of a theorem**: the claim does not apply. What is measured is the ratio "
        "$\\|W\\|_2/\\|W\\|_F$, which is 1 for rank one and at least one over the "
        f"root of the smaller side, {bounds[0]:.3f} for these layers.",
        "Both starts fit the digits (risk "
        f"{number(risks[0], 1)} and {number(risks[1], 1)}). From the usual one the "
        f"ratios move by {moved:.3f} at most: the layers keep the spectrum they were "
        "born with, and rank one is not to be seen. From layers that are small, "
        "orthogonal (on the lower bound) and of equal norm "
        + ("every ratio rises, " if rose else "not every ratio rises, ")
        + f"to between {small[-1].min():.2f} and {small[-1].max():.2f}, and none is "
        "1. In the linear theory, too, the start is forgotten only as the layers "
        "grow, like $\\|W\\|^{-2}$, and with a constant step they grow like a power "
        "of $\\log k$.",
    )
