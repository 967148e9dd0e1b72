"""Running a study: the folder, the order, what is kept when it is cut short."""

import contextlib
import dataclasses
import json
import os
import platform
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from ..display.tables import folded, outcome, paragraph, table
from ..errors import DataError, KindError, NotFoundError
from ..reporting import (
    claim_folder,
    Finding,
    Folder,
    ledger,
    Page,
    Picture,
    Provenance,
    Section,
)
from ..reporting.papers import latex_table, write_figures
from ..reporting.terminal import summary
from .adam_noise import AdamNoise
from .alignment import Alignment
from .base import AbstractStudy, Answer, Question
from .deep_lda import DeepLDA
from .laws import ConservedLaws
from .phase_diagram import PhaseDiagram
from .saddle_escape import SaddleEscape
from .side_by_side import answers as asked


STUDIES: dict[str, AbstractStudy] = {
    study.name: study
    for study in (
        DeepLDA(),
        Alignment(),
        SaddleEscape(),
        AdamNoise(),
        ConservedLaws(),
        PhaseDiagram(),
    )
}
"""Every study under the name that `reproduce` takes."""

Progress = Callable[[int, int, str], object]
VERDICTS, SCHEMA = "verdicts.json", "tacit.verdicts/1"
LEDGER = "verdicts.jsonl"


class InShort(NamedTuple):
    """The answer to a question: the page's `sentence`, and what that rests on."""

    sentence: str
    findings: tuple[Finding, ...]


@dataclasses.dataclass(frozen=True)
class Report:
    """What came of a study: every finding, and where the page and the data lie.

    `answers` are those of its questions, in order; `pictures` are those of the page, by
    the key of their question.
    """

    study: str
    verdicts: tuple[Finding, ...]
    folder: Path
    page: Path
    answers: tuple[InShort, ...] = dataclasses.field(default=(), repr=False)
    pictures: Mapping[str, Picture] = dataclasses.field(
        default_factory=dict, repr=False
    )

    def figures(
        self, format: str = "pdf", *, column: str = "single"
    ) -> tuple[Path, ...]:
        """Write the pictures for a paper, and the data of each beside it as CSV.

        To ``figures/`` in the folder, as "pdf", "svg", "png" or "pgf", for a "single"
        column or a "double" one, with fonts embedded; the same study gives the same
        bytes. Their paths. Raises `OptionError` for what is none of these, and
        `OutputError` for "pgf" where there is no LaTeX.
        """
        folder = claim_folder(self.folder, study=self.study)
        return write_figures(folder, self.pictures, format, column)

    def latex(self) -> str:
        """The verdicts as a LaTeX table (booktabs)."""
        return latex_table(self.verdicts)

    def _repr_html_(self) -> str:
        rows = [
            (f"**{e.id}** {e.statement}", e.role or e.on, outcome(e.outcome))
            for e in self.verdicts
        ]
        link = Markup('<a href="{}">{}</a>').format(self.page.as_posix(), self.page)
        return (
            paragraph(f"Study {self.study}:", summary(self.verdicts))
            + folded("verdicts", table(rows, ("claim", "on", "outcome")))
            + paragraph("page:", link)
        )


