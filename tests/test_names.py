"""Every name of the library that the documentation and the docstrings use exists."""

import ast
import importlib
import re
from pathlib import Path

import pytest

import tacit
from tacit import losses, networks, observables, problems


ROOT = Path(__file__).parents[1]
SOURCE = Path(tacit.__file__).parent
DOTTED = re.compile(r"(?<![\w./:@-])tacit(?:\.[A-Za-z_]\w*)+(?![\w/-])")
ENDINGS = {"toml", "json", "md", "py", "html", "whl"}
"""Of files that are called ``tacit.…``."""


def pages():
    """What is read of the repository; the changelog has names of the past."""
    docs = sorted((ROOT / "docs").rglob("*.md"))
    top = [ROOT / name for name in ("README.md", "CONTRIBUTING.md")]
    return {str(file.relative_to(ROOT)): file.read_text() for file in (*top, *docs)}


def docstrings():
    """All that stands in a string by itself, or in front of a module."""
    for file in sorted(SOURCE.rglob("*.py")):
        texts = [
            node.value.value
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if isinstance(node.value.value, str)
        ]
        yield str(file.relative_to(SOURCE)), "\n".join(texts)


def resolves(name):
    """Whether a dotted name leads somewhere, by import and by attribute."""
    thing = tacit
    module = "tacit"
    for part in name.split(".")[1:]:
        try:
            thing = getattr(thing, part)
            continue
        except AttributeError:
            if not hasattr(thing, "__path__"):
                fields = getattr(thing, "__dataclass_fields__", {})
                return part in {*fields, *getattr(thing, "__annotations__", {})} or any(
                    part in vars(kind) for kind in getattr(thing, "__mro__", ())
                )
        module = f"{thing.__name__}.{part}"
        try:
            thing = importlib.import_module(module)
        except ModuleNotFoundError as error:
            return (error.name or "").partition(".")[
                0
            ] != "tacit"  # an extra is not here
    return True


def names(texts):
    found = {}
    for place, text in texts:
        for name in DOTTED.findall(text):
            if name.rpartition(".")[2] not in ENDINGS:
                found.setdefault(name, []).append(place)
    return found


@pytest.mark.parametrize("where", ["docs", "docstrings"])
def test_every_dotted_name_is_one(where):
    found = names(pages().items() if where == "docs" else docstrings())
    assert len(found) > 20
    wrong = {name: places for name, places in found.items() if not resolves(name)}
    assert not wrong


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("tacit.display.plots.save", False),
        ("tacit.display.figures.Drawing.save", True),
        ("tacit.observables.Hoyer", True), ("tacit.observables.Hoyr", False),
        ("tacit.losses.AbstractLoss.scale_free", True),
        ("tacit.losses.AbstractLoss.scalefree", False), ("tacit.sweeps.nowhere", False),
    ],
)  # fmt: skip
def test_the_look_tells_names_that_are_there(name, there):
    assert names([("", f"see `{name}`.")]) == {name: [""]}
    assert resolves(name) == there


@pytest.mark.parametrize(
    ("family", "name", "says"),
    [
        (observables, "Hoyr", "Did you mean 'Hoyer'"), (tacit, "sweeep", "'sweep'"),
        (losses, "Logistics", "Did you mean 'Logistic'"), (networks, "mlp2", "Known:"),
        (problems, "strong_weak_nois", "Did you mean 'strong_weak_noise'"),
    ],
)  # fmt: skip
def test_an_unknown_name_is_answered_by_the_nearest(family, name, says):
    with pytest.raises(
        AttributeError, match=f"{family.__name__} has no '{name}'.*{says}"
    ):
        getattr(family, name)
    assert not hasattr(family, "__wrapped__"), "others look for such names"
