"""Pictures, page and folder: self-contained, reproducible, and careful with files."""

import csv
import dataclasses
import html.parser
import inspect
import json
import re

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.text import Annotation

from tacit.claims.ids import order
from tacit.claims.papers import JI, LI, Source
from tacit.display.notation import html as to_html, number, plain
from tacit.errors import DataError, OptionError, OutputError
from tacit.reporting import (
    claim_folder,
    Finding,
    Numbers,
    Page,
    Picture,
    plots,
    Provenance,
    Section,
    terminal,
)
from tacit.reporting.folder import MARKER
from tacit.reporting.paper_table import stated
from tacit.reporting.papers import COLUMNS, latex_table, write_figures
from tests.cases import CLAIMS
from tests.present import present


def finding(outcome="holds", role="", id="B3", statement="$Q(w)$ is constant.", **more):
    words = {"distance": 1e-15, "allowed": 1e-9, **more}
    return Finding(id, "QuasiNorm", statement, "Li (2026)", outcome, role=role, **words)


def drawing(kind="lines"):
    x = np.geomspace(1e-2, 1e2, 40)
    picture = plots.figure(1, 2, share="y")
    for panel in picture:
        panel.frame(x="time (1/rate)", y="drift", title="<&>")
        if kind == "lines":
            panel.frame(log="xy").lines(
                {f"L = {i}": (x, x**i) for i in range(4)}, floor=1e-3
            )
        elif kind == "bundle":
            panel.bundle(x, np.outer(x, [1, 2, 3]), ["weak", "weak", "strong"])
        else:
            panel.bars(["a", "b"], {"one": [1, 2], "two": [3, 4]})
        panel.moment(1, "here")
    picture[0].level(1e-2, "allowed")
    return picture.key()


KINDS = ["lines", "bundle", "bars"]


def page(*parts, **more):
    return Page("Title", "Lede.", [Section("First", *parts)], **more)


