"""A change of one's own code, wherever it is written, is another result."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

import tacit
from tacit.observables import TrainingRisk
from tacit.own_code import own_code
from tacit.sweeps.travel import packed, unpacked
from tests.sweeps import descent


FILES = {
    "helpers.py": """
import functools, threading
FACTOR = 2
LOCK = threading.Lock()
def act(z): return z * 101
def deep(z): return z * 102
def through(z): return deep(z)
def wrapped(f):
    @functools.wraps(f)
    def call(z): return f(z) * 103
    return call
@functools.lru_cache
def remembered(n): return n * 104
@functools.singledispatch
def single(z): return z
@single.register
def _(z: int): return z * 105
class Base:
    def scale(self, z): return z * 106
class Bend:
    slope = 107
    def __init__(self, by): self.by = by
    def __call__(self, z): return z * self.by
BEND = Bend(108)
def even(n): return n == 0 or odd(n - 1)
def odd(n): return n != 0 and even(n - 1) + 109
def unused(z): return z * 110
TABLE = {"a": lambda z: z * 111, "b": lambda z: z * 112}
""",
    "package/__init__.py": "",
    "package/inner.py": "from .low import low\ndef high(z): return low(z)\n",
    "package/low.py": "def low(z): return z * 113\n",
    "nets.py": """
import functools
import equinox as eqx, jax, jax.numpy as jnp
import helpers, package.inner
import helpers as h
from helpers import act, Base, BEND, Bend, even, remembered, single, TABLE, through
def same(z): return jnp.tanh(z) * 114
def default(z, by=helpers.deep): return by(z)
def keyword(z, *, by=115): return z * by
def closed(f): return lambda z: f(z)
@helpers.wrapped
def decorated(z): return z * 116
@jax.custom_jvp
def ruled(z): return z
@ruled.defjvp
def ruled_jvp(z, dz): return z[0], dz[0] * 117
def local(z):
    from package.low import low
    return low(z)
def whole(z, name): return getattr(helpers, name)(z)
def dots(z): return z[..., 0] + helpers.FACTOR
class Child(Base):
    def __call__(self, z): return self.scale(z)
class Jitted(eqx.Module):
    @eqx.filter_jit
    def __call__(self, z): return same(z)
class Held:
    kept = TABLE
    @property
    def slope(self): return Bend.slope
    @classmethod
    def made(cls): return act
@jax.jit
def compiled(z): return same(z)
LAYOUTS = {
    "a helper beside it": same, "a default": default, "a keyword": keyword,
    "a name of another module": eval("lambda z: act(z)", globals()),
    "an attribute of a module": eval("lambda z: h.act(z)", globals()),
    "an attribute of a package": eval("lambda z: package.inner.high(z)", globals()),
    "a constant of a module": dots, "an import inside": local,
    "two files away": through, "a closure": closed(through),
    "decorated": decorated, "a partial": functools.partial(default, 2),
    "cached": remembered, "by type": single, "a rule of derivatives": ruled,
    "jitted": compiled, "a jitted method": Jitted, "a base class": Child,
    "a class": Bend, "an object": eval("lambda z: BEND(z)", globals()),
    "a cycle": even, "a table of a class": Held, "by any name": whole,
}
""",
    "main.py": """
import json
from nets import LAYOUTS
from tacit.own_code import own_code
print(json.dumps({name: own_code(each) for name, each in LAYOUTS.items()}))
""",
}

NAMED = {"a name of another module", "an attribute of a module", "a table of a class"}
DEEP = {"two files away", "a closure", "a default", "a partial"}
JITTED = {"a helper beside it", "jitted", "a jitted method"}
EDITS = {
    "101": NAMED, "102": DEEP, "103": {"decorated"}, "104": {"cached"},
    "105": {"by type"}, "106": {"a base class"}, "109": {"a cycle"},
    "107": {"a class", "an object", "a table of a class"}, "108": {"an object"},
    "110": set(), "111": {"a table of a class"},
    "113": {"an attribute of a package", "an import inside"},
    "114": JITTED, "115": {"a keyword"}, "116": {"decorated"},
    "117": {"a rule of derivatives"}, "FACTOR = 2": {"a constant of a module"},
}  # fmt: skip
"""What is written anew, each time in a file, and which layouts it changes; what takes
any name of a module is changed by every edit of it."""


def run(folder, *arguments):
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, text=True, capture_output=True,
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def project(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_every_layout_of_code_is_followed_and_nothing_else(project):
    before = run(project, "main.py")
    script = project / "edits.py"
    script.write_text(EVERY.format(edits=list(EDITS)))
    after = run(project, "edits.py")
    for edit, layouts in EDITS.items():
        changed = {name for name in before if after[edit][name] != before[name]}
        home = next(name for name, text in FILES.items() if edit in text)
        any_name = {"by any name"} if home == "helpers.py" else set()
        assert changed == layouts | any_name, edit


EVERY = """
import json, pathlib, sys, tacit.own_code
import jax, equinox, nets  # what is foreign is imported once
OWN = {{"nets", "helpers", "package", "package.inner", "package.low", "main"}}
found = {{}}
for edit in {edits}:
    files = [p for p in pathlib.Path().rglob("*.py") if p.name != "edits.py"]
    file, = (p for p in files if edit in p.read_text())
    text = file.read_text()
    file.write_text(text.replace(edit, edit + "0"))
    for name in OWN & set(sys.modules):
        del sys.modules[name]
    import nets
    found[edit] = {{k: tacit.own_code.own_code(x) for k, x in nets.LAYOUTS.items()}}
    file.write_text(text)
