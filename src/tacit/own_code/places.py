"""Whose a module is: the user's, an installed package's, Python's, or tacit's."""

import functools
import importlib.util
import site
import sys
import sysconfig
import types
from pathlib import Path
from typing import Any


PACKAGES = ("site-packages", "dist-packages")
"""Folders that hold installed packages, wherever they are."""


def is_own(x: Any) -> bool:
    """Whether a class, function or module is the user's."""
    own = _is_own_module(home_of(x))
    if own is None:  # of no file: made by ``exec``, or in a compiled package
        own = not isinstance(x, type) or any(
            isinstance(each, types.FunctionType) for each in vars(x).values()
        )
    return own


def home_of(x: Any) -> str:
    """The name of the module where `x` was written, whatever it says of itself.

    A decorator gives its wrapper the name of what it wraps.
    """
    if isinstance(x, types.FunctionType):
        return x.__globals__.get("__name__") or "__main__"
    if isinstance(x, types.ModuleType):
        return x.__name__
    return getattr(x, "__module__", None) or "builtins"


@functools.cache
def _is_own_module(name: str) -> bool | None:
    """Whether it is neither Python's nor of an installed package, nor ours.

    None where no file says so.
    """
    top = name.split(".")[0]
    if name == "__main__" or top == "tacit":
        return name == "__main__"
    files = [getattr(sys.modules.get(each), "__file__", None) for each in (name, top)]
    file = next(filter(None, files), None)
    if file is None:
        return False if top in sys.stdlib_module_names else None
    return _is_own_file(file)


def may_be_own(name: str) -> bool:
    """The same of a module that has perhaps not been imported; nothing is imported."""
    top = name.split(".")[0]
    if top in sys.modules:
        return _is_own_module(top) is not False
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return False
    file = getattr(spec, "origin", None)
    return file not in (None, "built-in", "frozen") and _is_own_file(file)


def version_of(module: str) -> str:
    """The version of the package that `module` is in, as it says itself."""
    package = sys.modules.get(module.split(".")[0])
    return str(getattr(package, "__version__", ""))


def _is_own_file(file: str) -> bool:
    folders = Path(file).parents
    return not any(folder.name in PACKAGES for folder in folders) and not any(
        place in folders for place in _installed()
    )


@functools.cache
def _installed() -> frozenset[Path]:
    paths = sysconfig.get_paths()
    found = {paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")}
    return frozenset(map(Path, {*found, *site.getsitepackages()}))
