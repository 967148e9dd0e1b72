"""The documentation: built with warnings as errors, whole, read without a network."""

import importlib.util
import inspect
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import zlib

import pytest

import tacit
from tacit.claims.catalogue import every_claim
from tacit.display.symbols import SYMBOLS


DOCS = pathlib.Path(__file__).parent.parent / "docs"
LOADED = re.compile(
    r"<(?:script|img|iframe|source)[^>]*\ssrc=\"(?:https?:)?//|"
    r"<link[^>]*rel=\"(?:stylesheet|preload|icon)[^>]*href=\"(?:https?:)?//|"
    r"@import|url\([\"']?(?:https?:)?//"
)
"""What a browser would fetch from elsewhere; a link that a person follows is none."""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    if not importlib.util.find_spec("sphinx"):
        pytest.skip("needs the docs extra")
    out = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-d",
         str(out / "doctrees"), str(DOCS), str(out / "html")],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return out / "html"


@pytest.fixture(scope="module")
def inventory(built):
    """What the site says it documents."""
    packed = (built / "objects.inv").read_bytes().split(b"\n", 4)[4]
    return {line.split(" ")[0] for line in zlib.decompress(packed).decode().split("\n")}


@pytest.mark.slow
def test_nothing_is_loaded_from_elsewhere(built):
    files = [f for f in built.rglob("*") if f.suffix in (".html", ".css", ".js")]
    assert len(files) > 100
    for file in files:
        found = LOADED.search(file.read_text())
        assert not found, f"{file.relative_to(built)}: {found}"


@pytest.mark.slow
def test_formulas_are_drawn_by_the_browser(built):
    page = (built / "claims" / "B3.html").read_text()
    assert page.count("<math") > 3
    assert not re.search(r"\\\(|MathJax", page)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(vars(tacit)["__all__"]))
def test_every_public_name_is_documented(inventory, name):
    thing = getattr(tacit, name)
    if not inspect.ismodule(thing):
        assert f"tacit.{name}" in inventory
        return
    claims = {kind.__name__ for kind in every_claim()}
    top = [getattr(tacit, each) for each in vars(tacit)["__all__"]]
    for each in getattr(thing, "__all__", ()):
        inner = getattr(thing, each)
        if not inspect.ismodule(inner) and each not in claims:
            known = f"{thing.__name__}.{each}" in inventory
            assert known or any(inner is other for other in top), each


@pytest.mark.slow
def test_every_claim_has_a_page_that_cites_it(built):
    for kind in every_claim():
        page = (built / "claims" / f"{kind.id}.html").read_text()
        assert f"tacit.claims.{kind.__name__}" in page
        assert "Cite it" in page


def extension(name):
    """A module that writes pages of the site."""
    spec = importlib.util.spec_from_file_location(name, DOCS / "_ext" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_a_benchmark_measured_is_kept_and_becomes_a_table(tmp_path):
    """With the machine and the versions; the words of the script are its own."""
    file = tmp_path / "kept" / "toy.json"
    script = tmp_path / "toy.py"
    script.write_text(
        "from pairs import show, verdict\nimport sys\n"
        "show('Sizes', [('a|b', 1.5)], ('what', 'size'))\n"
        "verdict('ratio', 2.5, 3)\nprint(sys.argv[1:])\n"
    )
    benchmarks = str(DOCS.parent / "benchmarks")
    words = ["--rows", "7", "--json", str(file)]
    done = subprocess.run(
        [sys.executable, str(script), *words], capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": benchmarks},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "['--rows', '7']" in done.stdout
    record = json.loads(file.read_text())
    assert record["versions"]["tacit"]
    text = "\n".join(extension("tables").measured("toy", record))
    assert "## `benchmarks/toy.py --rows 7`" in text
    assert f"on {record['machine']}; python {platform.python_version()}" in text
    assert "| a\\|b | 1.5 |" in text
    assert "| ratio | 2.5 | 3 | **no** |" in text


def test_a_page_says_what_the_record_of_draws_says():
    """Each setting on its own; outcomes that did not occur are not named."""
    catalogue = extension("catalogue")
    entries = [
        {"name": "QuasiNormConserved", "draws": {"holds": 10}, "caught": 10,
         "varied": {"holds": 30, "does not apply": 6}},
        {"name": "QuasiNormConserved-deep", "draws": {"holds": 7, "undecided": 3},
         "caught": 7, "varied": {"holds": 3, "fails": 1, "raised": 2}},
    ]  # fmt: skip
    assert catalogue.held(tacit.claims.QuasiNormConserved, entries) == (
        "10 of 10 draws of its witness; false statements told apart on 10; 30 of 30 "
        "variations hold. deep: 7 of 10 draws of its witness, 3 undecided; false "
        "statements told apart on 7; 3 of 6 variations hold, 1 failed, 2 raised an "
        "error"
    )
    tried = {"B3": entries}
    (said, _) = catalogue.overall(tried, table=False)
    assert said.startswith("1 of them were tried on 20 fresh draws")
    assert "17 hold, 3 are undecided, 0 fail" in said
    assert not [*catalogue.overall({}, table=False)]


@pytest.mark.parametrize("symbol", SYMBOLS, ids=lambda s: s.tex)
def test_a_symbol_goes_by_a_name_that_the_code_has(symbol):
    if symbol.name:
        thing = tacit
        *path, last = symbol.name.split(".")
        for part in path:
            thing = getattr(thing, part)
        fields = getattr(thing, "__dataclass_fields__", {})
        assert hasattr(thing, last) or last in fields, symbol.name


@pytest.mark.parametrize(
    ("text", "loads"),
    [
        ('<script src="https://cdn.example/x.js">', True),
        ('<link rel="stylesheet" href="//fonts.example/x.css">', True),
        ("@import 'x.css'", True),
        ("url(http://x.example/y.png)", True),
        ('<a href="https://arxiv.org/abs/2603.02622">', False),
        ('<script src="_static/furo.js">', False),
    ],
)
def test_the_look_for_what_is_loaded_finds_it(text, loads):
    assert bool(LOADED.search(text)) == loads
