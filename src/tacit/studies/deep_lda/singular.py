"""More features than samples: the one place where depth selects."""

import numpy as np

from ...claims.limits.singular import KernelLimit
from ...claims.limits.singular_sparsity import DeeperIsSparser
from ...reporting import Finding, number, Numbers, Picture, plots, Section
from ...verdict import judge
from ..base import Answer
from .few_samples import (
    Course,
    courses_of,
    FEATURES,
    golub_genes,
    hoyer,
    inverse,
    SAMPLES,
    sparsity_of,
    synthetic_draws,
)
from .subjects import DEPTHS


def ask(quick: bool) -> Answer:  # noqa: FBT001
    """Where every depth ends, and how sparse it is there."""
    drawn = synthetic_draws()
    genes = None if quick else golub_genes()
    cases = [drawn[0], *([genes] if genes else [])]
    depths = (2, 8) if quick else (1, 2, 8)
    courses = {case.title: courses_of(case, depths) for case in cases}
    sparsity = {case.title: sparsity_of(case) for case in [*drawn, *cases[1:]]}
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
            f"lines are {len(drawn)} draws of {SAMPLES} samples of {FEATURES} features "
            "in which the kernel meets the orthant of the start. Right: "
            f"{shown.title}, the sparsity on the way there, against $1/J$, which "
            "training sends to 0.",
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
            rows.append((title, each.depth, hoyer(w), carried, *misses))
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
        risks[name] = (inverse(shown.problem, seen), each.run.seen["Hoyer"])
    drawing[0].frame(
        title="weights of the limit", x="rank", y="size / largest", log="xy"
    ).lines(sizes, look=look, labels="key", floor=1e-5).key("lower left")
    drawing[0].axes.set_ylim(1e-5, 2)
    panel = drawing[1].frame(title="limits", x="layers", y="Hoyer's sparsity")
    for case in drawn:
        panel.axes.plot(DEPTHS, sparsity[case.title], color="0.7", lw=0.8)
    lines = {"synthetic": (DEPTHS, mean)}
    if genes:
        lines["golub"] = (DEPTHS, sparsity[genes.title])
    panel.lines(lines, labels="key").key("lower right")
    drawing[2].frame(
        title="on the way", x="$1/J$", y="Hoyer's sparsity", log="x"
    ).lines(risks, look=look)
    drawing[2].axes.invert_xaxis()
    return drawing


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
        f"sparsity of the limit changes by {100 * rise:+.1f} % on average from two "
        f"layers to {DEPTHS[-1]} ({mean[two]:.3f} to {mean[last]:.3f}; it rises in "
        f"{up} of {len(drawn)}), beside a step from {mean[0]:.3f} to {mean[two]:.3f} "
        "between one layer and two, which is the locking of signs."
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
            f"weight from {counts[2]} to {counts[DEPTHS[-1]]}. Only where $S_w$ is "
            "singular can more layers give a sparser discriminant *in the limit*."
        )
    if len(cases) == 1:
        words.append(
            "The gene expression data of Golub et al., with far more features than "
            "samples, are part of the full run when the `data` extra is installed."
        )
    return tuple(words)
