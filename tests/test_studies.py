"""The Deep LDA study end to end, once; and studies that are cut short."""

import json
import os
import re
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import xarray

import tacit
from tacit.errors import NotFoundError, OutputError
from tacit.reporting import Section
from tacit.studies import AbstractStudy, Answer, Question, STUDIES


pytestmark = pytest.mark.xdist_group("studies")  # or each process would run the study


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The quick run of the whole study: its report, its page, its verdicts."""
    said = []
    report = tacit.reproduce(
        "deep-lda",
        quick=True,
        out=tmp_path_factory.mktemp("deep-lda"),
        progress=lambda *words: said.append(words),
    )
    return report, said


def written(folder):
    """Every file in a folder, by its path inside."""
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
    )


def verdicts(folder):
    return json.loads((folder / "verdicts.json").read_text())


@pytest.mark.slow
def test_the_page_is_one_file_that_loads_nothing(study):
    page = study[0].page.read_text()
    assert study[0].page == study[0].folder / "report.html"
    assert "://" not in page, "an address outside the page"
    assert not re.findall(r"<(?:script|iframe|img)|@import|url\((?!#|data:)", page)
    pointers = re.findall(r"(?:src|href)=\"([^\"]*)", page)
    pointers = [pointer for pointer in pointers if not pointer.startswith("data:")]
    assert {pointer[0] for pointer in pointers} == {"#"}
    anchors = {pointer[1:] for pointer in pointers}
    assert anchors <= set(re.findall(r"id=\"([^\"]+)", page))


@pytest.mark.slow
def test_every_question_has_its_section_and_its_picture(study):
    page = study[0].page.read_text()
    sections = re.split(r"<section", page)[1:]
    shown = [section for section in sections if "<svg" in section]
    assert len(shown) == len(STUDIES["deep-lda"].questions())
    for section in shown:
        assert re.search(r"<svg[^>]*aria-label=\"[^\"]{40,}|<title", section)
    assert "Not finished" not in page


@pytest.mark.slow
def test_the_prose_has_numbers_and_no_missing_ones(study):
    text = re.sub(r"<svg.*?</svg>|<style.*?</style>", "", study[0].page.read_text())
    words = re.findall(r"<p>(.*?)</p>", text, re.DOTALL)
    assert sum(bool(re.search(r"\d", each)) for each in words) >= 8
    assert not [each for each in words if re.search(r"\b(nan|inf|None)\b", each)]


@pytest.mark.slow
def test_nothing_surprises(study):
    odd = [each for each in study[0].verdicts if not each.expected]
    assert not odd, [f"{each.id} {each.on}: {each.outcome}" for each in odd]
    claims = {each.id for each in study[0].verdicts if each.outcome == "holds"}
    assert {"B2", "B3", "C1", "C7", "D1", "E2", "H3", "H11"} <= claims


@pytest.mark.slow
def test_the_verdicts_are_those_of_the_report(study):
    record = verdicts(study[0].folder)
    assert record["schema"] == "tacit.verdicts/1"
    assert record["study"] == "deep-lda"
    assert record["quick"] is True
    assert record["complete"] is True
    assert record["missing"] == []
    assert record["findings"] == [each.to_json() for each in study[0].verdicts]
    for each in record["findings"]:
        assert each["reference"]
        assert each["outcome"] != "does not apply" or each["not_met"]


@pytest.mark.slow
def test_the_folder_holds_what_it_says(study):
    folder = study[0].folder
    records = verdicts(folder)["trajectories"]
    others = ["report.html", "tacit-report.json", "verdicts.json"]
    assert written(folder) == sorted(records + others)
    keys = {name.split("/")[1].split("-")[0] for name in records}
    assert keys == {question.key for question in STUDIES["deep-lda"].questions()}


@pytest.mark.slow
def test_every_trajectory_opens_with_names_and_units(study):
    for name in verdicts(study[0].folder)["trajectories"]:
        with xarray.open_dataset(study[0].folder / name, engine="scipy") as record:
            assert record.time.attrs["units"] in ("flow time", "steps"), name
            assert np.all(np.diff(record.time.values) > 0), name
            assert len(record.attrs["experiment"]) == 64, name
            assert record.data_vars, name
            for values in record.data_vars.values():
                assert values.dims[0] == "time", name
                assert not [d for d in values.dims if str(d).startswith("dim_")], name
                assert values.attrs["units"], name
                assert values.attrs["long_name"], name
                assert np.all(np.isfinite(values)), name


@pytest.mark.slow
def test_progress_counts_the_questions(study):
    said = study[1]
    texts = [question.text for question in STUDIES["deep-lda"].questions()]
    assert said == [
        *((i, len(texts), text) for i, text in enumerate(texts)),
        (len(texts), len(texts), "done"),
    ]


class Toy(AbstractStudy):
    """Two questions; `asked` remembers what was asked, `second` answers the second."""

    name = "toy"
    title = "A toy"
    reference = "Nobody (2026)"
    lede = "Two questions."

    def __init__(self, second=None):
        self.asked = []
        self.second = second or self.answer

    def questions(self):
        return (
            Question("one", "what one is", lambda quick: self.ask("one", quick)),
            Question("two", "what two is", lambda quick: self.second("two", quick)),
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
        import os, signal, sys
        sys.path.insert(0, {os.getcwd()!r})
        import jax  # before beartype's hook is looked for
        from tests.test_studies import STUDIES, Toy
        STUDIES["toy"] = Toy(lambda key, quick: os.kill(os.getpid(), signal.SIGINT))
        sys.argv = ["tacit", "reproduce", "toy", "--out", "out"]
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


@pytest.mark.parametrize("name", STUDIES)
def test_every_study_says_what_it_is(name):
    study = STUDIES[name]
    assert study.name == name
    assert study.title
    assert "arXiv:" in study.reference
    assert study.lede
    keys = [question.key for question in study.questions()]
    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch(r"[a-z_]+", key) for key in keys)
