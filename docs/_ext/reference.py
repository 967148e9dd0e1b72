"""The reference: a page a module of the public interface, from its docstrings."""

import ast
import inspect
import itertools
import pathlib
import re
import sys

import tacit


ATTRIBUTES = re.compile(r"^Attributes:\n((?: {4}.*\n?|\n)+)", re.MULTILINE)
ATTRIBUTE = re.compile(r"^ {4}(\w[\w, ]*): ", re.MULTILINE)


def pages():
    """The text of every page, by its name."""
    public = {name: getattr(tacit, name) for name in sorted(tacit.__all__)}
    rooms = {n: x for n, x in public.items() if inspect.ismodule(x)}
    top = {n: x for n, x in public.items() if not inspect.ismodule(x)}
    out = {name: room(module, list(top.values())) for name, module in rooms.items()}
    table = ["## Modules", "", "| | |", "|---|---|"]
    for name, module in rooms.items():
        first = (inspect.getdoc(module) or "").split("\n")[0]
        table.append(f"| [`{module.__name__}`]({name}.md) | {first} |")
    body = [entry("tacit", name, thing, top) for name, thing in top.items()]
    toctree = "\n".join(["```{toctree}", ":hidden:", "", *rooms, "```", ""])
    head = "# Reference\n\nWhat stands in `tacit` itself:\n"
    return out | {"index": "\n".join([head, *body, *table, "", toctree])}


def room(module, elsewhere):
    """A module's docstring, then what it exports and `elsewhere` has not."""
    name = module.__name__
    shown = {
        each: getattr(module, each)
        for each in exported(module)
        if not is_claim(getattr(module, each))
    }
    parts = [f"# `{name}`", "", inspect.getdoc(module) or "", ""]
    if module is tacit.claims:
        parts += ["The theorems themselves: [the claims](../claims/index.md).", ""]
    for each, thing in shown.items():
        if any(thing is other for other in elsewhere):
            known = next(n for n in tacit.__all__ if getattr(tacit, n) is thing)
            parts += [f"`{name}.{each}` is {{py:obj}}`tacit.{known}`.", ""]
        else:
            parts.append(entry(name, each, thing, shown))
    return "\n".join(parts)


def exported(module):
    """The public names of a module, without the modules among them."""
    listed = getattr(module, "__all__", None) or [
        name
        for name, thing in vars(module).items()
        if not name.startswith("_")
        and getattr(thing, "__module__", None) == module.__name__
    ]
    return [n for n in sorted(listed) if not inspect.ismodule(getattr(module, n))]


def is_claim(thing):
    return (
        inspect.isclass(thing)
        and issubclass(thing, tacit.claims.AbstractClaim)
        and not thing.__name__.startswith("Abstract")
    )


def entry(module, name, thing, beside):
    """One public name, with its members if it is a class of ours."""
    if inspect.isclass(thing):
        error = issubclass(thing, Exception)
        inside = [] if error else members(thing, beside.values())
        kind = "exception" if error else "class"
        arguments = "" if error or is_abstract(thing) else signature(thing)
        body = [markdown(vars(thing).get("__doc__") or ""), *inside]
        return fence(kind, f"{module}.{name}{arguments}", "\n".join(body), 6)
    if callable(thing) and not hasattr(thing, "__args__"):
        doc = markdown(inspect.getdoc(thing) or "")
        return fence("function", f"{module}.{name}{signature(thing)}", doc, 6)
    return fence("data", f"{module}.{name}", constant_doc(sys.modules[module], name), 6)


def is_abstract(cls):
    return cls.__name__.startswith("Abstract")


def members(cls, documented):
    """What a class defines itself, or has from a base that no page shows."""
    lineage = [
        each
        for each in cls.__mro__
        if each.__module__.startswith("tacit.")
        and (each is cls or each not in documented)
    ]
    found = {}
    for each in lineage:
        for name, thing in vars(each).items():
            if not name.startswith("_"):
                found.setdefault(name, thing)
    for name, thing in sorted(found.items()):
        doc = inspect.getdoc(getattr(cls, name, None)) if is_documentable(thing) else ""
        if not doc or name.endswith("_request"):  # scikit-learn's own
            continue
        if isinstance(thing, property) or not callable(getattr(cls, name)):
            yield fence("property", name, markdown(doc), 5)
        else:
            yield fence(
                "method", f"{name}{signature(getattr(cls, name))}", markdown(doc), 5
            )


def is_documentable(thing):
    return isinstance(thing, property | classmethod | staticmethod) or callable(thing)


def signature(thing):
    """Names and defaults; what shape each has stands in the docstring."""
    try:
        parameters = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return "(...)"
    bare = [
        each.replace(
            annotation=inspect.Parameter.empty,
            default=each.default
            if each.default is inspect.Parameter.empty
            else Default(each.default),
        )
        for each in parameters
        if each.name != "self"
    ]
    return str(inspect.Signature(bare))


class Default:
    """A default as one writes it."""

    def __init__(self, value):
        self.value = value

    def __repr__(self):
        shown = repr(self.value)
        plain = isinstance(self.value, int | float | str | tuple | type(None))
        if plain and len(shown) < 50:
            return shown
        return f"{type(self.value).__name__}(...)"


def markdown(doc):
    """A docstring as Markdown; only lists of attributes are written otherwise."""
    doc = inspect.cleandoc(doc)

    def listed(found):
        items = inspect.cleandoc(ATTRIBUTE.sub(r"    * `\1`: ", found[1]))
        return re.sub(r"\n    (?=\S)", "\n  ", items) + "\n"

    doc = re.sub(":math:`([^`]*)`", r"$\1$", doc)
    return ATTRIBUTES.sub(listed, doc + "\n")


def constant_doc(module, name):
    """The string under the assignment to `name`, in the package of `module`."""
    for file in pathlib.Path(inspect.getfile(module)).parent.rglob("*.py"):
        body = ast.parse(file.read_text()).body
        for node, below in itertools.pairwise(body):
            match node, below:
                case (
                    ast.Assign(targets=[ast.Name(id=found)])
                    | ast.AnnAssign(target=ast.Name(id=found)),
                    ast.Expr(ast.Constant(str() as doc)),
                ) if found == name:
                    return markdown(doc)
    return ""


def fence(directive, title, body, ticks):
    tick = "`" * ticks
    return f"{tick}{{py:{directive}}} {title}\n{body}\n{tick}\n"