class Reader(html.parser.HTMLParser):
    """Collects ids, references and addresses, and checks that tags are balanced."""

    VOID = frozenset(
        ["meta", "link", "br", "wbr", "path", "use", "rect", "circle", "image"]
    )

    def __init__(self, text):
        super().__init__()
        self.ids, self.addresses = [], []
        self.tags, self.open, self.headings = [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            elif name in ("href", "xlink:href", "src"):
                self.addresses.append(value)
            self.addresses += re.findall(r"url\(([^)]*)\)", value or "")

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_one_file_that_loads_nothing(kind):
    svg = plots.to_svg(drawing(kind), alt="a < b")
    text = page("A.", Picture(svg, "c"), Picture(svg, "the same again")).render()
    read = Reader(text)
    assert not re.findall(r"(?:https?:)?//(?!\*)\w+", text)
    assert "@import" not in text
    assert "script" not in read.tags
    assert len(read.ids) == len(set(read.ids)), "an id is there twice"
    local = {a.removeprefix("#") for a in read.addresses if not a.startswith("data:")}
    assert local <= set(read.ids), "a reference leads nowhere"


def test_the_same_drawing_gives_the_same_bytes():
    first, second = (plots.to_svg(drawing(), alt="a") for _ in range(2))
    assert first == second


@pytest.mark.parametrize("kind", KINDS)
def test_drawing_leaves_no_setting_behind(kind):
    before = dict(mpl.rcParams)
    plots.to_svg(drawing(kind), alt="a")
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("ending", ["pdf", "png", "svg"])
def test_save_writes_the_kind_its_ending_says(tmp_path, ending):
    path = drawing().save(tmp_path / f"figure.{ending}")
    start = {"pdf": b"%PDF", "png": b"\x89PNG", "svg": b"<?xml"}[ending]
    assert path.read_bytes().startswith(start)


def test_strokes_differ_without_colour():
    looks = plots.strokes(range(7)).values()
    for sign in ("dash", "marker", "hatch", "colour"):
        assert len({str(getattr(look, sign)) for look in looks}) == 7


def test_colours_follow_the_page():
    svg = plots.to_svg(drawing("bars"), alt="a")
    assert "var(--blue, #0072b2)" in svg
    for colour in ("#0072b2", "#d55e00"):
        assert svg.count(colour) == svg.count(f", {colour})")


def test_end_labels_keep_apart():
    picture = plots.figure(height=2)
    picture[0].lines({f"n{i}": ([0, 1], [0, 1 + 1e-3 * i]) for i in range(6)})
    figure = picture.finish()
    heights = sorted(
        t.xy[1] for t in picture[0].axes.texts if isinstance(t, Annotation)
    )
    room = 10 / 72 * figure.dpi / picture[0].axes.bbox.height
    assert len(heights) == 6
    assert min(np.diff(heights)) > room


def test_a_picture_from_elsewhere_is_refused():
    bad = '<svg viewBox="0 0 1 1"><image href="https://example.org/x.png"/></svg>'
    with pytest.raises(DataError, match="one file that loads nothing"):
        page(Picture(bad, "c")).render()


def test_text_is_escaped_everywhere():
    evil = "<script>alert(1)</script>"
    table = Numbers([evil, evil], [[evil, evil], [evil, 1.0]], evil)
    folded = dataclasses.replace(table, folded=True)
    text = Page(
        evil,
        evil,
        [Section(evil, evil, table, folded)],
        [finding("fails", on=evil, not_met=(evil,))],
        Provenance.here(command=evil, seed=1, note=evil),
    ).render()
    assert "script" not in Reader(text).tags


def test_a_page_is_built_for_screen_readers():
    numbers = Numbers(["a", "b"], [["x", 1.0]], "what it holds")
    text = page("A.", numbers, findings=[finding(), finding(role="foil")]).render()
    read = Reader(text)
    assert '<html lang="en">' in text
    assert read.headings == [1, 2, 2, 2, 2]
    assert read.tags.count("caption") == read.tags.count("table") == 2
    assert read.tags.count("main") == 1
    svg = plots.to_svg(drawing(), alt='5" & more')
    assert 'role="img" aria-label="5&quot; &amp; more"' in svg


def test_a_long_table_is_folded_under_its_caption():
    numbers = Numbers(["a", "b"], [["x", 1.0]], "all of *them*", folded=True)
    text = page("A.", numbers).render()
    read = Reader(text)
    assert read.tags.count("summary") == read.tags.count("details") == 1
    assert "caption" not in read.tags
    assert '<table class="numbers" aria-label="all of them">' in text


def test_controls_do_not_count_as_failures():
    rows = [finding(), finding("fails", "rival"), finding("does not apply", "foil")]
    text = page("A.", findings=rows).render()
    assert "<b>1</b> holds" in text
    assert "<b>2</b> of 2 foils" in text
    assert "</b> fail" not in text
    assert "unexpected" not in text


def test_a_surprise_is_marked():
    text = page("A.", findings=[finding("holds", "foil")]).render()
    assert "1 came out otherwise" in text
    assert "(unexpected)" in text


@pytest.mark.parametrize(
    ("role", "outcome", "expected"),
    [
        ("witness", "holds", True),
        ("witness", "does not apply", False),
        ("foil", "does not apply", True),
        ("foil", "holds", False),
        ("rival", "fails", True),
        ("rival", "does not apply", False),
        ("", "does not apply", True),
        ("", "fails", False),
    ],
)
def test_what_each_role_expects(role, outcome, expected):
    assert finding(outcome, role).expected is expected


def test_a_foil_on_which_the_claim_holds_is_spoken_of():
    (_, said) = terminal.lines([finding("holds", "foil")])
    assert "meets every hypothesis" in said
    for outcome, role in (("fails", "foil"), ("holds", "witness"), ("holds", "")):
        assert len(terminal.lines([finding(outcome, role)])) == 1
    known = dataclasses.replace(
        finding("holds", "foil"), on="the witness itself, no foil"
    )
    assert len(terminal.lines([known])) == 1


def test_findings_as_json_hold_no_nan():
    record = finding("does not apply", distance=float("nan")).to_json()
    assert record["distance"] is None
    json.dumps(record, allow_nan=False)


def test_ids_sort_as_people_do():
    assert sorted(["B10", "A10", "B2", "A2"], key=order) == ["A2", "A10", "B2", "B10"]


NOTATION = [
    (r"$\theta_l$", "θₗ", "<i>θ</i><sub><i>l</i></sub>"),
    (r"$\lVert w \rVert^2$", "‖w‖²", "‖<i>w</i>‖<sup>2</sup>"),
    (r"$a^{2 - 2/L}$", "a^(2−2/L)", "<i>a</i><sup>2−2/<i>L</i></sup>"),
    (r"$-\log J \ge 0$", "−log J ≥ 0", "−log <i>J</i> ≥ 0"),
    (r"$\frac{a}{b+c}$", "a/(b + c)", "<i>a</i>/(<i>b</i> + <i>c</i>)"),
    (
        "off 4.1e-04, 1e12",
        "off 4.1e-04, 1e12",
        "4.1\u00a0×\u00a010⁻⁴, 1\u00a0×\u00a010¹²",
    ),
    (r"$w \in \mathbb{R}^d$", "w ∈ ℝ^d", "<i>w</i> ∈ ℝ<sup><i>d</i></sup>"),
    (r"$b = 2B_{\rm simple}$", "b = 2B_(simple)", "<i>B</i><sub>simple</sub>"),
    (r"$w^{\max r - 1}$", "w^(max r−1)", "<i>w</i><sup>max <i>r</i>−1</sup>"),
    (r"$\log(x)\log y$", "log(x) log y", "log(<i>x</i>) log <i>y</i>"),
    (
        r"$\min_{i \in S} z_i$",
        "min_(i∈S) zᵢ",
        "min<sub><i>i</i>∈<i>S</i></sub> <i>z</i>",
    ),
    (r"$\operatorname{tr}\Sigma$", "tr Σ", "tr Σ"),
    (r"$W_L W_L^\top$", "W_L W_Lᵀ", "<i>W</i><sub><i>L</i></sub><i>W</i>"),
    (r"$\sqrt N x\sqrt{2t}$", "√N x√(2t)", "√<i>N</i> <i>x</i>√(2<i>t</i>)"),
    (r"$\tfrac12\|p\|^2$", "½‖p‖²", "½‖<i>p</i>‖<sup>2</sup>"),
    (r"$\frac{2a}{q}(b) - \frac c{2d}$", "(2a/q)(b) − c/(2d)", "(2<i>a</i>/<i>q</i>)("),
    (r"$\frac{d}{dt}\|w\|$", "d/dt ‖w‖", "<i>d</i>/<i>d</i><i>t</i> ‖<i>w</i>‖"),
    (r"$v \leftarrow J^*$", "v ← J*", "<i>v</i> ← <i>J</i><sup>*</sup>"),
    ("*so* `x_1`", "so x_1", "<em>so</em> <code>x_1</code>"),
    ("**very $x$**", "very x", "<strong>very "),
    ("3.2 × 10⁻⁵", "3.2 × 10⁻⁵", "3.2\u00a0×\u00a010⁻⁵"),
    ("a -2.5 (-1), 2-3", "a -2.5 (-1), 2-3", "a −2.5 (−1), 2-3"),
    ("95 % of b = 8", "95 % of b = 8", "95\u00a0% of b\u00a0=\u00a08"),
    ("2 < 3 & 4 * 5", "2 < 3 & 4 * 5", "2 &lt; 3 &amp; 4 * 5"),
]


@pytest.mark.parametrize(("source", "text", "markup"), NOTATION)
def test_notation(source, text, markup):
    assert plain(source) == text
    assert markup in to_html(source)


FUNCTIONS = {"log", "ln", "exp", "sin", "cos", "tanh", "sinh", "cosh", "arg", "max",
             "min", "det", "ker", "lim", "inf", "sup"}  # fmt: skip


def test_statements_hold_no_command_that_would_be_shown_by_its_name():
    unknown = {}
    for claim in CLAIMS.values():
        said = inspect.getdoc(type(claim)) or ""
        for tex in re.findall(r"\$([^$]+)\$", said):
            for name in re.findall(r"\\([A-Za-z]+)", tex):
                if plain(f"$\\{name}{{x}}$").startswith(name) and name not in FUNCTIONS:
                    unknown[name] = claim.id
    assert not unknown


def test_a_column_of_figures_is_told_from_one_of_words():
    """Figures are not broken into lines; words have room for some letters."""
    rows = [["a", "+0.04 ± 0.01", "60%", 3, "9.8 × 10⁻⁵", "—", "no theorem says what"],
            ["b", "−0.12 ± 0.02", "0%", 4, "10", "0.5", "adam"]]  # fmt: skip
    told = Numbers([""] * 7, rows, "").words
    assert told == [0, 0, 0, 0, 0, 0, 16]
    assert Numbers(["", ""], [["a", "tanh"]], "").words[1] == len("tanh")


@pytest.mark.parametrize("tex", ["{", "}", "_", "^", "\\", "\\frac", "\\frac{a", "a^"])
def test_broken_notation_is_no_error(tex):
    plain(f"${tex}$")
    to_html(f"${tex}$")


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.2e-14, "1.20 × 10⁻¹⁴"), (0.9731, "0.973"), (-3.0, "−3"), (0, "0"), (None, "—"),
     (float("nan"), "—"), (float("-inf"), "−∞"), (-2.5e7, "−2.50 × 10⁷"), ("x", "x"),
     (np.float64(0.5), "0.5"), (12345.6, "12346")],
)  # fmt: skip
def test_numbers_are_set_as_in_print(value, text):
    assert number(value) == text


