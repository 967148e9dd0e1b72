"""Running a study: the folder, the order, what is kept when it is cut short."""

import dataclasses
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

from ..errors import NotFoundError
from ..reporting import (
    claim_folder,
    Finding,
    Folder,
    Page,
    Provenance,
    Section,
)
from .base import AbstractStudy, Answer, Question
from .deep_lda import DeepLDA


STUDIES: dict[str, AbstractStudy] = {study.name: study for study in (DeepLDA(),)}
"""Every study under the name that `reproduce` takes."""

Progress = Callable[[int, int, str], object]


@dataclasses.dataclass(frozen=True)
class Report:
    """What came of a study: every finding, and where the page and the data lie."""

    study: str
    verdicts: tuple[Finding, ...]
    folder: Path
    page: Path


def reproduce(
    name: str,
    *,
    out: str | os.PathLike[str] | None = None,
    quick: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Run the study `name` and write its page to the folder `out`.

    The folder (``results/NAME`` by default) holds ``report.html``, ``verdicts.json``
    and ``trajectories/*.nc``. They are rewritten after every question, so an
    interrupted run leaves what it had finished. `progress` is called as
    ``progress(done, total, text)``.

    Raises `NotFoundError` for an unknown name and `OutputError` for a folder that is
    not ours, before anything is run.
    """
    if name not in STUDIES:
        raise NotFoundError("study", name, STUDIES)
    study = STUDIES[name]
    folder = claim_folder(out or Path("results") / name, study=name)
    questions = study.questions()
    answers: list[Answer] = []
    begun = time.perf_counter()
    page = folder.path / "report.html"
    for i, question in enumerate(questions):
        if progress is not None:
            progress(i, len(questions), question.text)
        answers.append(question.ask(quick))
        _keep(folder, question, answers[-1])
        spent = time.perf_counter() - begun
        page = _publish(folder, study, answers, questions, spent, quick=quick)
    if progress is not None:
        progress(len(questions), len(questions), "done")
    findings = tuple(f for answer in answers for f in answer.findings)
    return Report(name, findings, folder.path, page)


def _keep(folder: Folder, question: Question, answer: Answer) -> None:
    for label, record in answer.records.items():
        with folder.place(f"trajectories/{question.key}-{label}.nc") as part:
            record.to_netcdf(part, engine="scipy")


def _publish(folder, study, answers, questions, spent, *, quick) -> Path:
    findings = tuple(f for answer in answers for f in answer.findings)
    missing = questions[len(answers) :]
    folder.write_json(
        "verdicts.json",
        {
            "schema": "tacit.verdicts/1",
            "study": study.name,
            "quick": quick,
            "complete": not missing,
            "findings": [finding.to_json() for finding in findings],
        },
    )
    sections = [answer.section for answer in answers]
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
        provenance=Provenance.here(
            command=command, seed=0, machine=platform.machine(), seconds=f"{spent:.0f}"
        ),
    )
    return folder.write("report.html", page.render())
