"""The page, the table and the record of a selection from a file of columns."""

import csv
import dataclasses
import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import plots
from .page import Numbers, Page, Picture, Provenance, Section
from .selection_path import draw_path


@dataclasses.dataclass(frozen=True, eq=False)
class SelectionReport:
    """What there is to say of a selection, in whichever form it is wanted."""

    file: str
    label: str
    classes: Sequence[Any]
    counts: Sequence[int]
    """Rows of each class."""
    path: Any
    """A `selection.SelectionPath`."""
    nested: Any
    """A `selection.Nested`."""
    warnings: Sequence[str] = ()

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The chosen features, in the order they came."""
        chosen = self.path.weights[[self.path.chosen]]
        weight = dict(zip(chosen.indices.tolist(), chosen.data.tolist(), strict=True))
        rows = []
        for k, j in enumerate(self.path.features.tolist()):
            if j in weight and not any(row["index"] == j for row in rows):
                rows.append(
                    {
                        "feature": self.path.name(j),
                        "index": j,
                        "rank": len(rows) + 1,
                        "time": float(self.path.times[k]),
                        "weight": weight[j],
                        "chosen_in_outer_folds": float(self.nested.frequency[j]),
                    }
                )
        return rows

    def csv(self) -> str:
        """The chosen features, one a line."""
        text = io.StringIO()
        writer = csv.DictWriter(text, list(self.rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        return text.getvalue()

    def picture(self) -> str:
        """The path, as SVG."""
        return plots.to_svg(
            draw_path(self.path),
            alt="Weights against time, and cross-validated deviance against the number "
            "of features.",
        )

    def to_json(self) -> dict[str, Any]:
        """Everything, in plain types."""
        told = dataclasses.asdict(self.nested)
        told.pop("frequency")
        return {
            "file": self.file,
            "label": self.label,
            "classes": [str(each) for each in self.classes],
            "rows": int(sum(self.counts)),
            "columns": int(self.path.weights.shape[1]),
            "features": self.rows,
            "shrinkage": self.path.shrinkage,
            "memory": self.path.memory,
            "nested": told,
            "warnings": list(self.warnings),
        }

    def text(self) -> str:
        """A few lines for a terminal."""
        one, low_high = self.nested, "{:.3g} to {:.3g}".format
        n, d = sum(self.counts), self.path.weights.shape[1]
        lines = [
            f"{n} rows, {d} columns, {len(self.classes)} classes of {self.label!r}",
            f"{len(self.rows)} features chosen:",
        ]
        lines += [
            f"  {row['rank']:>3}  {row['feature']}  (weight {row['weight']:.3g}, in "
            f"{row['chosen_in_outer_folds']:.0%} of the outer folds)"
            for row in self.rows
        ]
        lines += [
            "on rows held out from all of it:",
            f"  accuracy {one.accuracy:.3f} (95 %: {low_high(*one.accuracy_interval)}; "
            f"the largest class alone {one.null_accuracy:.3f})",
            f"  deviance {one.deviance:.3f} (95 %: {low_high(*one.deviance_interval)}; "
            f"class frequencies alone {one.null_deviance:.3f})",
        ]
        return "\n".join(lines)

    def page(self, command: str) -> Page:
        """One HTML page with the picture of the path."""
        one, d = self.nested, self.path.weights.shape[1]
        lede = (
            f"{len(self.rows)} of {d} columns tell the {len(self.classes)} classes of "
            f"{self.label} apart. On rows that had no part in choosing them the "
            f"accuracy is {one.accuracy:.3f} and the deviance {one.deviance:.3f}; the "
            f"class frequencies alone have {one.null_accuracy:.3f} and "
            f"{one.null_deviance:.3f}."
        )
        picture = Picture(
            self.picture(),
            "Left: the weights of the features chosen, as the path goes on; it was "
            "stopped at the line. Right: cross-validated deviance with its standard "
            "error; the number was chosen by it, so that its least promises more than "
            "rows that had no part in that, which are below.",
        )
        chosen = Numbers(
            ("feature", "came", "weight", "share of outer folds"),
            [
                (r["feature"], r["rank"], r["weight"], r["chosen_in_outer_folds"])
                for r in self.rows
            ],
            "Weights are per within-class standard deviation.",
        )
        judged = Numbers(
            ("on held-out rows", "estimate", "95 %, from", "to", "frequencies alone"),
            [
                ("accuracy", one.accuracy, *one.accuracy_interval, one.null_accuracy),
                ("deviance", one.deviance, *one.deviance_interval, one.null_deviance),
            ],
            "Nested cross-validation: every outer fold chose and tuned anew. The "
            "intervals take rows as independent.",
        )
        classes = Numbers(
            ("class", "rows"),
            [(str(c), k) for c, k in zip(self.classes, self.counts, strict=True)],
            f"The classes of {self.label}.",
        )
        told = [f"**Note.** {text}" for text in self.warnings]
        method = (
            "Features come one after another along the jump path of a two-sided "
            f"diagonal network (shrinkage {self.path.shrinkage:.3g}, memory "
            f"{self.path.memory:g}); how many is chosen by cross-validated deviance. "
            f"The outer folds chose {', '.join(map(str, np.sort(one.sizes)))} features."
        )
        return Page(
            title=f"Features that tell {self.label} apart",
            lede=lede,
            sections=(
                Section("What was chosen", *told, chosen, picture),
                Section("How well it does", judged, method, classes),
            ),
            provenance=Provenance.here(command=command, file=self.file),
        )