def test_a_folder_is_made_and_taken_again(tmp_path):
    path = tmp_path / "a" / "b"
    claim_folder(path, study="deep-lda").write("x.txt", "first")
    claim_folder(path, study="deep-lda").write("x.txt", "second")
    assert (path / "x.txt").read_text() == "second"
    assert json.loads((path / MARKER).read_text())["study"] == "deep-lda"
    assert not [p for p in path.iterdir() if ".part." in p.name]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("thesis.tex", "mine", "holds thesis.tex: not written by tacit"),
        (MARKER, "not json", "not written by tacit"),
        (MARKER, '{"schema": "other/1"}', "not written by tacit"),
        (MARKER, "[]", "not written by tacit"),
        (MARKER, '{"schema": "tacit.folder/1", "study": "x"}', "results of 'x'"),
    ],
)
def test_a_folder_that_is_not_ours_is_left_alone(tmp_path, name, content, says):
    (tmp_path / name).write_text(content)
    with pytest.raises(OutputError, match=re.escape(says)) as error:
        claim_folder(tmp_path, study="deep-lda")
    assert "--out" in str(error.value)
    assert [p.name for p in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == content


def test_a_file_is_not_a_folder(tmp_path):
    (tmp_path / "x").write_text("mine")
    for path in (tmp_path / "x", tmp_path / "x" / "below"):
        with pytest.raises(OutputError, match="--out"):
            claim_folder(path, study="s")


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ValueError])
def test_an_interrupted_write_leaves_what_was_there(tmp_path, stop):
    folder = claim_folder(tmp_path, study="s")
    folder.write("x.txt", "finished")

    def half():
        with folder.place("x.txt") as part:
            part.write_text("half")
            raise stop

    with pytest.raises(stop):
        half()
    assert (tmp_path / "x.txt").read_text() == "finished"
    assert sorted(p.name for p in tmp_path.iterdir()) == [MARKER, "x.txt"]


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x"])
def test_a_name_stays_inside_its_folder(tmp_path, name):
    folder = claim_folder(tmp_path / "inner", study="s")
    with pytest.raises(DataError, match="not a name inside"):
        folder.write(name, "x")


