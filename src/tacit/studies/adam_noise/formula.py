"""What the second-order formula says of the 1-norm, and what is true beyond it."""

import numpy as np

from ...claims.memory import (
    AntiRegularised,
    FormulaThresholds,
    HeavyBallModifiedLoss,
    HeavyBallOverOrders,
    NoiseInFiveTerms,
    NoiseWithoutReplacement,
    WholeSampleCorrection,
)
from ...experiment import Experiment
from ...memory import (
    long_memory_coefficient,
    noise_thresholds,
    second_order_coefficient,
)
from ...reporting import Finding, Numbers, Picture, plots, Section
from ..base import Answer
from .intervals import interval
from .paired import flow_of
from .records import dataset
from .replicas import BETA1, BETA2, Drawn, drawn
from .side_by_side import together
from .subjects import regression, SAMPLES, starts
from .verdicts import verdicts


NOISE = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0)
CURVE = np.linspace(0, NOISE[-1], 161)
MODELS = {
    "independent": "independent coordinates",
    "scale": "noise in the scale",
}
SECOND, LONG, DRAWN = "second order", "long memory", "simulated"
PAIRS = ((0.8, 0.97), (0.9, 0.99), (0.9, 0.999), (0.95, 0.999))
"""At which the thresholds are tabled."""

CLAIMS = (
    AntiRegularised(),
    FormulaThresholds(),
    WholeSampleCorrection(),
    HeavyBallOverOrders(),
    HeavyBallModifiedLoss(),
    NoiseInFiveTerms(),
    NoiseWithoutReplacement(),
)
"""Those about the correction itself; the first two take no time."""


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """The coefficient of the 1-norm at any noise: formula, limit and simulation."""
    noise = np.array(NOISE[::3] if quick else NOISE)
    models = ("independent",) if quick else tuple(MODELS)
    found = together(lambda m: drawn(m, noise, 500 if quick else 2000), models)
    findings = verdicts(CLAIMS[:2] if quick else CLAIMS)
    section = Section(
        "The formula, and what is true beyond it",
        *_words(found, findings),
        _picture(found),
        _table(),
    )
    return Answer(section, findings, {"coefficients": _record(found)})


def _formula(kind: str, model: str, beta2: float, noise) -> np.ndarray:
    form = second_order_coefficient if kind == SECOND else long_memory_coefficient
    return np.asarray(form(BETA1, beta2, noise, model=model))


def _words(runs: dict[str, Drawn], findings: tuple[Finding, ...]) -> tuple[str, ...]:
    found = runs["independent"]
    trend = interval(found.trend, axis=1)
    falls = bool(np.all(trend.mean + trend.half < 0))
    turn = noise_thresholds(BETA1, BETA2[-1]).beta2
    largest = found.noise[-1]
    error = {
        kind: np.abs(
            _formula(kind, "independent", BETA2[-1], found.noise)
            - found.values[:, 1].mean(axis=1)
        )
        for kind in (SECOND, LONG)
    }
    one = int(np.argmin(np.abs(found.noise - 1.5)))
    scale = np.abs(found.values[:, 1].mean(axis=1)).max()
    ages = [beta / (1 - beta) for beta in (BETA1, BETA2[-1])]
    false = [each for each in findings if each.outcome == "fails"]
    return (
        "To second order in the noise $\\lambda$ (the variance of a batch's gradient "
        "over its square, alike in all coordinates) the factor of "
        r"$\nabla\|g\|_1/|g|$ in the mean correction is a straight line in $\lambda$. "
        f"Its slope in $\\beta_2$ changes sign at $\\lambda = {turn:.3f}$ (here "
        f"$\\beta = ({BETA1:g}, {BETA2[-1]:g})$; a half as $\\beta_2 \\to 1$): "
        "this is the reversal in the batch size, at $b = 2B_{\\mathrm{simple}}$. It is "
        "exact algebra about the formula.",
        ("**Beyond second order the 1-norm has no reversal.** " if falls else "")
        + r"As $\beta_2 \to 1$ the factor is $B_1/(1+\lambda) - B_2/(1+\lambda)^2$, of "
        r"which the formula keeps $B_1(1-\lambda) - B_2(1-2\lambda)$. "
        + (
            "Simulated with Adam's exact correction, the factor falls as "
            f"$\\beta_2$ grows from {BETA2[0]:g} to {BETA2[1]:g} at every noise up to "
            f"{largest:g}, with 0 outside every interval. "
            if falls
            else "The simulated trend is not negative at every noise. "
        )
        + f"At $\\lambda = {found.noise[one]:g}$ the formula is off by "
        f"{error[SECOND][one]:.0f}, the long-memory form by {error[LONG][one]:.1f}, of "
        f"{abs(found.values[one, 1].mean()):.1f}; over all noise the latter is never "
        f"off by more than {error[LONG].max() / scale:.1%} of the largest value.",
        "What does change sign is the *total*, where noise makes up for the ratio of "
        f"the ages: at $1 + \\lambda = B_2/B_1 = {ages[1] / ages[0]:.0f}$ for this "
        "pair. From there on memory lowers the 1-norm. The trend in $\\beta_2$ of "
        "sharpness, which the maps and the training above show turning, is another "
        "matter: it goes through the gradient of the variance.",
        "The paper's constants are not compared: the coefficients here are derived "
        "anew, and where batches of a real network have coordinates with almost no "
        "gradient, $\\lambda$ has no size and only the long-memory form applies."
        + (
            f" In the table at the end, {len(false)} false statements were put to the "
            "same test and fail, as they must."
            if false
            else ""
        ),
    )


