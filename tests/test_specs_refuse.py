"""What a spec refuses: every mistake by its place in the file, with the way out."""

import numpy as np
import pytest

from tacit.errors import SpecError, TacitError
from tacit.specs import Spec
from tests.specs import table, TWO


DRAWN = {"synthetic": "strong_weak_noise", "seed": 1, "n": 60}
DESCENT = {"kind": "Descent", "step": 0.1}
SIDES = {"kind": "TwoSided", "u": [1] * 13}
ROW = [0.5] * 13
BAD = [
    # the file as a whole
    ({"sed": 3}, "sed", "Did you mean 'seed'?"),
    ({"until": None}, "until", "missing"),
    ({"loss": None}, "loss", "missing"),
    ({"loss": [1]}, "loss", "a table of keys and values"),
    ({"problem": "wine"}, "problem", "a table of keys and values"),
    ({"seed": "a"}, "seed", "a whole number; got 'a'"),
    ({"seed": -1}, "seed", "at least 0; got -1"),
    # until and records
    ({"until": -1}, "until", "at least 0; got -1"),
    ({"until": "soon"}, "until", "a number; got 'soon'"),
    ({"until": True}, "until", "a number; got true"),
    ({"until": float("inf")}, "until", "finite; got inf"),
    ({"until": 2.5, "flow": DESCENT}, "until", "whole steps; until = 2.5"),
    ({"until": {"level": 1}}, "until", "exactly one of risk_below, reaches"),
    ({"until": {"risk_below": 1, "reaches": "Hoyer"}}, "until", "below and reaches"),
    ({"until": {"risk_below": 1, "within": -1}}, "until.within", "above 0; got -1"),
    ({"until": {"risk_below": 1, "every": 0}}, "until.every", "above 0; got 0"),
    ({"until": {"reaches": "Hoyer"}}, "until.level", "missing"),
    ({"until": {"reaches": "Hoyr", "level": 1}}, "until.reaches.kind", "'Hoyer'?"),
    ({"until": {"reaches": "Layers", "level": 1}}, "until.reaches.kind", "one number"),
    ({"until": {"reaches": "Sine", "level": 1}}, "until.reaches.reference", "missing"),
    (
        {"until": {"reaches": {"kind": "Sine", "reference": [1, 2]}, "level": 1}},
        "until", "cannot be read off this network",
    ),
    ({"records": 0}, "records", "at least 1; got 0"),
    ({"records": []}, "records", "1 or more entries"),
    ({"records": [2, 1]}, "records", "increasing times"),
    ({"records": [1, 10]}, "records", "not go beyond until, 5; got 10"),
    # the problem
    ({"problem__name": None}, "problem", "name, synthetic, within, file; got none"),
    ({"problem__file": "x.csv"}, "problem", "got name and file"),
    ({"problem__name": "win"}, "problem.name", "Did you mean 'wine'?"),
    ({"problem__classes": ["class_0"]}, "problem.classes", "2 or more entries; got 1"),
    ({"problem__classes": ["a", "b"]}, "problem.classes", "there are 3: class_0"),
    ({"problem__classes": [0.5, 1]}, "problem.classes[0]", "whole number; got 0.5"),
    ({"problem__standardised": 3}, "problem.standardised", "true or false; got 3"),
    ({"problem__standardized": True}, "problem.standardized", "'standardised'?"),
    ({"problem": {"name": "digits", "classes": [0, 1]}}, "problem", "`varying = true`"),
    (
        {"problem": {"name": "digits", "standardised": True}},
        "problem.standardised", "drop them with `varying = true`",
    ),
    ({"problem": {"synthetic": "strong"}}, "problem.synthetic", "'strong_weak_noise'?"),
    ({"problem": {"synthetic": "two_gaussians", "n": 9}}, "problem.seed", "missing"),
    ({"problem": DRAWN | {"n": 3}}, "problem.n", "at least 4"),
    ({"problem": DRAWN | {"seed": -1}}, "problem.seed", "at least 0"),
    ({"problem": DRAWN | {"correlation": 1}}, "problem.correlation", "below 1"),
    ({"problem": {"within": TWO["within"]}}, "problem.delta", "exactly one of"),
    ({"problem": TWO | {"within": [[1, 0], [0]]}}, "problem.within", "lengths"),
    ({"problem": TWO | {"within": [[1, "a"]]}}, "problem.within", "one entry is 'a'"),
    ({"problem": TWO | {"within": [[1, 2], [0, 1]]}}, "problem.within", "symmetric"),
    (
        {"problem": TWO | {"within": [[1, 0], [0, 0]]}},
        "problem", "`singular = true` under [problem] if it is meant",
    ),
    ({"problem": TWO | {"standardised": True}}, "problem.standardised", "samples"),
    ({"problem": TWO, "loss": {"kind": "Logistic"}}, "problem", "single samples"),
    ({"problem": {"file": "none.csv", "label": "y"}}, "problem.file", "no file"),
    ({"problem": {"file": "x.txt", "label": "y"}}, "problem.file", ".csv, .npz"),
    # the network
    ({"network__kind": None}, "network.kind", "one of Chain, ConvLinear, Deep"),
    ({"network__kind": "Diag"}, "network.kind", "Did you mean 'Diagonal'?"),
    ({"network__dpth": 3}, "network.dpth", "Did you mean 'depth'?"),
    ({"network__depth": None}, "network", "exactly one of depth, layers; got none"),
    ({"network__layers": [ROW]}, "network", "got depth and layers"),
    ({"network__depth": 0}, "network.depth", "at least 1; got 0"),
    ({"network__depth": 2.5}, "network.depth", "a whole number; got 2.5"),
    ({"network__depth": True}, "network.depth", "a number; got true"),
    ({"network__alpha": 0}, "network.alpha", "above 0; got 0"),
    ({"network__start": None}, "network.start", "missing"),
    ({"network__start": "sign"}, "network.start", "signs, uniform, a list"),
    ({"network__start": [1, 2]}, "network.start", "shape (2,); the problem has 13"),
    ({"network__start": [0] * 13}, "network.start", "0 in 13 of 13 coordinates"),
    ({"problem__classes": None}, "network.start", "Keep two by `classes`"),
    ({"network": {"kind": "Diagonal", "layers": [[1, 2]]}}, "network", "takes 2"),
    ({"network": {"kind": "Diagonal", "layers": [1, 2]}}, "network.layers", "(L, d)"),
    ({"network": {"kind": "Gate", "layers": [[1], [1, 2]]}}, "network.layers", "rows"),
    ({"network": {"kind": "TwoSided", "alpha": 0.1}}, "network", "delta"),
    ({"network": SIDES}, "network.v", "missing"),
    ({"network": SIDES | {"v": [1]}}, "network.u", "of one shape"),
    ({"network": {"kind": "DeepLinear", "widths": []}}, "network.widths", "1 or more"),
    ({"network": {"kind": "DeepLinear", "widths": [0]}}, "network.widths[0]", "got 0"),
    ({"network": {"kind": "DeepLinear", "widths": [2]}}, "network", "one output"),
    (
        {"network": {"kind": "MLP", "weights": [[ROW]], "activation": "rel"}},
        "network.activation", "elu, erf, exp, gelu",
    ),
    # the loss and the flow
    ({"loss__kind": "Fishr"}, "loss.kind", "Did you mean 'Fisher'?"),
    ({"loss__form": "log"}, "loss.form", "neglog, ratio, inverse; got 'log'"),
    ({"loss__ridge": -1}, "loss.ridge", "0 or more; got -1"),
    ({"loss__ridge": "a"}, "loss.ridge", "a number; got 'a'"),
    ({"loss": {"kind": "Logistic", "ridge": 1}}, "loss.ridge", "no key 'ridge'"),
    ({"flow": {"kind": "Descent"}}, "flow.step", "missing"),
    ({"flow": DESCENT | {"step": -1}}, "flow.step", "above 0; got -1"),
    ({"flow__chart": "log"}, "flow.chart", "auto, parameters; got 'log'"),
    ({"flow": DESCENT | {"schedule": 1}}, "flow.schedule", "a table"),
    ({"flow": DESCENT | {"schedule": {"power": 1}}}, "flow.schedule.kind", "missing"),
    (
        {"flow": DESCENT | {"schedule": {"kind": "PowerDecay", "power": -1}}},
        "flow.schedule.power", "at least 0",
    ),
    (
        {"flow": {"kind": "Stochastic", "step": 1, "batch": 999}},
        "flow.batch", "replace = true",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "place", "says"), BAD, ids=lambda x: None if isinstance(x, dict) else x
)
def test_a_mistake_is_told_by_its_place(changes, place, says):
    with pytest.raises(SpecError) as caught:
        Spec.of(table(**changes), file="own.toml").experiment()
    (where, text), *more = caught.value.mistakes
    assert where == place
    assert says in text
    assert "\n" not in text
    assert not more or "missing" in text
    assert str(caught.value).startswith(f"own.toml: {place}: ")
    assert isinstance(caught.value, TacitError)


