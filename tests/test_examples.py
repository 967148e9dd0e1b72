"""The examples run, and the README shows one of them with what it prints."""

import inspect
import pathlib
import re
import runpy
import shutil
import subprocess
import sys

import pytest
from typer.testing import CliRunner

import tacit
from tacit import cli
from tests.sweeps import WORKERS


ROOT = pathlib.Path(__file__).parent.parent
TORCH = sorted((ROOT / "examples").glob("torch_*.py"))
RECIPES = sorted((ROOT / "examples").glob("sweep_on_*.py"))
LONG = {"theorist.py"}  # two hundred flows of four shapes
EXAMPLES = [
    pytest.param(path, marks=[pytest.mark.slow] * (path.name in LONG), id=path.name)
    for path in sorted(set((ROOT / "examples").glob("*.py")) - {*TORCH, *RECIPES})
]
README = (ROOT / "README.md").read_text()


def run(path, *words, cwd):
    done = subprocess.run(
        [sys.executable, str(path), *words], capture_output=True, text=True, cwd=cwd
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("path", EXAMPLES)
def test_runs(path, tmp_path):
    assert run(path, cwd=tmp_path)


def test_the_readme_is_the_quickstart():
    (shown,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    source = (ROOT / "examples" / "quickstart.py").read_text()
    assert shown.strip() == source.split('"""', 2)[2].strip()


def test_the_readme_prints_what_it_shows(tmp_path):
    # The first such block follows the example; the others show verdicts of studies.
    shown = re.findall(r"```text\n(.*?)```", README, re.DOTALL)[0]
    printed = run(ROOT / "examples" / "quickstart.py", cwd=tmp_path)
    digits = re.compile(r"\d(\.\d)?e-1[3-7]")  # rounding differs between machines
    assert digits.sub("tiny", printed.strip()) == digits.sub("tiny", shown.strip())


@pytest.mark.parametrize("path", TORCH, ids=lambda p: p.name)
def test_the_page_on_pytorch_shows_it_and_what_it_prints(path, tmp_path):
    """Words to the letter, and numbers to a tenth: they follow another's kernels."""
    pytest.importorskip("torch")
    page = (ROOT / "docs" / "torch.md").read_text()
    printed = run(path, cwd=tmp_path).strip()
    blocks = [block.strip() for block in re.findall(r"```text\n(.*?)```", page, re.S)]
    number = re.compile(r"[-+]?\d+\.?\d*(?:e[-+]\d+)?")
    (shown,) = [b for b in blocks if number.sub("#", b) == number.sub("#", printed)]
    pairs = zip(number.findall(shown), number.findall(printed), strict=True)
    for there, here in pairs:
        # What is 0 but for rounding is only asked to be so small again.
        assert float(here) == pytest.approx(float(there), rel=0.1, abs=0.02)
    if path.name == "torch_digits.py":
        plain, *deep = (float(x) for x in re.findall(r"accuracy (.*)", printed))
        assert min(deep) > plain - 0.01, "others lost most of it under this loss"
    source = path.read_text().split('"""', 2)[2].strip()
    if len([line for line in source.splitlines() if line]) < 20:
        assert source in page


def test_the_readme_s_noise_is_measured_and_its_advice_is_what_is_printed(tmp_path):
    """`scale`, of exactly the samples that `--samples` counts, and not `unbiased`."""
    pytest.importorskip("torch")
    page = (ROOT / "docs" / "torch.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", page, re.S)
    (code,) = [block for block in blocks if "noise_scale(model" in block]
    (tmp_path / "measured.py").write_text(code)
    printed = run(tmp_path / "measured.py", cwd=tmp_path)
    measured, samples = re.findall(r"(?<=\b)(?:scale|samples)=([\d.]+)", printed)
    words, shown = re.findall(r"\$ tacit (advise-adam .*)\n((?:.+\n)+)```", README)[0]
    given = dict(re.findall(r"--(noise-scale|samples) (\d+)", words))
    assert int(given["noise-scale"]) == pytest.approx(float(measured), rel=0.05)
    assert given["samples"] == samples
    assert f"says {given['noise-scale']} samples" in README
    assert CliRunner().invoke(cli.app, words.split()).stdout.startswith(shown)


@pytest.mark.parametrize(
    "name", ["select_genes.py", "torch_loss.py", "torch_monitor.py"]
)
def test_a_newcomer_s_job_takes_less_than_fifteen_lines(name):
    source = (ROOT / "examples" / name).read_text().split('"""', 2)[2]
    assert len([line for line in source.splitlines() if line.strip()]) < 15


def test_the_page_on_selection_shows_its_example():
    page = (ROOT / "docs" / "selection.md").read_text()
    shown = re.findall(r"```python\n(.*?)```", page, re.DOTALL)[0]
    source = (ROOT / "examples" / "select_genes.py").read_text()
    assert shown.strip() == source.split('"""', 2)[2].strip()


def test_a_theorist_s_job_takes_thirty_lines():
    source = (ROOT / "examples" / "theorist.py").read_text().split('"""', 2)[2]
    assert len([line for line in source.splitlines() if line.strip()]) <= 30


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.name)
def test_a_recipe_hands_a_cluster_its_sweep(path, tmp_path, monkeypatch):
    """With a cluster of threads in place of the one that is not here."""
    distributed = pytest.importorskip("distributed")
    recipe = runpy.run_path(str(path))
    handed = []
    told = lambda spec, store, cluster: handed.append((spec, store, cluster))  # noqa: E731
    threads = {**WORKERS, "processes": False, "n_workers": 1}
    stand_ins = {
        "cluster": lambda: distributed.LocalCluster(**threads), "run_spec": told
    }  # fmt: skip
    recipe["main"].__globals__.update(stand_ins)
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "examples" / "sweep.toml", tmp_path)
    recipe["main"]()
    ((spec, store, cluster),) = handed
    assert isinstance(cluster, distributed.Client)
    assert store == "runs/sweep"
    assert len(tacit.Grid(spec.axes)) == 8


@pytest.mark.parametrize(
    ("name", "module", "cls"),
    [
        ("slurm", "dask_jobqueue.slurm", "SLURMCluster"),
        ("kubernetes", "dask_kubernetes.operator", "KubeCluster"),
        ("ssh", "distributed", "SSHCluster"),
    ],
)
def test_a_recipe_asks_for_what_its_package_takes(name, module, cls, monkeypatch):
    package = pytest.importorskip(module)
    asked = []

    class StandIn:
        def __init__(self, *args, **words):
            inspect.signature(real).bind(*args, **words)
            asked.append(words)

        def adapt(self, **words):
            inspect.signature(real.adapt).bind(self, **words)

    real = getattr(package, cls)
    monkeypatch.setattr(package, cls, StandIn)
    runpy.run_path(str(ROOT / "examples" / f"sweep_on_{name}.py"))["cluster"]()
    assert asked