def _picture(runs: dict[str, Drawn]) -> Picture:
    look = plots.strokes((SECOND, LONG, DRAWN))
    drawing = plots.figure(len(runs), 2, height=2.7 * len(runs) + 0.5, share="x")
    for row, (model, found) in enumerate(runs.items()):
        last = row == len(runs) - 1
        both = {
            kind: [_formula(kind, model, beta2, CURVE) for beta2 in BETA2]
            for kind in (SECOND, LONG)
        }
        parts = (
            (f"factor at β₂ = {BETA2[1]:g}", lambda c: c[1], found.values[:, 1]),
            ("its trend in β₂", lambda c: c[1] - c[0], found.trend),
        )
        for column, (title, take, values) in enumerate(parts):
            panel = drawing[row, column].frame(
                title=title if not row else "",
                x=r"noise λ = $B_\mathrm{simple}$ / b" if last else "",
                y=f"{MODELS[model]}" if not column else "",
            )
            panel.level(0.0)
            curves = {kind: (CURVE, take(c)) for kind, c in both.items()}
            panel.lines(curves, look=look, labels="key", markers=0)
            seen = interval(values, axis=1)
            panel.axes.errorbar(
                found.noise, seen.mean, seen.half, fmt=look[DRAWN].marker,
                color=look[DRAWN].colour, capsize=2.5, label=DRAWN, lw=1,
            )  # fmt: skip
            size = np.abs(take(both[LONG])).max()
            panel.axes.set_ylim(-1.25 * size, 0.8 * size)
    return Picture(
        plots.to_svg(
            drawing.key(),
            alt="Factor of the 1-norm against noise: the second-order formula is a "
            "straight line that crosses zero, the long-memory form and the simulation "
            "stay on one side and go to zero; the same for the trend in beta2.",
        ),
        "Left: the factor of the 1-norm in the correction, below 0 where memory raises "
        f"it. Right: how much it changes from $\\beta_2 = {BETA2[0]:g}$ to "
        f"{BETA2[1]:g}. Symbols: Adam's exact correction in Gaussian noise, with 95 % "
        "intervals. The formula leaves the panels.",
    )


def _table() -> Numbers:
    rows = []
    for pair in PAIRS:
        found = noise_thresholds(*pair)
        ages = [beta / (1 - beta) for beta in pair]
        rows.append(
            (
                f"β = {pair}",
                *(f"{x:.4f}" for x in (found.beta2, found.beta1, found.total)),
                f"{ages[1] / ages[0] - 1:.4g}",
            )
        )
    head = (
        "",
        "formula: trend in β₂ turns",
        "formula: trend in β₁ turns",
        "formula: sign turns",
        "long memory: sign turns",
    )
    return Numbers(
        head,
        rows,
        "Noise λ at which something turns, for independent coordinates. The batch is "
        "the noise scale over λ.",
    )


def _record(runs: dict[str, Drawn]):
    first = Experiment(starts(1)[0], regression(), flow_of(SAMPLES), until=1)
    dims = ("model", "noise", "beta2")
    found = [interval(each.values, axis=2) for each in runs.values()]
    noise = next(iter(runs.values())).noise
    return dataset(
        {
            "coefficient": (
                dims, np.stack([x.mean for x in found]), "1",
                "factor of the 1-norm in the mean correction, simulated",
            ),
            "half": (
                dims, np.stack([x.half for x in found]), "1",
                "half its 95 % interval",
            ),
        },
        {"model": list(runs), "noise": noise, "beta2": BETA2},
        first,
    )  # fmt: skip
