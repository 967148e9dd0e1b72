"""Long stretches of a flow: LSODA with the exact Jacobian of the field."""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from scipy.integrate import LSODA

from ..bound import bound
from ..charts import AbstractChart
from ..fields import AbstractField
from ..pieces import STOPPED, stopped, WAY_OUT
from .crossing import first_crossing
from .segment import join, Segment, shaped_as


STALL = 50
"""Steps in a row too short for the time to show, after which a run is given up: at a
finite blow-up LSODA would take them for ever."""

SHORTER = 6
"""How often in a row a step that overflows is taken again, a tenth as long."""


def _velocity(chart, field, like, flat):
    shape = ravel_pytree(like)[1]
    return ravel_pytree(chart.velocity(field, shape(flat)))[0]


def _jacobian(chart, field, like, flat):
    shape = ravel_pytree(like)[1]
    return jax.jacfwd(lambda y: ravel_pytree(chart.velocity(field, shape(y)))[0])(flat)


def _side(chart, crossing, like, flat, time):
    return crossing(chart.leave(ravel_pytree(like)[1](flat)), time)


def integrate_stiff(
    tolerances: tuple[np.ndarray, np.ndarray],
    chart: AbstractChart,
    field: AbstractField,
    leg: Segment,
    times: np.ndarray,
    *,
    max_steps: int,
    crossing: Callable | None = None,
    every: float = math.inf,
) -> Segment:
    """Carry `leg` on through the rest of `times`.

    LSODA turns to implicit steps where the flow has become slow, so a run of length
    1e8 takes hundreds of steps. The Jacobian is dense: for a few thousand unknowns.
    `max_steps` counts those that led here as well.
    With `crossing` it stops where ``crossing(network, time)`` changes sign,
    at which it looks after every step and, within longer ones, `every` so much time.
    """
    like, begin = leg.last, float(leg.time)
    flat, shape = ravel_pytree(like)
    velocity = bound(_velocity, chart.common, field, like)
    jacobian = bound(_jacobian, chart.common, field, like)
    across = None if crossing is None else bound(_side, chart, crossing, like)

    def begun(y, t, first_step=None):
        return LSODA(
            lambda _, y: np.asarray(velocity(y)),
            t,
            y,
            float(times[-1]),
            first_step=first_step,
            # SciPy takes a number for each coordinate; its stubs say one for all.
            rtol=np.maximum(tolerances[0], 1e-13),  # pyright: ignore[reportArgumentType]
            atol=tolerances[1],  # pyright: ignore[reportArgumentType]
            jac=lambda _, y: np.asarray(jacobian(y)),
        )

    solver, shortened = begun(np.asarray(flat), begin), 0
    rest, states = times[leg.done :], []
    rest, states = rest[rest > begin], [np.asarray(flat)] * int(np.sum(rest <= begin))

    def side(y, t):
        return 0.0 if across is None else float(across(y, np.float64(t)))

    def stop(y, t, reason):
        stacked = shaped_as(like, np.array(states)) if states else None
        kept = leg.states if stacked is None else join(leg.states, stacked)
        total, good = int(leg.steps) + steps, reason is None
        last = shape(jnp.asarray(y))
        return Segment(kept, last, None, float(t), total, good, reason)

    steps, stalled = 0, 0
    first = 0.0 if crossing is None else side(flat, begin)
    while len(rest):
        y, t = np.array(solver.y), solver.t
        if stopped():
            why = f"{steps} stiff steps reached t = {t:.6g}; {STOPPED}"
            return stop(y, t, why)._replace(stopped=True)
        if steps + int(leg.steps) >= max_steps:
            here = f"{steps} stiff steps reached t = {t:.6g}; {WAY_OUT}"
            return stop(y, t, here if steps else leg.reason or here)
        message = solver.step()
        steps += 1
        stalled = stalled + 1 if solver.t - t <= 1e-14 * t else 0
        if stalled >= STALL:
            return stop(y, t, f"the flow seems to blow up at t = {t:.6g}")
        good = bool(np.all(np.isfinite(solver.y)))
        if not good and shortened < SHORTER:  # its first guess may be far too long
            shortened, length = shortened + 1, (solver.t - t) / 10
            if length > 1e-14 * abs(t):
                solver = begun(y, t, length)
                continue
        if solver.status == "failed" or not good:
            why = message or "the next state is not finite"
            return stop(y, t, f"the stiff solver gave up at t = {t:.6g}: {why}")
        shortened = 0
        between = solver.dense_output()
        if crossing is not None:
            met = first_crossing(
                lambda s, path=between: side(path(s), s) * first, t, solver.t, every
            )
            if met is not None:
                return stop(between(met), met, None)
        passed = rest[rest <= solver.t]
        states += [between(s) if s < solver.t else np.array(solver.y) for s in passed]
        rest = rest[len(passed) :]
    return stop(np.array(solver.y), solver.t, None)
