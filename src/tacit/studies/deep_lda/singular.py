"""More features than samples: the one place where depth selects."""

from typing import NamedTuple

import numpy as np

from ...claims.singular import KernelLimit
from ...claims.singular_sparsity import DeeperIsSparser
from ...datasets import load
from ...errors import DataError, MissingExtraError
from ...events import RiskBelow
from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import Hoyer, LinearPredictor
from ...oracles import singular_limit
from ...problem import Problem
from ...reporting import Finding, number, Numbers, Picture, plots, Section
from ...risk import Risk
from ...training import train, Trajectory
from ...verdict import judge
from ..base import Answer
from .subjects import DEPTHS


CLOSE = GradientFlow(rtol=1e-11, atol=1e-13, solver="stiff")
END = RiskBelow(1e-18)
"""Where $S_w w$ is 1e-9 of $w$; below that the ratio is rounding."""

GENES = 500
SEEDS = 6
SAMPLES, FEATURES = 12, 24


class Case(NamedTuple):
    """A problem with fewer samples than features, and the uniform start."""

    title: str
    problem: Problem
    w0: np.ndarray


class Course(NamedTuple):
    """A run, the limit that its depth predicts, and those of all depths."""

    run: Trajectory
    predicted: dict[int, np.ndarray]

    @property
    def depth(self) -> int:
        return len(self.run.experiment.network.layers)

    def miss(self, depth: int) -> float:
        """How far the end is from the prediction of `depth`, relatively."""
        stray = np.abs(np.asarray(self.run.network.predictor()) - self.predicted[depth])
        return float(stray.max() / np.abs(self.predicted[depth]).max())


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """Where every depth ends, and how sparse it is there."""
    drawn = _drawn()
    genes = None if quick else _golub()
    cases = [drawn[0], *([genes] if genes else [])]
    depths = (2, 8) if quick else (1, 2, 8)
    courses = {case.title: _courses(case, depths) for case in cases}
    sparsity = {case.title: _sparsity(case) for case in [*drawn, *cases[1:]]}
    mean = np.mean([sparsity[case.title] for case in drawn], axis=0)
    findings = _findings(courses)
    shown = cases[-1]
    section = Section(
        "More features than samples",
        *_words(cases, drawn, sparsity, mean, courses),
        Picture(
            plots.to_svg(
                _draw(shown, courses[shown.title], sparsity, mean, drawn, genes),
                alt="Sorted weights of the limit for several depths; sparsity of the "
                "limit against depth; sparsity against the progress of training.",
            ),
            f"Left: {shown.title}, the sizes of the weights where each depth ends, in "
            f"falling order. Middle: Hoyer's sparsity of the limit against depth; thin "
            f"lines are {len(drawn)} draws of the synthetic design with {SAMPLES} "
            f"samples of {FEATURES} features. Right: {shown.title}, the sparsity on "
            "the way there, against $1/J$, which training sends to 0.",
        ),
        Numbers(
            (
                "data",
                "L",
                "Hoyer",
                "weights above 10 %",
                "off its limit",
                "off L = 2's",
            ),
            _rows(courses),
            "Where training ends, against the predicted limit of its own depth and "
            "that of two layers (largest difference of a weight over the largest "
            "weight). Hoyer's sparsity is 0 for equal weights, 1 for a single one",
        ),
    )
    records = {
        f"{'golub' if title != drawn[0].title else 'synthetic'}-L{each.depth}": (
            each.run.to_xarray()
        )
        for title, several in courses.items()
        for each in several
    }
    return Answer(section, findings, records)


def _drawn() -> list[Case]:
    """Draws of three informative features of many, whose kernel meets the orthant."""
    found, seed = [], 0
    while len(found) < SEEDS:
        rng = np.random.default_rng(seed)
        seed += 1
        y = np.arange(SAMPLES) % 2
        X = rng.standard_normal((SAMPLES, FEATURES))
        X[y == 1, :3] += 0.8
        case = _case(f"synthetic draw {seed}", Problem(X, y))
        try:
            singular_limit(case.problem, case.w0, 2)
        except DataError:  # the kernel misses the orthant: depth does not matter
            continue
        found.append(case)
    return found


def _golub() -> Case | None:
    """The genes of leukaemia that vary most. None without the extra."""
    try:
        problem = load("golub")
    except MissingExtraError:
        return None
    assert problem.X is not None
    most = np.sort(np.argsort(np.asarray(problem.X).std(axis=0))[-GENES:])
    chosen = problem.select(features=most).standardised()
    return _case(f"Golub leukaemia, {GENES} genes", chosen)


def _case(title: str, problem: Problem) -> Case:
    signs = np.where(np.asarray(problem.delta) < 0, -1.0, 1.0)
    return Case(title, problem, signs / problem.d)


def _courses(case: Case, depths: tuple[int, ...]) -> list[Course]:
    risk = Risk(case.problem, Fisher(form="inverse"))
    wanted = {L: singular_limit(case.problem, case.w0, L).value for L in depths}
    watch = (LinearPredictor(), Hoyer())
    out = []
    for depth in depths:
        start = Diagonal.balanced(case.w0, depth=depth)
        run = train(Experiment(start, risk, CLOSE, until=END), watch, records=400)
        out.append(Course(run, wanted))
    return out


def _hoyer(w: np.ndarray) -> float:
    root = np.sqrt(len(w))
    return float((root - np.abs(w).sum() / np.linalg.norm(w)) / (root - 1))


