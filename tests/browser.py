"""A dashboard and a browser to open it in, for what looks at it as a person does."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time

import httpx
from playwright.sync_api import expect, sync_playwright

from tests.present import present


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
expect.set_options(timeout=30_000)

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
PATIENCE = 60_000
"""Milliseconds: a first run compiles."""


@contextlib.contextmanager
def serving(*words, python=sys.executable, **environment):
    """The address of `tacit view`, in a process of its own."""
    quick = {"XLA_FLAGS": "--xla_backend_optimization_level=0"}
    server = subprocess.Popen(
        [python, "-m", "tacit", "view", *words],
        stdout=subprocess.PIPE, text=True, env={**os.environ, **quick, **environment},
    )  # fmt: skip
    try:
        address = present(server.stdout).readline().strip()
        assert address.startswith("http://127.0.0.1:"), address
        begun = time.monotonic()
        while time.monotonic() - begun < 10:
            with contextlib.suppress(httpx.TransportError):
                httpx.get(address)
                break
        yield address
    finally:
        server.terminate()
        server.wait(10)
        present(server.stdout).close()


@contextlib.contextmanager
def chromium():
    """Debian's browser, without a window."""
    with sync_playwright() as found:
        opened = found.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield opened
        opened.close()


@contextlib.contextmanager
def opened(browser, url, width=1100, **more):
    """A page that may neither complain nor ask anybody else for anything."""
    page = browser.new_page(viewport={"width": width, "height": 800}, **more)
    complaints, asked = [], []
    page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url)
    yield page
    page.close()
    local = re.compile(r"(http://127\.0\.0\.1:\d+/|data:|file:|blob:http://127)")
    assert not [url for url in asked if not local.match(url)]
    # A refusal is no fault of the page, though the console reports every such answer.
    assert not [each for each in complaints if "422" not in each]


def judged(page):
    expect(page.locator("#status")).to_contain_text("Verdicts", timeout=PATIENCE)


def moved(page, name, times, key="ArrowRight"):
    """Move a slider by keys, as who has no mouse does, and wait for the verdicts."""
    page.locator("#status").evaluate("node => { node.textContent = '' }")
    slider = page.get_by_role("slider", name=re.compile(name))
    slider.focus()
    for _ in range(times):
        page.keyboard.press(key)
    judged(page)
