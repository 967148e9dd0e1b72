"""Training with memory beside training without it, on the same batches."""

from typing import NamedTuple

import numpy as np

from ...claims.memory import NoiseDampsMemory
from ...experiment import Experiment
from ...flows import Adam, Memoryless
from ...reporting import Numbers, Picture, plots, Section
from ..base import Answer
from .intervals import Interval, interval
from .records import dataset
from .side_by_side import march, together
from .subjects import EPS, look, regression, SAMPLES, Seen, starts
from .verdicts import verdicts


STEP, WINDOW = 1e-3, 600
BETA1, BETA2 = 0.8, (0.9, 0.97, 0.99)
BATCHES = (SAMPLES, 8, 2, 1)
SIZES = {"trace": "tr H", "norm": "|g|₁"}


class Pair(NamedTuple):
    """What is seen with memory and without, each ``(starts, betas, t)``."""

    times: np.ndarray
    kept: Seen
    forgotten: Seen

    def apart(self, what: str) -> np.ndarray:
        """With memory minus without."""
        return getattr(self.kept, what) - getattr(self.forgotten, what)

    def trend(self, what: str) -> np.ndarray:
        r"""How much more that is at the largest $\beta_2$ than at the smallest."""
        apart = self.apart(what)
        return apart[:, -1] - apart[:, 0]


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """What memory does to sharpness and to the 1-norm, in training."""
    count, last = (20, 200) if quick else (40, 400)
    batches: list[int] = list(BATCHES[::2] if quick else BATCHES)
    times = np.arange(50, last + 1, 50)
    pairs = together(lambda b: _pair(b, count, times), batches)
    section = Section(
        "Training with memory and without",
        *_words(pairs, count),
        _picture(pairs),
        _table(pairs),
    )
    records = {f"batch{b}": _record(b, p) for b, p in pairs.items()}
    return Answer(section, verdicts(() if quick else (NoiseDampsMemory(),)), records)


def flow_of(batch: int) -> Adam:
    """Adam with full averages, on fixed batches, or on the whole sample."""
    if batch == SAMPLES:
        return Adam(STEP, BETA1, BETA2[-1], EPS, warm=WINDOW)
    return Adam(STEP, BETA1, BETA2[-1], EPS, batch=batch, fixed=True, warm=WINDOW)


def _pair(batch: int, count: int, times: np.ndarray) -> Pair:
    flow, betas = flow_of(batch), [(BETA1, c) for c in BETA2]
    kept, forgotten = (
        march(f, regression(), starts(count), times.tolist(), look, betas=betas)
        for f in (flow, Memoryless(flow, correction=False, window=WINDOW))
    )
    return Pair(times, kept, forgotten)


def _words(pairs: dict[int, Pair], count: int) -> tuple[str, ...]:
    half = {b: _half(p) for b, p in pairs.items()}
    sharp = {b: interval(p.trend("trace")[:, half[b]]) for b, p in pairs.items()}
    norm = {b: interval(p.trend("norm")[:, half[b]]) for b, p in pairs.items()}
    rises = {
        b: float(np.mean(p.trend("trace")[:, half[b]] > 0)) for b, p in pairs.items()
    }
    least = min(
        float(np.mean(p.trend("norm")[:, half[b]] > 0)) for b, p in pairs.items()
    )
    when = next(iter(pairs.values())).times[next(iter(half.values()))]
    whole, small = SAMPLES, min(pairs)
    reversed_ = sharp[small].mean < 0 < sharp[whole].mean
    reversed_ = bool(reversed_ and sharp[small].sure and sharp[whole].sure)
    kept = all(n.sure and n.mean > 0 for n in norm.values())
    return (
        "Adam with its averages filled before the start, and its memoryless iteration "
        "(Main alone, all gradients in the window taken where the parameters are now), "
        f"on the same batches; {count} starts, step {STEP:g}, "
        f"$\\beta_1 = {BETA1:g}$. What differs is memory and nothing else. Below, the "
        f"effect of memory is that difference, and its trend the effect at "
        f"$\\beta_2 = {BETA2[-1]:g}$ minus that at {BETA2[0]:g}, after {when} steps.",
        ("**The 1-norm: no reversal.** " if kept else "**The 1-norm.** ")
        + f"A larger $\\beta_2$ raises it more, {_share(least)} at every batch size. "
        "The trend goes "
        f"from {norm[whole]} on the whole sample to {norm[small]} at batches of "
        f"{small}.",
        ("**Sharpness: reversed on average.** " if reversed_ else "**Sharpness.** ")
        + "The trend of $\\operatorname{tr}H$ in $\\beta_2$ is "
        + "; ".join(
            f"{sharp[b]} at batch {b} ({rises[b]:.0%} of the starts rise"
            f"{'' if sharp[b].sure else ', 0 inside the interval'})"
            for b in pairs
        )
        + ".",
        _later(pairs),
    )


