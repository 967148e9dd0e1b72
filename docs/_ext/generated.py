"""Pages that are written from the code: the claims, the reference, the tutorials."""

from pathlib import Path

import catalogue
import notebook_pages
import reference
import tables


def write(app):
    """Write every page that differs from what is there, and drop what is gone."""
    source = Path(app.srcdir)
    for folder, pages in {
        "claims": catalogue.pages(source / "soak.json"),
        "reference": reference.pages(),
        "facts": {
            "notation": tables.notation(),
            "answers": tables.answers(),
            "json": tables.records(),
            "more": tables.more(source),
            "benchmarks": tables.benchmarks(
                source.parent / "benchmarks", source / "benchmarks"
            ),
        },
        "tutorials": notebook_pages.pages(source.parent / "notebooks"),
    }.items():
        place = source / folder
        place.mkdir(exist_ok=True)
        for name, text in pages.items():
            file = place / f"{name}.md"
            if not file.exists() or file.read_text() != text:
                file.write_text(text)
        for file in place.glob("*.md"):
            if file.stem not in pages:
                file.unlink()


def setup(app):
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
