"""What every study is."""

import abc
from collections.abc import Callable, Mapping
from typing import ClassVar, NamedTuple, TYPE_CHECKING

from ..reporting import About, Finding, Section


if TYPE_CHECKING:
    import xarray


class Answer(NamedTuple):
    """What came of a question: a section of the page, and what it rests on.

    `records` are the trajectories behind the figure, each under a name of its own.
    """

    section: Section
    findings: tuple[Finding, ...] = ()
    records: "Mapping[str, xarray.Dataset]" = {}


class Question(NamedTuple):
    """A part of a study: `key` names its files, `text` says what is asked.

    ``ask(quick)`` runs the experiments and answers. `short` is the answer in a
    sentence, true of every run whose verdicts are as expected.
    """

    key: str
    text: str
    ask: Callable[[bool], Answer]
    short: str


class AbstractStudy(abc.ABC):
    """A paper as a program: its experiments, claims and figures, question by question.

    To add one: subclass, set the six facts, and list it in `STUDIES`. A question is
    independent of the others, so what was finished before an interruption is kept.
    """

    name: ClassVar[str]
    """What `tacit reproduce` calls it."""

    title: ClassVar[str]
    reference: ClassVar[str]
    lede: ClassVar[str]
    """What the page says first, in a paragraph."""

    about: ClassVar[About]
    """What is optimised, over which network, and every symbol on the page."""

    @abc.abstractmethod
    def questions(self) -> tuple[Question, ...]:
        """The questions, in the order of the page."""
