"""Runs to the limit and to a matched J, shared by the questions that look at them."""

import functools

import numpy as np

from ...events import Reaches
from ...experiment import Experiment
from ...flows import GradientFlow
from ...networks import Diagonal
from ...observables import (
    AbstractObservable,
    FisherRatio,
    Hoyer,
    LinearPredictor,
    Sine,
    StrongWeakRatio,
    SupportSize,
)
from ...oracles import fisher_direction, FisherDirection, orthant_limit, OrthantLimit
from ...training import train, Trajectory
from .subjects import DEPTHS, real, Subject, synthetic


HORIZON = {1: 1e4, 2: 1e5, 3: 1e6, 4: 1e7, 6: 1e8, 8: 1e9}
r"""How long a run to the limit lasts: an eliminated weight falls exponentially at depth
2, like $t^{-L/(L-2)}$ beyond, so that deeper takes longer."""

SHARE = 0.9
"""The share of the limit's J at which transients are compared."""

LARGE = 1e-2
"""A weight counts as kept if it exceeds this share of the largest."""

RECORDS = 120
"""One number for all runs, so that what is read off them is compiled once a depth."""

FLOW = GradientFlow(rtol=1e-8, atol=1e-10, solver="stiff")
"""The limit attracts, so that errors on the way to it are forgotten."""


def subjects(*, quick: bool) -> tuple[Subject, ...]:
    """The data sets with an invertible within-class scatter; one of them if `quick`."""
    return (synthetic(),) if quick else (synthetic(), *real())


def depths(*, quick: bool) -> tuple[int, ...]:
    """The depths to run."""
    return (1, 2, 4) if quick else DEPTHS


@functools.cache
def locked(subject: Subject) -> OrthantLimit:
    """Where every depth from 2 on must end."""
    return orthant_limit(subject.problem, subject.w0)


@functools.cache
def plain(subject: Subject) -> FisherDirection:
    """Plain linear discriminant analysis, where depth 1 must end."""
    return fisher_direction(subject.problem)


def predicted(subject: Subject, depth: int) -> np.ndarray:
    """The direction in which a network of this depth must end, ``(d,)``."""
    return (plain(subject) if depth == 1 else locked(subject)).value


@functools.cache
def to_the_limit(subject: Subject, depth: int) -> Trajectory[Diagonal]:
    """The run from the start on to where nothing moves, in logarithmic time."""
    until = HORIZON[depth]
    experiment = Experiment(subject.network(depth), subject.risk, FLOW, until=until)
    times = np.geomspace(1e-3, until, RECORDS)
    return train(experiment, _looks(subject, depth), records=times)


@functools.cache
def to_matched(subject: Subject, depth: int) -> Trajectory[Diagonal]:
    """The run that stops where J is `SHARE` of that of the sign-locked limit."""
    event = Reaches(FisherRatio(), SHARE * locked(subject).objective, within=1e6)
    experiment = Experiment(subject.network(depth), subject.risk, FLOW, until=event)
    return train(experiment, _looks(subject, depth), records=RECORDS)


@functools.cache
def restarted(subject: Subject, depth: int, seed: int) -> Trajectory[Diagonal]:
    """`to_the_limit` from other magnitudes: uniform in 0.2 to 1.8 of the start's."""
    size = np.random.default_rng(seed).uniform(0.2, 1.8, subject.problem.d)
    start = Diagonal.balanced(size * subject.w0, depth=depth)
    known = to_the_limit(subject, depth)
    again = Experiment(start, subject.risk, FLOW, until=HORIZON[depth])
    return train(again, known.observed, records=np.asarray(known.times))


def _looks(subject: Subject, depth: int) -> tuple[AbstractObservable, ...]:
    return (
        LinearPredictor(),
        Sine(predicted(subject, depth)),
        FisherRatio(),
        Hoyer(),
        SupportSize(LARGE),
        StrongWeakRatio(subject.members("strong"), subject.members("weak")),
    )
