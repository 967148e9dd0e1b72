r"""The end of the flow on separable data: only the smallest margins are left.

Beyond a norm of some 1e6 the softmax over the margins is as good as its limit: the
points of an active set share the weight so that their margins grow alike, the others
have none. Of relative order $1/\|w\|$ is what is dropped; the variable is $\log\|w\|$.
"""

from typing import Any, NamedTuple

import numpy as np
from jax.flatten_util import ravel_pytree
from scipy.integrate import DOP853
from scipy.optimize import brentq

from ...networks import AbstractLinearNetwork
from ...risk import Risk
from ..pieces import STOPPED, stopped
from .linearised import lineariser


NEAR = 40.0
"""Points whose margins exceed the smallest by more weigh less than rounding."""

RTOL, EPS = 1e-11, np.finfo(float).eps


class HardLeg(NamedTuple):
    """States ``(t, P)`` and times at the `norms` that were reached.

    Where it stopped early, for the `reason` given, they end with where it stood.
    """

    states: np.ndarray
    log_times: np.ndarray
    norms: np.ndarray
    steps: int
    reason: str | None


class _Pull:
    """The equal-growth flow on the active rows of `Z`."""

    def __init__(self, like, Z):
        self.at, self.Z = lineariser(like), Z

    def weights(self, M, active):
        """The weights of the active points, of sum 1: their margins grow alike."""
        A = self.Z[active]
        gram = A @ (M / np.max(np.abs(M))) @ A.T
        ones = np.ones(len(A))
        try:
            p = np.linalg.solve(gram, ones)
        except np.linalg.LinAlgError:
            p = np.full(len(A), np.nan)
        if not np.abs(gram @ p - 1).max() < 1e-10:
            # Copies of a point, or more of them than dimensions.
            p = np.linalg.lstsq(gram, ones, rcond=1e-12)[0]
        return p / p.sum()

    def push(self, here, active):
        """How the predictor moves, what moves it, and with which weights."""
        p = self.weights(here.kernel, active)
        u = p @ self.Z[active]
        return here.kernel @ u, u, p

    def velocity(self, y, active):
        here = self.at(y)
        move, u, _ = self.push(here, active)
        w = here.predictor
        return (w @ w) / (w @ move) * here.pull(u)

    def late(self, y, active):
        """How soon the set is wrong: below 0 once it is, and by which point."""
        here = self.at(y)
        move, _, p = self.push(here, active)
        margins, growth = self.Z @ here.predictor, self.Z @ move
        smallest = np.min(margins[active])
        slack = np.where(growth < growth[active].mean(), margins - smallest, np.inf)
        slack[active] = np.inf
        i, j = int(np.argmin(slack)), int(np.argmin(p))
        joins, leaves = slack[i] / abs(smallest), p[j] * len(p)
        if joins < leaves:
            return joins, ("join", i)
        return leaves, ("leave", int(np.flatnonzero(active)[j]))

    def settle(self, y, active):
        """The active set without the points that would be pushed back."""
        active = active.copy()
        M = self.at(y).kernel
        while True:
            p = self.weights(M, active)
            if p.min() >= 0 or active.sum() == 1:
                return active
            active[np.flatnonzero(active)[np.argmin(p)]] = False


class _Walk(NamedTuple):
    at: float
    y: np.ndarray
    active: np.ndarray
    length: float
    steps: int


def asymptotic_flow(
    risk: Risk,
    network: AbstractLinearNetwork,
    norms: np.ndarray,
    max_steps: int,
) -> HardLeg:
    """Follow the limiting flow from `network` through `norms`.

    The active set changes at root-found events: a margin outside meets the smallest
    inside, or a point's weight runs out.
    """
    rows, shares = weighty_rows(risk)
    flow = _Pull(network, rows)
    y = np.asarray(ravel_pytree(network)[0])
    w = flow.at(y).predictor
    margins = flow.Z @ w
    active = flow.settle(y, margins - margins.min() < NEAR)
    walk, why = _Walk(float(np.log(np.linalg.norm(w))), y, active, 0.1, 0), None
    states, log_times, reached = [], [], []
    for norm in norms:
        walk, why = _to(flow, walk, float(np.log(norm)), max_steps)
        states.append(walk.y)
        log_times.append(_log_time(shares, flow, walk.y, walk.active))
        reached.append(norm if why is None else float(np.exp(walk.at)))
        if why:
            break
    return HardLeg(
        np.array(states), np.array(log_times), np.array(reached), walk.steps, why
    )


def _to(flow, walk, goal, max_steps) -> tuple[_Walk, str | None]:
    """The walk at the logarithm `goal` of the norm; else where, and why, it stopped."""
    while walk.at < goal:
        # An entry may be 0 for ever; rounding is as fine as it gets.
        fine = {"rtol": RTOL, "atol": EPS * np.abs(walk.y).max()}
        solver = DOP853(
            lambda _, y, on=walk.active: flow.velocity(y, on),
            walk.at, walk.y, goal, first_step=min(walk.length, goal - walk.at), **fine,
        )  # fmt: skip
        steps, change = walk.steps, None
        while solver.status == "running" and change is None:
            here = walk._replace(at=float(solver.t), y=solver.y, steps=steps)
            told = f"{steps} steps reached |w| = {np.exp(here.at):.6g}"
            if stopped():
                return here, f"{told}; {STOPPED}"
            if steps >= max_steps:
                return here, told
            message = solver.step()
            steps += 1
            if solver.status == "failed":
                return here, f"it stopped at |w| = {np.exp(here.at):.6g}: {message}"
            if flow.late(solver.y, walk.active)[0] < 0:
                change = _turn(flow, solver, walk.active)
        if change is None:
            walk = _Walk(
                goal, solver.y, walk.active, max(float(solver.h_abs), 1e-3), steps
            )
        else:
            at, y, (what, i) = change
            active = walk.active.copy()
            active[i] = what == "join"
            walk = _Walk(at, y, flow.settle(y, active), walk.length, steps)
    return walk, None


def _turn(flow, solver, active) -> tuple[Any, np.ndarray, tuple[str, int]]:
    """Where within the last step the active set stops being right, and by whom."""
    between, begin = solver.dense_output(), solver.t_old
    if flow.late(between(begin), active)[0] < 0:
        root = begin
    else:
        sides = (lambda s: flow.late(between(s), active)[0], begin, solver.t)
        root = brentq(*sides, xtol=1e-12)
    return root, between(root), flow.late(between(solver.t), active)[1]


def weighty_rows(risk: Risk) -> tuple[np.ndarray, np.ndarray]:
    """The rows whose products with the predictor are margins, and their weights.

    A sample may have several rows, each with its weight; none where that is 0.
    """
    rows, weights = np.asarray(risk.margin_rows), risk.problem.weights
    shares = np.ones(risk.problem.n) if weights is None else np.asarray(weights)
    shares = np.repeat(shares / shares.sum(), len(rows) // len(shares))
    return rows[shares > 0], shares[shares > 0]


def _log_time(shares, flow, y, active):
    r"""$\log t$, by $t \simeq (R\,\|\nabla \log R\|^2)^{-1}$ where the risk is tiny."""
    here = flow.at(y)
    margins = flow.Z @ here.predictor
    lowest = margins.min()
    log_risk = np.log(shares @ np.exp(lowest - margins)) - lowest
    slope = np.linalg.norm(here.pull(flow.push(here, active)[1]))
    return float(-log_risk - 2 * np.log(slope))
