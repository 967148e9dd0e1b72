"""A study as the dashboard shows it."""

import dataclasses
from typing import Any

from ..display.notation import html
from .controls import Control, Name, Values


@dataclasses.dataclass(frozen=True)
class Shown:
    """A study that runs live; `bench` is the module in `benches` that computes it."""

    name: str
    title: str
    paper: str
    link: str
    asks: str
    """What is optimised, over which network, and what is asked; may hold notation."""
    bench: str
    controls: tuple[Control, ...]
    shapes: tuple[str, ...] = ("depth",)
    """The controls that change the shape of what is compiled."""

    @property
    def given(self) -> bool:
        """Whether it needs something that only a person has, such as a table."""
        return any(isinstance(control, Name) for control in self.controls)

    def shape(self, values: Values) -> tuple:
        """What two runs have in common that share all that is compiled."""
        told = [values[key] for key in self.shapes]
        flow = values.get("batch"), bool(values.get("step"))
        return (self.name, *told, *flow)

    def to_json(self) -> dict[str, Any]:
        """What the page needs to draw it."""
        return {
            "name": self.name,
            "title": self.title,
            "paper": self.paper,
            "link": self.link,
            "asks": html(self.asks),
            "controls": [control.to_json() for control in self.controls],
        }
