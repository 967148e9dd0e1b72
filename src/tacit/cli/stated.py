"""What the claims state, read off their source: nothing that computes is imported.

A claim states its facts as literals on its class, so the text of the file is enough.
The package itself would be two seconds of imports. What helps to read them, the table
of papers and the order of IDs, is loaded from its file, past the package it lies in.
"""

import ast
import functools
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from ..display.notation import plain


HOME = Path(__file__).parent.parent
FACTS = ("id", "source", "needs")


class Stated(NamedTuple):
    """A claim as its source has it.

    `statement` is the first line of its docstring, `more` the rest; `theme` is the
    folder that it lies in.
    """

    id: str
    name: str
    statement: str
    reference: str
    needs: str
    theme: str = ""
    more: str = ""


def stated_claims() -> list[Stated]:
    """The claims that the themes export, in the order of their IDs."""
    classes, themes, exported = {}, {}, set()
    for file in sorted((HOME / "claims").rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        if file.name == "__init__.py":
            exported |= set(_names(tree))
        found = {n.name: n for n in tree.body if isinstance(n, ast.ClassDef)}
        classes |= found
        themes |= dict.fromkeys(found, file.parent.name)
    order, papers = _apart("claims/ids.py").order, _apart("claims/papers.py")
    found = []
    for name in exported & set(classes):
        lineage = list(_lineage(name, classes))
        if name.startswith("Abstract") or lineage[-1].name != "AbstractClaim":
            continue
        facts = {}
        for kind in reversed(lineage):
            facts |= _facts(kind)
        doc = ast.get_docstring(classes[name]) or ""
        found.append(
            Stated(
                ast.literal_eval(facts["id"]),
                name,
                plain(doc.split("\n")[0].strip()),
                papers.cite(_value(facts["source"], papers)),
                ast.unparse(facts["needs"]),
                themes[name],
                plain(" ".join(doc.split("\n")[1:]).strip()),
            )
        )
    return sorted(found, key=lambda each: (order(each.id), each.name))


def _names(tree: ast.Module) -> Iterator[str]:
    """What ``__all__`` lists."""
    for node in tree.body:
        match node:
            case ast.Assign(
                targets=[ast.Name(id="__all__")], value=ast.List() as names
            ):
                yield from ast.literal_eval(names)


def _lineage(name: str, classes: dict[str, ast.ClassDef]) -> Iterator[ast.ClassDef]:
    """The class and its first bases, as far as they are claims' own."""
    while name in classes:
        yield classes[name]
        bases = classes[name].bases
        base = bases[0] if bases else None
        base = base.value if isinstance(base, ast.Subscript) else base
        name = base.id if isinstance(base, ast.Name) else ""


def _facts(kind: ast.ClassDef) -> dict[str, ast.expr]:
    return {
        node.target.id: node.value
        for node in kind.body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and node.target.id in FACTS
        and node.value is not None
    }


def _value(node: ast.expr, papers: ModuleType):
    """``Source(PAPER, place, status)`` or several, with the paper of the table."""
    if isinstance(node, ast.Tuple):
        return tuple(_value(each, papers) for each in node.elts)
    assert isinstance(node, ast.Call)
    paper, *rest = node.args
    words = [ast.literal_eval(each) for each in rest]
    named = {k.arg: ast.literal_eval(k.value) for k in node.keywords if k.arg}
    return papers.Source(getattr(papers, ast.unparse(paper)), *words, **named)


@functools.cache
def _apart(file: str) -> ModuleType:
    """A module that imports nothing of ours, without the package around it."""
    spec = importlib.util.spec_from_file_location(Path(file).stem, HOME / file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
