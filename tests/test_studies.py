"""The studies end to end, each run once in its quick form."""

import json
import re

import numpy as np
import pytest
import xarray

import tacit
from tacit.cli.base import exit_code, FINE
from tacit.studies import STUDIES
from tacit.studies.deep_lda import conserved, nonlinear


UNITS = ("flow time", "norm of the predictor", "steps")
HOLDS = {
    "deep-lda": {"B2", "B3", "C1", "C7", "D1", "E2", "H3", "H11", "K1", "K2", "K3"},
    "alignment": {
        "H1", "I1", "I1a", "I1c", "I2", "I3", "I3a", "I4", "I6", "I7", "I9", "J3"
    },
    "adam-noise": {"M3b", "M7", "M9"},
    "laws": {"V1"},
    "phase-diagram": {"C1"},
    "saddle-escape": {"S1", "S1c", "S1d", "S4", "S6", "S7", "S9", "S11", "S12"},
}  # fmt: skip
"""What must hold on some run of each study."""

# One group for each, or every process would run the study.
GROUPED = [pytest.param(n, marks=pytest.mark.xdist_group(f"study-{n}")) for n in HOLDS]


@pytest.fixture(scope="module", params=GROUPED)
def study(request, tmp_path_factory):
    """The quick run of a whole study: its report, its page, its verdicts."""
    said = []
    report = tacit.reproduce(
        request.param,
        quick=True,
        out=tmp_path_factory.mktemp(request.param),
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
    # The paper may be gone to, but nothing is loaded from there.
    (paper,) = set(re.findall(r"<a href=\"(https://arxiv.org/abs/[\d.]+)\"", page))
    page = page.replace(paper, "#about")
    assert "://" not in page, "an address outside the page"
    assert not re.findall(r"<(?:script|iframe|img)|@import|url\((?!#|data:)", page)
    pointers = re.findall(r"(?:src|href)=\"([^\"]*)", page)
    pointers = [pointer for pointer in pointers if not pointer.startswith("data:")]
    assert {pointer[0] for pointer in pointers} == {"#"}
    anchors = {pointer[1:] for pointer in pointers}
    assert anchors <= set(re.findall(r"id=\"([^\"]+)", page))


@pytest.mark.slow
def test_every_question_has_its_section_and_its_picture_or_table(study):
    page = study[0].page.read_text()
    sections = [
        section
        for section in re.split(r"<section", page)[1:]
        if '="verdicts"' not in section  # its pictures are the gauges of verdicts
    ]
    shown = [s for s in sections if "<svg" in s or "<table" in s]
    assert len(shown) == len(STUDIES[study[0].study].questions())
    pictures = [section for section in shown if "<svg" in section]
    assert pictures
    for section in pictures:
        assert re.search(r"<svg[^>]*aria-label=\"[^\"]{40,}|<title", section)
    assert "Not finished" not in page


@pytest.mark.slow
def test_the_answer_stands_before_the_details_and_numbers_are_as_in_print(study):
    page = study[0].page.read_text()
    for section in re.findall(r"<section aria.*?</section>", page, re.DOTALL):
        if not re.search('="(verdicts|paper)"', section):
            assert re.search(r"<h2[^>]*>[^<].*?</h2>\s*<p class=\"short\">", section)
            assert "Not on this run" not in section
    shown = re.sub(r"<svg.*?</svg>|<style.*?</style>|<code>.*?</code>", "", page)
    assert not re.findall(r"\d(?:\.\d+)?e[+-]\d", re.sub("<[^>]+>", " ", shown))
    first_id = page.index('class="id"')
    assert page.index('id="about"') < page.index('id="reading"') < first_id
    assert page.count("(quick run)") >= page.count("<figcaption")


@pytest.mark.slow
def test_an_answer_says_where_no_claim_was_judged(study):
    for answer in study[0].answers:
        assert ("no claim that is judged" in answer.sentence) == (not answer.findings)


@pytest.mark.slow
def test_the_prose_has_numbers_and_no_missing_ones(study):
    text = re.sub(r"<svg.*?</svg>|<style.*?</style>", "", study[0].page.read_text())
    words = re.findall(r"<p>(.*?)</p>", text, re.DOTALL)
    cells = re.findall(r"<td\b[^>]*>(.*?)</td>", text, re.DOTALL)
    told, listed = (sum(bool(re.search(r"\d", x)) for x in y) for y in (words, cells))
    assert told >= 8 or (study[0].study == "laws" and told >= 3 and listed >= 40)
    assert not [
        each for each in words + cells if re.search(r"\b(nan|inf|None)\b", each)
    ]


@pytest.mark.slow
def test_nothing_surprises(study):
    odd = [each for each in study[0].verdicts if not each.expected]
    assert not odd, [f"{each.id} {each.on}: {each.outcome}" for each in odd]
    claims = {each.id for each in study[0].verdicts if each.outcome == "holds"}
    assert HOLDS[study[0].study] <= claims


@pytest.mark.slow
def test_the_verdicts_are_those_of_the_report(study):
    record = verdicts(study[0].folder)
    assert record["schema"] == "tacit.verdicts/1"
    assert record["study"] == study[0].study
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
    others = ["report.html", "tacit-report.json", "verdicts.json", "verdicts.jsonl"]
    assert written(folder) == sorted(records + others)
    keys = {name.split("/")[1].split("-")[0] for name in records}
    assert keys == {question.key for question in STUDIES[study[0].study].questions()}


@pytest.mark.slow
def test_every_trajectory_opens_with_names_and_units(study):
    for name in verdicts(study[0].folder)["trajectories"]:
        with xarray.open_dataset(study[0].folder / name, engine="scipy") as record:
            timed = "time" in record.dims  # others are over steps, memories, noise
            if timed:
                assert record.time.attrs["units"] in UNITS, name
                assert np.all(np.diff(record.time.values) > 0), name
            assert len(record.attrs["experiment"]) == 64, name
            assert record.data_vars, name
            for values in record.data_vars.values():
                assert values.dims, name
                assert not timed or values.dims[0] == "time", name
                assert not [d for d in values.dims if str(d).startswith("dim_")], name
                assert values.attrs["units"], name
                assert values.attrs["long_name"], name
                assert np.all(np.isfinite(values)), name


@pytest.mark.slow
def test_progress_counts_the_questions(study):
    said = study[1]
    texts = [question.text for question in STUDIES[study[0].study].questions()]
    assert said == [
        *((i, len(texts), text) for i, text in enumerate(texts)),
        (len(texts), len(texts), "done"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    "ask", [nonlinear.ask, conserved.ask], ids=["nonlinear", "conserved"]
)
def test_a_whole_question_gets_to_the_end_of_every_run(ask):
    # The quick form of a study says nothing of how long the whole one goes on.
    found = ask(False).findings
    assert exit_code(found) == FINE, [each.why or each.not_met for each in found]
    assert not [each.id for each in found if each.outcome == "undecided"]


@pytest.mark.parametrize("name", STUDIES)
def test_every_study_says_what_it_is(name):
    study = STUDIES[name]
    about = study.about
    assert about.link.startswith("https://arxiv.org/abs/2") or "/abs/1" in about.link
    assert about.optimised
    assert about.network
    symbols = [symbol for symbol, _ in about.symbols]
    assert len(symbols) == len(set(symbols)) >= 5
    for question in study.questions():
        assert question.short.endswith("."), question.key
        assert len(question.short) <= 200, question.key
    assert study.name == name
    assert study.title
    assert "arXiv:" in study.reference
    assert study.lede
    keys = [question.key for question in study.questions()]
    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch(r"[a-z_]+", key) for key in keys)
