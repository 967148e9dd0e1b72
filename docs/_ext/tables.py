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


def benchmarks(folder, kept):
    """What each script of `folder` compares, and what it last measured, as `kept`."""
    lines = [
        "# Benchmarks",
        "",
        "`make bench` runs all of them, keeps what they measured for this page, with "
        "machine and versions, and fails if one misses its target. More figures stand "
        "on the pages they bear on: [selection](../selection.md), "
        "[PyTorch](../torch.md), [running](../running.md).",
        "",
        "| script | what it measures | |",
        "|---|---|---|",
    ]
    found = {file.stem: json.loads(file.read_text()) for file in kept.glob("*.json")}
    for file in sorted(folder.glob("*.py")):
        doc = ast.get_docstring(ast.parse(file.read_text())) or ""
        first = cell(" ".join(doc.split("\n\n")[0].split()))
        last = f"[measured](#measured-{file.stem})" if file.stem in found else ""
        lines.append(f"| `{file.name}` | {first} | {last} |")
    for name in sorted(found):
        lines += measured(name, found[name])
    return "\n".join(lines) + "\n"


def measured(name, record):
    """One record of a benchmark: where, its tables, and what had to be reached."""
    named = ", ".join(
        f"{what} {version}" for what, version in record["versions"].items()
    )
    command = " ".join([f"benchmarks/{record['script']}", *record["words"]])
    yield from ["", f"(measured-{name})=", f"## `{command}`", ""]
    yield f"{record['date']}, on {record['machine']}; {named}."
    for each in record["tables"]:
        yield from ["", f"{each['title']}:", ""]
        yield from table(each["columns"], each["rows"])
    if record["targets"]:
        rows = [
            (
                x["name"],
                f"{x['measured']:.3g}",
                f"{x['needed']:g}",
                "yes" if x["met"] else "**no**",
            )
            for x in record["targets"]
        ]
        yield ""
        yield from table(("target", "measured", "at least", "reached"), rows)


def table(head, rows):
    """A table in Markdown, line by line."""
    yield f"| {' | '.join(map(cell, head))} |"
    yield "|---" * len(head) + "|"
    for row in rows:
        yield f"| {' | '.join(map(cell, row))} |"


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
        *(
            f"| [`{x['$id']}`](#record-{n}) | {x['description']} |"
            for n, x in found.items()
        ),
        "",
    ]
    for name, each in found.items():
        lines += [
            f"(record-{name})=",
            f"## `{each['$id']}`",
            "",
            f"{each['title']}.",
            "",
        ]
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
