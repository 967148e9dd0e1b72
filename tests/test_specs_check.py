"""`tacit check --spec`: claims on a run of one's own, and what the exit code says."""

import json
import pathlib
import subprocess
import sys
from typing import ClassVar

import pytest

import tacit
from tacit import cli, networks
from tacit.claims import (
    AbstractClaim,
    catalogue,
    LayerNormsConserved,
    QuasiNormConserved,
    Rival,
    Source,
    Term,
    TopGramConserved,
)
from tacit.claims.papers import TACIT
from tacit.specs import Spec, spec as module
from tests.specs import table


EXAMPLES = [
    path
    for path in (pathlib.Path(__file__).parent.parent / "examples").glob("*.toml")
    if "[grid]" not in path.read_text()  # those are for `tacit run`
]


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a command line as a shell would: its exit code, stdout and stderr."""

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["tacit", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        return stop.value.code, *capsys.readouterr()

    return call


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_every_example_can_be_checked(path, run):
    code, out, _ = run("check", "B3", "--spec", path)
    assert (code, out.split()[2]) == (0, "holds")


def test_claims_with_the_same_records_share_a_run(monkeypatch):
    trained = []
    monkeypatch.setattr(
        module, "train", lambda *a, **k: trained.append(k) or tacit.train(*a, **k)
    )
    claims = [QuasiNormConserved(), LayerNormsConserved(), TopGramConserved()]
    spec = Spec.of(table(records=7))
    verdicts = list(spec.judge(claims))
    assert [v.claim for v in verdicts] == claims
    assert [v.outcome.value for v in verdicts] == ["holds", "holds", "does not apply"]
    assert trained == [{"records": 7}]
    alone = tacit.check(claims[0], spec.experiment())
    assert verdicts[0].outcome == alone.outcome


class Untrue(AbstractClaim[networks.AbstractNetwork]):
    """Nothing ever happens."""

    id: ClassVar[str] = "Z1"
    source: ClassVar[Source] = Source(TACIT, "", "derived")
    needs: ClassVar[type] = networks.AbstractNetwork
    sees: ClassVar[float] = 1e-9

    def hypotheses(self, experiment):
        del experiment
        return ()

    def predicted(self, run):
        return 2.0 + 0 * len(run.times)

    def measured(self, run):
        return 1.0 + 0 * len(run.times)

    def budget(self, run):
        del run
        return (Term("tolerance", 1e-9, "chosen", "nothing"),)

    def rivals(self, run):
        del run
        return (Rival("nothing happens twice", 4.0),)

    def witness(self, seed=None):
        raise NotImplementedError

    def foil(self, seed=None):
        raise NotImplementedError


BLOWS_UP = {
    "until": 50, "loss": {"kind": "Squared"}, "flow": {"kind": "Descent", "step": 1e6}
}  # fmt: skip


@pytest.mark.parametrize(
    ("claims", "changes", "code"),
    [
        (["B3"], {}, 0),
        (["B3", "H3"], {}, 0),
        (["B3"], {"loss": {"kind": "Squared"}}, 0),
        (["Untrue"], {}, 1),
        (["B3", "Untrue"], {}, 1),
        (["B3"], {"loss__form": "log"}, 2),
        (["B9999"], {}, 2),
        (["Untrue"], BLOWS_UP, 3),
    ],
)
def test_check_says_by_its_code_what_came_out(
    run, tmp_path, monkeypatch, claims, changes, code
):
    known = [*catalogue.every_claim(), Untrue]
    monkeypatch.setattr(catalogue, "every_claim", lambda: known)
    file = tmp_path / "own.toml"
    file.write_text(module.as_toml(table(**changes)))
    told, out, err = run("check", *claims, "--spec", file)
    assert told == code, err
    assert (out == "") == (code == 2)
    if code == 2:
        return
    told, out, _ = run("check", *claims, "--spec", file, "--json")
    record = json.loads(out)
    assert (told, record["ok"]) == (code, code == 0)
    assert record["run"] == {"spec": str(file), "digest": Spec.read(file).digest}
    assert len(record["verdicts"]) == len(claims)


def test_a_file_that_is_none_is_bad_usage(run, tmp_path):
    (tmp_path / "own.toml").write_text("until = = 3")
    code, out, err = run("check", "B3", "--spec", tmp_path / "own.toml")
    assert (code, out) == (2, "")
    assert "own.toml: no TOML" in err
    assert "line 1, column 9" in err
    (tmp_path / "own.toml").write_bytes(b"\xff")
    assert run("check", "B3", "--spec", tmp_path / "own.toml")[0] == 2
    code, _, err = run("check", "B3", "--spec", tmp_path / "none.toml")
    assert code == 2
    assert "none.toml: No such file" in err


def test_help_does_without_specs():
    code = (
        "import sys; from tacit import cli; sys.argv = ['tacit', 'check', '--help']\n"
        "try: cli.main()\nexcept SystemExit: print('tacit.specs' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "False"
