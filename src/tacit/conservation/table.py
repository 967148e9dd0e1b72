"""The table of the documentation: laws of networks under losses and motions."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .catalogue import flow_of, KINDS, loss_of, network_of
from .counting import laws
from .inventory import Laws


class Row(NamedTuple):
    """A line of the table: what is asked, in the words of the command line."""

    network: str
    widths: tuple[int, ...]
    loss: str | None = None
    flow: str = "gradient-flow"
    words: tuple[tuple[str, object], ...] = ()

    @property
    def command(self) -> str:
        """What to type for it."""
        parts = ["--network", self.network, "--widths", ",".join(map(str, self.widths))]
        for word, value in self.words:
            parts += [f"--{word}"] if value is True else [f"--{word}", str(value)]
        parts += ["--loss", self.loss] if self.loss else []
        parts += ["--flow", self.flow] if self.flow != "gradient-flow" else []
        return " ".join(parts)

    def laws(self) -> Laws:
        """What is found."""
        network = network_of(self.network, self.widths, **dict(self.words))
        loss = loss_of(self.loss) if self.loss else None
        return laws(network, loss, flow_of(self.flow))


def rows() -> Iterator[Row]:
    """Every line, quick ones first of their kind."""
    for name in ("diagonal", "two-sided", "deep-linear"):
        sizes = KINDS[name].example
        for flow in (
            "gradient-flow",
            "weight-decay",
            "momentum",
            "multiplicative",
            "adam",
        ):
            yield Row(name, (2, 2, 2) if name == "deep-linear" else sizes, flow=flow)
    yield Row("diagonal", (3, 2), "fisher")
    yield Row("deep-linear", (3, 2, 4, 2))
    yield Row("deep-linear", (4, 3, 2), "trace-ratio")
    yield Row("deep-linear", (4, 3, 2), "ratio-trace")
    biased = (("biases", True),)
    for loss in (None, "cross-entropy", "trace-ratio"):
        yield Row("mlp", (2, 3, 2), loss, words=biased)
    yield Row("mlp", (2, 3, 2), flow="momentum")
    for activation in ("square", "exp", "tanh"):
        yield Row("mlp", (2, 3, 2), words=(("activation", activation), *biased))
    yield Row("mlp", (2, 3, 2), "cross-entropy", words=(("activation", "tanh"),))
    yield Row("conv-linear", (4, 2))
    yield Row("convolution", (2, 2))
    yield Row("residual", (2, 3))
    yield Row("attention", (2, 3))
    yield Row("attention", (3, 2), words=(("heads", 2),))
    yield Row("attention", (2, 4), words=(("rotary", True),))
    yield Row("gated", (2, 2, 2))
    yield Row("experts", (2, 2, 2))
    yield Row("normalised", (2, 2, 2))


def markdown(chosen: Sequence[Row]) -> str:
    """The table in Markdown, one line for each row."""
    lines = ["| `tacit laws` | laws | | formulas |", "|---|---|---|---|"]
    for row in chosen:
        found = row.laws()
        formulas = "; ".join(
            str(law).replace("  (", " (").replace("|", "\\|") for law in found.formulas
        )
        count = "?" if found.count is None else found.count
        lines.append(f"| `{row.command}` | {count} | {found.status} | {formulas} |")
    return "\n".join(lines) + "\n"
