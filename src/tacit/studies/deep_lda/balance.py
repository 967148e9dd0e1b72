"""What happens off balance: signs cross, and depth does nothing."""

import numpy as np

from ...claims.limits.near_ties import FirstChangeOfSign, NearTiesBreak
from ...claims.limits.ties import UniqueMinimumIsFree
from ...events import Reaches
from ...experiment import Experiment
from ...flows import Descent, GradientFlow
from ...networks import Diagonal
from ...observables import LinearPredictor, Sine
from ...reporting import Finding, number, Numbers, Picture, plots, Section
from ...training import train, Trajectory
from ...verdict import judge
from ..base import Answer
from .limits import locked, plain
from .subjects import real, Subject, synthetic


LONG = GradientFlow(rtol=1e-11, atol=1e-13, solver="stiff")
END = 1e6
STEPS = 20_000
EPSILONS = (1e-2, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12)


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """Random layers of every depth, and layers that are balanced up to a little."""
    simple = synthetic()
    subject = simple if quick else real()[0]
    depths = (3,) if quick else (2, 3, 8)
    random = {depth: _run(subject, _drawn(subject, depth)) for depth in depths}
    tied = _run(subject, _tied(subject, 3))
    near = {eps: _run(simple, _nearly(simple, eps)) for eps in EPSILONS[1::2]}
    several = EPSILONS[1::2] if quick else EPSILONS
    times = {eps: _crossing(simple, eps) for eps in several}

    claim = UniqueMinimumIsFree()
    findings = [
        Finding.of(judge(claim, run), on=f"{subject.title}, independent, L = {L}")
        for L, run in random.items()
    ]
    on = f"{subject.title}, L = 3, every second feature tied"
    findings.append(Finding.of(judge(claim, tied), on=on))
    if not quick:
        verdict = judge(NearTiesBreak(), near[eps := 1e-4])
        findings.append(Finding.of(verdict, on=f"{simple.title}, L = 2, ε = {eps:.0e}"))
    fastest = _fastest(simple)
    logs = -np.log(np.array(list(times)))
    slope = float(np.polyfit(logs[-2:], list(times.values())[-2:], 1)[0])
    drawing = _draw(random, tied, near, times, fastest)
    rows = _rows(subject, random, tied)
    section = Section(
        "Off balance",
        *_words(subject, random, tied, slope * 2 * fastest, times, fastest),
        Picture(
            plots.to_svg(
                drawing,
                alt="Weights against time for independent random layers, many of them "
                "crossing zero; the angle to plain LDA falling to zero at every "
                "depth; plateaus of that angle for nearly balanced starts; the time "
                "of the first crossing, a straight line in the logarithm of the "
                "imbalance.",
            ),
            f"Top: {subject.title.lower()}, layers drawn independently. Left, the "
            "weights of three layers; right, the angle between the network and plain "
            "LDA, for several depths. Bottom: the synthetic design, two layers that "
            "differ by a share ε. Left, the angle stays on the plateau of the balanced "
            "network for a time and then falls; right, when the first sign changes.",
        ),
        Numbers(
            ("start", "signs changed", "sine to plain LDA", "sine to the orthant's"),
            rows,
            f"{subject.title} at flow time {number(END)}: which limit was reached",
        ),
    )
    records = {f"independent-L{L}": run.to_xarray() for L, run in random.items()}
    records |= {f"nearly-{eps:.0e}": run.to_xarray() for eps, run in near.items()}
    records |= {"tied-L3": tied.to_xarray()}
    return Answer(section, tuple(findings), records)


def _drawn(subject: Subject, depth: int) -> Diagonal:
    """Independent layers, uniform in [0.3, 1.5], with the signs of the start."""
    rng = np.random.default_rng(depth)
    layers = rng.uniform(0.3, 1.5, (depth, subject.problem.d))
    layers[0] *= np.sign(subject.w0)
    return Diagonal(layers)


def _tied(subject: Subject, depth: int) -> Diagonal:
    """The same with the two smallest layers made equal in every second feature."""
    layers = np.array(_drawn(subject, depth).layers)
    for column in layers.T[::2]:
        least, following = np.argsort(np.abs(column))[:2]
        column[following] = np.sign(column[following]) * np.abs(column[least])
    return Diagonal(layers)


def _nearly(subject: Subject, epsilon: float) -> Diagonal:
    root = np.sqrt(np.abs(subject.w0))
    layers = np.stack([root * (1 + epsilon), root * (1 - epsilon)])
    layers[0] *= np.sign(subject.w0)
    return Diagonal(layers)


def _run(subject: Subject, start: Diagonal) -> Trajectory:
    watch = (LinearPredictor(), Sine(plain(subject).value))
    experiment = Experiment(start, subject.risk, LONG, until=END)
    return train(experiment, watch, records=np.geomspace(1e-2, END, 120))


def _crossing(subject: Subject, epsilon: float) -> float:
    """When the first sign changes in a network that is balanced up to `epsilon`."""
    event = Reaches(FirstChangeOfSign(), 0.0, within=END)
    experiment = Experiment(_nearly(subject, epsilon), subject.risk, LONG, until=event)
    return float(train(experiment).times[-1])


def _unequal() -> float:
    """How far apart descent brings three layers that start equal, relatively."""
    subject = synthetic()
    flow = Descent(0.05)
    run = train(Experiment(subject.network(3), subject.risk, flow, until=STEPS))
    size = np.abs(np.asarray(run.network.layers))
    return float(np.max(np.ptp(size, axis=0) / size.max(axis=0)))


