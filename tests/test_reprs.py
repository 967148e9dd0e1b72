"""What a notebook shows of the things tacit returns."""

import html.parser
import pathlib
import re

import numpy as np
import pytest

import tacit
from tacit.display.tables import table
from tacit.errors import NotFoundError
from tacit.reporting import Finding
from tests.cases import CLAIMS


VOID = {"br", "wbr", "img"}


class Balanced(html.parser.HTMLParser):
    """Fails on a tag that is not closed in its place; gathers the words."""

    def __init__(self, text):
        super().__init__()
        self.open, self.words = [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        assert tag != "script"
        assert not any(name == "src" for name, _ in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def experiment():
    return CLAIMS["QuasiNormConserved"].witness()


@pytest.fixture(scope="module")
def run(experiment):
    seen = tacit.observables
    watched = [seen.LayerNorms(), seen.Hoyer(), seen.Layers()]
    return tacit.train(experiment, watched, records=6)


@pytest.fixture(scope="module")
def shown(experiment, run):
    """What is shown by name, each with words that must stand in it."""
    verdict = tacit.check("B3", experiment)
    silent = tacit.check("B3", CLAIMS["QuasiNormConserved"].foil())
    return {
        "verdict": (verdict, ["B3", "holds", "QuasiNormConserved", "predicted"]),
        "silent": (silent, ["does not apply", *silent.not_met]),
        "forecasts": (tacit.predict(experiment, ["B3", "C2"]), ["1 of 2", "B3", "C2"]),
        "run": (run, ["LayerNorms", "Hoyer", "Diagonal"]),
        "laws": (tacit.laws(experiment.network), ["certified", "θ₁[i]²"]),
        "report": (report(), ["toy", "1 fails", "<of what it is not>", "report.html"]),
    }


def report():
    finding = Finding(
        "Z1", "Toy", "$a<b$ <of what it is not>", "Somebody", "fails", 0.5, 1e-9
    )
    place = pathlib.Path("results")
    return tacit.Report("toy", (finding,), place, place / "report.html")


NAMES = ["verdict", "silent", "forecasts", "run", "laws", "report"]


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_shows_whole_html_that_loads_nothing(shown, name):
    thing, words = shown[name]
    read = Balanced(str(thing._repr_html_()))
    told = "".join(read.words)
    assert all(word in told for word in words)
    assert "$" not in told, "a formula is left as it was written"


@pytest.mark.parametrize("kind", [tacit.DeepLDAClassifier, tacit.DeepLDASelector])
def test_a_notebook_shows_estimators_with_their_parameters(kind):
    assert "shrinkage" in kind(shrinkage=0.25)._repr_html_()


def test_a_trajectory_is_ten_lines_at_most(experiment, run):
    lines = repr(run).splitlines()
    assert len(lines) == 4
    assert "finished" in lines[0]
    squared = float(np.sum(np.asarray(experiment.network.layers[0]) ** 2))
    (norms,) = [line for line in lines if "LayerNorms" in line]
    assert f"{squared:.3g}" in norms

    class Many(tacit.observables.AbstractObservable):
        """One of many."""

        number: int

        @property
        def name(self):
            return f"many {self.number}"

        def measure(self, at):
            return at.time

    many = tacit.train(experiment, [Many(i) for i in range(20)], records=2)
    assert len(repr(many).splitlines()) == 10
    assert "and 12 observables more" in repr(many)
    assert len(repr(tacit.train(experiment, records=2)).splitlines()) == 2


def test_a_plot_has_a_panel_an_observable_with_its_values(run):
    drawing = run.plot()
    panels = [panel for panel in drawing if panel.axes.get_visible()]
    assert {p.axes.get_ylabel() for p in panels} == {"LayerNorms", "Hoyer", "Layers"}
    (only,) = run.plot("LayerNorms")
    for line, values in zip(
        only.axes.lines, np.asarray(run.seen["LayerNorms"]).T, strict=True
    ):
        assert np.array_equal(line.get_ydata(), values)
        assert np.array_equal(line.get_xdata(), run.times)
    assert [line.get_label() for line in only.axes.lines][0] == "layer 1"


def test_a_plot_is_one_svg_and_the_same_again(run):
    first, second = (run.plot()._repr_svg_() for _ in range(2))
    assert first == second
    assert first.count("<svg") == 1


@pytest.mark.parametrize("log", ["", "x", "y", "xy"])
def test_a_plot_has_the_logarithmic_axes_it_is_told(run, log):
    (panel,) = run.plot("Hoyer", log=log)
    scales = (panel.axes.get_xscale(), panel.axes.get_yscale())
    assert scales == tuple("log" if each in log else "linear" for each in "xy")


def test_a_plot_of_what_was_not_observed_names_what_was(experiment, run):
    with pytest.raises(NotFoundError, match="Did you mean 'Hoyer'"):
        run.plot("Hoyr")
    with pytest.raises(NotFoundError):
        tacit.train(experiment, records=2).plot()


def test_words_in_a_table_are_escaped():
    text = table([("<script>alert(1)</script>", "`a<b`", None)], ("<b>",))
    assert "<script>" not in text
    assert re.search("<code>a&lt;b</code>", text)
    Balanced(text)
