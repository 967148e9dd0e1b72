"""Every block of code in the documentation runs, and prints what the page shows.

The blocks of a page run in order, in one process of its own. ``<!-- python ... -->`` is
run like a block and not shown; ``<!-- not run: why -->`` stands before a fragment. A
block that is an example's source is left to the test of the examples.
"""

import json
import pathlib
import re
import shlex
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from tacit import cli


ROOT = pathlib.Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
for folder in ("howto", "studies"):
    PAGES += sorted((ROOT / "docs" / folder).glob("*.md"))
BLOCK = re.compile(
    r"^(?P<fragment><!-- not run: .* -->\n)?"
    r"```(?P<kind>python|text|sh)\n(?P<body>.*?)^```$"
    r"|^<!-- python\n(?P<hidden>.*?)^-->$",
    re.MULTILINE | re.DOTALL,
)
EXAMPLES = {
    path.read_text().split('"""', 2)[2].strip()
    for path in (ROOT / "examples").glob("*.py")
}
QUICK = ("advise-adam", "laws")
"""Verbs that answer at once: shown with their output, they are run."""

TINY = re.compile(r"\d(?:\.\d+)?(?: × 10⁻¹[²³⁴⁵⁶⁷]|e-1[2-7])")
"""What is 0 but for rounding, which differs between machines."""

NUMBER = re.compile(r"[-+]?\d+\.?\d*(?:e[-+]\d+)?")
RUN = """
import contextlib, io, json, sys
scope, out = {"__name__": "page"}, []
for code in json.load(sys.stdin):
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        exec(compile(code, "a block of the page", "exec"), scope)
    out.append(told.getvalue())
print(json.dumps(out))
"""


def name(path):
    return str(path.relative_to(ROOT))


def python(path):
    """The blocks of a page, each with the output shown right after it, if there is."""
    page, found, last, end = path.read_text(), [], None, 0
    for block in BLOCK.finditer(page):
        code = block["hidden"] or (block["kind"] == "python" and block["body"])
        after = not page[end : block.start()].strip()
        if block["kind"] == "text" and last and after:
            last[1] = block["body"]
        last, end = None, block.end()
        if code and not block["fragment"] and code.strip() not in EXAMPLES:
            last = [code, None]
            found.append(last)
    return found


def commands(path):
    """The lines of a page that call tacit, each as words, with the output after it."""
    for block in BLOCK.finditer(path.read_text()):
        lines = (block["body"] or "").replace("\\\n", " ").splitlines()
        for i, line in enumerate(lines):
            if block["kind"] in ("sh", "text"):
                typed = line.removeprefix("$ ")
                shown = block["kind"] == "text" and line.startswith("$ ")
                if typed.startswith("tacit ") and (block["kind"] == "sh" or shown):
                    after = "\n".join(lines[i + 1 :]) if shown else None
                    yield shlex.split(typed, comments=True)[1:], after


@pytest.mark.slow
@pytest.mark.parametrize("path", [p for p in PAGES if python(p)], ids=name)
def test_python_runs_and_prints_what_is_shown(path, tmp_path):
    blocks = python(path)
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:tacit", "-c", RUN],
        input=json.dumps([code for code, _ in blocks]),
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    for printed, (code, shown) in zip(json.loads(done.stdout), blocks, strict=True):
        if shown is not None:
            here, there = TINY.sub("tiny", printed), TINY.sub("tiny", shown)
            assert NUMBER.sub("#", here) == NUMBER.sub("#", there), code
            found, known = map(floats, (here, there))
            assert found == pytest.approx(known, rel=0.05), code


def floats(text):
    return [float(each) for each in NUMBER.findall(text)]


COMMANDS = [(path, words, out) for path in PAGES for words, out in commands(path)]


@pytest.mark.parametrize(
    ("path", "words", "shown"),
    COMMANDS,
    ids=[f"{name(path)}: {' '.join(words)}"[:90] for path, words, _ in COMMANDS],
)
def test_a_command_is_one_and_prints_what_is_shown(path, words, shown):
    if shown is not None and words[0] in QUICK:
        done = CliRunner().invoke(cli.app, words)
        assert done.stdout.startswith(shown.split("\n...")[0].rstrip()), path
        return
    if words[0].startswith("-"):
        assert words[0] in CliRunner().invoke(cli.app, ["--help"]).stdout
        return
    verb = typer.main.get_command(cli.app)
    step = "tacit"
    while hasattr(verb, "commands"):
        step, *words = words
        assert step in verb.commands, f"{step} is no verb"
        verb = verb.commands[step]
    verb.make_context(step, words)  # raises for an option that there is not
