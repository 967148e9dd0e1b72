"""Conditions of the theorems on Deep LDA, and where its runs end."""

import numpy as np

from ...errors import DataError
from ...experiment import Experiment
from ...losses import Fisher
from ...oracles import orthant_limit, OrthantLimit, singular_limit, SingularLimit
from ...own_code import remembered
from ..parts import Hypothesis


def scale_free(experiment: Experiment) -> Hypothesis:
    """Whether the loss is free of scale."""
    free = bool(experiment.risk.loss.scale_free)
    return Hypothesis("the loss is free of scale", free)


def basis_free(experiment: Experiment) -> Hypothesis:
    """Whether the loss is free of the basis of the outputs."""
    free = bool(experiment.risk.loss.basis_free)
    return Hypothesis("the loss is free of the basis of the outputs", free)


def balanced(experiment: Experiment) -> Hypothesis:
    """Whether the layers of a diagonal network start equal in magnitude."""
    size = np.abs(np.asarray(experiment.network.layers))
    even = np.all(np.ptp(size, axis=0) <= 4 * np.finfo(float).eps * size.max(axis=0))
    return Hypothesis("the start is balanced", bool(even))


def deep(experiment: Experiment) -> Hypothesis:
    """Whether a diagonal network has two layers or more."""
    several = len(experiment.network.layers) > 1
    return Hypothesis("it has two layers or more", several)


def tie_ratio(experiment: Experiment) -> np.ndarray:
    """The smallest layer over the next one, in magnitude, for every feature."""
    size = np.sort(np.abs(np.asarray(experiment.network.layers)), axis=0)
    return size[0] / size[1] if len(size) > 1 else np.zeros(size.shape[1])


def of_fisher(experiment: Experiment) -> Hypothesis:
    """Whether the loss is a function of J alone."""
    loss = experiment.risk.loss
    plain = isinstance(loss, Fisher) and not (loss.ridge or loss.input_ridge)
    return Hypothesis("the loss is Fisher's criterion, without a ridge", plain)


def invertible(experiment: Experiment) -> Hypothesis:
    """Whether the within-class scatter is, judged on the correlations."""
    text = "the within-class scatter is invertible"
    try:
        within = np.asarray(experiment.risk.problem.within)
    except DataError:
        return Hypothesis(text, met=False)
    deviation = np.sqrt(np.diag(within))
    if not np.all(deviation > 0):
        return Hypothesis(text, met=False)
    unitless = within / np.outer(deviation, deviation)
    rank = int(np.linalg.matrix_rank(unitless, hermitian=True))
    return Hypothesis(text, rank == len(within))


def apart(experiment: Experiment) -> np.ndarray | None:
    """The difference of the two class means, up to a factor; None for more classes."""
    try:
        contrast = np.asarray(experiment.risk.problem.contrast)
    except DataError:
        return None
    return contrast[:, 0] if contrast.shape[1] == 1 else None


def orthant_end(
    experiment: Experiment, free: np.ndarray | None = None
) -> OrthantLimit | None:
    """The limit of `tacit.oracles.orthant_limit` for this run; None if it has none."""
    start = np.asarray(experiment.network.predictor())
    try:
        return orthant_limit(experiment.risk.problem, start, free)
    except DataError:
        return None


def pushes(experiment: Experiment, limit: OrthantLimit) -> np.ndarray:
    """The slope of -log J where the run ends, signed so that it shrinks a weight.

    The limit is taken at the length that a balanced network gives it.
    """
    w0 = np.asarray(experiment.network.predictor())
    L = len(experiment.network.layers)
    length = (
        np.sum(np.abs(w0) ** (2 / L)) / np.sum(np.abs(limit.value) ** (2 / L))
    ) ** (L / 2)
    return limit.signs * limit.slope / length


@remembered(maxsize=64)
def kernel_end(experiment: Experiment, shift: int = 0) -> SingularLimit | None:
    """The limit of `tacit.oracles.singular_limit`; None where it has none.

    `shift` is added to the depth.
    """
    start = experiment.network
    w0, depth = np.asarray(start.predictor()), start.depth + shift
    try:
        return singular_limit(experiment.risk.problem, w0, depth)
    except DataError:
        return None
