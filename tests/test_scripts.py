"""Every script in benchmarks/ and examples/ asks only for what there is."""

import ast
import importlib
import importlib.util
import inspect
import pathlib
import sys

import pytest


ROOT = pathlib.Path(__file__).parent.parent
SCRIPTS = sorted(
    [*(ROOT / "benchmarks").glob("*.py"), *(ROOT / "examples").glob("*.py")]
)


def missing(source, beside=()):
    """The names of modules, and in modules, that the script uses and that are not."""
    tree = ast.parse(source)
    bound, absent, later = {}, [], deferred(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.name if alias.asname else alias.name.split(".")[0]
                bound[alias.asname or name] = (name, None)
                if node not in later or ours(alias.name):
                    absent += [] if known(alias.name, beside) else [alias.name]
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                bound[alias.asname or alias.name] = (node.module, alias.name)
                if node in later and not ours(node.module):
                    continue
                if not known(node.module, beside):
                    absent.append(node.module)
                elif ours(node.module) and not has(node.module, alias.name):
                    absent.append(f"{node.module}.{alias.name}")
    return absent + [
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and (name := broken(node, bound))
    ]


def deferred(tree):
    """The imports inside functions: of packages that only some of a script needs."""
    return {
        inner
        for outer in ast.walk(tree)
        if isinstance(outer, ast.FunctionDef)
        for inner in ast.walk(outer)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    }


def ours(module):
    return module.split(".")[0] == "tacit"


def known(module, beside):
    """Whether there is such a module; of others' only whether they are installed."""
    if module in beside or module in sys.stdlib_module_names:
        return True
    try:
        return importlib.util.find_spec(module if ours(module) else top(module))
    except ModuleNotFoundError:
        return False


def top(module):
    return module.split(".")[0]


def has(module, name):
    return found(module, name) is not None


def found(module, name):
    """What ``from module import name`` gives, or None."""
    inside = importlib.import_module(module)
    if not hasattr(inside, name) and importlib.util.find_spec(f"{module}.{name}"):
        return importlib.import_module(f"{module}.{name}")
    return getattr(inside, name, None)


def broken(node, bound):
    """The dotted name from an import of tacit to here, if its last part is not."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or not ours(bound.get(node.id, ("",))[0] or ""):
        return None
    module, name = bound[node.id]
    thing = found(module, name) if name else importlib.import_module(module)
    path = [node.id]
    for part in parts[::-1]:
        if not (inspect.ismodule(thing) or inspect.isclass(thing)):
            return None
        path.append(part)
        if not hasattr(thing, part):
            return ".".join(path)
        thing = getattr(thing, part)
    return None


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_asks_only_for_what_there_is(path):
    if path.parent.name == "benchmarks":
        for guest in ("torch", "torchdiffeq"):
            if guest in path.read_text() and not importlib.util.find_spec(guest):
                pytest.skip(f"{guest} is not installed")
    beside = {each.stem for each in path.parent.glob("*.py")}
    assert missing(path.read_text(), beside) == []


@pytest.mark.parametrize(
    ("source", "absent"),
    [
        ("from tacit.claims import recipes", ["tacit.claims.recipes"]),
        (
            "import tacit\ndef f():\n    tacit.losses.Fischer()",
            ["tacit.losses.Fischer"],
        ),
        ("from tacit import flows as f\nf.Adam, f.Adamant", ["f.Adamant"]),
        ("import tacit.sweeping", ["tacit.sweeping"]),
        ("import numpy_of_tomorrow", ["numpy_of_tomorrow"]),
        ("import tacit\ntacit.losses.Fisher().value.of.anything", []),
    ],
)
def test_notices_a_name_that_is_gone(source, absent):
    assert missing(source) == absent
