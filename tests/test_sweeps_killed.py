"""Whatever is killed, every run of a sweep is there once, and as it would have been."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tacit import errors, Store, sweep
from tests.sweeps import deadly, slow, STEPS, WATCH, WORKERS


GRID = {"depth": [2], "seed": range(12)}
WORDS = {"observe": WATCH, "records": STEPS, "batch": 2}
DRIVER = """
from tests.sweeps import *
from tacit import sweep
sweep(slow, {"depth": [2], "seed": range(12)}, %r, observe=WATCH, records=STEPS,
      batch=2, workers=2)
"""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    place = tmp_path_factory.mktemp("calm") / "runs"
    return sweep(slow, GRID, place, workers=1, **WORDS).open()


def started(place, code=DRIVER):
    """A driver in a process of its own."""
    code = code % str(place)
    return subprocess.Popen(
        [sys.executable, "-c", code], start_new_session=True, env=dict(os.environ)
    )


def until(place, true, seconds=120):
    """Wait for something to be true of the status of the store."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(errors.TacitError):
            status = Store(place).status()
            if true(status):
                return status
        time.sleep(0.05)
    raise AssertionError("it never came to that")


def workers_of(status):
    return [int(holder.worker.rpartition("/")[2]) for holder in status.workers]


def test_workers_and_the_driver_may_be_killed(undisturbed, tmp_path):
    place = tmp_path / "runs"
    driver = started(place)
    status = until(place, lambda s: s.units["claimed"] and s.workers)
    os.kill(workers_of(status)[0], signal.SIGKILL)
    until(place, lambda s: s.units["committed"] >= 1)
    driver.kill()
    driver.wait()
    left = workers_of(Store(place).status())
    jobs = f"tacit-*-{driver.pid}-*"
    assert [*Path(tempfile.gettempdir()).glob(jobs)], "what it handed to its workers"
    assert Store(place).pending(), "the test is too slow to say anything"
    done = sweep(slow, GRID, place, workers=1, **WORDS)
    assert done.status().flawless
    assert done.open().identical(undisturbed)
    assert done.store.verify().clean
    assert not [*Path(tempfile.gettempdir()).glob(jobs)]
    for pid in left:  # nobody is left behind
        end = time.monotonic() + 30
        while time.monotonic() < end and alive(pid):
            time.sleep(0.05)
        assert not alive(pid)


def alive(pid):
    """Whether a process runs; one that was not waited for yet does not."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_unit_that_keeps_ending_its_worker_is_given_up(tmp_path):
    grid = {"depth": [2], "seed": range(3)}
    done = sweep(deadly, grid, tmp_path / "r", workers=1 + 1, observe=WATCH, batch=1)
    (failure,) = done.failures()
    assert failure.point["seed"] == 1
    assert "SIGKILL" in failure.reason
    assert done.status().runs["ok"] == 2
    assert done.store.attempts(failure.unit) == 3


def test_an_error_that_all_would_meet_comes_as_what_it_is(tmp_path):
    """A worker that makes another experiment than was planned."""
    with pytest.raises(errors.DataError, match="not the one that was planned"):
        sweep(moody, GRID, tmp_path / "runs", workers=2, **WORDS)


def moody(depth, seed):
    """Another experiment in another process."""
    from tacit import Experiment
    from tacit.flows import Descent
    from tests.sweeps import descent

    made = descent(depth, seed)
    flow = Descent(step=0.05 if "tacit.sweeps.engine.worker" in sys.orig_argv else 0.06)
    return Experiment(made.network, made.risk, flow, until=STEPS)


def test_ctrl_c_ends_what_is_under_way_and_the_same_call_goes_on(undisturbed, tmp_path):
    place = tmp_path / "runs"
    driver = started(place)
    until(place, lambda s: s.units["committed"] >= 1)
    driver.send_signal(signal.SIGINT)
    assert driver.wait(60) != 0
    status = Store(place).status()
    assert status.units["claimed"] == 0
    assert status.units["pending"] > 0
    done = sweep(slow, GRID, place, workers=1, **WORDS)
    assert done.open().identical(undisturbed)


def test_a_cluster_runs_the_same(undisturbed, tmp_path):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(**WORKERS, n_workers=2) as cluster,
        distributed.Client(cluster) as client,
    ):
        pids, killed = client.run(os.getpid), []

        def told(done, total, text):
            """Kill a worker that has something to do, once."""
            del done, total, text
            busy = [where for where, keys in client.processing().items() if keys]
            if busy and not killed:
                killed.append(busy[0])
                os.kill(pids[busy[0]], signal.SIGKILL)

        done = sweep(slow, GRID, tmp_path / "r", cluster=client, progress=told, **WORDS)
    assert killed
    assert done.status().flawless
    assert done.open().identical(undisturbed)
    assert done.store.verify().clean


def test_ctrl_c_does_not_wait_for_a_cluster_without_workers(tmp_path):
    distributed = pytest.importorskip("distributed")
    place = tmp_path / "runs"
    with distributed.LocalCluster(**WORKERS, n_workers=0) as cluster:
        code = DRIVER.replace("workers=2", f"cluster={cluster.scheduler_address!r}")
        driver = started(place, code)
        until(place, lambda s: s.units["claimed"])
        time.sleep(1.0)  # it waits for a worker
        driver.send_signal(signal.SIGINT)
        assert driver.wait(60) != 0
    assert Store(place).status().units["claimed"] == 0
