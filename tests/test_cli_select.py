"""`tacit select`: from a table to its features, a page, and errors with a way out."""

import csv
import json
from xml.etree import ElementTree

import numpy as np
import pytest
from typer.testing import CliRunner

from tacit.cli import app
from tacit.errors import TacitError


def table(folder, *, n=30, d=8, spoil=None, ids="text"):
    """A CSV of patients, their tissue and `d` genes, of which the first two matter."""
    rng = np.random.default_rng(0)
    tissue = np.repeat(["healthy", "tumour"], [n - n // 3, n // 3])
    X = rng.standard_normal((n, d))
    X[tissue == "tumour", :2] += 3
    first = [f"P{i}" if ids == "text" else str(100 + i) for i in range(n)]
    rows = [[a, b, *map("{:.4f}".format, x)]
            for a, b, x in zip(first, tissue, X, strict=True)]  # fmt: skip
    if spoil is not None:
        row, column, cell = spoil
        rows[row][column] = cell
    file = folder / "genes.csv"
    with file.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["patient", "tissue", *(f"gene{i}" for i in range(d))])
        writer.writerows(rows)
    return file


def run(*words):
    return CliRunner().invoke(app, ["select", *map(str, words)])


def test_it_chooses_judges_and_writes(tmp_path):
    """With more columns than rows, and nothing said but the label."""
    file, out = table(tmp_path, n=24, d=30), tmp_path / "out"
    words = (file, "--label", "tissue", "--exclude", "patient", "--out", out)
    done = run(*words, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["schema"] == "tacit.select/1"
    assert {"gene0", "gene1"} <= {row["feature"] for row in told["features"][:3]}
    low, high = told["nested"]["accuracy_interval"]
    assert low <= told["nested"]["accuracy"] <= high
    assert told["nested"]["accuracy"] > told["nested"]["null_accuracy"]
    low, high = told["nested"]["deviance_interval"]
    assert low <= told["nested"]["deviance"] <= high < told["nested"]["null_deviance"]
    with (out / "features.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [r["feature"] for r in rows] == [r["feature"] for r in told["features"]]
    page = (out / "report.html").read_text()
    assert "<svg" in page
    drawn = ElementTree.parse(out / "path.svg").getroot()
    assert drawn.tag.endswith("svg")
    assert len(drawn.findall(".//{*}path")) > 20
    assert "http" not in page
    assert "gene0" in page


@pytest.mark.parametrize(
    ("words", "make", "told"),
    [
        ((), {}, "--exclude patient"),
        ((), {"ids": "count"}, "or use it with --keep"),
        (("--exclude", "patients"), {}, "Did you mean 'patient'"),
        (("--exclude", "patient"), {"spoil": (4, 3, "")}, "gene1.*holds '' in row 5"),
        (("--exclude", "patient"), {"spoil": (4, 1, "")}, "empty in row 5"),
    ],
    ids=["identifier", "count", "misspelt", "gap", "no label"],
)
def test_what_cannot_be_used_is_named(tmp_path, words, make, told):
    done = run(table(tmp_path, **make), "--label", "tissue", *words)
    assert isinstance(done.exception, TacitError)  # exit code 2, from the entry point
    with pytest.raises(TacitError, match=told):
        raise done.exception
    assert not (tmp_path / "results").exists()


def test_a_label_that_identifies_is_no_label(tmp_path):
    done = run(table(tmp_path), "--label", "patient", "--exclude", "tissue")
    assert "30 classes in 30 rows" in str(done.exception)
    done = run(tmp_path / "gene.csv", "--label", "tissue")
    assert "genes.csv" in str(done.exception)
