"""A run ends when it is told to, by the keyboard or a thread, and runs do not mix."""

import asyncio
import pathlib
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import jax
import numpy as np
import pytest

from tacit import (
    Experiment,
    flows,
    losses,
    networks,
    Reaches,
    Risk,
    RiskBelow,
    train,
    train_ensemble,
)
from tacit.integration import pieces
from tacit.observables import LinearPredictor, TrainingRisk
from tests.cases import D, PROBLEM
from tests.present import present


LOGISTIC = Risk(PROBLEM, losses.Logistic())
START = networks.Diagonal.balanced(np.full(D, 0.1), depth=3)
LONG = {
    "steps": (flows.Descent(1e-4), 10**12),
    "steps to an event": (flows.Descent(1e-9), RiskBelow(1e-3, within=1e12)),
    "flow": (flows.GradientFlow(rtol=1e-13, solver="explicit", max_steps=10**9), 1e12),
    "norms": (flows.GradientFlow(rtol=1e-13, clock="log-risk", max_steps=10**9), 1e11),
    "norms to an event": (
        flows.GradientFlow(rtol=1e-13, clock="log-risk", max_steps=10**9),
        RiskBelow(1e-300, within=1e11),
    ),
    "flow to an event": (
        flows.GradientFlow(rtol=1e-13, solver="explicit", max_steps=10**9),
        RiskBelow(1e-12, within=1e15),
    ),
}


@pytest.mark.parametrize("name", LONG)
def test_a_run_ends_at_its_last_good_state_when_told_to(name):
    flow, until = LONG[name]
    told = threading.Event()
    timer = threading.Timer(8.0, told.set)
    timer.start()
    experiment = Experiment(START, LOGISTIC, flow, until=until)
    try:
        run = train(experiment, [TrainingRisk()], records=3, stop=told)
    finally:
        timer.cancel()
    assert present(run.reason).endswith(pieces.STOPPED)
    assert 0 < run.times[-1] < 1e12
    # As a run records it that begins there: to the bit.
    there = Experiment(run.network, LOGISTIC, flows.Descent(1e-4), until=1)
    again = train(there, [TrainingRisk()], records=[0, 1])
    assert run.seen["TrainingRisk"][-1] == again.seen["TrainingRisk"][0]
    assert np.all(np.isfinite(run.network.layers))
    assert np.all(np.diff(run.times) > 0)


def test_told_before_it_began_it_goes_one_piece_and_says_so():
    experiment = Experiment(START, LOGISTIC, flows.Descent(1e-4), until=10**12)
    run = train(experiment, stop=lambda: True)
    assert present(run.reason).endswith(pieces.STOPPED)


def test_one_that_was_done_before_is_whole():
    experiment = Experiment(START, LOGISTIC, flows.Descent(1e-4), until=5)
    assert train(experiment, stop=lambda: True).finite


FLOW = flows.GradientFlow(rtol=1e-6)
SMALL = networks.Diagonal.balanced(np.full(D, 1e-3), depth=3)
CUT = {
    "flow": [(FLOW, START, 20.0)],
    "flow to an event": [(FLOW, START, RiskBelow(0.6))],
    "flow that turns stiff": [
        (flows.GradientFlow(rtol=1e-6, solver="stiff"), START, 1e4)
    ],
    "flows in lanes": [(FLOW, START, 20.0), (FLOW, SMALL, 20.0)] * 2,
    "steps": [(flows.Adam(1e-2), START, 40)],
    "steps to an event": [(flows.Adam(1e-3), START, RiskBelow(0.6))],
}


@pytest.mark.parametrize("name", CUT)
def test_pieces_are_one_run(name, monkeypatch):
    """However small the pieces, whose length is by the clock, the numbers are those of
    a single one, bit for bit: a busy machine changes nothing."""
    asked = [
        Experiment(start, LOGISTIC, flow, until=until)
        for flow, start, until in CUT[name]
    ]
    look = [LinearPredictor()]

    def runs():
        if len(asked) == 1:
            return [train(asked[0], look, records=5)]
        return train_ensemble(asked, look, records=5)

    whole = runs()
    for most in (3, 7):
        monkeypatch.setattr(pieces, "MOST", most)
        monkeypatch.setattr("tacit.integration.pieces.ENTRIES", 2 * 3 * D)
        for one, other in zip(whole, runs(), strict=True):
            assert one.finite
            assert one.steps == other.steps > 3
            assert np.array_equal(one.times, other.times)
            np.testing.assert_array_equal(
                one.seen["LinearPredictor"], other.seen["LinearPredictor"]
            )


