"""The examples run, and the README shows one of them with what it prints."""

import pathlib
import re
import subprocess
import sys

import pytest


ROOT = pathlib.Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
README = (ROOT / "README.md").read_text()


def run(path, *words, cwd):
    done = subprocess.run(
        [sys.executable, str(path), *words], capture_output=True, text=True, cwd=cwd
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_runs(path, tmp_path):
    assert run(path, cwd=tmp_path)


def test_the_readme_is_the_quickstart():
    (shown,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    source = (ROOT / "examples" / "quickstart.py").read_text()
    assert shown.strip() == source.split('"""', 2)[2].strip()


def test_the_readme_prints_what_it_shows(tmp_path):
    # The first such block follows the example; the others show verdicts of studies.
    shown = re.findall(r"```text\n(.*?)```", README, re.DOTALL)[0]
    printed = run(ROOT / "examples" / "quickstart.py", cwd=tmp_path)
    digits = re.compile(r"\d(\.\d)?e-1[3-7]")  # rounding differs between machines
    assert digits.sub("tiny", printed.strip()) == digits.sub("tiny", shown.strip())
