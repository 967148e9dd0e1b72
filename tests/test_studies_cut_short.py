"""Studies that are cut short, and folders that they may not write to."""

import json
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import xarray

import tacit
from tacit.errors import NotFoundError, OutputError
from tacit.reporting import About, Section
from tacit.studies import AbstractStudy, Answer, Question, STUDIES


def written(folder):
    """Every file in a folder, by its path inside."""
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
    )


def verdicts(folder):
    return json.loads((folder / "verdicts.json").read_text())


class Toy(AbstractStudy):
    """Two questions; `asked` remembers what was asked, `second` answers the second."""

    name = "toy"
    title = "A toy"
    reference = "Nobody (2026)"
    lede = "Two questions."
    about = About("nothing", "none", (("x", "a number"),), "Nobody, arXiv:0000.00000")

    def __init__(self, second=None):
        self.asked = []
        self.second = second or self.answer

    def questions(self):
        return (
            Question(
                "one", "what one is", lambda quick: self.ask("one", quick), "It is one."
            ),
            Question(
                "two", "what two is", lambda quick: self.second("two", quick), "It is."
            ),
        )

    def ask(self, key, quick):
        return self.answer(key, quick)

    def answer(self, key, quick):
        self.asked.append((key, quick))
        record = xarray.Dataset({"x": ("time", np.arange(3.0))})
        section = Section(f"Heading of {key}", "Some text.")
        return Answer(section, (), {"quick" if quick else "full": record})


@pytest.fixture
def toy(monkeypatch):
    """A function that puts a toy into the table of studies."""

    def put(**words):
        study = Toy(**words)
        monkeypatch.setitem(STUDIES, "toy", study)
        return study

    return put


def test_an_interrupted_run_keeps_what_it_had_finished(toy, tmp_path):
    study = toy()

    def interrupt(done, *_):
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tacit.reproduce("toy", out=tmp_path / "out", progress=interrupt)
    assert study.asked == [("one", False)]
    page = (tmp_path / "out" / "report.html").read_text()
    assert "Heading of one" in page
    assert "cut short before: what two is" in page
    record = verdicts(tmp_path / "out")
    assert record["complete"] is False
    assert record["missing"] == ["two"]
    assert record["trajectories"] == ["trajectories/one-full.nc"]
    assert (tmp_path / "out" / "trajectories" / "one-full.nc").exists()


def test_a_run_that_fails_keeps_what_it_had_finished(toy, tmp_path):
    def fail(key, _):
        raise RuntimeError(f"{key} cannot be answered")

    toy(second=fail)
    with pytest.raises(RuntimeError, match="two cannot be answered"):
        tacit.reproduce("toy", out=tmp_path)
    assert verdicts(tmp_path)["missing"] == ["two"]
    assert not [name for name in written(tmp_path) if ".part." in name]


def test_a_real_ctrl_c_is_code_130(tmp_path):
    script = f"""
        import os, signal, sys, threading, time
        # As in a terminal: to what a shell runs in its background Ctrl-C means nothing.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.path.insert(0, {os.getcwd()!r})
        from tests.test_studies_cut_short import STUDIES, Toy
        def interrupt(key, quick):  # another thread may be the one that gets it
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
            time.sleep(30)
        STUDIES["toy"] = Toy(interrupt)
        sys.argv = ["tacit", "reproduce", "toy", "--out", "out", "--workers", "1"]
        from tacit.cli import main
        main()
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 130, done.stderr
    assert "What was finished is in out" in done.stderr
    assert "Traceback" not in done.stderr
    assert verdicts(tmp_path / "out")["missing"] == ["two"]


def test_a_finished_run_replaces_the_one_before(toy, tmp_path):
    toy()
    tacit.reproduce("toy", out=tmp_path)
    (tmp_path / "trajectories" / "mine.nc").write_text("not ours")
    tacit.reproduce("toy", out=tmp_path, quick=True)
    names = [n for n in written(tmp_path) if n.startswith("trajectories")]
    kept = ["mine.nc", "one-quick.nc", "two-quick.nc"]
    assert names == [f"trajectories/{name}" for name in kept]
    assert verdicts(tmp_path)["quick"] is True


def test_a_run_stopped_at_once_leaves_the_one_before(toy, tmp_path):
    toy()
    tacit.reproduce("toy", out=tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in written(tmp_path)}

    def interrupt(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tacit.reproduce("toy", out=tmp_path, quick=True, progress=interrupt)
    assert before == {n: (tmp_path / n).read_bytes() for n in written(tmp_path)}


def test_a_hostile_list_of_records_reaches_no_other_folder(toy, tmp_path):
    toy()
    out, victim = tmp_path / "out", tmp_path / "thesis.tex"
    tacit.reproduce("toy", out=out)
    victim.write_text("mine")
    record = verdicts(out)
    record["trajectories"] += ["../../thesis.tex", str(victim), 7]
    (out / "verdicts.json").write_text(json.dumps(record))
    tacit.reproduce("toy", out=out)
    assert victim.read_text() == "mine"


@pytest.mark.parametrize("name", ["thesis.tex", "report.html"])
def test_a_folder_that_is_not_ours_is_refused(toy, tmp_path, name):
    study = toy()
    (tmp_path / name).write_text("mine")
    with pytest.raises(OutputError, match="not written by tacit"):
        tacit.reproduce("toy", out=tmp_path)
    assert written(tmp_path) == [name]
    assert (tmp_path / name).read_text() == "mine"
    assert study.asked == []


def test_the_folder_of_another_study_is_refused(toy, tmp_path):
    toy()
    tacit.reproduce("toy", out=tmp_path)
    with pytest.raises(OutputError, match="the results of 'toy', not of 'deep-lda'"):
        tacit.reproduce("deep-lda", out=tmp_path)


def test_an_unknown_study_is_named_before_anything_is_written(tmp_path):
    with pytest.raises(NotFoundError, match="deep-lda"):
        tacit.reproduce("deep-ldaa", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
