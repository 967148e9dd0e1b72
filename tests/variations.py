"""Other experiments of the same kind, on which nothing true may fail."""

import dataclasses

import equinox as eqx
import jax
import numpy as np

from tacit import Problem, Risk
from tacit.errors import TacitError
from tacit.events import AbstractEvent, Reaches, RiskBelow
from tacit.flows import GradientFlow
from tacit.networks import Chain, DeepLinear, Diagonal, TwoSided
from tacit.observables import MeanGain


STEPS = 20_000
"""The most steps of a varied flow: long after, a network may cross kinks for ever."""


def planted(claim, run, error):
    """How far off a claim is whose prediction is changed by a relative `error`.

    A number is multiplied; an array is moved along a fixed direction of its own size,
    so that an error in direction alone is tried as well.
    """
    told = np.asarray(claim.predicted(run), float)
    if told.ndim == 0 or told.size == 1:
        false = told * (1 + error) if np.any(told) else told + error
    else:
        along = np.random.default_rng(7).uniform(0.5, 1, told.shape)
        size = np.max(np.abs(told)) or 1.0
        false = told + error * size * along
    return float(claim.distance(false, claim.measured(run), run))


def problem_with(experiment, change):
    """The experiment on another problem; None where there is none such."""
    old = experiment.risk.problem
    try:
        new = change(old)
    except TacitError:
        return None
    # Singular as the witness may be: what it is about decides whether it applies.
    return _changed(experiment, risk=Risk(new, experiment.risk.loss, singular=True))


def _changed(experiment, **parts):
    """The experiment with some parts replaced; None where they do not fit."""
    try:
        varied = dataclasses.replace(experiment, **parts)
    except TacitError:
        return None
    flow = varied.flow
    if isinstance(flow, GradientFlow) and flow.max_steps > STEPS:
        flow = dataclasses.replace(flow, max_steps=STEPS)
        varied = dataclasses.replace(varied, flow=flow)
    return varied


def rows_of(problem):
    """Design, targets and weights of a problem that has samples."""
    if problem.X is None:
        return None
    weights = np.ones(problem.n) if problem.weights is None else problem.weights
    return np.asarray(problem.X), np.asarray(problem.labels), np.asarray(weights)


def scaled(factor):
    def change(problem):
        known = rows_of(problem)
        if known is None:
            within = np.asarray(problem.within) * factor**2
            contrast = np.asarray(problem.contrast) * factor
            return Problem.from_scatter(within=within, between=contrast @ contrast.T)
        X, y, weights = known
        return Problem(X * factor, y, weights)

    return lambda experiment: problem_with(experiment, change)


def with_rows(change):
    def other(problem):
        known = rows_of(problem)
        if known is None:
            raise TacitError("no samples")
        return Problem(*change(*known))

    return lambda experiment: problem_with(experiment, other)


def _weighted(X, y, weights):
    del weights
    return X, y, np.random.default_rng(11).uniform(1 / 3, 3, len(X))


def _twice(X, y, weights):
    twice = [np.concatenate([part, part]) for part in (X, y, weights)]
    return tuple(twice)


def _permuted(X, y, weights):
    return X[:, np.random.default_rng(12).permutation(X.shape[1])], y, weights


def _rotated(X, y, weights):
    d = X.shape[1]
    axes = np.linalg.qr(np.random.default_rng(13).standard_normal((d, d)))[0]
    return X @ axes, y, weights


def start_times(factor):
    def vary(experiment):
        network = jax.tree.map(
            lambda x: x * factor if eqx.is_inexact_array(x) else x, experiment.network
        )
        return _changed(experiment, network=network)

    return vary


def of_depth(depth):
    def vary(experiment):
        network = experiment.network
        if isinstance(network, Diagonal):
            w = np.asarray(network.predictor())
            return _changed(experiment, network=Diagonal.balanced(w, depth=depth))
        if isinstance(network, DeepLinear):
            d, k = network.layers[0].shape[1], len(network.layers[-1])
            widths = [d, *[max(4, k)] * (depth - 1), k]
            drawn = DeepLinear.gaussian(widths, seed=depth, scale=0.5)
            return _changed(experiment, network=drawn)
        if isinstance(network, Chain) and depth > 1:
            gains = np.full(depth - 1, float(network.gains[-1]))
            deeper = dataclasses.replace(network, gains=gains)
            return _with_layers(experiment, deeper)
        if isinstance(network, TwoSided) and depth > 1:
            return _changed(
                experiment, network=TwoSided(network.u, network.v, depth=depth)
            )
        return None

    return vary


def _with_layers(experiment, network):
    """The experiment on a network of another depth, as many layers of it not small."""
    until, depth = experiment.until, len(network.layers)
    asked = getattr(until, "observable", None)
    if isinstance(asked, MeanGain) and asked.small is not None:
        fixed = len(experiment.network.layers) - len(asked.small)
        if fixed >= depth:
            return None
        until = Reaches(MeanGain(range(fixed, depth)), until.level)
    return _changed(experiment, network=network, until=until)


def _balanced(experiment):
    network = experiment.network
    if not isinstance(network, DeepLinear | Diagonal) or network.depth < 2:
        return None
    w = np.asarray(network.predictor())
    return _changed(experiment, network=type(network).balanced(w, depth=network.depth))


def longer(factor):
    """The same for `factor` times as long; steps at most four times."""

    def vary(experiment):
        until, flow = experiment.until, experiment.flow
        if isinstance(until, AbstractEvent):
            return None
        if isinstance(flow, GradientFlow):
            return _changed(experiment, until=float(until) * factor)
        steps = int(min(max(until * factor, 1), 4 * until))
        return _changed(experiment, until=steps)

    return vary


def to_a_risk(experiment):
    """The same until the risk has fallen by a tenth of its size, or for as long."""
    if isinstance(experiment.until, AbstractEvent):
        return None
    begin = float(experiment.risk.value(experiment.network))
    if not np.isfinite(begin) or not experiment.until > 0:
        return None
    level = begin - 0.1 * abs(begin)
    return _changed(experiment, until=RiskBelow(level, within=experiment.until))


def at_rtol(rtol):
    def vary(experiment):
        flow = experiment.flow
        if not isinstance(flow, GradientFlow):
            return None
        return _changed(experiment, flow=dataclasses.replace(flow, rtol=rtol))

    return vary


VARIATIONS = {
    "data-1e-3": scaled(1e-3),
    "data-1e3": scaled(1e3),
    "weights": with_rows(_weighted),
    "twice": with_rows(_twice),
    "permuted": with_rows(_permuted),
    "rotated": with_rows(_rotated),
    **{f"depth-{depth}": of_depth(depth) for depth in range(1, 7)},
    "start-1e-2": start_times(1e-2),
    "start-1e2": start_times(1e2),
    "start-0": start_times(0.0),
    "balanced": _balanced,
    "until-1e-6": longer(1e-6),
    "until-1e-3": longer(1e-3),
    "until-1e3": longer(1e3),
    **{f"rtol-1e-{k}": at_rtol(10.0**-k) for k in (4, 6, 8, 11)},
}
"""Each makes another `Experiment` of one, or None where there is nothing to vary."""

ENDS = {"risk-below": to_a_risk}
"""Other ends of the run, which the soak tries as well."""