def _sparsity(case: Case) -> np.ndarray:
    limits = (singular_limit(case.problem, case.w0, L).value for L in DEPTHS)
    return np.array([_hoyer(w) for w in limits])


def _findings(courses: dict[str, list[Course]]) -> tuple[Finding, ...]:
    findings = []
    for title, several in courses.items():
        for each in several:
            on = f"{title}, L = {each.depth}"
            findings.append(Finding.of(judge(KernelLimit(), each.run), on=on))
        deepest = several[-1]
        on = f"{title}, L = {deepest.depth}"
        findings.append(Finding.of(judge(DeeperIsSparser(), deepest.run), on=on))
    return tuple(findings)


def _rows(courses: dict[str, list[Course]]) -> list[tuple]:
    rows = []
    for title, several in courses.items():
        for each in several:
            w = np.abs(np.asarray(each.run.network.predictor()))
            carried = int(np.sum(w > 0.1 * w.max()))
            misses = each.miss(each.depth), each.miss(2)
            rows.append((title, each.depth, _hoyer(w), carried, *misses))
    return rows


def _draw(shown, several, sparsity, mean, drawn, genes) -> plots.Drawing:
    drawing = plots.figure(1, 3, height=3.2)
    look = plots.strokes(f"L = {each.depth}" for each in several)
    sizes, risks = {}, {}
    for each in several:
        w = np.sort(np.abs(np.asarray(each.run.network.predictor())))[::-1]
        name = f"L = {each.depth}"
        sizes[name] = (np.arange(len(w)) + 1, w / w.max())
        seen = np.asarray(each.run.seen["LinearPredictor"])
        risks[name] = (_inverse(shown.problem, seen), each.run.seen["Hoyer"])
    drawing[0].frame(
        title="weights of the limit", x="rank", y="size / largest", log="xy"
    ).lines(sizes, look=look, labels="key", floor=1e-5).axes.legend(loc="lower left")
    drawing[0].axes.set_ylim(1e-5, 2)
    panel = drawing[1].frame(title="limits", x="layers", y="Hoyer's sparsity")
    for case in drawn:
        panel.axes.plot(DEPTHS, sparsity[case.title], color="0.7", lw=0.8)
    lines = {"synthetic": (DEPTHS, mean)}
    if genes:
        lines["golub"] = (DEPTHS, sparsity[genes.title])
    panel.lines(lines, labels="key").axes.legend(loc="lower right")
    drawing[2].frame(
        title="on the way", x="$1/J$", y="Hoyer's sparsity", log="x"
    ).lines(risks, look=look)
    drawing[2].axes.invert_xaxis()
    return drawing


def _inverse(problem: Problem, w: np.ndarray) -> np.ndarray:
    within, contrast = np.asarray(problem.within), np.asarray(problem.contrast)[:, 0]
    return np.maximum(np.sum(w @ within * w, axis=1), 0) / (w @ contrast) ** 2


def _words(cases, drawn, sparsity, mean, courses) -> tuple[str, ...]:
    two, last = DEPTHS.index(2), len(DEPTHS) - 1
    rise = mean[last] / mean[two] - 1
    up = sum(sparsity[c.title][last] > sparsity[c.title][two] for c in drawn)
    worst = max(
        each.miss(each.depth) for several in courses.values() for each in several
    )
    others = min(
        each.miss(2)
        for several in courses.values()
        for each in several
        if each.depth != 2
    )
    first = (
        "With fewer samples than features $S_w$ is singular, and there are predictors "
        "that separate the two classes without any variance left: $J$ is infinite. "
        "Many of them have the signs of the start, the flow ends at one, and which "
        "one depends on depth. It is the point of the kernel nearest to the start in "
        "a distance that belongs to the depth: training ends within "
        f"{number(worst, 1)} of the prediction of its own depth, and at least "
        f"{number(others, 1)} from that of two layers where it has another depth "
        "(of the largest weight)."
    )
    second = (
        f"How much does it select? On {len(drawn)} draws of a synthetic design the "
        f"sparsity of the limit rises by {100 * rise:.1f} % on average from two layers "
        f"to {DEPTHS[-1]} ({mean[two]:.3f} to {mean[last]:.3f}; it rises in {up} of "
        f"{len(drawn)}), little beside the step from one layer to two "
        f"({mean[0]:.3f} to {mean[two]:.3f}), which is the locking of signs."
    )
    words = [first, second]
    for case in cases[1:]:
        here = sparsity[case.title]
        more = here[last] / here[two] - 1
        several = {each.depth: each for each in courses[case.title]}
        counts = {}
        for L in (2, DEPTHS[-1]):
            w = np.abs(np.asarray(several[L].run.network.predictor()))
            counts[L] = int(np.sum(w > 0.1 * w.max()))
        words.append(
            f"On gene expression ({case.title}, {case.problem.n} samples) "
            f"{'depth does select' if more > 0.1 else 'it is as little'}: Hoyer's "
            f"sparsity goes from {here[two]:.2f} with two layers to {here[last]:.2f} "
            f"with {DEPTHS[-1]}, and the genes with more than a tenth of the largest "
            f"weight from {counts[2]} to {counts[DEPTHS[-1]]}. This is the one setting "
            "on the page in which more layers give a sparser discriminant *in the "
            "limit*."
        )
    if len(cases) == 1:
        words.append(
            "The gene expression data of Golub et al., with far more features than "
            "samples, are part of the full run when the `data` extra is installed."
        )
    return tuple(words)
