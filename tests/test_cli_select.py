"""`tacit select`: from a table to its features, a page, and errors with a way out."""

import csv
import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from typer.testing import CliRunner

from tacit.cli import app
from tacit.cli.selecting import read_classes
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
    assert "select: 5/5" in done.stderr
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
    assert "cross-validated deviance with its standard error; the number was" in page
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
        (("--exclude", "patient"), {"spoil": (4, 3, "NaN")}, "SimpleImputer"),
        (("--exclude", "patient"), {"spoil": (4, 1, "")}, "empty in row 5"),
        (("--exclude", "patient"), {"spoil": (4, 1, "NA")}, "missing, 'NA', in row 5"),
    ],
    ids=["identifier", "count", "misspelt", "gap", "NaN", "no label", "NA"],
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


def headed(file, **names):
    """The table with some of its names changed, ``column_3=""`` the third."""
    head, rest = file.read_text().split("\n", 1)
    head = head.strip().split(",")
    for place, name in names.items():
        head[int(place.removeprefix("column_")) - 1] = name
    file.write_text(",".join(head) + "\n" + rest)
    return file


def test_columns_without_a_name_go_by_their_place(tmp_path):
    file = headed(table(tmp_path), column_3="", column_7=" ", column_9="")
    words = (file, "--label", "tissue", "--exclude", "patient")
    with pytest.warns(UserWarning, match="without a name") as told:
        names = read_classes(file, "tissue", ["patient", "column 9"], ())[3]
    assert [str(each.message) for each in told] == [
        "columns without a name go by their place: column 3, column 7"
    ]
    assert names[:2] == ["column 3", "gene1"]
    assert "column 9" not in names
    done = run(*words, "--out", tmp_path / "out")
    assert "column 3, column 7, column 9" in done.stderr
    assert "column 3" in (tmp_path / "out" / "features.csv").read_text()


def test_a_first_column_without_a_name_is_left_out_as_the_shell_has_it(tmp_path):
    file = headed(table(tmp_path), column_1="")
    error = run(file, "--label", "tissue").exception
    assert isinstance(error, TacitError)
    assert re.search(r"column 1: .*\n.*--exclude ''", str(error))
    assert read_classes(file, "tissue", [""], ())[3][0] == "gene0"


def test_a_name_that_is_twice_is_left_out_or_refused_with_its_places(tmp_path):
    file = headed(table(tmp_path), column_5="gene0")
    with pytest.raises(TacitError, match="2 columns 'gene0': number 3, 5"):
        read_classes(file, "tissue", ["patient"], ())
    assert len(read_classes(file, "tissue", ["patient", "gene0"], ())[3]) == 6


def test_gaps_are_counted(tmp_path):
    file = table(tmp_path, spoil=(4, 3, "NA"))
    file.write_text(file.read_text().replace("P7,healthy,", "P7,healthy,,"))
    head, *rows = file.read_text().splitlines()
    rows[7] = ",".join(rows[7].split(",")[:-1])
    file.write_text("\n".join([head, *rows]))
    with pytest.raises(TacitError, match="2 cells in 2 columns are missing"):
        read_classes(file, "tissue", ["patient"], ())
