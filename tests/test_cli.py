"""The command line: exit codes, streams, names, and no heavy import too early."""

import json
import math
import os
import subprocess
import sys
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from typer.testing import CliRunner

import tacit
from tacit import cli
from tacit.claims import AbstractClaim, catalogue, Term
from tacit.claims.papers import Paper, Source
from tacit.cli import stated
from tacit.errors import OutputError
from tacit.networks import AbstractNetwork
from tacit.reporting import Finding, terminal, trials
from tacit.verdict import Contender, Outcome, Verdict
from tests.present import present


HEAVY = {
    "jax", "matplotlib", "numpy", "pandas", "scipy", "sklearn", "torch", "xarray"
}  # fmt: skip
COMMANDS = [
    "advise-adam", "check", "claims", "data", "doctor", "predict", "reproduce", "run",
    "select", "store",
]  # fmt: skip


class Told(str):
    """What stands for an experiment, which has a digest."""

    @property
    def digest(self):
        return str(self)


class Toy(AbstractClaim):
    r"""The norm $\lVert w \rVert$ is constant.

    More follows.
    """

    id: ClassVar[str] = "Z1"
    source: ClassVar[Source] = Source(
        Paper("Somebody (2020)", ""), "Theorem 1", "quoted"
    )
    needs: ClassVar[type] = AbstractNetwork
    sees: ClassVar[float] = 1e-9

    def hypotheses(self, experiment):
        del experiment
        return ()

    def predicted(self, run):
        del run
        return 0.0

    def measured(self, run):
        return run

    def budget(self, run):
        del run
        return ALLOWED

    def rivals(self, run):
        del run
        return ()

    def witness(self, seed=None) -> Any:
        del seed
        return Told("witness")

    def foil(self, seed=None) -> Any:
        del seed
        return Told("foil")


ALLOWED = (Term("tolerance", 1e-9, "chosen", "nothing"),)


def found(outcome, distance=0.1, not_met=(), *, rival=0.2, diverged=False):
    """A verdict of the table: as the claim's, with a rival that lies this far off."""
    return {
        "outcome": outcome,
        "distance": distance,
        "budget": ALLOWED,
        "rivals": (Contender("it is twice as large", rival),),
        "not_met": not_met,
        "diverged": diverged,
    }


AS_IT_MUST = {
    "witness": found(Outcome.HOLDS, 1e-15),
    "foil": found(Outcome.NOT_APPLICABLE, 0.1, ("the start is balanced",)),
}


@pytest.fixture
def outcomes(monkeypatch):
    """A library of two claims whose verdicts the test may change."""
    table = dict(AS_IT_MUST)

    def check(claim, experiment):
        row = table[experiment]
        if row is KeyboardInterrupt:
            raise row
        return Verdict(claim, **row)

    monkeypatch.setattr(catalogue, "every_claim", lambda: [Toy])
    monkeypatch.setattr(trials, "check", check)
    return table


