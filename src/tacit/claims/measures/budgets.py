"""Errors that any theorem has to allow: of the integrator, and of rounding."""

import math

import numpy as np

from ...flows import GradientFlow
from ...training import Trajectory
from ..parts import Term


EPS = float(np.finfo(float).eps)


def integration(run: Trajectory, growth: float | int = 1.0) -> Term:
    """What the adaptive steps of a gradient flow may be off by, relative to a state.

    Every step keeps its error below `rtol`, and on a flow that contracts few of them
    add up: conserved quantities of random diagonal networks drift by 0.02 to 3 rtol, at
    rtol from 1e-4 to 1e-11. `growth` is by how much an error grows on the way into the
    quantity at hand. A flow that moves in steps makes none.
    """
    flow = run.experiment.flow
    exact = not isinstance(flow, GradientFlow)
    size = 0.0 if exact else 10 * flow.rtol * growth
    return Term("integration", size, "ten steps at their rtol", "a smaller rtol")


def rounding(run: Trajectory, condition: float | int = 1.0) -> Term:
    """What float64 loses over the steps of a run, in a quantity of this condition."""
    size = 64 * EPS * condition * math.sqrt(1 + max(run.steps, 0))
    return Term("rounding", size, "float64 over the steps", "fewer steps")
