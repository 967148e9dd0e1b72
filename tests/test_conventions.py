"""The house rules, so that review need not carry them."""

import ast
import contextlib
import importlib
import importlib.util
import inspect
import pathlib
import pkgutil
import subprocess
import sys

import pytest

import tacit
from tacit.errors import MissingExtraError
from tests.cases import FAMILIES, KINDS


HERE = pathlib.Path(tacit.__file__).parent


def modules():
    """All of tacit, but what asks for a package that is not installed."""
    for found in pkgutil.walk_packages(tacit.__path__, "tacit."):
        if not found.name.endswith("__main__"):
            with contextlib.suppress(MissingExtraError):
                yield importlib.import_module(found.name)


MODULES = list(modules())
OURS = {
    c
    for m in MODULES
    for c in vars(m).values()
    if inspect.isclass(c) and c.__module__.startswith("tacit.")
}
HEAVY = {"jax", "matplotlib", "numpy", "pandas", "scipy", "sklearn", "torch", "xarray"}


def is_abstract(cls):
    return cls.__name__.startswith("Abstract")


def finished(cls):
    """The methods a subclass may not touch."""
    return {
        name
        for name, x in vars(cls).items()
        if inspect.isfunction(x)
        and (name == "__call__" or not name.startswith("_"))
        and not getattr(x, "__isabstractmethod__", False)
        and not getattr(x, "__optional__", False)
    }


@pytest.mark.parametrize("cls", sorted(OURS, key=str), ids=lambda c: c.__name__)
def test_abstract_or_final(cls):
    parents = [c for c in cls.__mro__[1:] if c in OURS]
    if issubclass(cls, Exception):
        return
    assert all(map(is_abstract, parents)), "subclass of a final class"
    for parent in parents:
        assert not finished(parent) & set(vars(cls)), "overrides a finished method"


@pytest.mark.parametrize("family", list(FAMILIES), ids=lambda f: f.__name__)
def test_every_member_is_exported_and_has_a_case(family):
    bases = tuple(c for n, c in vars(family).items() if n.startswith("Abstract"))
    members = {
        c.__name__
        for c in OURS
        if c.__module__.startswith(family.__name__ + ".")
        and issubclass(c, bases)
        and not is_abstract(c)
    }
    assert members <= set(family.__all__), "add it to __all__ of the family"
    cased = {type(case).__name__ for case in FAMILIES[family].values()}
    assert members == cased, "add an example to tests/cases.py"


@pytest.mark.parametrize("kind", list(KINDS), ids=lambda kind: kind.__name__)
def test_every_member_of_a_kind_has_a_case(kind):
    members = {c.__name__ for c in OURS if issubclass(c, kind) and not is_abstract(c)}
    cased = {type(case).__name__ for case in KINDS[kind].values()}
    assert members == cased, "add an example to tests/cases.py"


def imported(path):
    """The modules that the file at `path` takes names from."""
    package = ".".join(["tacit", *path.relative_to(HERE).parent.parts])
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            name = "." * node.level + (node.module or "")
            yield importlib.util.resolve_name(name, package) if node.level else name


@pytest.mark.parametrize("family", list(FAMILIES), ids=lambda f: f.__name__)
def test_no_member_of_a_family_is_imported_by_another(family):
    abstract = tuple(
        c for c in OURS if is_abstract(c) and c.__module__.startswith(family.__name__)
    )
    members = {
        c.__module__
        for c in OURS
        if issubclass(c, abstract)
        and not is_abstract(c)
        and c.__module__.startswith(family.__name__ + ".")
    }
    folder = pathlib.Path(family.__file__).parent
    taken = [
        f"{path.stem} takes from {module}"
        for path in folder.rglob("*.py")
        if path.stem != "__init__"
        for module in imported(path)
        if module in members
    ]
    assert not taken, "move what they share to a file without a member"


@pytest.mark.parametrize("family", list(FAMILIES), ids=lambda f: f.__name__)
def test_all_is_complete(family):
    public = [
        n
        for n, x in vars(family).items()
        if not n.startswith("_") and not inspect.ismodule(x)
    ]
    assert sorted(family.__all__) == sorted(public)  # the linter sorts the lists


def test_every_lazy_name_is_there():
    assert all(getattr(tacit, name) is not None for name in vars(tacit)["__all__"])


def test_no_two_claims_share_an_id():
    claims = [c for c in OURS if c.__module__.startswith("tacit.claims.")]
    ids = [i for c in claims if isinstance(i := getattr(c, "id", None), str)]
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize(
    "line", ["import tacit", "from tacit import cli", "from tacit.cli import app"]
)
def test_importing_loads_nothing_heavy(line):
    code = f"{line}; import sys; print(*{HEAVY} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not done.stdout.split()


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from tacit.cli import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: print('loaded', *"
        f"{HEAVY} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].split() == ["loaded"]


@pytest.mark.parametrize("path", list(HERE.rglob("*.py")), ids=str)
def test_no_file_outgrows_one_sitting(path):
    assert len(path.read_text().splitlines()) <= 250
