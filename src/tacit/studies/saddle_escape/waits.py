"""Escape times on the symmetric manifold and at random starts, with their laws."""

import functools
from typing import NamedTuple

import numpy as np

from ...fits import Exponent, fit_exponent
from ...networks import MLP
from ...networks.activations import activation_of, kinked
from ...oracles import activation_class
from ...training import Trajectory
from . import subjects
from .subjects import EPS


SEEDS = (1001, 1002, 1003)

LONE = EPS[6:]
"""The sizes of a single small layer, the last decade: larger ones may start past the
saddle, or so near its end that the second order decides which way the time goes."""

FAR = 1e4
"""A level that the leading-order flow reaches as good as when it blows up."""


class Case(NamedTuple):
    """What was timed: an activation, a depth, and how many layers start small."""

    activation: str
    depth: int
    r: int

    @property
    def letter(self) -> str:
        """The class of the activation."""
        return activation_class(self.activation).letter

    @property
    def exponent(self) -> int:
        """The law's: the time goes like this power of eps, for r = 1 what it lacks."""
        return 2 - self.r

    @property
    def sizes(self) -> tuple[float, ...]:
        """The sizes of the start."""
        return LONE if self.r == 1 else EPS


class Timed(NamedTuple):
    """A case on or off the manifold: times ``(seeds, eps)`` and what they give.

    `ratio` is the measured prefactor over that of the law, one a seed, NaN where no law
    is known; `local` is the same between every two neighbouring eps ``(eps - 1,)``.
    """

    times: np.ndarray
    fit: Exponent
    ratio: np.ndarray
    local: np.ndarray
    run: Trajectory


@functools.cache
def on_manifold(case: Case) -> Timed:
    """The times from interchangeable units along the teacher."""
    name, L, r = case
    starts = [subjects.symmetric(name, L, r, eps) for eps in case.sizes]
    runs = subjects.timed(starts, subjects.risk(), subjects.escaped(), subjects.FINE)
    if kinked(activation_of(name)):
        rate = subjects.homogeneous_rate(name, starts[-1], r)
    else:
        rate = subjects.leading(starts[-1], subjects.risk(), r).along()
    return _judged(case, [runs], np.diff(subjects.grown(case.sizes, r)) / rate)


@functools.cache
def off_manifold(case: Case) -> Timed:
    """The times from He-normal layers, drawn once a seed and shrunk for each eps."""
    name, L, r = case
    kink = kinked(activation_of(name))
    # A single small layer leaves no time in which units could come to sit on a kink.
    rtol = subjects.KINKED if kink and r > 1 else subjects.FINE
    runs, laws = [], []
    for seed in SEEDS:
        starts = [subjects.he_normal(name, L, r, eps, seed) for eps in case.sizes]
        runs.append(subjects.timed(starts, subjects.risk(), subjects.escaped(), rtol))
        laws.append(np.nan if kink or r == 1 else _law(starts[-1], r))
    return _judged(case, runs, np.outer(laws, np.diff(subjects.grown(case.sizes, r))))


def _law(start: MLP, r: int) -> float:
    """The prefactor of the leading-order flow from this start, at rate 1 if aligned.

    For r above 2 that flow is at any level after almost the same time. A single layer
    grows along a line, and what it starts with may help or hinder: no law is known.
    """
    law = subjects.leading(start, subjects.risk(), r)
    if r == 2:
        return 1 / law.fastest
    return law.time(level=FAR) / float(subjects.grown(EPS[-1:], r)[0])


def _judged(case: Case, runs, law) -> Timed:
    spent = np.array([subjects.times(each) for each in runs])
    fit = fit_exponent(np.array(case.sizes), spent, power=float(case.r - 2))
    ratio = np.diff(spent, axis=1) / law
    return Timed(spent, fit, ratio[:, -1], np.median(ratio, axis=0), runs[0][-1])
