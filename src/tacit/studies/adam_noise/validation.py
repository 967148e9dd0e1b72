"""Validation loss on digits, where training is about to overfit."""

import numpy as np

from ...experiment import Experiment
from ...reporting import Numbers, Picture, plots, Section
from ..base import Answer
from .digits_runs import (
    BATCHES,
    BETA1,
    BETA2,
    EVERY,
    flow_of,
    networks,
    noise_of,
    PAIRS,
    Runs,
    runs_of,
    STEP,
)
from .intervals import Interval, interval
from .records import dataset
from .side_by_side import together
from .subjects import digits, TRAINING, VALIDATION


FOCUS = (0.9, 0.95)
r"""The $\beta_1$ whose trend in $\beta_2$ is judged: those that people use."""


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """Validation loss over both memories and the batch, with seeds."""
    seeds, steps = (4, 400) if quick else (12, 2400)
    batches: list[int] = list(BATCHES[::2] if quick else BATCHES)
    times = np.arange(EVERY, steps + 1, EVERY)
    runs = together(lambda b: runs_of(b, seeds, times), batches)
    section = Section(
        "Validation loss on digits",
        *_words(runs, seeds, steps),
        _picture(runs),
        _table(runs),
    )
    return Answer(section, (), {f"batch{b}": _record(b, r) for b, r in runs.items()})


def _words(runs: dict[int, Runs], seeds: int, steps: int) -> tuple[str, ...]:
    small, whole = min(runs), max(runs)
    turned = {b: float(np.mean(r.turned)) for b, r in runs.items()}
    noise = float(np.median(noise_of(seeds)))
    return (
        f"A tanh network of 64, 16 and 10 units on {TRAINING} digits, cross-entropy; "
        f"{VALIDATION} others are for validation. {seeds} seeds for start and order, "
        f"{steps} steps of {STEP:g} at every batch size, all {len(PAIRS)} pairs on the "
        "same starts and batches. Reported is the lowest validation loss on the way "
        "(so that a setting which is merely faster gains nothing) and the last. The "
        "lowest was before the last tenth of the run in "
        + ", ".join(f"{t:.0%} (b = {b})" for b, t in turned.items())
        + f" of the runs; the noise scale at the start is {noise:.2g} samples, and "
        "grows as the risk falls. The step is small against $1 - \\beta_2$ for "
        "$\\beta_2 = 0.95$ only: what follows is an observation near the theory, not "
        "inside it."
        + (
            " **This run is too short to overfit**: what it shows is who is faster."
            if min(turned.values()) < 0.5
            else ""
        ),
        _beta2(runs, small, whole),
        _beta1(runs, small, whole),
    )


def _beta2(runs: dict[int, Runs], small: int, whole: int) -> str:
    says = []
    for b, r in runs.items():
        found = r.by_beta2("best")
        each = [
            Interval(found.mean[i], found.half[i]).told
            for i, beta in enumerate(BETA1)
            if beta in FOCUS
        ]
        says.append(f"{each[0]} and {each[1]} at b = {b}")
    changes = {b: r.by_beta2("best") for b, r in runs.items()}
    means = {b: change.mean[:2] for b, change in changes.items()}
    sure = {b: change.sure[:2] for b, change in changes.items()}
    gains = {
        b: runs[b].best[:, :2, -1] - runs[b].best[:, :2, 0] for b in (small, whole)
    }
    shift = interval((gains[small] - gains[whole]).mean(axis=1))
    helps = bool(np.all(means[small] < 0) and np.all(sure[small]))
    hurts = bool(np.all(means[whole] > 0) and np.all(sure[whole]))
    agree = [
        _verdict(helps, "small batches gain from a large $\\beta_2$"),
        _verdict(hurts, "the whole sample loses by it"),
    ]
    return (
        "**The second memory.** The lowest validation loss at $\\beta_2 = "
        f"{BETA2[-1]:g}$ minus that at {BETA2[0]:g}, for $\\beta_1 = {FOCUS[0]:g}$ and "
        f"{FOCUS[1]:g}: "
        + "; ".join(says)
        + ". The paper expects two things. "
        + " ".join(agree)
        + f" From the whole sample to b = {small} the difference moves by {shift.told}"
        + (
            ": in the direction of the paper's shift."
            if shift.mean < 0 and bool(shift.sure)
            else ": not the paper's shift."
        )
    )