print(json.dumps(found))
"""


NOTEBOOK = """
import jax.numpy as jnp, tacit
from jaxtyping import Array, Float
from tests.sweeps import regression
__name__ = "__main__"
def bent(z): return jnp.sin(z)
class Own(tacit.networks.AbstractNetwork):
    w: Float[Array, " d"]
    def __call__(self, x): return bent(self.w @ x)
def of(a):
    flow = tacit.flows.Descent(step=0.1)
    return tacit.Experiment(Own(a * jnp.ones(3)), regression(), flow, until=3)
"""
CELL = "def bent(z): return jnp.cos(z)"


def risks(code, bend):
    """The risks along `NOTEBOOK`, in NumPy."""
    slope = {np.sin: np.cos, np.cos: lambda z: -np.sin(z)}[bend]
    problem, w, seen = code["regression"]().problem, 0.3 * np.ones(3), []
    X, y = np.asarray(problem.X), np.asarray(problem.targets)
    for _ in range(3):
        off = bend(X @ w) - y
        w = w - 0.1 * X.T @ (off * slope(X @ w)) / len(y)
        seen.append(np.mean((bend(X @ w) - y) ** 2) / 2)
    return seen


def test_a_cell_that_is_run_again_counts_at_once(tmp_path):
    code, watch = {}, [TrainingRisk()]
    exec(NOTEBOOK, code)
    for bend, cell in ((np.sin, ""), (np.cos, CELL)):
        exec(cell, code)
        alone = tacit.train(code["of"](0.3), watch, records=3).seen["TrainingRisk"]
        np.testing.assert_allclose(alone, risks(code, bend), 1e-12)
        swept = tacit.sweep(
            code["of"], {"a": [0.3]}, tmp_path, watch, workers=1, records=3
        )
        kept = swept.open().TrainingRisk.values[0]
        np.testing.assert_allclose(kept, risks(code, bend), 1e-12)


def test_code_of_one_s_own_is_the_same_where_it_has_travelled():
    code = {}
    exec(NOTEBOOK, code)
    experiment = code["of"](0.3)
    there = unpacked(packed("it", code["of"]))(0.3)
    twice = unpacked(packed("it", code["Own"]))
    assert own_code(there) == own_code(experiment) != ""
    assert own_code((there, twice)) == own_code(experiment), "however often it is there"
    assert own_code(descent(2, 0)) == ""


SWEEP = """
import json, sys, numpy as np, jax.numpy as jnp, tacit
from jaxtyping import Array, Float
from helpers import act
class Own(tacit.networks.AbstractNetwork):
    w: Float[Array, " d"]
    def __call__(self, x): return act(self.w @ x)
def of(a):
    risk = tacit.Risk(tacit.Problem(np.eye(3), np.arange(3.0)), tacit.losses.Squared())
    flow = tacit.flows.Descent(step=0.1)
    return tacit.Experiment(Own(a * jnp.ones(3)), risk, flow, until=0)
if __name__ == "__main__":
    swept = tacit.sweep(of, {"a": [0.3]}, "runs", [tacit.observables.TrainingRisk()],
                        workers=int(sys.argv[1]), records=[0.0])
    print(json.dumps(float(swept.open().TrainingRisk.values[0, 0])))
"""


def test_a_store_serves_no_result_of_code_that_was_changed(project):
    (project / "sweep.py").write_text(SWEEP)
    for workers, slope in (("1", 101), ("2", 2)):
        text = FILES["helpers.py"].replace("z * 101", f"z * {slope}")
        (project / "helpers.py").write_text(text)
        expected = np.mean((slope * 0.3 - np.arange(3.0)) ** 2) / 2
        np.testing.assert_allclose(run(project, "sweep.py", workers), expected, 1e-12)
