"""What somebody new does: a clone, `make demo`, its page, the dashboard in a browser.

``python -m tests.fresh_clone`` (`make fresh`) clones the last commit and installs into
the clone as README says: minutes, and the packages are fetched anew. It needs Chromium.
"""

import os
import pathlib
import re
import subprocess
import tempfile
import time

from playwright.sync_api import expect

from tests.browser import CHROMIUM, chromium, judged, moved, opened, serving


ROOT = pathlib.Path(__file__).parent.parent
WEB = [
    "bin/python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet",
    "-e", ".[data,web]", "-c", "constraints/test.txt",
]  # fmt: skip
OURS = "PYTHONPATH", "VIRTUAL_ENV", "XLA_FLAGS", "OMP_NUM_THREADS"
"""What of this process the new one must not have."""


def main() -> None:
    """Raise `SystemExit` or `AssertionError` with the first thing that is wrong."""
    if CHROMIUM is None:
        raise SystemExit("no Chromium: apt-get install chromium")
    with tempfile.TemporaryDirectory() as place:
        clone = pathlib.Path(place) / "tacit"
        subprocess.run(["git", "clone", "-q", ROOT, clone], check=True)
        os.environ["TACIT_CACHE"] = str(pathlib.Path(place) / "cache")
        run(clone, "make", ".venv/.run", said="installed")
        printed = run(clone, "make", "demo", said="make demo")
        answers = re.findall(r"^.*\d+ hold.*$", printed, re.MULTILINE)
        page = clone / "results" / "deep-lda" / "report.html"
        assert answers, printed
        assert page.exists(), printed
        with chromium() as browser:
            read(browser, page)
            run(clone, clone / ".venv" / WEB[0], *WEB[1:], said="tacit[web] installed")
            view(browser, str(clone / ".venv" / WEB[0]))


def run(clone, *words, said):
    """What the command printed; how long it took is told."""
    begun = time.monotonic()
    kept = {k: v for k, v in os.environ.items() if k not in OURS}
    done = subprocess.run(words, cwd=clone, env=kept, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{said}: exit code {done.returncode}\n{done.stderr}")
    print(f"{said}: {time.monotonic() - begun:.0f} s", flush=True)
    return done.stdout


def read(browser, page):
    """The finished page, at both widths."""
    for width in (1100, 400):
        with opened(browser, page.as_uri(), width) as shown:
            assert shown.evaluate("document.documentElement.scrollWidth") <= width
            expect(shown.locator("h1")).to_contain_text("Implicit bias in deep LDA")


def view(browser, python):
    """The dashboard of the clone: its first verdicts, and those off balance."""
    bare = dict.fromkeys(OURS, "")
    with serving("--study", "deep-lda", python=python, **bare) as address:
        begun = time.monotonic()
        with opened(browser, address) as page:
            judged(page)
            print(f"the first verdicts: {time.monotonic() - begun:.1f} s", flush=True)
            row = page.locator("#verdicts tr", has_text="C1")
            expect(row).to_contain_text("holds")
            moved(page, "^imbalance", 9)
            expect(row).to_contain_text("does not apply")
    print("tacit view --study deep-lda: verdicts before and after a slider was moved")


if __name__ == "__main__":
    main()
