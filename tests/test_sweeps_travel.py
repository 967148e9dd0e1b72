"""What goes to the workers of a sweep: functions and classes of a script too."""

import functools
import os
import subprocess
import sys
import threading

import pytest

from tacit import errors, sweep
from tacit.sweeps.travel import packed, unpacked
from tests.sweeps import descent


def test_what_cannot_travel_is_refused_before_anything_runs(tmp_path):
    lock = threading.Lock()
    held = functools.partial(descent, alpha=lock)  # pyright: ignore[reportArgumentType]
    with pytest.raises(errors.DataError, match="cannot travel.*lock"):
        sweep(held, {"depth": [2], "seed": [0]}, tmp_path / "runs", workers=2)
    assert not (tmp_path / "runs").exists()


def test_own_classes_travel():
    """A class that cannot be imported arrives whole, and with the same digest."""
    code = {}
    exec(OWN, code)
    there = unpacked(packed("it", code["of"]))
    assert there(0.3).digest == code["of"](0.3).digest
    assert float(there(0.3).network.size) == pytest.approx(0.9)


OWN = """
import equinox as eqx, jax.numpy as jnp, numpy as np, tacit
from jaxtyping import Array, Float
from tests.sweeps import regression

__name__ = "__main__"

class Own(tacit.networks.AbstractNetwork):
    w: Float[Array, " d"]
    bend: float = eqx.field(default=0.5, static=True)

    @classmethod
    def of(cls, a):
        return Own(a * jnp.ones(3))

    @property
    def size(self):
        return jnp.sum(self.w)

    def __call__(self, x):
        return self.w @ x + self.bend * jnp.sin(self.w @ x)

def of(a):
    flow = tacit.flows.Descent(step=0.1)
    return tacit.Experiment(Own.of(a), regression(), flow, until=3)
"""


def test_code_of_one_s_own_is_part_of_the_name_of_a_run():
    from tacit.sweeps.work import mark_of

    code, other = {}, {}
    exec(OWN, code)
    exec(OWN.replace("jnp.sin", "jnp.cos"), other)
    assert code["of"](0.3).digest == other["of"](0.3).digest
    assert mark_of(code["of"](0.3)) != mark_of(other["of"](0.3))


def test_a_script_that_runpy_runs_is_no_module_of_its_workers(tmp_path):
    """It is in `sys.modules` while it runs, and no import finds it."""
    end = """
import sys
tacit.sweep(of, {"a": [0.1, 0.2]}, sys.argv[1], workers=2)
print(tacit.Store(sys.argv[1]).status().runs["ok"])
"""
    script = tmp_path / "script.py"
    script.write_text(OWN.replace('__name__ = "__main__"\n', "") + end)
    code = f"import runpy; runpy.run_path({str(script)!r})"
    words = [sys.executable, "-c", code, str(tmp_path / "runs")]
    told = subprocess.check_output(words, env=dict(os.environ), text=True)
    assert told.split()[-1] == "2"