def reproduce(
    name: str,
    *,
    out: str | os.PathLike[str] | None = None,
    quick: bool = False,
    progress: Progress | None = None,
    workers: int = 1,
) -> Report:
    """Run the study `name` and write its page to the folder `out`.

    The folder (``results/NAME`` by default) holds ``report.html``, ``verdicts.json``,
    the same as a ledger, ``verdicts.jsonl``, and ``trajectories/*.nc``. They are
    rewritten after every question, so a run that is interrupted, or fails, leaves what
    it had finished, and a page that says what is missing.
    What an earlier run left there stays until the first question is answered.
    `progress` is called as ``progress(done, total, text)``. With `workers` so many
    questions are asked at once, each in a process of its own; a script that does so
    has its work under ``if __name__ == "__main__":``.

    Raises `NotFoundError` for an unknown name and `OutputError` for a folder that is
    not ours, before anything is run.
    """
    if not isinstance(name, str):
        raise KindError("the study to reproduce", name, str, "the name of a study")
    if name not in STUDIES:
        raise NotFoundError("study", name, STUDIES)
    if not isinstance(workers, int) or workers < 1:
        raise DataError(f"workers counts processes, from 1 on; got {workers!r}.")
    study = STUDIES[name]
    folder = claim_folder(out or Path("results") / name, study=name)
    questions = study.questions()
    answers: list[Answer] = []
    records: list[str] = []
    begun = time.perf_counter()
    page = folder.path / "report.html"
    with contextlib.closing(asked(questions, workers, quick=quick)) as found:
        for i, question in enumerate(questions):
            if progress is not None:
                progress(i, len(questions), question.text)
            answer = next(found)
            if not answers:
                _clear(folder)
            answers.append(answer)
            records += _keep(folder, question, answer)
            spent = time.perf_counter() - begun
            page = _publish(
                folder, study, answers, questions, records, spent, quick=quick
            )
    if progress is not None:
        progress(len(questions), len(questions), "done")
    findings = tuple(f for answer in answers for f in answer.findings)
    pictures = _pictures(questions, answers)
    short = tuple(
        InShort(_short(question, answer), answer.findings)
        for question, answer in zip(questions, answers, strict=True)
    )
    return Report(name, findings, folder.path, page, short, pictures)


def _pictures(questions, answers: list[Answer]) -> dict[str, Picture]:
    """The pictures of the answers, each by its question; a second one is numbered."""
    found = {}
    for question, answer in zip(questions, answers, strict=True):
        pictures = [p for p in answer.section.parts if isinstance(p, Picture)]
        for i, picture in enumerate(pictures, 1):
            number = f"-{i}" if len(pictures) > 1 else ""
            found[f"{question.key}{number}"] = picture
    return found


def _clear(folder: Folder) -> None:
    """Remove the records that an earlier run says it wrote, and nothing else."""
    with contextlib.suppress(OSError, ValueError, AttributeError, TypeError):
        earlier = json.loads((folder.path / VERDICTS).read_text())
        if earlier.get("schema") != SCHEMA:
            return
        place = folder.path / "trajectories"
        for name in earlier.get("trajectories", ()):
            (place / Path(name).name).unlink(missing_ok=True)


def _keep(folder: Folder, question: Question, answer: Answer) -> list[str]:
    """Write the records of an answer, and give their names."""
    names = []
    for label, record in answer.records.items():
        names.append(f"trajectories/{question.key}-{label}.nc")
        with folder.place(names[-1]) as part:
            record.to_netcdf(part, engine="scipy")
    return names


def _publish(folder, study, answers, questions, records, spent, *, quick) -> Path:
    findings = tuple(f for answer in answers for f in answer.findings)
    missing = questions[len(answers) :]
    folder.write_json(
        VERDICTS,
        {
            "schema": SCHEMA,
            "study": study.name,
            "quick": quick,
            "complete": not missing,
            "missing": [question.key for question in missing],
            "trajectories": records,
            "findings": [finding.to_json() for finding in findings],
        },
    )
    folder.write(LEDGER, ledger.lines(findings, study=study.name))
    sections = [
        Section(a.section.heading, *a.section.parts, short=_short(q, a))
        for q, a in zip(questions, answers, strict=False)
    ]
    if missing:
        listed = "; ".join(question.text for question in missing)
        sections.append(
            Section("Not finished", f"This run was cut short before: {listed}.")
        )
    command = f"tacit reproduce {study.name}{' --quick' if quick else ''}"
    page = Page(
        title=study.title,
        lede=study.lede,
        sections=tuple(sections),
        findings=findings,
        about=study.about,
        quick=quick,
        provenance=Provenance.here(
            command=command, seed=0, machine=platform.machine(), seconds=f"{spent:.0f}"
        ),
    )
    return folder.write("report.html", page.render())


def _short(question: Question, answer: Answer) -> str:
    """The answer in a sentence, and whether this run bears it out."""
    odd = sum(not finding.expected for finding in answer.findings)
    if not answer.findings:
        return f"{question.short} *Measured here, with no claim that is judged.*"
    if not odd:
        return question.short
    what = "a verdict" if odd == 1 else f"{odd} verdicts"
    return f"{question.short} **Not on this run:** {what} came out otherwise."
