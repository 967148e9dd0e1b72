"""The catalogue of claims: a page a theorem, and a list by theme and by paper."""

import importlib.metadata
import inspect
import re
import warnings

import numpy as np

from tacit.claims.catalogue import every_claim


THEMES = {
    "conservation": "What training conserves",
    "limits": "Where Deep LDA ends",
    "margins": "Separable data",
    "saddles": "Out of a saddle",
    "discretisation": "What a step adds",
    "memory": "What an optimiser remembers",
    "objectives": "Other objectives of discriminants",
}
VERSION = importlib.metadata.version("tacit")
STATUS = {
    "quoted": "as the paper states it",
    "derived": "derived in its setting; the paper does not state it",
    "corrected": "as the paper means it, with a slip mended",
}
ROW = re.compile(
    r"^\| (?P<id>\S+) (?P<name>\w+)\S* \| (?P<held>\d+), (?P<undecided>\d+) of "
    r"(?P<draws>\d+) \| (?P<caught>\d+) of \d+ \| (?P<varied>[^|]*) \|",
    re.MULTILINE,
)


def pages(soak):
    """The text of every page by its name; `soak` is the table of draws, if there is."""
    warnings.simplefilter("ignore")
    kinds = every_claim()
    drawn = {}
    for row in ROW.finditer(soak.read_text() if soak.exists() else ""):
        drawn.setdefault(row["id"], row)
    out = {kind.id: page(kind, drawn.get(kind.id)) for kind in kinds}
    return out | {"index": index(kinds)}


def theme(kind):
    return kind.__module__.split(".")[2]


def sources(kind):
    return (kind.source,) if hasattr(kind.source, "paper") else kind.source


def link(paper):
    where = paper.number.removeprefix("arXiv:")
    known = paper.number.startswith("arXiv:")
    address = f"[{paper.number}](https://arxiv.org/abs/{where})" if known else where
    return ", ".join(filter(None, (paper.authors, address)))


def in_table(text):
    return text.replace("|", r"\|")


def page(kind, drawn):
    """One theorem: what it says, whose it is, when it applies, how it was tried."""
    claim = kind()
    with np.errstate(all="ignore"):
        experiment = claim.witness()
        needed = [each.text for each in claim.hypotheses(experiment)]
    title, _, more = inspect.getdoc(kind).partition("\n")
    facts = {
        "class": f"`tacit.claims.{kind.__name__}`",
        "number": f"{kind.id}, in tacit {VERSION}",
        "source": "; ".join(
            ", ".join(filter(None, (link(each.paper), each.place)))
            for each in sources(kind)
        ),
        "status": "; ".join(dict.fromkeys(STATUS[s.status] for s in sources(kind))),
        "network": f"`{kind.needs.__name__}`",
        "predicts": "before training" if claim.foresees else "along the path",
        "sees": f"a relative error of {claim.sees:.0e} in what it says, on its witness",
        "draws held": tried(drawn),
    }
    lines = [
        "---",
        "orphan: true",  # the list links to it; the side of every page has no room
        "---",
        f"(claim-{kind.id})=",
        "",
        f"# {kind.id}: {title.strip()}",
        "",
        more.strip(),
        "",
        "| | |",
        "|---|---|",
        *(
            f"| {name} | {text.replace('|', chr(92) + '|')} |"
            for name, text in facts.items()
        ),
        "",
        "## It applies if",
        "",
        *(f"* {text}" for text in needed or ["(whatever the experiment)"]),
        "",
        "## Try it",
        "",
        "On its witness, where it must hold, and its foil, where it must not:",
        "",
        "```sh",
        f"tacit check {kind.id}",
        "```",
        "",
        "On a run of your own, in Python or by a [spec](../specs.md):",
        "",
        "```text",
        f'tacit.check("{kind.id}", experiment)',
        f"tacit check {kind.id} --spec own.toml",
        "```",
        "",
        "## Cite it",
        "",
        f"Claim {kind.id} (`{kind.__name__}`) of tacit {VERSION}, after "
        f"{claim.reference}.",
        "",
    ]
    return "\n".join(lines)


def tried(drawn):
    """What became of it on fresh draws of its witness."""
    if drawn is None:
        return "none recorded; `python -m tests.soak NAME` tries ten"
    text = f"{drawn['held']} of {drawn['draws']} draws of its witness"
    if int(drawn["undecided"]):
        text += f", {drawn['undecided']} undecided"
    held, undecided, fails, _ = (int(x) for x in drawn["varied"].split(","))
    return (
        f"{text}; its rivals told apart on {drawn['caught']}; varied: {held} hold, "
        f"{undecided} undecided, {fails} fail"
    )


def index(kinds):
    """All of them, theme by theme, and by paper."""
    papers = {}
    for kind in kinds:
        for source in sources(kind):
            papers.setdefault(source.paper, []).append(kind)
    lines = [
        "# The claims",
        "",
        f"{len(kinds)} theorems, each a program: it states when it applies, what it "
        "predicts, what is measured and how far off a true theorem may be on a run. "
        "`tacit claims` prints this list; `tacit check ID` tries one.",
        "",
    ]
    strange = sorted({theme(kind) for kind in kinds} - set(THEMES))
    for key in (*THEMES, *strange):
        lines += [
            f"## {THEMES.get(key, key.capitalize())}",
            "",
            "| | | |",
            "|---|---|---|",
        ]
        for kind in kinds:
            if theme(kind) == key:
                who = "; ".join(dict.fromkeys(s.paper.authors for s in sources(kind)))
                said = in_table(kind().statement)
                lines.append(f"| [{kind.id}]({kind.id}.md) | {said} | {who} |")
        lines.append("")
    lines += ["## By paper", ""]
    for paper in sorted(papers, key=lambda each: each.authors):
        listed = ", ".join(f"[{k.id}]({k.id}.md)" for k in dict.fromkeys(papers[paper]))
        lines.append(f"* {link(paper)}: {listed}")
    return "\n".join(lines) + "\n"
