"""The catalogue of claims: a page a theorem, and a list by theme and by paper."""

import collections
import importlib.metadata
import json
import warnings

from tacit.claims.catalogue import every_claim
from tacit.claims.papers import each_source
from tacit.reporting import claim_page


THEMES = {
    "conservation": "What training conserves",
    "limits": "Where Deep LDA ends",
    "margins": "Separable data",
    "saddles": "Out of a saddle",
    "discretisation": "What a step adds",
    "memory": "What an optimiser remembers",
    "objectives": "Other objectives of discriminants",
}
UNHELD = {"undecided": "undecided", "fails": "failed", "raised": "raised an error"}
"""Outcomes in the record, and how a page says them."""

VERSION = importlib.metadata.version("tacit")


def pages(record):
    """The text of every page by its name; `record` is what `make soak` found, if any.

    A claim may have been tried in several settings, each with an entry of its own.
    """
    warnings.simplefilter("ignore")
    kinds, tried = every_claim(), {}
    for entry in json.loads(record.read_text()).values() if record.exists() else ():
        tried.setdefault(entry["id"], []).append(entry)
    table = record.with_suffix(".md").exists()
    out = {kind.id: page(kind, tried.get(kind.id, ())) for kind in kinds}
    return out | {"index": index(kinds, tried, table=table)}


def theme(kind):
    return kind.__module__.split(".")[2]


def cited(source):
    return ", ".join(filter(None, (link(source.paper), source.place)))


def link(paper):
    where = paper.number.removeprefix("arXiv:")
    known = paper.number.startswith("arXiv:")
    address = f"[{paper.number}](https://arxiv.org/abs/{where})" if known else where
    return ", ".join(filter(None, (paper.authors, address)))


def in_table(text):
    return text.replace("|", r"\|")


def page(kind, entries):
    """One theorem: what it says, whose it is, when it applies, how it was tried."""
    claim = kind()
    needed = claim_page.conditions(claim, claim.witness())
    title, more = claim_page.heading(kind)
    facts = {
        "class": f"`tacit.claims.{kind.__name__}`",
        "number": f"{kind.id}, in tacit {VERSION}",
        **claim_page.facts(claim, cited, "`{}`".format),
        "draws held": held(kind, entries),
    }
    lines = [
        "---",
        "orphan: true",  # the list links to it; the side of every page has no room
        "---",
        f"(claim-{kind.id})=",
        "",
        f"# {kind.id}: {title}",
        "",
        more,
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
        *(f"* {text}" for text in needed),
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


def held(kind, entries):
    """What became of it on fresh draws of its witness, setting by setting."""
    if not entries:
        return f"none recorded; `python -m tests.soak {kind.__name__}` tries ten"
    return ". ".join(counted(kind, each) for each in entries)


def counted(kind, entry):
    """One entry of the record, in words."""
    drawn, varied = (collections.Counter(entry[key]) for key in ("draws", "varied"))
    setting = entry["name"].removeprefix(kind.__name__).removeprefix("-")
    inside = varied.total() - varied["does not apply"]
    on_draws = [f"{drawn['holds']} of {drawn.total()} draws of its witness"]
    on_variations = [f"{varied['holds']} of {inside} variations hold"]
    return (
        (f"{setting}: " if setting else "")
        + ", ".join([*on_draws, *unheld(drawn)])
        + f"; false statements told apart on {entry['caught']}; "
        + ", ".join([*on_variations, *unheld(varied)])
    )


def unheld(outcomes):
    """How many came out otherwise than as holding, where there are any."""
    return [f"{outcomes[o]} {said}" for o, said in UNHELD.items() if outcomes[o]]


def overall(tried, *, table):
    """What all draws on record came to, as a paragraph; nothing if there is none."""
    entries = [entry for found in tried.values() for entry in found]
    if not entries:
        return
    drawn = sum(
        (collections.Counter(each["draws"]) for each in entries),
        start=collections.Counter(),
    )
    yield (
        f"{len(tried)} of them were tried on {drawn.total()} fresh draws of their "
        f"witnesses: {drawn['holds']} hold, {drawn['undecided']} are undecided, "
        f"{drawn['fails']} fail" + ("; [all of it](../soak.md)." if table else ".")
    )
    yield ""


def index(kinds, tried, *, table):
    """All of them, theme by theme, and by paper, with what all draws came to."""
    papers = {}
    for kind in kinds:
        for source in each_source(kind.source):
            papers.setdefault(source.paper, []).append(kind)
    lines = [
        "# The claims",
        "",
        f"{len(kinds)} theorems, each a program: it states when it applies, what it "
        "predicts, what is measured and how far off a true theorem may be on a run. "
        "`tacit claims` prints this list; `tacit check ID` tries one.",
        "",
        *overall(tried, table=table),
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
                who = "; ".join(
                    dict.fromkeys(s.paper.authors for s in each_source(kind.source))
                )
                said = in_table(kind().statement)
                lines.append(f"| [{kind.id}]({kind.id}.md) | {said} | {who} |")
        lines.append("")
    lines += ["## By paper", ""]
    for paper in sorted(papers, key=lambda each: each.authors):
        listed = ", ".join(f"[{k.id}]({k.id}.md)" for k in dict.fromkeys(papers[paper]))
        lines.append(f"* {link(paper)}: {listed}")
    return "\n".join(lines) + "\n"
