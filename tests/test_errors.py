"""Errors: what all of them are, and that they reach the caller of another process."""

import copy
import inspect
import pickle
import re

import numpy as np
import pytest

from tacit import errors, flows, losses, networks


MADE = {
    "TacitError": errors.TacitError("something"),
    "ShapeError": errors.ShapeError("two sizes"),
    "OptionError": errors.OptionError("form", "nope", ["ratio", "log"]),
    "DataError": errors.DataError("drop ", errors.setting("fixed", to=True), about="a"),
    "KindError": errors.KindError("the loss", "Fisher", losses.AbstractLoss, "losses"),
    "CapabilityError": errors.CapabilityError("Gates", 1, losses.AbstractLoss),
    "PrecisionError": errors.PrecisionError("32 bits"),
    "MissingExtraError": errors.MissingExtraError("plots", "matplotlib", "plots"),
    "NotFoundError": errors.NotFoundError("claim", "B33", ["B3", "C1"]),
    "SpecError": errors.SpecError([("network.depth", "too small")], "own.toml"),
    "ClaimError": errors.ClaimError("Mine", ["gap"]),
    "OutputError": errors.OutputError("a folder that is not ours"),
    "WorkerError": errors.WorkerError("none began"),
    "StoreError": errors.StoreError("the disk is full"),
}


def test_every_error_is_in_the_table():
    kinds = [c for _, c in inspect.getmembers(errors, inspect.isclass)]
    kinds = [c for c in kinds if issubclass(c, Exception)]
    ours = {c.__name__ for c in kinds if c.__module__ == errors.__name__}
    assert ours == set(MADE)


@pytest.mark.parametrize("error", MADE.values(), ids=MADE)
@pytest.mark.parametrize(
    "again",
    [*(lambda e, p=p: pickle.loads(pickle.dumps(e, p)) for p in (2, 5)), copy.deepcopy],
    ids=["pickle 2", "pickle 5", "deepcopy"],
)
def test_a_copy_is_the_same_error(error, again):
    twin = again(error)
    assert type(twin) is type(error)
    assert str(twin) == str(error)
    assert vars(twin) == vars(error)


def test_what_was_noted_on_an_error_stays_with_it():
    error = errors.NotFoundError("claim", "B33", ["B3"])
    error.add_note("while reading own.toml")
    assert pickle.loads(pickle.dumps(error)).__notes__ == ["while reading own.toml"]


class Strict(errors.DataError):
    """An error of one's own whose constructor takes something else than its text."""

    def __init__(self, row: int, *, column: str):
        super().__init__(f"row {row}, column {column}")
        self.row = row


def test_an_error_of_ones_own_survives_as_well():
    twin = pickle.loads(pickle.dumps(Strict(3, column="b")))
    assert (type(twin), str(twin), twin.row) == (Strict, "row 3, column b", 3)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (losses.Fisher, r"got the class Fisher. Make one of it: Fisher\(...\)"),
        ("Fisher", "got the name 'Fisher'. Give the object itself, from tacit.losses"),
        (None, "got None, a NoneType. Make one with tacit.losses"),
        ([0] * 99, r"\.\.\., a list"),
    ],
    ids=["class", "name", "nothing", "long"],
)
def test_the_wrong_kind_is_named_with_the_way_out(given, says):
    with pytest.raises(errors.KindError, match=f"the loss must be a Loss; .*{says}"):
        errors.require_kind("the loss", given, losses.AbstractLoss, "tacit.losses")


@pytest.mark.parametrize(
    ("name", "call"),
    {
        "rtol": lambda: flows.GradientFlow(rtol=-1.0),
        "solver": lambda: flows.GradientFlow(solver="best"),
        "momentum": lambda: flows.Descent(0.1, momentum=2.0),
        "beta2": lambda: flows.Adam(beta2=1.5),
        "form": lambda: losses.Fisher(form="cube"),
        "depth": lambda: networks.Diagonal.balanced(np.ones(2), depth=0),
        "widths": lambda: networks.DeepLinear.gaussian((3,)),
    }.items(),
)
def test_an_error_says_which_argument_it_is_about(name, call):
    with pytest.raises(errors.TacitError) as caught:
        call()
    assert caught.value.about == name
    assert pickle.loads(pickle.dumps(caught.value)).about == name


@pytest.mark.parametrize(
    ("given", "said"),
    [(3, "3, an int"), ([], "[], a list"), (2j, "2j, a complex"), ({}, "{}, a dict")],
)
def test_what_was_given_has_its_article(given, said):
    with pytest.raises(errors.KindError, match=re.escape(said)):
        errors.require_kind("the loss", given, losses.AbstractLoss, "losses")


def test_advice_is_spelled_for_the_one_who_reads_it():
    way = errors.setting("fixed", to=True, python="fix()", section="problem")
    error = errors.DataError("too wide.\nUse ", way, " or ", errors.Way("a()", "`a`"))
    assert str(error) == "too wide.\nUse fix() or a()"
    assert error.in_spec() == "too wide. Use `fixed = true` under [problem] or `a`"
    assert str(errors.setting("clock", to="time")) == 'clock="time"'
