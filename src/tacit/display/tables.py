"""Tables in HTML for notebooks: plain elements, no style of their own but alignment."""

from collections.abc import Iterable, Sequence

from markupsafe import escape, Markup

from .notation import html


TONES = {
    "holds": "#0b7d5e",
    "fails": "#c2500a",
    "undecided": "#2f7fc1",
    "does not apply": "#6f7883",
}
"""The colour of each outcome, to be read on a light page and on a dark one."""

LEFT = ' style="text-align: left; vertical-align: top"'


def table(rows: Iterable[Sequence[object]], head: Sequence[str] = ()) -> Markup:
    """Rows of cells; text may hold our notation, `Markup` is taken as it is."""
    top = "".join(f"<th{LEFT}>{escape(cell)}</th>" for cell in head)
    body = "".join(
        "<tr>" + "".join(f"<td{LEFT}>{as_html(cell)}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    above = f"<thead><tr>{top}</tr></thead>" if top else ""
    return Markup(f"<table>{above}<tbody>{body}</tbody></table>")


def as_html(cell: object) -> Markup:
    """One cell; None is an empty one."""
    if isinstance(cell, Markup):
        return cell
    return html("" if cell is None else str(cell))


def outcome(words: str) -> Markup:
    """An outcome in its colour."""
    tone = TONES.get(words, TONES["does not apply"])
    return Markup('<b style="color: {}">{}</b>').format(tone, words)


def items(texts: Iterable[str], title: str) -> Markup:
    """A short list under a title; nothing where there is nothing to list."""
    found = "".join(f"<li>{as_html(text)}</li>" for text in texts)
    return Markup(f"<p>{escape(title)}</p><ul>{found}</ul>" if found else "")


def folded(title: str, content: Markup) -> Markup:
    """`content` behind a title that opens it."""
    return Markup("<details><summary>{}</summary>{}</details>").format(title, content)


def paragraph(*parts: object) -> Markup:
    """Parts in one paragraph, apart by spaces."""
    return Markup("<p>{}</p>").format(Markup(" ").join(as_html(part) for part in parts))
