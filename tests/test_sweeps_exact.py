"""A run of a sweep is the same to the last digit, whichever process computes it."""

import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tacit import errors, Experiment, losses, Problem, Risk, sweep
from tacit.flows import Descent
from tacit.networks import Diagonal
from tests.sweeps import descent, WATCH


WAYS = {"unoptimised": "--xla_backend_optimization_level=0", "the usual": ""}


def run_alone(code, **environment):
    """What a Python of its own prints."""
    return subprocess.check_output(
        [sys.executable, "-c", f"from tests.test_sweeps_exact import *\n{code}"],
        env={**os.environ, **environment},
        text=True,
    )


def by_xla():
    """A sum that XLA cuts among its threads."""
    A = np.sin(np.arange(90_000.0) ** 2).reshape(300, 300)
    return float(jax.jit(lambda A: jnp.sum(A) + jnp.mean(A**2))(A))


def by_blas():
    """One that NumPy cuts among its own."""
    X = np.sin(np.arange(1_500_000.0)).reshape(5000, 300)
    return float(np.sum(X.T @ np.cos(np.arange(5000.0))))


@pytest.mark.parametrize(
    ("number", "threads"),
    [("by_xla", "PJRT_NPROC"), ("by_blas", "OPENBLAS_NUM_THREADS")],
)
@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core, one thread")
def test_threads_would_show(number, threads):
    """Else the next test says nothing."""
    told = {run_alone(f"print({number}().hex())", **{threads: n}) for n in "12"}
    assert len(told) == 2


def from_sums(seed):
    X = np.random.default_rng(seed).standard_normal((10, 3))
    y = np.array([by_xla(), by_blas(), *np.ones(8)])
    start = Diagonal.balanced(np.full(3, 0.1), depth=2)
    risk = Risk(Problem(X, y), losses.Squared())
    return Experiment(start, risk, Descent(step=0.01), until=2)


def test_workers_make_of_a_seed_what_the_driver_made(tmp_path):
    """It has several threads, and a worker one core."""
    grid = "{'seed': range(2)}"
    code = f"done = sweep({from_sums.__name__}, {grid}, %r, workers=2)\nprint(done)"
    threads = {"OPENBLAS_NUM_THREADS": "2", "PJRT_NPROC": "2"}
    assert "2 of 2 runs" in run_alone(code % str(tmp_path / "runs"), **threads)


def test_workers_for_which_xla_compiles_otherwise_are_refused(tmp_path, monkeypatch):
    """As where a library sets the options in a process that has long begun."""
    sweep(descent, {"depth": [2], "seed": [0]}, tmp_path / "first", WATCH, workers=1)
    monkeypatch.setenv("XLA_FLAGS", WAYS["unoptimised"])
    with pytest.raises(errors.DataError, match=r"options of XLA \(XLA_FLAGS\)"):
        sweep(descent, {"depth": [2], "seed": [0, 1]}, tmp_path / "r", workers=2)


def test_results_of_other_options_of_xla_are_not_taken_for_these(tmp_path):
    code = (
        "done = sweep(descent, {'depth': [2], 'seed': [0]}, %r, WATCH, workers=1)\n"
        "last = float(done.open().TrainingRisk[0, 0, 3])\n"
        "print(*done.store.manifest.units, last.hex())"
    )
    ways = {**WAYS, "said to be dumped as text": "--xla_dump_hlo_as_text=false"}
    told = {
        way: run_alone(code % str(tmp_path / "runs"), XLA_FLAGS=flags)
        for way, flags in ways.items()
    }
    assert told["the usual"] == told["said to be dumped as text"]
    usual, other = (told[way].partition(" ") for way in WAYS)
    assert usual[0] != other[0]
    assert usual[2] != other[2], "nothing differs in the last digit: compare more"
