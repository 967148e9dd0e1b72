"""The page a study ends in: one HTML file that needs nothing else to be read.

A `Page` is a value: sections of paragraphs, pictures and small tables, then the
findings and where they come from. `render` turns it into text; text may hold the
notation of `tacit.display.notation`.
"""

import collections
import dataclasses
import importlib.metadata
import platform
import re
from collections.abc import Sequence

import jinja2
import markupsafe

from ..claims.ids import order
from ..display.notation import html, number, plain
from ..errors import DataError
from .findings import Finding
from .gauge import gauge
from .paper_table import stated
from .svg import namespaced


PACKAGES = ("tacit", "jax", "equinox", "numpy", "scipy")
WORD = re.compile(r"[^\W\d_]{2}")
LEAST = 16
"""Letters of a column of words that are not broken, however narrow the page."""

ADDRESSES = ("http://", "https://", "//")


@dataclasses.dataclass(frozen=True)
class Picture:
    """An `<svg>` (from `plots.to_svg`) and what it shows, in a sentence or two."""

    svg: str
    caption: str


@dataclasses.dataclass(frozen=True)
class Numbers:
    """A small table; the first column names the row. Numbers are set as in print.

    A long one may be `folded`: its caption is shown, and opens it.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    caption: str
    folded: bool = False

    @property
    def words(self) -> list[int]:
        """For each column that holds words the letters it must have room for, else 0.

        Words are set to the left and broken into lines; a figure is in one piece.
        """
        return [
            min(LEAST, max(len(plain(cell)) for cell in map(str, cells)))
            if any(isinstance(cell, str) and WORD.search(plain(cell)) for cell in cells)
            else 0
            for cells in zip(*self.rows, strict=True)
        ]


@dataclasses.dataclass(frozen=True, init=False)
class Section:
    """A heading, then in order: paragraphs (plain strings), pictures, tables.

    `short` is what it comes to, in a sentence that stands before everything else.
    """

    heading: str
    parts: tuple[str | Picture | Numbers, ...]
    short: str

    def __init__(self, heading: str, *parts: str | Picture | Numbers, short: str = ""):
        object.__setattr__(self, "heading", heading)
        object.__setattr__(self, "parts", parts)
        object.__setattr__(self, "short", short)


@dataclasses.dataclass(frozen=True)
class About:
    """What a reader has to know first; all of it may hold notation.

    `symbols` are pairs of a symbol and its meaning; `reference` ends in the number of
    a paper on arXiv.
    """

    optimised: str
    network: str
    symbols: tuple[tuple[str, str], ...]
    reference: str

    @property
    def link(self) -> str:
        """The address of the paper."""
        return f"https://arxiv.org/abs/{self.reference.rpartition('arXiv:')[2]}"


@dataclasses.dataclass(frozen=True)
class Provenance:
    """What it takes to get the same page again."""

    entries: tuple[tuple[str, str], ...]

    @classmethod
    def here(
        cls, *, command: str, seed: int | None = None, date: str = "", **more: object
    ) -> "Provenance":
        """The versions installed here, and what the caller adds by name."""
        entries = [("command", command)]
        entries += [("seed", str(seed))] if seed is not None else []
        entries += [("date", date)] if date else []
        entries += [
            (name.replace("_", " "), str(value)) for name, value in more.items()
        ]
        entries += [("Python", platform.python_version())]
        for package in PACKAGES:
            try:
                entries.append((package, importlib.metadata.version(package)))
            except importlib.metadata.PackageNotFoundError:
                continue
        return cls(tuple(entries))


@dataclasses.dataclass(frozen=True)
class Page:
    """Everything on the page. `lede` is the paragraph that people read if only one.

    A `quick` page says that it is one, in every caption too.
    """

    title: str
    lede: str
    sections: Sequence[Section]
    findings: Sequence[Finding] = ()
    provenance: Provenance = Provenance(())
    about: About | None = None
    quick: bool = False

    def render(self) -> str:
        """The whole file, as text.

        Raises `DataError` if a picture points outside the page.
        """
        environment = jinja2.Environment(
            loader=jinja2.PackageLoader("tacit.reporting"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters |= {"html": html, "number": number, "plain": plain}
        environment.filters |= {"by_words": _by_words, "gauge": _gauge}
        controls = [each for each in self.findings if each.role in ("foil", "rival")]
        counts = collections.Counter(
            each.outcome for each in self.findings if each not in controls
        )
        return environment.get_template("page.html.j2").render(
            page=self,
            sections=[self._blocks(i, part) for i, part in enumerate(self.sections, 1)],
            findings=sorted(self.findings, key=lambda each: order(each.id)),
            counts=counts,
            controls=controls,
            stated=stated(self.findings, self.about.reference) if self.about else [],
            surprises=sum(not each.expected for each in self.findings),
        )

    def _blocks(self, number: int, section: Section) -> dict[str, object]:
        """The section as the template wants it: each part with its kind."""
        blocks = []
        for i, part in enumerate(section.parts, 1):
            if isinstance(part, Picture):
                _self_contained(part)
                # Two pictures of one page may not share an id, whoever drew them.
                blocks.append(
                    ("picture", namespaced(part.svg, f"s{number}p{i}-"), part)
                )
            else:
                kind = "numbers" if isinstance(part, Numbers) else "prose"
                blocks.append((kind, "", part))
        return {
            "heading": section.heading,
            "short": section.short,
            "anchor": f"section-{number}",
            "blocks": blocks,
        }


def _gauge(finding: Finding) -> markupsafe.Markup:
    return markupsafe.Markup(gauge(finding))


def _by_words(name: str) -> markupsafe.Markup:
    """A name in CamelCase, which a narrow column may break between its words."""
    words = re.split(r"(?<=[a-z0-9])(?=[A-Z])", name)
    return markupsafe.Markup("<wbr>").join(words)


def _self_contained(picture: Picture) -> None:
    svg = picture.svg
    found = [a for a in ADDRESSES if a in svg] + ["<script"] * (
        "<script" in svg.lower()
    )
    if found or not svg.startswith("<svg"):
        what = found[0] if found else "no <svg> at its start"
        raise DataError(
            f"the picture {picture.caption[:40]!r} has {what} in it; a page is one "
            "file that loads nothing.\nMake the picture with plots.to_svg."
        )