def _fastest(subject: Subject) -> float:
    """The steepest slope against a weight at the limit of the balanced network, L = 2.

    Its scale is that of the quasi-norm, which for two layers is the sum of magnitudes.
    """
    limit = locked(subject)
    scale = np.abs(subject.w0).sum() / np.abs(limit.value).sum()
    return float(np.abs(limit.slope).max() / scale)


def _apart(subject: Subject) -> float:
    """The sine of the angle between the two limits that a problem offers."""
    cosine = plain(subject).value @ locked(subject).value
    return float(np.sqrt(1 - cosine**2))


def _off(run: Trajectory, limit: np.ndarray) -> float:
    w = np.asarray(run.network.predictor())
    along = w @ limit
    return float(np.linalg.norm(w - along * limit) / np.linalg.norm(w))


def _changed(run: Trajectory) -> np.ndarray:
    start = np.asarray(run.experiment.network.predictor())
    return np.asarray(run.network.predictor()) * start < 0


def _rows(subject: Subject, random, tied) -> list[tuple]:
    starts = {f"independent, L = {L}": run for L, run in random.items()}
    starts["L = 3, every second feature tied"] = tied
    limits = plain(subject).value, locked(subject).value
    return [
        (name, int(_changed(run).sum()), *(_off(run, limit) for limit in limits))
        for name, run in starts.items()
    ]


def _draw(random, tied, near, times, fastest):
    drawing = plots.figure(2, 2, height=6.2)
    run = random[3]
    groups = ["changes sign" if change else "keeps it" for change in _changed(run)]
    w = np.asarray(run.seen["LinearPredictor"])
    w = w / np.linalg.norm(w, axis=1, keepdims=True)
    drawing[0].frame(
        title="three independent layers", x="flow time", y="weight / length", log="x"
    ).bundle(run.times, w, groups).key("upper left", columns=2, strip=0.2).level(0)
    curves = {f"L = {L}": (each.times, each.seen["Sine"]) for L, each in random.items()}
    curves["half tied"] = (tied.times, tied.seen["Sine"])
    drawing[1].frame(
        title="independent layers", x="flow time", y="sine to plain LDA", log="xy"
    ).lines(curves, floor=1e-9)
    curves = {f"ε = {eps:.0e}": (e.times, e.seen["Sine"]) for eps, e in near.items()}
    drawing[2].frame(
        title="nearly balanced", x="flow time", y="sine to plain LDA", log="xy"
    ).lines(curves, floor=1e-9)
    drawing[2].axes.set_xlim(1e-1, 1e4)
    drawing[2].level(_apart(synthetic()), "balanced limit", side="right")
    logs = -np.log(np.array(list(times)))
    when = np.array(list(times.values()))
    law = when[-1] + (logs - logs[-1]) / (2 * fastest)
    drawing[3].frame(
        title="first change of sign", x="ln 1/ε", y="flow time"
    ).lines(
        {"predicted slope": (logs, law), "measured": (logs, when)},
        labels="key", markers=len(logs),
    ).key("lower right")  # fmt: skip
    return drawing


def _words(subject, random, tied, ratio, times, fastest) -> tuple[str, ...]:
    fisher, orthant = plain(subject).value, locked(subject).value
    worst = max(_off(run, fisher) for run in random.values())
    changed = [int(_changed(run).sum()) for run in random.values()]
    span = " to ".join(str(count) for count in sorted({min(changed), max(changed)}))
    ulp = np.finfo(float).eps
    smallest = min(times)
    wait = times[smallest] + np.log(smallest / ulp) / (2 * fastest)
    agree = worst < 1e-6
    first = (
        "The paper's law is one of balanced layers, which is not the usual start. Here "
        "the layers are drawn independently, as any initialisation does, and "
        + (
            f"networks of {', '.join(map(str, random))} layers end at plain LDA "
            f"(sine at most {number(worst, 1)}), which on {subject.title.lower()} is "
            f"not the balanced limit (sine {_apart(subject):.2f} between the two): "
            if agree
            else "the networks have come to within a sine of "
            f"{number(worst, 1)} of plain LDA by then: "
        )
        + f"{span} of {subject.problem.d} weights cross zero on the way. A weight is "
        "locked in its sign only if its two smallest layers are *equal*, which has "
        "probability nought; without that depth has no say in the limit."
    )
    turned = _changed(tied)
    second = (
        "With the two smallest layers equal in every second feature, those features "
        f"are locked and no other: {int(turned[::2].sum())} of them and "
        f"{int(turned[1::2].sum())} of the others change sign, and the limit is a "
        f"third one (sine {_off(tied, fisher):.2f} to plain LDA and "
        f"{_off(tied, orthant):.2f} to the orthant's)."
    )
    third = (
        "Nor is near balance enough. On the synthetic design, two layers that differ "
        "by a share ε follow the balanced network to its limit, wait there, and leave: "
        "the first sign changes at a time that grows like $\\ln(1/\\epsilon) / 2g$, "
        f"with $g$ the steepest slope at the limit ({fastest:.3g}); the measured "
        f"growth is {ratio:.4f} of that. So an imbalance of one unit in the last place "
        f"({number(ulp, 2)}) would be felt at time {wait:.0f}. Training makes such "
        f"imbalances: after {number(STEPS)} steps of plain descent, three layers of "
        f"equal start differ by up to {number(_unequal(), 2)} of their size, from "
        "rounding alone. The exact coordinates used here keep them equal."
    )
    return first, second, third
