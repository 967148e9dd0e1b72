"""Long stretches of a flow: LSODA with the exact Jacobian of the field."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from scipy.integrate import LSODA
from scipy.optimize import brentq

from ..charts import AbstractChart
from ..risk import Risk
from .leg import join, Leg


STALL = 50
"""Steps in a row too short for the time to show, after which a run is given up: at a
finite blow-up LSODA would take them for ever."""


@eqx.filter_jit
def _velocity(chart, risk, like, flat):
    shape = ravel_pytree(like)[1]
    return ravel_pytree(chart.field(risk, shape(flat)))[0]


@eqx.filter_jit
def _jacobian(chart, risk, like, flat):
    shape = ravel_pytree(like)[1]
    return jax.jacfwd(lambda y: ravel_pytree(chart.field(risk, shape(y)))[0])(flat)


@eqx.filter_jit
def _side(chart, crossing, like, flat, time):
    return crossing(chart.leave(ravel_pytree(like)[1](flat)), time)


def integrate_stiff(
    tolerances: tuple[np.ndarray, np.ndarray],
    chart: AbstractChart,
    risk: Risk,
    leg: Leg,
    times: np.ndarray,
    *,
    max_steps: int,
    crossing: Callable | None = None,
) -> Leg:
    """Carry `leg` on through the rest of `times`.

    LSODA turns to implicit steps where the flow has become slow, so a run of length
    1e8 takes hundreds of steps. The Jacobian is dense: for a few thousand unknowns.
    With `crossing` it stops where ``crossing(network, time)`` changes sign.
    """
    like, begin = leg.last, float(leg.time)
    flat, shape = ravel_pytree(like)
    solver = LSODA(
        lambda _, y: np.asarray(_velocity(chart, risk, like, jnp.asarray(y))),
        begin,
        np.asarray(flat),
        float(times[-1]),
        # SciPy takes a number for each coordinate; its stubs say one for all.
        rtol=np.maximum(tolerances[0], 1e-13),  # pyright: ignore[reportArgumentType]
        atol=tolerances[1],  # pyright: ignore[reportArgumentType]
        jac=lambda _, y: np.asarray(_jacobian(chart, risk, like, jnp.asarray(y))),
    )
    rest, states = times[leg.done :], []
    rest, states = rest[rest > begin], [np.asarray(flat)] * int(np.sum(rest <= begin))

    def side(y, t):
        return float(_side(chart, crossing, like, jnp.asarray(y), jnp.asarray(t)))

    def stop(y, t, reason):
        stacked = jax.vmap(shape)(jnp.asarray(np.array(states))) if states else None
        kept = leg.states if stacked is None else join(leg.states, stacked)
        total = int(leg.steps) + steps
        last = shape(jnp.asarray(y))
        return Leg(kept, last, None, float(t), total, reason is None, reason)

    steps, stalled = 0, 0
    first = 0.0 if crossing is None else side(flat, begin)
    while len(rest):
        y, t = np.array(solver.y), solver.t
        if steps >= max_steps:
            return stop(y, t, f"{max_steps} stiff steps reached t = {t:.6g}")
        message = solver.step()
        steps += 1
        stalled = stalled + 1 if solver.t - t <= 1e-14 * t else 0
        if stalled >= STALL:
            return stop(y, t, f"the flow seems to blow up at t = {t:.6g}")
        if solver.status == "failed" or not np.all(np.isfinite(solver.y)):
            why = message or "the next state is not finite"
            return stop(y, t, f"the stiff solver gave up at t = {t:.6g}: {why}")
        between = solver.dense_output()
        if crossing is not None and side(solver.y, solver.t) * first <= 0:
            if side(between(t), t) * first <= 0:  # at the step's start, to rounding
                return stop(y, t, None)
            root = brentq(
                lambda s, path=between: side(path(s), s), t, solver.t, xtol=1e-300
            )
            return stop(between(root), root, None)
        passed = rest[rest <= solver.t]
        states += [between(s) if s < solver.t else np.array(solver.y) for s in passed]
        rest = rest[len(passed) :]
    return stop(np.array(solver.y), solver.t, None)
