"""How close an optimiser with memory stays to its memoryless iteration."""

from typing import Any, NamedTuple

import numpy as np

from ...claims.memory import CorrectionByProducts, FollowsMemoryless
from ...experiment import Experiment
from ...flows import AbstractFixedStep, Adam, Memoryless, Stochastic
from ...reporting import number, Numbers, Picture, plots, Section
from ..base import Answer
from .records import dataset
from .side_by_side import march, together
from .subjects import parameters, regression, starts
from .verdicts import verdicts


HORIZON = 0.5
"""Steps times their length, the same for every step."""

STEPS = tuple(2.0**-k for k in range(6, 12))
POINTS = 16
BETAS = (0.75, 0.85)
WINDOW = 180
r"""Batches that are kept: $0.85^{180} = 2\cdot10^{-13}$."""

OPTIMISERS: dict[str, Any] = {
    "Adam": Adam(0.01, *BETAS, eps=1e-2, batch=8, fixed=True),
    "heavy ball": Stochastic(0.01, 8, momentum=BETAS[0], fixed=True),
}
ITSELF, WITH, WITHOUT = "itself", "with the correction", "without"
ORDERS = {WITH: 2, WITHOUT: 1}


class Errors(NamedTuple):
    """The largest distance on the path, ``(starts, steps)``."""

    steps: np.ndarray
    found: dict[str, np.ndarray]

    def slopes(self, way: str) -> np.ndarray:
        """The order between each step and the next, ``(starts, steps - 1)``."""
        return np.log2(self.found[way][:, :-1] / self.found[way][:, 1:])


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """The distance to the memoryless iteration, as the step is halved."""
    count = 4 if quick else 20
    steps = STEPS[1:5] if quick else STEPS
    chosen = ("Adam",) if quick else tuple(OPTIMISERS)
    errors = {name: _errors(OPTIMISERS[name], steps, count) for name in chosen}
    section = Section(
        "How close the memoryless iteration stays",
        *_words(errors, count),
        _picture(errors),
        _table(errors),
    )
    records = {
        name.split()[0].lower(): _record(name, e, count) for name, e in errors.items()
    }
    claims = () if quick else (FollowsMemoryless(), CorrectionByProducts())
    return Answer(section, verdicts(claims), records)


def _errors(flow: AbstractFixedStep, steps: tuple[float, ...], count: int) -> Errors:
    def paths(way: str) -> list[np.ndarray]:
        return [_path(flow, step, count, way) for step in steps]

    run = together(paths, (ITSELF, *ORDERS))
    found = {
        way: np.stack(
            [
                np.abs(a - b).max(axis=(1, 2))
                for a, b in zip(run[ITSELF], run[way], strict=True)
            ],
            axis=1,
        )
        for way in ORDERS
    }
    return Errors(np.array(steps), found)


def _path(flow: Any, step: float, count: int, way: str) -> np.ndarray:
    """The parameters of every start at the times of the path."""
    ticks = [round(HORIZON / step * k / POINTS) for k in range(1, POINTS + 1)]
    own = type(flow)(**{**vars(flow), "step": step})
    if way != ITSELF:
        own = Memoryless(own, way == WITH, WINDOW)
    return march(own, regression(), starts(count), ticks, parameters)


def _words(errors: dict[str, Errors], count: int) -> tuple[str, ...]:
    parts = []
    for name, e in errors.items():
        last = {way: e.slopes(way)[:, -1] for way in ORDERS}
        first = np.median(e.slopes(WITH)[:, 0])
        off = max(float(np.abs(last[way] - n).max()) for way, n in ORDERS.items())
        gain = np.median(e.found[WITHOUT][:, -1] / e.found[WITH][:, -1])
        parts.append(
            f"**{name[0].upper()}{name[1:]}.** Between the two smallest steps the "
            f"order is {np.median(last[WITH]):.3f} with the correction and "
            f"{np.median(last[WITHOUT]):.3f} without (medians); no start is further "
            f"than {off:.2f} from 2 and 1. At the smallest step the correction brings "
            f"the iteration {gain:.0f} times closer. Between the two longest steps "
            f"the order with it is {first:.2f}"
            + (
                ": there the step is no longer small against "
                + (
                    f"$1 - \\beta_2 = {1 - BETAS[1]:.2f}$."
                    if name == "Adam"
                    else f"$1 - \\beta = {1 - BETAS[0]:.2f}$."
                )
                if abs(first - 2) > 0.15
                else "."
            )
        )
    return (
        "Main is the move that the optimiser would make if all its gradients had been "
        "taken here; the correction is the first order of their having been taken "
        "elsewhere. The same batches in the same order, path by path, over a fixed "
        f"horizon of {HORIZON:g} in steps times their length: the distance must fall "
        r"like $\eta^2$ with the correction and like $\eta$ without. "
        f"{count} starts of a tanh network, {regression().problem.n} samples in "
        "batches of 8 that are shuffled every epoch.",
        *parts,
    )


def _picture(errors: dict[str, Errors]) -> Picture:
    look = plots.strokes(ORDERS)
    drawing = plots.figure(1, len(errors), height=3.4, share="y")
    for i, (name, e) in enumerate(errors.items()):
        panel = drawing[i].frame(
            title=name, x="step η", y="largest distance on the path", log="xy"
        )
        for way, values in e.found.items():
            low, high = values.min(axis=0), values.max(axis=0)
            panel.axes.fill_between(
                e.steps, low, high, color=look[way].colour, alpha=0.15, linewidth=0
            )
        curves = {w: (e.steps, np.median(v, axis=0)) for w, v in e.found.items()}
        panel.lines(curves, look=look, labels="key")
        for way, n in ORDERS.items():
            last = np.median(e.found[way][:, -1])
            guide = 0.6 * last * (e.steps / e.steps[-1]) ** n
            panel.axes.plot(e.steps, guide, color="#59616b", lw=0.8)
            panel.axes.annotate(
                "η²" if n > 1 else "η", (e.steps[-2], guide[-2]), (3, -10),
                textcoords="offset points", color="#59616b", fontsize=8.5,
            )  # fmt: skip
    return Picture(
        plots.to_svg(
            drawing.key(),
            alt="Distance between optimiser and memoryless iteration against the step, "
            "both logarithmic: with the correction it falls with slope two, without "
            "with slope one.",
        ),
        "The largest distance of any parameter at any of "
        f"{POINTS} times. Lines: median over starts; bands: all starts. Thin: powers "
        "of the step, for comparison.",
    )


def _table(errors: dict[str, Errors]) -> Numbers:
    rows = [
        (
            f"{name}, {way}",
            number(float(np.median(e.found[way][:, -1])), 2),
            *(f"{np.median(x):.2f}" for x in e.slopes(way).T),
        )
        for name, e in errors.items()
        for way in ORDERS
    ]
    steps = next(iter(errors.values())).steps
    orders = [f"1/{round(1 / s)}" for s in steps[1:]]
    text = (
        f"Medians over the starts: the distance at η = {orders[-1]}, and the order "
        "between every step, named at the head, and twice that."
    )
    return Numbers(("", "distance", *orders), rows, text)


def _record(name: str, e: Errors, count: int):
    first = Experiment(starts(count)[0], regression(), OPTIMISERS[name], until=POINTS)
    words = {WITH: "distance", WITHOUT: "distance_without"}
    return dataset(
        {
            words[way]: (
                ("start", "step"), values, "1",
                f"largest distance of a parameter on the path, {way}",
            )
            for way, values in e.found.items()
        },
        {"start": range(count), "step": e.steps},
        first,
    )  # fmt: skip