@pytest.fixture
def studies(monkeypatch):
    """A library of two studies; what they were asked is in the list."""
    asked = []

    def reproduce(name, *, out, quick, progress, workers):
        assert workers >= 1
        progress(0, 1, "working")
        asked.append((name, str(out), quick))
        if name == "stopped":
            raise KeyboardInterrupt
        if name == "refused":
            raise OutputError(f"{out} holds thesis.tex: not written by tacit.")
        if name == "crashed":
            raise RuntimeError("a bug")
        if name == "overflowed":
            raise FloatingPointError("too large")
        words = ("Z1", "Toy", "It holds.", "Somebody")
        outcome = "fails" if name == "false" else "holds"
        verdicts = [Finding(*words, outcome, 0.5, 1.0, on="wine")]
        page, said = out / "report.html", "As $\\alpha \\to 0$ it *holds*."
        answers = [(said, verdicts)]
        return SimpleNamespace(
            verdicts=verdicts, folder=out, page=page, answers=answers
        )

    names = ["one", "two", "false", "stopped", "refused", "crashed", "overflowed"]
    table = SimpleNamespace(STUDIES=dict.fromkeys(names))
    monkeypatch.setattr(tacit, "studies", table, raising=False)
    monkeypatch.setattr(tacit, "reproduce", reproduce, raising=False)
    return asked


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a command line as a shell would: its exit code, stdout and stderr."""

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["tacit", *words])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        return stop.value.code, *capsys.readouterr()

    return call


def shell(*words, **environment):
    return subprocess.run(
        [sys.executable, "-m", "tacit", *words],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize("words", [[], ["check"], ["reproduce"], ["advise-adam"]])
def test_help_loads_nothing_heavy(words):
    code = (
        "import sys; from tacit import cli; sys.argv = ['tacit'] + "
        f"{words} + ['--help']\n"
        "try: cli.main()\n"
        f"except SystemExit: print('loaded', *{HEAVY} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "loaded"


def test_help_is_plain_and_names_every_command():
    done = CliRunner().invoke(cli.app, ["--help"])
    assert done.exit_code == 0
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)
    assert "\x1b" not in done.stdout
    assert "..." not in done.stdout.split("Commands:")[1], "a summary is too long"


def test_the_version_is_the_package_s(run):
    code, out, _ = run("--version")
    assert (code, out.split()[0]) == (0, "tacit")


def test_a_reader_who_leaves_is_no_error_of_ours():
    command = [sys.executable, "-m", "tacit", "data", "iris", "--json"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe) as writer:
        present(writer.stdout).close()
        errors = present(writer.stderr).read()
    assert writer.returncode == cli.UNREAD
    assert b"Traceback" not in errors
    assert b"Exception ignored" not in errors


@pytest.fixture
def one_stated(monkeypatch):
    """A library of one claim, as it is read off the source."""
    words = ("Z1", "Toy", "The norm ‖w‖ is constant.", "Somebody (2020), Theorem 1")
    row = stated.Stated(*words, "AbstractNetwork", "toys", "Of a bar of soap.")
    monkeypatch.setattr(stated, "stated_claims", lambda: [row])


@pytest.mark.usefixtures("one_stated")
def test_claims_as_json(run):
    code, out, err = run("claims", "--json")
    record = json.loads(out)
    assert (code, err) == (0, "")
    assert record["schema"] == "tacit.claims/1"
    assert record["claims"] == [
        {
            "id": "Z1",
            "name": "Toy",
            "statement": "The norm ‖w‖ is constant.",
            "reference": "Somebody (2020), Theorem 1",
            "needs": "AbstractNetwork",
            "theme": "toys",
            "more": "Of a bar of soap.",
        }
    ]


@pytest.mark.usefixtures("one_stated")
def test_claims_as_text(run):
    code, out, _ = run("claims")
    assert code == 0
    assert "Z1   Toy: The norm ‖w‖ is constant." in out
    assert "Somebody (2020), Theorem 1" in out


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (["--paper", "1810.02032"], lambda row: "1810.02032" in row["reference"]),
        (["--paper", "arXiv:1810.02032"], lambda row: "1810.02032" in row["reference"]),
        (["--paper", "nacson"], lambda row: "Nacson" in row["reference"]),
        (["--about", "MARGIN"], lambda row: "margin" in str(row).casefold()),
        (
            ["--paper", "Ji", "--about", "depth"],
            lambda row: "Ji" in row["reference"] and "depth" in str(row).casefold(),
        ),
    ],
)
def test_claims_of_a_paper_or_about_a_word(run, words, kept):
    every = json.loads(run("claims", "--json")[1])["claims"]
    some = json.loads(run("claims", "--json", *words)[1])["claims"]
    assert 0 < len(some) < len(every)
    left = [row for row in every if row not in some]
    if words[0] == "--paper" and len(words) == 2:
        assert not any(map(kept, left))
    assert all(map(kept, some))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--paper", "1810.02033"], "Did you mean '1810.02032'?"),
        (["--about", "unicorns"], "no claim speaks of unicorns"),
    ],
)
def test_claims_of_nothing_are_code_2(run, words, says):
    code, out, err = run("claims", *words)
    assert (code, out) == (2, "")
    assert says in err


def test_a_shell_completes_verbs_and_claims():
    for typed, found in {"che": "check", "check QuasiN": "QuasiNormConserved"}.items():
        done = subprocess.run(
            [sys.executable, "-m", "tacit"],
            capture_output=True,
            text=True,
            env={
                **os.environ,
                "_TACIT_COMPLETE": "complete_bash",
                "COMP_WORDS": f"tacit {typed}",
                "COMP_CWORD": str(len(typed.split())),
            },
        )
        assert done.stdout.split() == [found], done.stderr


def test_real_claims_can_all_be_listed(run):
    code, out, _ = run("claims", "--json")
    rows = json.loads(out)["claims"]
    assert code == 0
    assert rows
    assert all(row["statement"] and "$" not in row["statement"] for row in rows)


@pytest.mark.usefixtures("outcomes")
@pytest.mark.parametrize("words", [["Toy"], ["Z1"], ["z1"], ["--all"]])
def test_check_accepts_what_comes_out_as_it_must(run, words):
    code, out, err = run("check", *words)
    assert code == 0, err
    assert [line.split()[2] for line in out.splitlines() if line[0] != " "] == [
        "witness",
        "rival:",
        "foil",
    ]
    assert "not met: the start is balanced" in out
    told = "2 of 2 foils and false claims told apart"
    assert f"1 holds, 1 fails, 1 does not apply; as they must: {told}\n" in err


@pytest.mark.usefixtures("outcomes")
def test_a_foil_that_is_the_witness_is_said_to_be(run, monkeypatch):
    assert "no foil" not in run("check", "Toy")[1]
    monkeypatch.setattr(Toy, "foil", Toy.witness)
    code, out, _ = run("check", "Toy")
    assert code == 1
    assert "foil: the witness itself, no foil" in out


DIVERGED = found(
    Outcome.NOT_APPLICABLE, math.nan, ("the run gets to its end",), diverged=True
)


@pytest.mark.parametrize(
    ("where", "row", "code"),
    [
        ("witness", found(Outcome.FAILS), 1),
        ("witness", found(Outcome.UNDECIDED), 1),
        ("witness", found(Outcome.NOT_APPLICABLE, 0.1, ("something",)), 1),
        ("witness", DIVERGED, 3),
        ("witness", found(Outcome.HOLDS, rival=1e-10), 1),
        ("foil", found(Outcome.HOLDS, 0.0), 1),
        ("foil", found(Outcome.FAILS), 0),
        ("foil", found(Outcome.UNDECIDED), 0),
        ("foil", DIVERGED, 0),
    ],
)
def test_check_says_by_its_code_what_came_out(run, outcomes, where, row, code):
    outcomes[where] = row
    assert run("check", "Toy")[0] == code
    told, out, _ = run("check", "Toy", "--json")
    assert told == code
    assert json.loads(out)["ok"] == (code == 0)


@pytest.mark.usefixtures("outcomes")
def test_check_as_json(run):
    _, out, _ = run("check", "Z1", "--json")
    record = json.loads(out)
    assert record["schema"] == "tacit.check/1"
    assert record["complete"]
    assert record["verdicts"][2] == {
        "id": "Z1",
        "claim": "Toy",
        "statement": "The norm ‖w‖ is constant.",
        "reference": "Somebody (2020), Theorem 1",
        "role": "foil",
        "on": None,
        "outcome": "does not apply",
        "expected": True,
        "predicted": None,
        "measured": None,
        "distance": 0.1,
        "allowed": 1e-9,
        "sees": 0.1 + 1e-9,
        "nearest_rival": 0.2,
        "not_met": ["the start is balanced"],
        "why": None,
        "diverged": False,
        "sources": [
            {"paper": "Somebody (2020)", "place": "Theorem 1", "status": "quoted"}
        ],
    }


def test_an_interrupted_check_keeps_what_was_finished(run, outcomes):
    outcomes["foil"] = KeyboardInterrupt
    code, out, _ = run("check", "Toy", "--json")
    record = json.loads(out)
    assert code == 130
    assert not record["complete"]
    assert [each["role"] for each in record["verdicts"]] == ["witness", "rival"]


@pytest.mark.usefixtures("outcomes", "studies")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["check"], "give either CLAIM or --all"),
        (["check", "Toy", "--all"], "give either CLAIM or --all"),
        (["check", "Tpy"], "Did you mean 'Toy'?"),
        (["check", "Q7"], "no claim 'Q7'"),
        (["check", "Toy", "Toy"], "given 2 times"),
        (["check", "Toy", "Z1"], "Toy was given 2 times"),
        (["reproduce"], "give either NAME or --all"),
        (["reproduce", "thre"], "no study 'thre'"),
        (["reproduce", "one", "one"], "given 2 times"),
        (["reproduce", "refused"], "not written by tacit"),
        (["data", "irs"], "Did you mean 'iris'?"),
        (["data", "iris", "iris"], "given 2 times"),
        (["chek"], "No such command"),
        (["check", "Toy", "--fast"], "No such option"),
    ],
)
def test_bad_usage_is_code_2_a_hint_and_no_output(run, words, says):
    code, out, err = run(*words)
    assert code == 2
    assert says in err
    assert out == ""
    assert "Traceback" not in err


@pytest.mark.usefixtures("outcomes")
def test_debug_shows_where_an_error_comes_from(run, monkeypatch):
    monkeypatch.setenv("TACIT_DEBUG", "1")
    code, _, err = run("check", "Tpy")
    assert code == 2
    assert "Traceback" in err


@pytest.mark.usefixtures("studies")
@pytest.mark.parametrize(
    ("name", "code"),
    [("one", 0), ("false", 1), ("overflowed", 3), ("crashed", 70), ("stopped", 130)],
)
def test_reproduce_says_by_its_code_what_came_out(run, name, code):
    assert run("reproduce", name)[0] == code


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (["one"], [("one", "results/one", False)]),
        (["one", "--out", "x", "--quick"], [("one", "x", True)]),
        (
            ["one", "two", "--out", "x"],
            [("one", "x/one", False), ("two", "x/two", False)],
        ),
    ],
)
def test_reproduce_passes_on_what_it_is_told(run, studies, words, asked):
    before = dict(os.environ)
    assert run("reproduce", *words)[0] == 0
    assert studies == asked
    assert dict(os.environ) == before, "what is started later computes by it"


@pytest.mark.usefixtures("studies")
def test_reproduce_keeps_data_and_notes_apart(run):
    _, out, err = run("reproduce", "one")
    answer, page = "As α → 0 it holds.\n    1 holds\n", "results/one/report.html"
    assert out == f"{answer}page: {page}\n"
    assert err == "one: 0/1 working (0 s)\n1 holds\n"
    verdict = "Z1  Toy  wine  holds  off 5e-01, sees 2e+00\n"
    told = run("reproduce", "one", "--verbose")[1]
    assert told == f"{answer}{verdict}page: {page}\n"
    record = json.loads(run("reproduce", "one", "--json")[1])
    assert record["schema"] == "tacit.reproduce/1"
    assert record["ok"]
    assert record["reports"][0]["page"] == "results/one/report.html"
    assert record["reports"][0]["verdicts"][0]["on"] == "wine"


@pytest.mark.usefixtures("studies")
def test_an_interrupted_study_says_where_it_was(run):
    code, _, err = run("reproduce", "stopped")
    assert code == 130
    assert "What was finished is in results/stopped" in err


def test_data_lists_sizes_and_classes(run):
    code, out, _ = run("data", "iris", "--json")
    record = json.loads(out)
    assert (code, record["schema"]) == (0, "tacit.data/1")
    assert record["sets"] == [
        {
            "name": "iris",
            "n": 150,
            "d": 4,
            "classes": ["setosa", "versicolor", "virginica"],
        }
    ]


def test_a_missing_extra_is_named_not_fatal(run, monkeypatch):
    monkeypatch.setattr("tacit.problems.datasets.find_spec", lambda _: None)
    code, out, _ = run("data", "golub")
    assert code == 0
    assert "pip install 'tacit[data]'" in out


FINDING = Finding("Z1", "Toy", "It holds.", "Somebody", "fails", 0.5, 1e-9, on="wine")


@pytest.mark.parametrize(("no_colour", "coloured"), [("", True), ("1", False)])
def test_a_terminal_gets_a_table_with_colour_unless_told_not_to(
    monkeypatch, capsys, no_colour, coloured
):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", no_colour)
    terminal.show([FINDING])
    out = capsys.readouterr().out
    assert ("\x1b[1;31m" in out) == coloured
    assert "✗ fails" in out
    assert "unexpected" in out


def test_a_pipe_gets_plain_lines():
    done = shell("data", "iris", FORCE_COLOR="1")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "iris           150 × 4  setosa, versicolor, virginica\n"
