"""Every exception tacit raises on purpose.

* TacitError
  - ShapeError          inputs whose sizes disagree
  - OptionError         a word that is not one of the choices
  - DataError           data or a number that cannot be used
  - KindError           something of another kind than is needed there
  - CapabilityError     an object was asked for something it cannot do
  - PrecisionError      JAX's 64-bit mode was switched off
  - MissingExtraError   an optional dependency is not installed
  - NotFoundError       a name that nothing goes by
  - SpecError           an experiment written in a file, with a mistake in it
  - ClaimError          a claim that does not define a part of it
  - OutputError         a place that cannot be written to without losing something
  - StoreError          a store of results that cannot be read or written just now
  - WorkerError         processes that do not come to life
"""

import difflib
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Way:
    """What a message advises to write: as Python has it, and as a spec's file does."""

    python: str
    spec: str

    def __str__(self) -> str:
        return self.python


def setting(key: str, *, to: object, python: str = "", section: str = "") -> Way:
    """The advice to set `key`, in `section` if that is not the one at hand.

    `python` is what does it there, where that is no argument of this name.
    """
    place = f" under [{section}]" if section else ""
    spec = f"`{key} = {json.dumps(to, default=str)}`{place}"
    here = json.dumps(to) if isinstance(to, str) else repr(to)
    return Way(python or f"{key}={here}", spec)


MANY = 40
"""Of more names than these only the nearest are told."""


class TacitError(Exception):
    """Base class; catch it to catch everything tacit raises on purpose.

    Every one of them survives pickling, and so reaches the caller of a worker process.
    `about` is the name of the argument at fault: the first of several, empty for none.
    `args` are the parts of the message, text and `Way`.
    """

    about: str = ""

    def __init__(self, *args: object, about: str = ""):
        super().__init__(*args)
        self.about = about

    def __str__(self) -> str:
        return "".join(map(str, self.args))

    def in_spec(self) -> str:
        """The message for someone who writes a spec, on one line."""
        parts = (x.spec if isinstance(x, Way) else str(x) for x in self.args)
        return " ".join("".join(parts).splitlines())

    def __reduce__(self) -> tuple:
        # Python would call the class on the finished text, which is not what it takes.
        return _restored, (type(self), self.args, self.__dict__)


class ShapeError(TacitError, ValueError):
    """Two inputs have sizes that cannot go together."""


class OptionError(TacitError, ValueError):
    """A word is not one of the choices."""

    def __init__(self, what: str, given: object, choices: Iterable[str]):
        text = f"{what} is one of {', '.join(choices)}; got {given!r}."
        super().__init__(text, about=what if what.isidentifier() else "")


class DataError(TacitError, ValueError):
    """The data, or a number, cannot be used for what it was given for."""


class KindError(TacitError, TypeError):
    """Something was given that is of another kind than what is needed there."""

    def __init__(self, what: str, given: object, needs: type, room: str):
        wanted = needs.__name__.removeprefix("Abstract")
        if isinstance(given, type):
            got = f"the class {given.__name__}"
            way = f"Make one of it: {given.__name__}(...)."
        elif isinstance(given, str):
            got, way = f"the name {given!r}", f"Give the object itself, from {room}."
        else:
            shown = repr(given).replace("\n", " ")
            shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
            got = f"{shown}, {with_article(type(given).__name__)}"
            way = f"Make one with {room}."
        super().__init__(f"{what} must be {with_article(wanted)}; got {got}. {way}")


class CapabilityError(TacitError, TypeError):
    """An object was asked for something it cannot do."""

    def __init__(self, asker: object, subject: object, needs: type, about: str = ""):
        have = type(subject).__name__
        name = getattr(asker, "__name__", type(asker).__name__)
        super().__init__(
            f"{name} needs {with_article(needs.__name__)}; {have} is not one.\n"
            f"Either pass a network that is, or drop {name} here.",
            about=about,
        )


class PrecisionError(TacitError, RuntimeError):
    """JAX's 64-bit mode, which tacit switches on, was switched off by someone."""


class MissingExtraError(TacitError, ImportError):
    """An optional dependency is not installed."""

    def __init__(self, what: str, package: str, extra: str, more: str = ""):
        super().__init__(
            f"{what} needs the package {package}, which is not installed.\n"
            f"Install it with: pip install 'tacit[{extra}]'{more}"
        )


class NotFoundError(TacitError, LookupError):
    """A name that nothing goes by; `more` says what else would have been a name."""

    def __init__(
        self,
        what: str,
        name: str,
        choices: Iterable[str],
        about: str = "",
        more: str = "",
    ):
        text = f"no {what} {name!r}.{_nearby(name, list(choices))}"
        super().__init__(f"{text} {more}".rstrip(), about=about)


def suggest_names(module: str) -> None:
    """Have what a module of names does not have answered by the nearest it has."""
    place = sys.modules[module]
    found = vars(place).get("__getattr__")  # of one that is loaded name by name

    def missing(name: str) -> object:
        cause = None
        if found is not None:
            try:
                return found(name)
            except AttributeError as error:
                cause = error
        text = f"{module} has no {name!r}."
        if not name.startswith("_"):
            text += _nearby(name, place.__all__)
        raise AttributeError(text, name=name, obj=place) from cause

    setattr(place, "__getattr__", missing)  # noqa: B010 - hidden from type checkers


def _nearby(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    if len(known) <= MANY:
        return f"{hint} Known: {', '.join(known)}."
    close = difflib.get_close_matches(name, known, n=6, cutoff=0.4)
    among = f"Nearest of {len(known)}: {', '.join(close)}"
    return f"{hint} {among if close else f'None of the {len(known)} known is near it'}."


class SpecError(TacitError, ValueError):
    """An experiment written in a file cannot be run; `mistakes` says where, and why.

    They are pairs of a place, such as ``network.depth``, and what is wrong there.
    """

    def __init__(self, mistakes: Iterable[tuple[str, str]], file: str = ""):
        self.mistakes, self.file = tuple(mistakes), file
        lines = (": ".join(filter(None, (file, *each))) for each in self.mistakes)
        super().__init__("\n".join(lines))


class ClaimError(TacitError, TypeError):
    """A claim does not define one of its parts."""

    def __init__(self, claim: str, missing: Iterable[str]):
        super().__init__(
            f"the claim {claim} does not define {', '.join(missing)}.\n"
            "Define it, or begin the name with Abstract if it is a base for others."
        )


class OutputError(TacitError, FileExistsError):
    """A place that cannot be written to without losing something."""


class StoreError(TacitError, OSError):
    """A store of results cannot be read or written just now.

    What it holds stays as it is, and the same call goes on once the way is free.
    """


class WorkerError(TacitError, RuntimeError):
    """Processes that were to do the work ended before they had any."""


def require_kind(what: str, given: object, needs: type, room: str) -> None:
    """Raise `KindError` unless `given`, called `what`, is an instance of `needs`.

    `room` says where such objects are made, as ``"tacit.flows"``.
    """
    if not isinstance(given, needs):
        raise KindError(what, given, needs, room)


def with_article(name: str) -> str:
    """`name` after "a" or "an", as it is spoken."""
    return f"{'an' if name[:1] in 'aeioAEIO' else 'a'} {name}"


def _restored(kind: type[TacitError], args: tuple, state: dict) -> TacitError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error