def test_json_refuses_nan(tmp_path):
    folder = claim_folder(tmp_path, study="s")
    with pytest.raises(ValueError, match="JSON"):
        folder.write_json("x.json", {"gap": float("nan")})
    assert not (tmp_path / "x.json").exists()


def test_lines_name_what_is_not_met_and_what_surprises():
    rows = [
        finding("does not apply", "foil", not_met=("$L \\ge 2$",)),
        finding("fails"),
    ]
    first, second, third = terminal.lines(rows)
    assert first.startswith("B3  QuasiNorm  foil  does not apply")
    assert second == "    not met: L ≥ 2"
    assert "fails (unexpected)" in third
    assert terminal.lines([]) == []
    assert terminal.summary(rows) == (
        "1 fails, 1 does not apply; unexpected: B3 QuasiNorm"
    )


def test_an_answer_is_a_line_or_fits_a_terminal():
    sentence = r"As $\alpha \to 0$ " + "the limit is **one**, " * 9 + "at last."
    answers = [(sentence, [finding("holds"), finding("fails", "rival")])] * 2
    whole = terminal.answer_lines(answers)
    said = "As α → 0 " + "the limit is one, " * 9 + "at last."
    told = "1 holds, 1 fails; as they must: 1 of 1 foils and false claims told apart"
    assert whole[:2] == [said, f"    {told}"]
    broken = terminal.answer_lines(answers, 40)
    assert len(broken) > len(whole)
    assert max(map(len, broken)) <= 40
    assert " ".join(" ".join(broken).split()) == " ".join(" ".join(whole).split())


