"""Errors that any theorem has to allow: of the integrator, and of rounding."""

import math

import numpy as np

from ...flows import GradientFlow
from ...integration.charts import atol_from
from ...integration.clocks.escape import Escape, KINKED
from ...training import Trajectory
from ..parts import Term


EPS = float(np.finfo(float).eps)


def integration(
    run: Trajectory, growth: float | int = 1.0, *, adding: float = 0.0
) -> Term:
    """What the adaptive steps of a gradient flow may be off by, relative to a state.

    Every step keeps its error below `rtol`, and on a flow that contracts few of them
    add up: conserved quantities of random diagonal networks drift by 0.02 to 3 rtol, at
    rtol from 1e-4 to 1e-11. `growth` is by how much an error grows on the way into the
    quantity at hand; `adding` is the share of all steps that add up, where nothing
    brings back what a step is off by, and a tenth over kinks. A flow that moves in
    steps makes none.
    """
    flow = run.experiment.flow
    exact = not isinstance(flow, GradientFlow)
    share = max(adding, 0.1 if run.experiment.network.kinked else 0.0)
    steps = max(10, share * run.steps)
    size = 0.0 if exact else steps * followed(run) * growth
    many = "ten" if steps == 10 else f"{share:.0%} of all"
    reason = f"{many} steps at their rtol"
    return Term("integration", size, reason, "a smaller rtol")


def followed(run: Trajectory) -> float:
    """The `rtol` that a gradient flow was followed at, coarser over kinks."""
    flow, network = run.experiment.flow, run.experiment.network
    assert isinstance(flow, GradientFlow)  # others make no error of their own
    crosses = isinstance(flow.clock, Escape) and network.kinked
    return max(flow.rtol, KINKED) if crosses else flow.rtol


def rounding(run: Trajectory, condition: float | int = 1.0) -> Term:
    """What float64 loses over the steps of a run, in a quantity of this condition."""
    size = 64 * EPS * condition * math.sqrt(1 + max(run.steps, 0))
    return Term("rounding", size, "float64 over the steps", "fewer steps")


def quadrature(error: float, size: float | np.floating = 1.0) -> Term:
    """What an integral from `over_time` with this relative error may be off by.

    `size` is that of the integral, in the units of the distance. The error is that of
    a spline through every other record, so that the integral itself is nearer.
    """
    reason = "a spline through every other record is as far off"
    return Term("quadrature", float(error * size), reason, "more records")


def coarseness(run: Trajectory, smallest: float | np.floating) -> float:
    """How much rougher than `rtol` a state of this size is followed, for the `atol`."""
    flow = run.experiment.flow
    if not isinstance(flow, GradientFlow):
        return 1.0
    atol = atol_from(run.experiment.network) if flow.atol is None else flow.atol
    return float(1 + atol / (flow.rtol * np.float64(smallest)))


def rough(run: Trajectory) -> float:
    """The coarseness at the layer that starts with the smallest entries."""
    layers = run.experiment.network.layers
    sizes = [np.sqrt(np.mean(np.asarray(W) ** 2)) for W in layers]
    return coarseness(run, np.min(sizes))


def cancellation(run: Trajectory, condition: float | int | np.floating = 1.0) -> Term:
    """What rounding leaves of a gradient that cancels, relative to its terms.

    A gradient is a sum over the sample of terms that may cancel; `condition` is that of
    what the loss inverts.
    """
    size = 64 * EPS * float(condition) * max(1, run.experiment.risk.problem.n)
    reason = "float64 in one gradient, a sum over the sample that cancels"
    return Term("rounding", size, reason, "outputs that are less alike")
