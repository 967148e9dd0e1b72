"""The notebooks run as they stand, and show again what they show."""

import importlib.util
import json
import pathlib
import re

import pytest


FOLDER = pathlib.Path(__file__).parent.parent / "notebooks"
BOOKS = sorted(FOLDER.glob("*.ipynb"))
NEEDS = {"pytorch": "torch", "teaching": "ipywidgets"}
NUMBER = re.compile(r"[-+]?\d+\.?\d*(?:e[-+]\d+)?")


def test_there_is_one_for_each_kind_of_reader():
    names = {path.stem for path in BOOKS}
    assert names == {"theory", "statistics", "pytorch", "teaching"}


def printed(cell):
    """What a cell wrote to the screen, as words and numbers."""
    text = "".join(
        "".join(each["text"])
        for each in cell.get("outputs", ())
        if each["output_type"] == "stream"
    )
    return NUMBER.sub("#", text), [float(each) for each in NUMBER.findall(text)]


@pytest.mark.slow
@pytest.mark.parametrize("path", BOOKS, ids=lambda p: p.stem)
@pytest.mark.filterwarnings("ignore")  # of the client's own event loop
def test_it_runs_and_shows_the_same(path, tmp_path):
    for package in ("nbclient", "ipykernel", NEEDS.get(path.stem, "nbclient")):
        if not importlib.util.find_spec(package):
            pytest.skip(f"{package} is not installed")
    spec = importlib.util.spec_from_file_location("refresh", FOLDER / "refresh.py")
    assert spec is not None
    assert spec.loader is not None
    refresh = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(refresh)
    found = refresh.executed(path, str(tmp_path))
    kept = json.loads(path.read_text())
    for here, there in zip(found["cells"], kept["cells"], strict=True):
        assert len(here.get("outputs", ())) == len(there.get("outputs", ()))
        words, numbers = printed(here)
        shown, expected = printed(there)
        assert words == shown, there["source"]
        # Others' kernels round otherwise; what is 0 but for rounding is only small.
        assert numbers == pytest.approx(expected, rel=0.1, abs=0.02)


@pytest.mark.parametrize("path", BOOKS, ids=lambda p: p.stem)
def test_it_keeps_no_counters_and_nothing_that_needs_a_script(path):
    for cell in json.loads(path.read_text())["cells"]:
        assert cell.get("execution_count") is None
        text = json.dumps(cell.get("outputs", ""))
        assert "<script" not in text
        assert "widget-view" not in text
