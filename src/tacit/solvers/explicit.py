"""Short and smooth stretches of a flow: explicit Runge-Kutta, compiled."""

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import optimistix as optx


def _field(_, y, args):
    chart, risk = args
    return chart.field(risk, y)


@eqx.filter_jit
def explicit(rtol, atol, chart, risk, start, times, max_steps):
    """States at `times`, and the last one with its time, steps and whether all is well.

    Dormand and Prince, order 8. Every recorded time ends a step of its own, so no state
    is interpolated. Where it had to stop, the states not reached are infinite.
    """
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(_field),
        diffrax.Dopri8(),
        t0=jnp.zeros(()),
        t1=times[-1],
        dt0=None,
        y0=start,
        args=(chart, risk),
        saveat=diffrax.SaveAt(
            subs=[diffrax.SubSaveAt(ts=times), diffrax.SubSaveAt(t1=True)]
        ),
        stepsize_controller=diffrax.ClipStepSizeController(
            diffrax.PIDController(rtol=rtol, atol=atol), step_ts=times
        ),
        max_steps=max_steps,
        throw=False,
    )
    states, ends = solution.ys
    last = jax.tree.map(lambda x: x[-1], ends)
    good = solution.result == diffrax.RESULTS.successful
    return states, last, solution.ts[1][-1], solution.stats["num_steps"], good


@eqx.filter_jit
def explicit_event(rtol, atol, chart, risk, start, crossing, within, max_steps):
    """Where ``crossing(network, time)`` first is zero: state, time, met, steps."""

    def side(t, y, args, **_):
        return crossing(args[0].leave(y), t)

    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(_field),
        diffrax.Dopri8(),
        t0=jnp.zeros(()),
        t1=jnp.asarray(within, float),
        dt0=None,
        y0=start,
        args=(chart, risk),
        stepsize_controller=diffrax.PIDController(rtol=rtol, atol=atol),
        event=diffrax.Event(side, optx.Newton(rtol=1e-12, atol=1e-300)),
        max_steps=max_steps,
        throw=False,
    )
    last = jax.tree.map(lambda x: x[-1], solution.ys)
    met = solution.result == diffrax.RESULTS.event_occurred
    return last, solution.ts[-1], met, solution.stats["num_steps"]


@eqx.filter_jit
def leave(chart, y):
    """The network at one state, compiled."""
    return chart.leave(y)