# --- for papers


def test_strokes_are_seen_in_grey():
    """On white, with nothing but lightness: a contrast of 2 (WCAG's formula)."""
    for look in plots.strokes(range(7)).values():
        parts = to_rgb(look.colour)
        light = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4
                 for x in parts]  # fmt: skip
        grey = np.dot(light, (0.2126, 0.7152, 0.0722))
        assert 1.05 / (grey + 0.05) > 2


@pytest.mark.parametrize("span", [(0.03, 0.3), (0.02, 0.9), (2.0, 3.0)], ids=str)
def test_ticks_of_a_short_logarithmic_axis_do_not_collide(span):
    made = plots.figure(1, 3)
    made[0].frame(log="xy").lines({"a": (span, (1e-5, 1e-3))}, labels="none")
    figure = made.finish()
    figure.draw_without_rendering()
    axis = made[0].axes.xaxis
    low, high = sorted(axis.get_view_interval())
    seen = [
        tick.label1.get_window_extent()
        for ticks in (axis.get_major_ticks(), axis.get_minor_ticks())
        for tick in ticks
        if tick.label1.get_visible()
        and tick.label1.get_text()
        and low <= tick.get_loc() <= high
    ]
    assert len(seen) >= 2
    for i, box in enumerate(seen):
        assert not any(box.overlaps(other) for other in seen[:i])


def pictures():
    return {
        kind: Picture(plots.to_svg(drawing(kind), alt="a"), "c")
        for kind in ("lines", "bars", "bundle")
    }


@pytest.mark.parametrize("column", ["single", "double"])
@pytest.mark.parametrize("format", ["pdf", "svg", "png"])
def test_figures_of_a_paper_are_the_same_bytes_again(tmp_path, format, column):
    found = []
    for place in ("a", "b"):
        folder = claim_folder(tmp_path / place, study="s")
        paths = write_figures(folder, pictures(), format, column)
        found.append([path.read_bytes() for path in paths])
        assert [path.name for path in paths] == [f"{k}.{format}" for k in pictures()]
        assert not [p for p in folder.path.rglob("*") if ".part." in p.name]
    assert found[0] == found[1]


def test_a_figure_of_a_paper_has_its_width_and_its_fonts(tmp_path):
    folder = claim_folder(tmp_path, study="s")
    for column, inches in COLUMNS.items():
        (path, *_) = write_figures(folder, pictures(), "pdf", column)
        data = path.read_bytes()
        box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+)", data)
        assert float(present(box)[1]) == pytest.approx(72 * inches, abs=0.5)
        assert b"/FontFile2" in data
        assert b"/Subtype /Type3" not in data


def test_panels_that_would_be_too_narrow_go_below_each_other():
    wide, narrow = (drawing().fit(width) for width in (7.0, 3.4))
    assert wide.grid.shape == (1, 2)
    assert narrow.grid.shape == (2, 1)
    for fitted in (wide, narrow):
        figure = fitted.finish()
        figure.draw_without_rendering()
        boxes = [panel.axes.get_tightbbox() for panel in fitted]
        assert not boxes[0].overlaps(boxes[1])
        for box in boxes:
            assert box.x1 <= figure.bbox.x1 + 1
    assert all(panel.axes.get_ylabel() for panel in narrow)