def test_every_mistake_is_told_at_once():
    wrong = table(loss__form="log", flow__rtol=2, network__depth=0)
    with pytest.raises(SpecError) as caught:
        Spec.of(wrong, file="own.toml")
    places = [place for place, _ in caught.value.mistakes]
    assert places == ["network.depth", "loss.form", "flow.rtol"]
    assert str(caught.value).count("own.toml: ") == 3


FILES = {
    "a,y\n1,0\nNA,1": ("problem.file", "'NA' in row 2"),
    "a,y\n1,0\n2": ("problem.file", "2 columns but 1 entries in row 2"),
    "a,a,y\n1,2,0": ("problem.file", "2 columns 'a': number 1, 2"),
    "a,y\n1,0\n2,": ("problem.label", "empty in row 2"),
    "a,y\n1,0\n2,0": ("problem.label", "one class only"),
    "a,y\n1,0\ninf,1": ("problem.file", "not finite"),
    "y\n0\n1": ("problem.file", "no column besides 'y'"),
    "a,z\n1,0\n2,1": ("problem.label", "no label: column 'y'"),
    "": ("problem.file", "empty"),
}


@pytest.mark.parametrize(("text", "told"), FILES.items(), ids=map(repr, FILES))
def test_a_bad_file_of_columns_is_told(tmp_path, text, told):
    (tmp_path / "own.csv").write_text(text)
    problem = {"file": "own.csv", "label": "y"}
    with pytest.raises(SpecError) as caught:
        Spec.of(table(problem=problem), folder=tmp_path).experiment()
    ((place, said),) = caught.value.mistakes
    assert place == told[0]
    assert told[1] in said


def test_a_bad_archive_of_columns_is_told(tmp_path):
    def told(**changes):
        problem = {"file": "own.npz", "label": "y", **changes}
        with pytest.raises(SpecError) as caught:
            Spec.of(table(problem=problem), folder=tmp_path).experiment()
        return str(caught.value)

    np.savez(tmp_path / "own.npz", a=np.ones(3), y=np.arange(2), c=np.ones((1, 1, 1)))
    assert "problem.file: c in own.npz has shape (1, 1, 1)" in told()
    np.savez(tmp_path / "own.npz", a=np.ones(3), b=np.ones(2), y=np.arange(2))
    assert "problem.file: the columns differ in length: {'a': 3, 'b': 2}" in told()
    assert "problem.weights: " in told(features=["b"], weights="none")
    assert "problem.features: " in told(features=["none"])
    (tmp_path / "own.npz").write_text("no archive")
    assert "problem.file: own.npz is no archive of arrays" in told()
