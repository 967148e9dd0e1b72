"""`tacit doctor`: what it says of this installation is so, and its check can fail."""

import importlib.metadata
import json

import jax
import pytest
from typer.testing import CliRunner

from tacit import claims, cli
from tacit.claims.catalogue import every_claim
from tacit.compilation import cache_folder
from tacit.reporting import Finding, installation


SOUND = Finding("Z1", "Toy", "s", "Somebody", "holds", 0.0, 1e-9, role="witness")
BROKEN = Finding("Z1", "Toy", "s", "Somebody", "fails", 1.0, 1e-9, role="witness")


@pytest.fixture
def doctor(monkeypatch):
    """The command, its check answered by what it is called with."""

    def run(*words, findings=(SOUND,)):
        monkeypatch.setattr(installation, "self_check", lambda _: findings)
        done = CliRunner().invoke(cli.app, ["doctor", *words])
        return done.exit_code, done.stdout

    return run


def test_it_says_what_is_here(doctor):
    code, out = doctor("--json")
    record = json.loads(out)
    assert (code, record["schema"], record["ok"]) == (0, "tacit.doctor/1", True)
    assert record["versions"]["jax"] == jax.__version__
    assert record["versions"]["tacit"] == importlib.metadata.version("tacit")
    assert record["precision"] == {
        "x64": True,
        "dtype": "float64",
        "epsilon": 2.0**-52,
        "device": str(jax.devices()[0]),
    }
    theirs = jax.config.values["jax_compilation_cache_dir"]
    ours = cache_folder()
    assert record["cache"]["folder"] == (theirs or (ours and str(ours)))
    assert record["extras"]["torch"].keys() == {"torch"}
    assert record["extras"]["test"]["pytest"] == pytest.__version__


def test_an_extra_that_lacks_a_package_is_said(doctor, monkeypatch):
    def version(name, known=installation._version):
        return None if name == "optax" else known(name)

    monkeypatch.setattr(installation, "_version", version)
    assert "test: lacks optax" in doctor()[1]


@pytest.mark.parametrize(("finding", "code"), [(SOUND, 0), (BROKEN, 1)])
def test_its_code_is_that_of_the_check(doctor, finding, code):
    assert doctor(findings=(finding,))[0] == code
    assert doctor("--json", findings=(finding,))[0] == code


def test_the_check_is_of_claims_that_hold_here(monkeypatch):
    monkeypatch.setattr(installation, "PROBES", (claims.QuasiNormConserved,))
    found = list(installation.self_check(lambda *_: None))
    assert {each.role for each in found} == {"witness", "rival", "foil"}
    assert all(each.expected for each in found)
    assert set(installation.PROBES) <= set(every_claim())
