"""The dashboard as a person has it: in a browser, with its console and its requests."""

import os
import shutil
from typing import Any

import numpy as np
import pytest

from tacit.claims.papers import LI, Source, STATUS
from tacit.reporting import Finding, Numbers, Page, Picture, plots, Section
from tacit.studies import STUDIES
from tacit.sweeps.store import Axis, Manifest, Row, Store


NAMES = "chromium", "chromium-browser"
if not any(map(shutil.which, NAMES)) and not os.environ.get("CI"):
    reason = "NO CHROMIUM: the dashboard is not tested in a browser (apt: chromium)"
    pytest.skip(reason, allow_module_level=True)
pytest.importorskip("starlette")
pytest.importorskip("playwright")

from playwright.sync_api import expect  # noqa: E402

from tests.browser import chromium, judged, moved, opened, PATIENCE, serving  # noqa: E402


CURVES = "#plot-{} .scatterlayer path.js-line"

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def browser():
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def address():
    with serving("--study", "deep-lda", "--no-ahead") as found:
        yield found


def drawn(page, panel):
    """The curves of a panel, as they are on the screen."""
    paths = page.locator(CURVES.format(panel))
    return [paths.nth(i).get_attribute("d") for i in range(paths.count())]


def test_a_study_is_loaded_moved_and_judged(browser, address):
    with opened(browser, address) as page:
        judged(page)
        assert page.title() == "tacit: Implicit bias in deep LDA"
        first = {panel: drawn(page, panel) for panel in ("weights", "alignment")}
        assert len(first["weights"]) == 20
        holds = page.locator("#verdicts tr", has=page.locator(".holds"))
        expect(holds.filter(has_text="C1")).to_have_count(1)
        assert page.locator("#foreseen li", has_text="C1").count() == 1
        assert page.locator("#plot-weights .shapelayer path").count() > 2

        moved(page, "^imbalance", 9)
        second = {panel: drawn(page, panel) for panel in first}
        assert second["weights"] != first["weights"]
        expect(page.locator("#verdicts tr", has_text="C1")).to_contain_text(
            "does not apply"
        )
        assert "imbalance=0.6" in page.url

        page.get_by_role("button", name="Keep this run").click()
        moved(page, "^imbalance", 9, "ArrowLeft")
        assert len(drawn(page, "weights")) == 40
        link = page.url
    with opened(browser, link) as page:
        expect(page.locator("#kept li")).to_have_count(1, timeout=PATIENCE)
        expect(page.locator("#kept li")).to_contain_text("imbalance 0.6")
        expect(page.locator(CURVES.format("weights"))).to_have_count(40)


LAYOUT = """([log, decades]) => import("/static/plots.js").then(
  ({ layout }) => layout({ x: "x", y: "y", log }, {}, { y: decades }).yaxis)"""
AXES = [("", 3, "linear", None), ("y", 0.1, "linear", None), ("y", 0.4, "linear", None),
        ("y", 0.8, "log", "D2"), ("y", 4, "log", 1), ("y", 16, "log", 4)]  # fmt: skip


def test_every_axis_has_ticks_however_little_it_spans(browser, address):
    with opened(browser, address) as page:
        for log, decades, kind, ticks in AXES:
            axis = page.evaluate(LAYOUT, [log, decades])
            assert (axis["type"], axis["dtick"]) == (kind, ticks)


def test_what_is_refused_is_said_and_the_page_goes_on(browser, address):
    with opened(browser, f"{address}#study=deep-lda&step=0.001&time=1000000") as page:
        expect(page.get_by_role("alert")).to_contain_text("1e+09 steps")
        moved(page, "^step", 1, "ArrowLeft")
        expect(page.get_by_role("alert")).to_be_hidden()
    with opened(browser, f"{address}#study=deep-lda&depth=99") as page:
        expect(page.get_by_role("alert")).to_contain_text("from 1 to 8")


