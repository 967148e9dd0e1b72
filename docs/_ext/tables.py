"""Pages that are tables or lists: notation, benchmarks, schemas, other pages."""

import ast
import json

from tacit.display.symbols import SYMBOLS
from tacit.reporting import schemas
from tacit.studies import STUDIES


def notation():
    """Every symbol of the prose, with its name in the code."""
    lines = ["# Notation", "", "| | | in the code |", "|---|---|---|"]
    for each in SYMBOLS:
        code = f"`{each.name}`" if each.name else ""
        lines.append(f"| ${each.tex}$ | {each.meaning} | {code} |")
    return "\n".join(lines) + "\n"


def benchmarks(folder):
    """What each script of `folder` says it compares."""
    lines = [
        "# Benchmarks",
        "",
        "`make bench` runs all of them; each prints ratios, with the machine and the "
        "versions they were taken on, and fails if it misses its target. Figures that "
        "were measured stand on the pages they bear on: [selection](../selection.md), "
        "[PyTorch](../torch.md), [running](../running.md).",
        "",
        "| script | what it measures |",
        "|---|---|",
    ]
    for file in sorted(folder.glob("*.py")):
        doc = ast.get_docstring(ast.parse(file.read_text())) or ""
        first = " ".join(doc.split("\n\n")[0].split()).replace("|", "\\|")
        lines.append(f"| `{file.name}` | {first} |")
    return "\n".join(lines) + "\n"


def records():
    """What every verb prints under --json, and a line of a ledger, as JSON Schemas."""
    found = {name: schemas.schema(name) for name in schemas.names()}
    lines = [
        "# Records in JSON",
        "",
        "`--json` prints what a verb found as one object, whose field `schema` names "
        "the JSON Schema (draft 2020-12) that it is valid under; a change that a "
        "reader would notice gets another number. In Python: "
        '`tacit.reporting.schemas.schema("check")`.',
        "",
        "| | |",
        "|---|---|",
        *(f"| [`{x['$id']}`](#{n}) | {x['description']} |" for n, x in found.items()),
        "",
    ]
    for name, each in found.items():
        lines += [f"({name})=", f"## `{each['$id']}`", "", f"{each['title']}.", ""]
        text = json.dumps(each, indent=1, ensure_ascii=False)
        lines += ["```json", text, "```", ""]
    return "\n".join(lines)


def answers():
    """Every question of every study, with its answer in a sentence and the symbols."""
    lines = [
        "# Questions and answers",
        "",
        "What every study asks, and its answer in a sentence, which its page gives "
        "if every verdict of the run is as expected.",
        "",
    ]
    for study in STUDIES.values():
        about = study.about
        number = study.reference.rpartition("arXiv:")[2]
        said = study.reference.removesuffix(f"arXiv:{number}")
        lines += [
            f"## `{study.name}`: {study.title}",
            "",
            f"{said}[arXiv:{number}](https://arxiv.org/abs/{number}). Optimised: "
            f"{about.optimised}. Network: {about.network}.",
            "",
            "| question | answer |",
            "|---|---|",
            *(f"| {cell(q.text)} | {cell(q.short)} |" for q in study.questions()),
            "",
            "| symbol | |",
            "|---|---|",
            *(f"| {cell(symbol)} | {cell(text)} |" for symbol, text in about.symbols),
            "",
        ]
    return "\n".join(lines)


def cell(text):
    return text.replace("|", r"\|")


def more(docs):
    """The pages of `docs` that its index does not name, so that none is lost."""
    named = (docs / "index.md").read_text().split()
    left = [f"../{file.stem}" for file in sorted(docs.glob("*.md"))]
    left = [name for name in left if name[3:] not in (*named, "index")]
    lines = ["# More pages", "", "```{toctree}", ":maxdepth: 1", "", *left, "```", ""]
    return "\n".join(lines)