def test_only_what_was_asked_for_is_held(monkeypatch):
    """Networks on the way are held a few at a time, an optimiser's memory never."""
    held = []

    def look(view, states, times):
        del view, times
        held.append(sum(x.size for x in jax.tree.leaves(states)))
        return {}

    monkeypatch.setattr("tacit.integration.pieces.ENTRIES", 4 * START.layers.size)
    times, key = np.arange(1.0, 31.0), jax.random.key(0)
    path = flows.Adam(1e-2).path(LOGISTIC, START, times, key, look)
    assert path.states is None
    assert max(held) <= 4 * START.layers.size


@pytest.mark.parametrize("flow", [FLOW, flows.GradientFlow(rtol=1e-6, max_steps=9)])
def test_a_large_flow_is_looked_at_some_records_at_a_time(flow, monkeypatch):
    """The same run, whether it gets to its end or not; 0 unknowns are large here."""
    monkeypatch.setattr("tacit.integration.clocks.time.LARGEST_JACOBIAN", 0)
    experiment, held = Experiment(START, LOGISTIC, flow, until=20.0), []
    whole = train(experiment, [LinearPredictor()], records=7)
    monkeypatch.setattr("tacit.integration.pieces.ENTRIES", 2 * START.layers.size)

    def look(view, states, times):
        del view
        held.append(sum(x.size for x in jax.tree.leaves(states)))
        return {"times": times}

    path = flow.path(LOGISTIC, START, whole.times, jax.random.key(0), look)
    assert path.states is None
    assert max(held) <= 3 * START.layers.size, "two records, and where it had to stop"
    cut = train(experiment, [LinearPredictor()], records=7)
    assert cut.reason == whole.reason
    assert cut.steps == whole.steps
    for one, other in zip(*map(jax.tree.leaves, (cut, whole)), strict=True):
        assert np.array_equal(one, other)


SERIES = [
    Experiment(START, LOGISTIC, flow, until=until, seed=seed)
    for seed, (flow, until) in enumerate(
        [
            (flows.GradientFlow(), 3.0),
            (flows.Adam(1e-2, batch=8), 30),
            (flows.GradientFlow(), Reaches(TrainingRisk(), 0.65)),
            (flows.Stochastic(1e-2, 8), 30),
        ]
        * 2
    )
]


def ended(experiment):
    return train(experiment, [TrainingRisk()], records=4)


def same(runs, others):
    return all(
        np.array_equal(a.seen["TrainingRisk"], b.seen["TrainingRisk"])
        and np.array_equal(a.network.layers, b.network.layers)
        for a, b in zip(runs, others, strict=True)
    )


def test_threads_and_an_event_loop_give_the_serial_results():
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(ended, SERIES))

        async def served():
            loop = asyncio.get_running_loop()
            jobs = [loop.run_in_executor(pool, ended, each) for each in SERIES]
            return await asyncio.gather(*jobs)

        served_ones = asyncio.run(served())
    serial = [ended(each) for each in SERIES]
    assert same(serial, together)
    assert same(serial, served_ones)


def test_one_threads_end_is_not_anothers():
    long = Experiment(START, LOGISTIC, flows.Descent(1e-4), until=10**12)
    with ThreadPoolExecutor(2) as pool:
        told = pool.submit(train, long, stop=lambda: True)
        other = pool.submit(ended, SERIES[1])
        assert not told.result().finite
        assert other.result().finite


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_is_heard_and_the_next_run_does_not_wait():
    code = """
    import signal, threading, time, os
    import numpy as np
    from tests.test_under_load import Experiment, flows, LOGISTIC, START, train
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may ignore it
    short = Experiment(START, LOGISTIC, flows.Descent(1e-4), until=100)
    long = Experiment(START, LOGISTIC, flows.Descent(1e-4), until=10**12)
    train(short), train(long, stop=lambda: True)
    sent = []
    def press():
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)
    threading.Timer(2.0, press).start()
    try:
        train(long)
    except KeyboardInterrupt:
        heard = time.perf_counter()
    train(short)
    print(heard - sent[0] < 1.5, time.perf_counter() - heard < 1.5)
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=str(pathlib.Path(__file__).parent.parent),
    )
    assert run.stdout.strip() == "True True", run.stderr


def test_numbers_that_are_none_end_in_bounded_time():
    """A velocity that is not a number, one that is 0, and one that is rough."""
    begun = time.perf_counter()
    nowhere = networks.DeepLinear([np.zeros((2, D)), np.zeros((1, 2))])
    still = train(Experiment(nowhere, LOGISTIC, flows.GradientFlow(), until=1e9))
    assert still.finite
    far = networks.Diagonal.balanced(np.full(D, 1e200), depth=2)
    steep = Risk(PROBLEM, losses.Exponential())
    run = train(Experiment(far, steep, flows.GradientFlow(), until=1.0))
    assert run.reason
    assert time.perf_counter() - begun < 120
