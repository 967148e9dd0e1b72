"""What a study gives to a paper: figures in its columns, and tables of verdicts."""

import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..errors import DataError, OptionError, OutputError
from .findings import Finding
from .folder import Folder
from .page import Picture


FORMATS = ("pdf", "svg", "png", "pgf")
COLUMNS = {"single": 3.4, "double": 7.0}
"""Inches, of most journals in two columns."""

SHRINK = {"single": 0.84, "double": 0.92}
"""Of our letters, which are those of a page: about 8 points then."""

TYPESETTERS = ("xelatex", "lualatex", "pdflatex")


def write_figures(
    folder: Folder, pictures: Mapping[str, Picture], format: str, column: str
) -> tuple[Path, ...]:
    """Write each picture to ``figures/NAME.FORMAT``, its data beside it as CSV.

    The paths of the pictures. Raises `OptionError` for another format or column, and
    `OutputError` for PGF without LaTeX, which measures its letters.
    """
    if format not in FORMATS:
        raise OptionError("format of figures", format, FORMATS)
    if column not in COLUMNS:
        raise OptionError("column", column, COLUMNS)
    if format == "pgf" and not any(map(shutil.which, TYPESETTERS)):
        raise OutputError(
            f"PGF needs one of {', '.join(TYPESETTERS)}, and none is on the PATH. "
            "Install a TeX distribution, or choose pdf."
        )
    from ..display.drawn import as_csv
    from .plots import Svg

    written = []
    for name, picture in pictures.items():
        if not isinstance(picture.svg, Svg):
            raise DataError(f"the picture {name} was not made with plots.to_svg.")
        drawing = picture.svg.drawing().fit(COLUMNS[column])
        place = f"figures/{name}.{format}"
        with folder.place(place) as part:
            # The ending says the format, and the place keeps its own till it is whole.
            own = part.with_suffix(f".{format}")
            drawing.save(own, shrink=SHRINK[column]).replace(part)
        folder.write(f"figures/{name}.csv", as_csv(drawing))
        written.append(folder.path / place)
    return tuple(written)


ESCAPED = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "∞": r"$\infty$", "≥": r"$\ge$", "≤": r"$\le$", "ε": r"$\varepsilon$",
}  # fmt: skip


def latex_table(findings: Iterable[Finding]) -> str:
    """The verdicts as a ``tabular`` for booktabs; every statement keeps its formulas.

    The distance is how far what was measured lies from what the theorem predicts, and
    *allowed* how far it may, on this run.
    """
    rows = [
        " & ".join(
            (
                each.id,
                _prose(each.statement),
                _prose(": ".join(filter(None, (each.role, each.on)))),
                each.outcome,
                _number(each.distance),
                _number(each.allowed),
            )
        )
        + r" \\"
        for each in findings
    ]
    head = r"claim & statement & on & outcome & off & allowed \\"
    frame = r"\begin{tabular}{lp{0.4\linewidth}p{0.2\linewidth}lrr}"
    lines = [frame, r"\toprule", head, r"\midrule", *rows, r"\bottomrule"]
    return "\n".join([*lines, r"\end{tabular}", ""])


def _prose(text: str) -> str:
    """Our notation as LaTeX: formulas as they are, all else escaped."""
    parts = re.split(r"(\$[^$]+\$)", text)
    return "".join(
        part if part.startswith("$") and len(part) > 2 else _escaped(part)
        for part in parts
    )


def _escaped(text: str) -> str:
    text = "".join(ESCAPED.get(letter, letter) for letter in text)
    text = re.sub(r"\*\*(.+?)\*\*", r"\\textbf{\1}", text)
    text = re.sub(r"\*([^*\s][^*]*)\*", r"\\emph{\1}", text)
    return re.sub(r"`([^`]+)`", r"\\texttt{\1}", text)


def _number(value: float | int) -> str:
    if value != value or abs(value) == float("inf"):
        return "---"
    if value == 0:
        return "0"
    mantissa, power = f"{value:.1e}".split("e")
    if -3 <= int(power) < 3:
        return f"{value:.2g}"
    return rf"${mantissa} \times 10^{{{int(power)}}}$"
