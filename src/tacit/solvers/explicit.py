"""Short and smooth stretches of a flow: explicit Runge-Kutta, compiled."""

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import optimistix as optx

from .leg import Leg


def _field(_, y, args):
    chart, risk = args
    return chart.field(risk, y)


@eqx.filter_jit
def explicit(tolerances, chart, risk, network, times, max_steps) -> Leg:
    """Follow the field through `times` by Dormand and Prince's method of order 8.

    Every recorded time ends a step of its own, so no state is interpolated. Where it
    had to stop, the states not reached are infinite.
    """
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(_field),
        diffrax.Dopri8(),
        t0=jnp.zeros(()),
        t1=times[-1],
        dt0=None,
        y0=chart.enter(network),
        args=(chart, risk),
        saveat=diffrax.SaveAt(
            subs=[diffrax.SubSaveAt(ts=times), diffrax.SubSaveAt(t1=True)]
        ),
        stepsize_controller=diffrax.ClipStepSizeController(
            _controller(tolerances), step_ts=times
        ),
        max_steps=max_steps,
        throw=False,
    )
    assert solution.ys is not None
    assert solution.ts is not None
    states, ends = solution.ys
    last = jax.tree.map(lambda x: x[-1], ends)
    good = solution.result == diffrax.RESULTS.successful
    steps = solution.stats["num_steps"]
    return Leg(states, last, chart.leave(last), solution.ts[1][-1], steps, good)


@eqx.filter_jit
def explicit_event(
    tolerances, chart, risk, network, crossing, within, max_steps
) -> Leg:
    """Follow the field to where ``crossing(network, time)`` first is zero."""

    def side(t, y, args, **_):
        return crossing(args[0].leave(y), t)

    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(_field),
        diffrax.Dopri8(),
        t0=jnp.zeros(()),
        t1=jnp.asarray(within, float),
        dt0=None,
        y0=chart.enter(network),
        args=(chart, risk),
        stepsize_controller=_controller(tolerances),
        event=diffrax.Event(side, optx.Newton(rtol=1e-12, atol=1e-300)),
        max_steps=max_steps,
        throw=False,
    )
    assert solution.ys is not None
    assert solution.ts is not None
    last = jax.tree.map(lambda x: x[-1], solution.ys)
    met = solution.result == diffrax.RESULTS.event_occurred
    none = jax.tree.map(lambda x: x[:0], solution.ys)
    return Leg(none, last, None, solution.ts[-1], solution.stats["num_steps"], met)


@eqx.filter_jit
def leave(chart, y):
    """The network at one state, compiled."""
    return chart.leave(y)


def _controller(tolerances):
    return diffrax.PIDController(rtol=tolerances[0], atol=tolerances[1])
