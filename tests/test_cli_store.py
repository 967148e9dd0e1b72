"""`tacit store`: the library's verbs on a store, its codes and its JSON."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from tacit.cli import app
from tacit.sweeps.store import Store
from tests.present import present
from tests.stores import fill, manifest


RUNNER = CliRunner()


@pytest.fixture
def place(tmp_path):
    fill(Store.create(tmp_path / "runs", manifest()))
    return tmp_path / "runs"


def run(*words):
    done = RUNNER.invoke(app, ["store", *map(str, words)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done
    return done.exit_code, done.stdout


@pytest.mark.parametrize(
    ("wrong", "units", "code"),
    [(False, None, 0), (True, None, 3), (False, 2, 4), (True, 2, 4)],
    ids=["all well", "some went wrong", "not all run", "neither"],
)
def test_the_code_says_whether_it_is_done(tmp_path, wrong, units, code):
    store = Store.create(tmp_path / "runs", manifest())
    fill(store, [*store.manifest.units][:units], wrong=wrong)
    assert run("status", tmp_path / "runs")[0] == code
    got, out = run("status", tmp_path / "runs", "--json")
    told = json.loads(out)
    assert (got, told["schema"]) == (code, "tacit.store-status/1")
    assert told["complete"] == (units is None)
    assert sum(told["runs"].values()) == 30


def test_status_shows_reasons_and_workers(tmp_path):
    store = Store.create(tmp_path / "runs", manifest())
    fill(store, [*store.manifest.units][:2])
    store.claim("node7:123")
    _, out = run("status", tmp_path / "runs")
    assert "10 of 30 runs" in out
    assert "diverged 1: run 7 blew up\n" in out
    assert "node7:123: 1 unit, heard of 0 s ago" in out


def test_watching_ends_when_all_is_run(place):
    code, out = run("status", place, "--watch")
    assert code == 3
    assert "30 of 30 runs" in out
    assert RUNNER.invoke(
        app, ["store", "status", str(place), "--watch", "--json"]
    ).exception


def test_watching_sees_what_others_do(tmp_path):
    """It looks again at what is there; another process commits meanwhile."""
    store = Store.create(tmp_path / "runs", manifest())
    watch = subprocess.Popen(
        [sys.executable, "-m", "tacit", "store", "status", str(tmp_path / "runs"),
         "--watch", "--every", "0.1"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with watch:
        assert "0 of 30 runs" in present(watch.stdout).readline()
        for unit in store.manifest.units:
            fill(store, [unit], wrong=False)
        rest = present(watch.stdout).read()
    assert watch.returncode == 0
    assert "30 of 30 runs" in rest


def test_what_is_damaged_is_found_and_put_right(place):
    assert run("verify", place)[0] == 0
    victim = next(place.rglob("*.safetensors"))
    victim.write_bytes(victim.read_bytes()[:-1])
    code, out = run("verify", place)
    assert code == 4
    assert f"damaged, found: {victim.relative_to(place)}" in out
    code, out = run("repair", place, "--json")
    assert (code, [*json.loads(out)["damaged"]]) == (
        4,
        [str(victim.relative_to(place))],
    )
    code, out = run("verify", place)
    assert code == 4, "its runs are missing now"
    assert "5 of 6 units" in out
    fill(Store(place))
    assert run("verify", place)[0] == 0


def test_what_was_given_up_can_be_tried_again(tmp_path):
    store = Store.create(tmp_path / "runs", manifest())
    unit = next(iter(store.manifest.units))
    store.quarantine(unit, "killed by signal 9")
    assert "quarantined 5" in run("status", tmp_path / "runs")[1]
    assert (
        "1 given up, to be tried again"
        in run("repair", tmp_path / "runs", "--retry")[1]
    )
    assert unit in Store(tmp_path / "runs").pending()


def test_pack_and_export(place, tmp_path):
    assert run("pack", place) == (0, "6 units packed\n")
    assert json.loads(run("pack", place, "--json")[1])["units"] == 0
    code, out = run("export", place, tmp_path / "runs.csv")
    assert (code, out.split()) == (0, [str(tmp_path / "runs.csv"),
                                       str(tmp_path / "runs-time.csv")])  # fmt: skip
    out = run("export", place, tmp_path / "a.table", "--format", "csv", "--json")[1]
    assert len(json.loads(out)["files"]) == 2


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["status", "{}/nothing"], 2, "there is no store at"),
        (["export", "{}/runs", "{}/runs.docx"], 2, "is one of zarr, netcdf"),
        (["open", "{}/runs"], 2, "No such command"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(place, words, code, says):
    words = [word.format(place.parent) for word in words]
    done = subprocess.run(
        [sys.executable, "-m", "tacit", "store", *words], capture_output=True, text=True
    )
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_damaged_store_can_be_gone_on_with(place):
    victim = next(place.rglob("*.safetensors"))
    victim.write_bytes(b"")
    done = subprocess.run(
        [sys.executable, "-m", "tacit", "store", "export", place, place / "x.csv"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 4
    assert "tacit store repair" in done.stderr


def test_looking_at_a_store_loads_nothing_heavy(place):
    code = (
        "import sys; from tacit.cli import app\n"
        f"try: app(['store', 'status', {str(place)!r}])\n"
        "except SystemExit: print(*{'jax', 'xarray', 'pandas', 'scipy', 'fsspec'}"
        " & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0
    assert not done.stderr.strip()