def _share(least: float) -> str:
    return "in every start" if least == 1 else f"in {least:.0%} of the starts or more"


def _half(pair: Pair) -> int:
    return len(pair.times) // 2 - 1


def _later(pairs: dict[int, Pair]) -> str:
    """What becomes of it as the runs go on."""
    moved = {b: interval(p.trend("trace")[:, -1]) for b, p in pairs.items()}
    turned = [
        b
        for b, p in pairs.items()
        if moved[b].mean * interval(p.trend("trace")[:, _half(p)]).mean < 0
    ]
    last = next(iter(pairs.values())).times[-1]
    small = min(pairs)
    risks = {b: interval(p.apart("risk")[:, -1, -1]) for b, p in pairs.items()}
    text = (
        f"By step {last} memory has also delayed the descent (at $\\beta_2 = "
        f"{BETA2[-1]:g}$ the risk differs by {risks[SAMPLES]} on the whole sample), "
        "and sharpness changes on the way: its trend is then "
        f"{moved[SAMPLES]} on the whole sample and {moved[small]} at batches of {small}"
    )
    if turned:
        text += (
            ", and its sign is no longer that of the earlier time at batches of "
            + " and ".join(map(str, turned))
        )
    return text + "."


def _picture(pairs: dict[int, Pair]) -> Picture:
    look_ = plots.strokes(BETA2)
    drawing = plots.figure(2, len(pairs), height=4.8, share="x")
    for column, (batch, pair) in enumerate(pairs.items()):
        for row, (what, label) in enumerate(SIZES.items()):
            found: Interval = interval(pair.apart(what))
            panel = drawing[row, column].frame(
                x="steps" if row else "",
                y="" if column else f"{label}: effect of memory",
                title="" if row else _named(batch),
            )
            panel.level(0.0)
            for k, c in enumerate(BETA2):
                low, high = found.mean[k] - found.half[k], found.mean[k] + found.half[k]
                panel.axes.fill_between(
                    pair.times, low, high, color=look_[c].colour, alpha=0.13, lw=0
                )
            curves = {c: (pair.times, found.mean[k]) for k, c in enumerate(BETA2)}
            panel.lines(curves, look=look_, labels="key")
    return Picture(
        plots.to_svg(
            drawing.key(title="β₂"),
            alt="Effect of memory on the trace of the Hessian and on the 1-norm of the "
            "gradient during training, for three second memories: the norm rises with "
            "beta2 at every batch size, the trace rises on the whole sample and falls "
            "in small batches.",
        ),
        "Adam minus its memoryless iteration on the same batches: mean over starts "
        "and its 95 % interval. The scales differ between panels.",
    )


def _named(batch: int) -> str:
    return "whole sample" if batch == SAMPLES else f"batches of {batch}"


def _table(pairs: dict[int, Pair]) -> Numbers:
    rows = []
    for b, p in pairs.items():
        for what, label in SIZES.items():
            found = interval(p.apart(what)[:, :, _half(p)])
            trend = p.trend(what)[:, _half(p)]
            rows.append(
                (
                    f"{label}, {_named(b)}",
                    *(
                        str(Interval(m, h))
                        for m, h in zip(found.mean, found.half, strict=True)
                    ),
                    str(interval(trend)),
                    f"{np.mean(trend > 0):.0%}",
                )
            )
    head = ("", *(f"β₂ = {c:g}" for c in BETA2), "trend", "starts that rise")
    when = next(iter(pairs.values()))
    return Numbers(
        head, rows, f"The effect of memory after {when.times[_half(when)]} steps."
    )


def _record(batch: int, pair: Pair):
    first = Experiment(
        starts(1)[0], regression(), flow_of(batch), until=int(pair.times[-1])
    )
    words = {"trace": "trace of the Hessian", "norm": "1-norm of the gradient"}
    dims = ("time", "start", "beta2")
    return dataset(
        {
            f"{what}_{name}": (
                dims, np.moveaxis(getattr(seen, what), -1, 0), "1", f"{text}, {name}"
            )
            for what, text in words.items()
            for name, seen in (("adam", pair.kept), ("memoryless", pair.forgotten))
        },
        {"time": pair.times, "start": range(pair.kept.trace.shape[0]), "beta2": BETA2},
        first,
    )  # fmt: skip