def test_a_table_of_one_s_own_is_run(browser, address):
    rows = [f"{i * i % 7},{i * 3 % 5},{'ab'[i % 2]}" for i in range(30)]
    table = "\n".join(["length,width,kind", *rows]).encode()
    with opened(browser, f"{address}#study=own-data") as page:
        expect(page.locator("#status")).to_contain_text("Choose a table")
        file = {"name": "t.csv", "mimeType": "text/csv", "buffer": table}
        page.locator("#file").set_input_files(file)
        judged(page)
        assert page.get_by_label("label column").input_value() == "kind"
        expect(page.locator(CURVES.format("weights"))).to_have_count(2)
        says = page.locator("#plot-weights").get_attribute("aria-label")
        assert "length" in says


def rows(unit):
    """Two runs of a grid of three depths and four sizes; one of them diverged."""
    times = np.linspace(0, 1, 5)
    for index in (2 * unit, 2 * unit + 1):
        depth, alpha = DEPTHS[index // 4], SIZES[index % 4]
        point = {"depth": depth, "alpha": alpha}
        if index == 5:
            yield Row(index, point, "", "diverged", "after step 7, no longer finite")
            continue
        yield Row(
            index, point, "", values={"sine": alpha**depth, "risk": np.exp(-times)},
            dims={"risk": ("time",)}, coords={"time": times},
        )  # fmt: skip


DEPTHS, SIZES = [1, 2, 3], [1e-3, 1e-2, 1e-1, 1.0]
UNITS = {f"{i:064x}": [2 * i, 2 * i + 1] for i in range(6)}


def commit(store, *units):
    for unit in units:
        store.commit(list(UNITS)[unit], list(rows(unit)))


def test_a_sweep_is_read_while_it_runs(browser, tmp_path):
    axes = (Axis.of("depth", DEPTHS), Axis.of("alpha", SIZES))
    store = Store.create(tmp_path / "demo", Manifest("demo", axes, UNITS))
    commit(store, 0, 1)
    before = contents(tmp_path)
    with serving(str(tmp_path / "demo")) as address, opened(browser, address) as page:
        progress = page.locator("#progress")
        expect(progress).to_contain_text("4 of 12 runs", timeout=PATIENCE)
        assert contents(tmp_path) == before, "the store was written to"
        cells = page.locator("#diagram-says")
        expect(cells).to_contain_text("4 of 12 values are there")
        first = page.locator("#diagram .heatmaplayer image").get_attribute("href")

        commit(store, 2, 3)
        expect(progress).to_contain_text("8 of 12 runs", timeout=PATIENCE)
        expect(progress).to_contain_text("1 diverged")
        expect(cells).to_contain_text("7 of 12")
        second = page.locator("#diagram .heatmaplayer image").get_attribute("href")
        assert first != second, "the diagram did not fill in"
        expect(page.locator("#failed")).to_contain_text("no longer finite")

        page.get_by_label("depth").last.select_option("2")
        page.get_by_label("alpha").last.select_option("0.1")
        page.get_by_role("button", name="Show this run").click()
        expect(page.locator("#one")).to_contain_text("sine 0.01")
        expect(page.locator("#one .scatterlayer path.js-line")).to_have_count(1)
        link = page.url

        box = page.locator("#diagram .heatmaplayer image").bounding_box()
        page.mouse.click(box["x"] + 5, box["y"] + box["height"] - 5)
        expect(page.locator("#one")).to_contain_text("depth 1, alpha 0.001")
        assert not page.evaluate(UNNAMED)
        assert not page.evaluate(PALE)
        page.goto("about:blank")
        page.goto(link)
        expect(page.locator("#one")).to_contain_text("sine 0.01", timeout=PATIENCE)


def contents(folder):
    return {
        path: path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file()
        and "ledger" not in path.name  # the one who writes has it open
    }


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A page with one of everything, as a study ends in."""
    x = np.geomspace(1e-2, 1e2, 40)
    picture = plots.figure(1, 2)
    for panel in picture:
        panel.frame(x="time", y="drift", title="both", log="xy")
        panel.lines({f"L = {i}": (x, x**i) for i in range(1, 7)})
    words: dict[str, Any] = {"distance": 1e-15, "allowed": 1e-9, "nearest": 0.1}
    outcomes = ("holds", "fails", "undecided", "does not apply")
    long = (
        "$R\\,t\\,L\\gamma^2\\|w\\|^{2-2/L} = 1 + (2 - 2/L)/(\\gamma\\|w\\|) + O(x^2)$"
    )
    sources = [(Source(LI, "Theorem 1", status),) for status in (*STATUS, "quoted")]
    found = [
        Finding(f"B{i}", f"Q{i}", long, str(LI), outcome, sources=sources[i], **words)
        for i, outcome in enumerate(outcomes)
    ]
    columns = [f"column {i}" for i in range(9)]
    numbers = Numbers(columns, [["a row", *[1.5e-7] * 8]], "many columns " * 20)
    drawn = Picture(plots.to_svg(picture, alt="six lines"), "Six lines.")
    section = Section("First", "Words.", drawn, numbers, short="It is so.")
    about = STUDIES["deep-lda"].about
    whole = Page("A study", "What it is.", [section], found, about=about, quick=True)
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(whole.render(), encoding="utf-8")
    return path.as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1100, 400])
def test_a_page_of_a_study_fits_and_can_be_read(browser, report, width, scheme):
    with opened(browser, report, width, color_scheme=scheme) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert not page.evaluate(UNNAMED)
        assert not page.evaluate(PALE)
        readable(page)
        # What is wider than the page scrolls by itself, its row labels staying there.
        table = page.locator(".scroll", has=page.locator("table.numbers"))
        table.evaluate("node => { node.scrollLeft = 200 }")
        label = page.locator("table.numbers tbody th").first.bounding_box()
        assert label["x"] >= 0
        caption = page.locator("table.numbers caption > span").bounding_box()
        assert caption["x"] >= 0
        assert caption["x"] + caption["width"] <= width
        for box in page.locator("svg[role=img]").all():
            assert box.get_attribute("aria-label")


def readable(page):
    """Whether the headings go down a level at a time, in the order of reading."""
    levels = page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3,h4')]"
        ".filter(h => h.checkVisibility()).map(h => +h.tagName[1])"
    )
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in zip(levels, levels[1:], strict=False))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1100, 400])
def test_it_fits_and_can_be_read(browser, address, width, scheme):
    with opened(browser, address, width, color_scheme=scheme) as page:
        judged(page)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, "the page scrolls sideways"
        assert not page.evaluate(UNNAMED)
        assert not page.evaluate(PALE)
        readable(page)


def test_all_can_be_reached_by_the_keyboard(browser, address):
    with opened(browser, address) as page:
        judged(page)
        reached = set()
        for _ in range(40):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.id"))
        sliders = page.locator("#controls input[type=range]")
        ids = {sliders.nth(i).get_attribute("id") for i in range(sliders.count())}
        assert {"keep", "reset", "link", *ids} <= reached


def test_the_first_page_is_quick(browser, address):
    with opened(browser, address) as page:
        page.reload()
        judged(page)
        took = page.evaluate(
            "performance.getEntriesByType('paint')"
            ".find(each => each.name === 'first-contentful-paint').startTime"
        )
    assert took < 1000


UNNAMED = """() => [...document.querySelectorAll('input,select,button,a,[role=img]')]
  .filter(node => node.checkVisibility())
  .filter(node => !(node.getAttribute('aria-label') || node.textContent.trim()
    || (node.labels && node.labels[0] && node.labels[0].textContent.trim())))
  .map(node => node.outerHTML.slice(0, 120))"""
"""What can be operated, or is a picture, and has no name."""

PALE = """() => {
  const light = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map(x => x / 255)
      .map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = node => {
    for (; node; node = node.parentElement) {
      const colour = getComputedStyle(node).backgroundColor;
      if (!/, 0\\)|transparent/.test(colour)) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const found = [];
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some(c => c.nodeType === 3 && c.data.trim());
    if (!own || !node.checkVisibility()) continue;
    if (node.closest('noscript, .hoverlayer')) continue;
    const style = getComputedStyle(node), svg = node instanceof SVGElement;
    const ink = light(svg ? style.fill : style.color), paper = light(ground(node));
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (ratio < 4.5) found.push(`${ratio.toFixed(2)} ${node.textContent.slice(0, 40)}`);
  }
  return found;
}"""
"""Text whose contrast with what is behind it is below 4.5 (WCAG 2.2, 1.4.3)."""