def test_the_data_beside_a_figure_are_what_was_drawn(tmp_path):
    folder = claim_folder(tmp_path, study="s")
    write_figures(folder, pictures(), "png", "single")
    rows, bars, bundle = (table(tmp_path, kind) for kind in pictures())
    x = np.geomspace(1e-2, 1e2, 40)
    for i in range(1, 4):
        own = [r for r in rows if r["panel"] == "1" and r["name"] == f"L = {i}"]
        assert [float(r["x"]) for r in own] == pytest.approx(x)
        drawn = np.maximum(x**i, 1e-3)
        assert [float(r["y"]) for r in own] == pytest.approx(drawn)
    first = [r for r in bars if r["kind"] == "bar" and r["panel"] == "1"]
    found = {(r["name"], r["x"]): float(r["y"]) for r in first}
    assert found == {("one", "a"): 1, ("one", "b"): 2, ("two", "a"): 3, ("two", "b"): 4}
    assert {"weak", "strong"} <= {r["name"] for r in bundle}


def table(folder, name):
    with (folder / f"figures/{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("format", "column", "says"),
    [
        ("gif", "single", "format of figures is one"),
        ("pdf", "half", "column is"),
    ],
)
def test_other_formats_and_columns_are_refused(tmp_path, format, column, says):
    folder = claim_folder(tmp_path, study="s")
    with pytest.raises(OptionError, match=says):
        write_figures(folder, pictures(), format, column)


def test_pgf_without_latex_says_what_it_needs(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(OutputError, match="Install a TeX distribution, or choose pdf"):
        write_figures(claim_folder(tmp_path, study="s"), pictures(), "pgf", "single")


def test_a_latex_table_escapes_what_is_no_formula():
    rows = [
        finding(statement=r"$Q_1$: 100 % *kept* & more_or_less", on="a_b", distance=0),
        finding("does not apply", distance=float("nan"), allowed=2.5e-12),
    ]
    text = latex_table(rows)
    assert r"$Q_1$: 100 \% \emph{kept} \& more\_or\_less" in text
    assert r"a\_b & holds & 0 & $1.0 \times 10^{-9}$ \\" in text
    assert r"does not apply & --- & $2.5 \times 10^{-12}$ \\" in text
    lines = text.splitlines()
    bodies = [line for line in lines if line.endswith(r"\\")]
    assert {line.replace(r"\&", "").count("&") for line in bodies} == {5}


def test_what_rests_on_a_paper_is_told_by_what_the_paper_says():
    def made(id, *sources, **words):
        return dataclasses.replace(finding(id=id, **words), name=id, sources=sources)

    quoted, slip = Source(LI, "Theorem 1", "quoted"), Source(LI, "(3)", "corrected")
    ours, theirs = Source(LI, "", "derived"), Source(JI, "Theorem 2", "quoted")
    findings = [
        made("B2", ours, theirs),
        made("B1", quoted, slip),
        made("B1", quoted, slip, outcome="does not apply"),
        made("B1", quoted, slip, role="rival", outcome="fails"),
        made("B3", theirs),
        made("A1", quoted, ours),
        made("A1", quoted, ours, role="foil", outcome="fails"),
        made("A1", quoted, ours),
    ]
    groups = [claims for _, claims in stated(findings, str(LI))]
    told = {each.id: each for claims in groups for each in claims}
    assert [[each.id for each in claims] for claims in groups] == [
        ["A1"], ["B1"], ["B2"],
    ]  # fmt: skip
    assert told["A1"].found == "holds on 2 runs"
    assert told["A1"].place == "Theorem 1"
    assert not told["A1"].printed
    assert told["B1"].found == "holds on 1 run, does not apply to 1"
    assert told["B1"].place == "Theorem 1; (3)"
    assert told["B1"].printed == "fails on 1 run"
    assert "B3" not in told, "it is of another paper"
    assert stated(findings, "none of theirs") == []
