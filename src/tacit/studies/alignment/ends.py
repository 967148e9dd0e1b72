"""Runs to the end of time, shared by the questions that look at them."""

import functools

import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...integration.clocks import LogRisk as LogRiskClock
from ...networks import DeepLinear
from ...observables import (
    AbstractObservable,
    FlatWeights,
    FrobeniusNorms,
    Imbalance,
    LinearPredictor,
    LogRisk,
    Misalignment,
    NormalizedMargin,
    RankExcess,
)
from ...training import train, Trajectory
from .subjects import DEPTHS, Subject


FAR = 1e30
"""The norm at which the runs on synthetic data end."""

HAND_OVER = LogRiskClock().hand_over
"""The norm beyond which the smallest margins alone pull: the asymptotic phase."""

SOFT, BEYOND = 70, 50
"""Records in either phase: the same in all runs, so that a depth is compiled once."""

RTOL, FINE = 1e-8, 1e-9
"""Of the runs that are shown, and of those on which claims are judged."""

ROUNDING = 5e-15
"""Below this an angle of float64 vectors, and a relative gap, is rounding."""


Watch = tuple[AbstractObservable, ...]
PREDICTOR: Watch = (LinearPredictor(), LogRisk(), NormalizedMargin())
SPECTRA: Watch = (FrobeniusNorms(), RankExcess(), Misalignment())


def depths(*, quick: bool) -> tuple[int, ...]:
    """The depths to run."""
    return (1, 3) if quick else DEPTHS


@functools.cache
def balanced(subject: Subject, depth: int) -> Trajectory:
    """The flow from balanced layers of rank one."""
    return _follow(subject, subject.balanced(depth), PREDICTOR)


@functools.cache
def random(subject: Subject, depth: int) -> Trajectory:
    """The flow from independent normal layers."""
    return _follow(subject, subject.random(depth), (*PREDICTOR, *SPECTRA))


def collapsed(subject: Subject, depth: int) -> Trajectory:
    """One layer that starts as the predictor of the independent layers."""
    start = np.asarray(subject.random(depth).predictor())
    return _follow(subject, DeepLinear([start[None]]), PREDICTOR)


def _follow(subject: Subject, network: DeepLinear, watch: Watch) -> Trajectory:
    clock = LogRiskClock()
    experiment = Experiment(
        network, subject.risk, GradientFlow(clock=clock, rtol=RTOL), until=FAR
    )
    return train(experiment, watch, records=records(network, HAND_OVER, FAR))


def near(subject: Subject, network: DeepLinear, until: float) -> Trajectory:
    """A flow that stays in the soft phase, with all that a claim may want to see."""
    flow = GradientFlow(clock=LogRiskClock(), rtol=FINE)
    times = records(network, until, until)[:SOFT]
    watch = (FlatWeights(), Imbalance(), LinearPredictor(), LogRisk())
    return train(
        Experiment(network, subject.risk, flow, until=until), watch, records=times
    )


def far(subject: Subject, network: DeepLinear, until: float) -> Trajectory:
    """The same into the asymptotic phase, for claims about the last decades."""
    flow = GradientFlow(clock=LogRiskClock(), rtol=RTOL)
    watch = (FlatWeights(), LinearPredictor(), LogRisk())
    times = records(network, HAND_OVER, until)
    return train(
        Experiment(network, subject.risk, flow, until=until), watch, records=times
    )


def records(network: DeepLinear, meet: float, far: float) -> np.ndarray:
    """Norms to record at, evenly in logarithm up to `meet` and again up to `far`."""
    begin = float(np.linalg.norm(np.asarray(network.predictor())))
    soft = np.geomspace(begin, meet, SOFT + 1)[1:]
    return np.append(soft, np.geomspace(meet, far, BEYOND + 1)[1:])


def norms(run: Trajectory) -> np.ndarray:
    """The norm of the predictor at every record."""
    return np.asarray(run.times)


def residual(run: Trajectory, subject: Subject) -> np.ndarray:
    """What of the predictor is across the margin's direction, ``(t, d)``."""
    w, unit = np.asarray(run.seen["LinearPredictor"]), subject.best.value
    return w - np.outer(w @ unit, unit)


def turned(run: Trajectory, subject: Subject) -> np.ndarray:
    """The sine of the angle to the margin's direction at every record."""
    return np.linalg.norm(residual(run, subject), axis=1) / norms(run)


def gap(run: Trajectory, subject: Subject) -> np.ndarray:
    """How far the normalised margin is below the largest, relative to it."""
    return 1 - np.asarray(run.seen["NormalizedMargin"]) / subject.best.margin


def at(run: Trajectory, norm: float) -> int:
    """The last record up to this norm."""
    return int(np.flatnonzero(norms(run) <= norm * (1 + 1e-9))[-1])


def slope(x: np.ndarray, y: np.ndarray, *, floor: float = 0.0) -> float:
    """The power of `x` by which `y` goes over its last decade above `floor`."""
    good = np.flatnonzero(np.abs(y) > floor)
    x, y = x[good], np.abs(y[good])
    late = x >= x[-1] / 10
    return float(np.polyfit(np.log(x[late]), np.log(y[late]), 1)[0])