def _beta1(runs: dict[int, Runs], small: int, whole: int) -> str:
    says = []
    for b, r in runs.items():
        found = r.by_beta1("best")
        says.append(f"{Interval(found.mean[-1], found.half[-1]).told} at b = {b}")
    found = {b: r.by_beta1("best") for b, r in runs.items()}
    helps = bool(found[whole].mean[-1] < 0 and found[whole].sure[-1])
    hurts = bool(found[small].mean[-1] > 0 and found[small].sure[-1])
    extreme = max(
        float(r.best[:, -1].mean() - r.best[:, 0].mean()) for r in runs.values()
    )
    return (
        "**The first memory.** The same for $\\beta_1 = 0.99$ minus 0.9, at $\\beta_2 ="
        f" {BETA2[-1]:g}$: "
        + "; ".join(says)
        + ". "
        + _verdict(helps, "on the whole sample $\\beta_1$ near $\\beta_2$ is better")
        + " "
        + _verdict(hurts, "in small batches it is worse")
        + f" $\\beta_1 = {BETA1[-1]:g}$ is worse than 0.9 by up to {extreme:.2f} "
        "(mean over $\\beta_2$): runs of this length end before it has settled."
    )


def _verdict(met: bool, text: str) -> str:  # noqa: FBT001
    return f"That {text}: {'seen here' if met else 'not seen here'}."


KINDS = {"best": "lowest", "end": "last"}


def _picture(runs: dict[int, Runs]) -> Picture:
    look_ = plots.strokes(BETA2)
    drawing = plots.figure(2, len(runs), height=5.2, share="x")
    where = np.arange(len(BETA1))
    for column, (batch, r) in enumerate(runs.items()):
        for row, kind in enumerate(KINDS):
            found = interval(getattr(r, kind))
            panel = drawing[row, column].frame(
                x="β₁", y="" if column else f"{KINDS[kind]}\nvalidation loss (nats)",
                title="" if row else f"b = {batch}" + " (all)" * (batch == TRAINING),
                log="y" if kind == "end" else "",
            )  # fmt: skip
            curves = {c: (where, found.mean[:, k]) for k, c in enumerate(BETA2)}
            for k, c in enumerate(BETA2):
                mean, half = found.mean[:, k], found.half[:, k]
                panel.axes.fill_between(
                    where,
                    mean - half,
                    mean + half,
                    color=look_[c].colour,
                    alpha=0.15,
                    lw=0,
                )
            panel.lines(curves, look=look_, labels="key", markers=4)
            panel.axes.set_xticks(where, [f"{beta:g}" for beta in BETA1])
    for row in range(len(KINDS)):
        beside = [drawing[row, column].axes for column in range(len(runs))]
        ends = np.array([axes.get_ylim() for axes in beside])
        for axes in beside:
            axes.set_ylim(ends.min(), ends.max())
            axes.tick_params(which="both", labelleft=axes is beside[0])
    return Picture(
        plots.to_svg(
            drawing.key(title="β₂"),
            alt="Lowest and last validation loss against beta1 for three values of "
            "beta2 at each batch size, with intervals.",
        ),
        "Mean over seeds and its 95 % interval. Above: the lowest validation loss on "
        "the way; below: the last, on a logarithmic scale.",
    )


def _table(runs: dict[int, Runs]) -> Numbers:
    rows = []
    for b, r in runs.items():
        best = interval(r.best)
        for i, beta in enumerate(BETA1):
            cells = [
                str(Interval(best.mean[i, k], best.half[i, k])).removeprefix("+")
                for k in range(len(BETA2))
            ]
            rows.append((f"b = {b}, β₁ = {beta:g}", *cells))
    head = ("", *(f"β₂ = {c:g}" for c in BETA2))
    return Numbers(head, rows, "The lowest validation loss, in nats.")


def _record(batch: int, runs: Runs):
    first = Experiment(
        networks(1)[0], digits().training, flow_of(batch), until=int(runs.times[-1])
    )
    dims = ("time", "seed", "beta1", "beta2")
    return dataset(
        {
            name: (dims, np.moveaxis(values, -1, 0), "nats", f"{name} loss")
            for name, values in zip(Runs._fields[1:], runs[1:], strict=True)
        },
        {
            "time": runs.times, "seed": range(runs.training.shape[0]),
            "beta1": BETA1, "beta2": BETA2,
        },
        first,
    )  # fmt: skip
