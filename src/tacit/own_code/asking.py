"""What code looks up outside itself, read off its instructions."""

import builtins
import contextlib
import dis
import functools
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .places import may_be_own


LOOKS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
"""What looks a name up in the module."""


@dataclass(frozen=True)
class Asked:
    """What a code object, and those inside it, look up outside."""

    names: frozenset[str]
    """What may be asked of a module, as an attribute or by ``getattr``."""

    globals: tuple[str, ...]
    imports: tuple[tuple[str, Any, int], ...]
    """What ``__import__`` is given: a name, what is wanted from it, a level."""


@functools.lru_cache(maxsize=4096)
def asked_by(code: types.CodeType) -> Asked:
    """What it looks up; remembered, for code itself never changes."""
    steps = list(dis.get_instructions(code))
    found = {step.argval for step in steps if step.opname in LOOKS}
    imports = [
        (step.argval, steps[at - 1].argval, steps[at - 2].argval)
        for at, step in enumerate(steps)
        if step.opname == "IMPORT_NAME"
    ]
    names = {*code.co_names, *(x for x in code.co_consts if isinstance(x, str))}
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            inner = asked_by(constant)
            names |= inner.names
            found.update(inner.globals)
            imports += inner.imports
    return Asked(frozenset(names), tuple(sorted(found)), tuple(imports))


def imported_by(f: types.FunctionType) -> Iterator[Any]:
    """The modules of one's own that are imported when the function runs."""
    for name, wanted, level in asked_by(f.__code__).imports:
        if level or may_be_own(name):
            with contextlib.suppress(Exception):  # it may never be run
                yield builtins.__import__(
                    name, f.__globals__, None, wanted or (), level
                )
