"""What a run rests on, as BibTeX: whole entries, and of what was used."""

import re

import numpy as np
import pytest

import tacit
from tacit.display import bibliography
from tacit.integration import clocks


ENTRY = re.compile(r"@(\w+)\{(\w+),\n((?:  \w+ = \{.*\},\n)+)\}")
TABLES = {
    "LOSSES": tacit.losses,
    "FLOWS": tacit.flows,
    "CLOCKS": clocks,
}


def entries(text):
    """The entries of a file of BibTeX, by key: a parser of its own."""
    found = {}
    for kind, key, body in ENTRY.findall(text):
        assert key not in found
        found[key] = (kind, dict(re.findall(r"  (\w+) = \{(.*)\},", body)))
    assert "".join(ENTRY.sub("", text).split()) == "", "something is no entry"
    return found


def run(loss, flow, y):
    rng = np.random.default_rng(0)
    problem = tacit.Problem(rng.normal(size=(12, 2)) + y[:, None], y)
    network = tacit.networks.Diagonal.balanced(np.full(2, 0.5), depth=2)
    risk = tacit.Risk(problem, loss)
    return tacit.train(tacit.Experiment(network, risk, flow, until=1), records=1)


LABELS = np.arange(12) % 2


@pytest.mark.parametrize(
    ("loss", "flow", "cited", "not_cited"),
    [
        (tacit.losses.Fisher(), tacit.flows.Adam(0.1), {"fisher", "adam"}, {"hairer"}),
        (tacit.losses.Fisher(), tacit.flows.GradientFlow(), {"hairer"}, {"adam"}),
        (tacit.losses.Squared(), tacit.flows.Descent(0.1), set(), {"fisher", "adam"}),
    ],
    ids=["adam", "flow", "descent"],
)
def test_a_run_cites_what_it_used(loss, flow, cited, not_cited):
    known = entries(run(loss, flow, LABELS).references())
    assert {"tacit", "jax", "equinox", "scipy"} | cited <= set(known)
    assert not not_cited & set(known)


@pytest.mark.parametrize(
    "work",
    [w for w in vars(bibliography).values() if isinstance(w, bibliography.Work)],
    ids=lambda work: work.key,
)
def test_an_entry_is_whole(work):
    ((key, (kind, fields)),) = entries(work.bibtex).items()
    assert key == work.key
    assert {"author", "title"} <= set(fields)
    if kind == "article":
        assert re.fullmatch(r"\d+--\d+", fields["pages"])
        assert fields["volume"].isdigit()
    if "eprint" in fields:
        assert re.fullmatch(r"\d{4}\.\d{5}|\d{4}\.\d{4}", fields["eprint"])
    assert all(text.count("{") == text.count("}") for text in fields.values())


@pytest.mark.parametrize("table", TABLES)
def test_what_is_listed_by_name_is_there(table):
    assert set(getattr(bibliography, table)) <= set(dir(TABLES[table]))
