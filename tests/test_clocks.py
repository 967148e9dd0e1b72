"""Laws of all clocks: a change of time leaves the orbit alone."""

import numpy as np
import pytest

from tacit import Experiment, Problem, Risk, train
from tacit.errors import DataError
from tacit.flows import Adam, GradientFlow
from tacit.integration.clocks import CLOCKS as BY_NAME, OPTIONS
from tacit.losses import Logistic
from tacit.networks import DeepLinear
from tacit.observables import LinearPredictor
from tests.cases import CLOCKS, each


LABELS = np.arange(24) % 2
X = np.random.default_rng(5).standard_normal((24, 3)) / 3
X[:, 0] = np.where(LABELS, 1, -1) * (0.4 + np.abs(X[:, 0]))
RISK = Risk(Problem(X, LABELS), Logistic())
START = DeepLinear.orthogonal([3, 3, 1], seed=1, scale=0.5)
UNTIL = {"flow time": 30.0, "norm of the predictor": 4.0}
OTHER = {
    "atol": 1e-6,
    "chart": "parameters",
    "descent_step": 0.1,
    "memory": Adam(0.1),
    "solver": "stiff",
    "weight_decay": 0.1,
}
REFUSED = [
    (name, option)
    for name, clock in BY_NAME.items()
    for option in sorted(OPTIONS - clock.honours)
]


@pytest.mark.parametrize("clock", **each(CLOCKS))
def test_the_orbit_is_that_of_flow_time(clock):
    flow = GradientFlow(1e-9, clock=clock)
    experiment = Experiment(START, RISK, flow, until=UNTIL[clock.unit])
    run = train(experiment, [LinearPredictor()], records=4)
    times = run.times if run.log_time is None else np.exp(run.log_time)
    plain = GradientFlow(1e-11, chart="parameters", solver="stiff")
    straight = Experiment(START, RISK, plain, until=float(times[-1]))
    other = train(straight, [LinearPredictor()], records=np.asarray(times))
    found, known = (r.seen["LinearPredictor"] for r in (run, other))
    assert run.reason is None
    assert np.max(np.abs(found - known)) <= 1e-6 * np.max(np.abs(known))


@pytest.mark.parametrize("clock", **each(CLOCKS))
def test_records_increase_to_the_end(clock):
    times = clock.record_times(START, UNTIL[clock.unit], 7)
    assert len(times) == 7
    assert np.all(np.diff(times) > 0)
    assert times[-1] == UNTIL[clock.unit]


@pytest.mark.parametrize(("name", "option"), REFUSED)
def test_what_a_clock_cannot_honour_is_refused_by_both_names(name, option):
    with pytest.raises(DataError, match=name) as caught:
        GradientFlow(clock=name, **{option: OTHER[option]})
    said = str(caught.value)
    assert option in said
    assert 'clock="time"' in said
    GradientFlow(clock="time", **{option: OTHER[option]})
