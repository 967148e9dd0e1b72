"""What can be moved on the dashboard, and the bounds within which it moves."""

import dataclasses
import math
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import DataError, NotFoundError, OptionError


Value = float | int | str
Values = dict[str, Value]


@dataclasses.dataclass(frozen=True)
class Slider:
    """A number with the `stops` at which the slider rests, in increasing order.

    Any number between the first stop and the last is accepted, whole ones only where
    all stops are. `words` say what a stop means where the number alone does not.
    """

    key: str
    label: str
    stops: tuple[float | int, ...]
    default: float | int
    about: str = ""
    words: Mapping[float | int, str] = dataclasses.field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether it counts something."""
        return all(isinstance(stop, int) for stop in self.stops)

    def read(self, text: str) -> Value:
        """The number that `text` is; raises `DataError` for one out of bounds."""
        low, high = self.stops[0], self.stops[-1]
        kind = "a whole number" if self.whole else "a number"
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high or (self.whole and value != int(value)):
            shown = text if len(text) <= 40 else f"{text[:37]}..."
            raise DataError(
                f"{self.label} is {kind} from {low:g} to {high:g}; got {shown!r}."
            )
        return int(value) if self.whole else value

    def to_json(self) -> dict[str, Any]:
        """What the page needs to draw it."""
        return {
            "kind": "slider",
            "key": self.key,
            "label": self.label,
            "stops": self.stops,
            "default": self.default,
            "about": self.about,
            "words": [self.words.get(stop, "") for stop in self.stops],
        }


@dataclasses.dataclass(frozen=True)
class Choice:
    """One of a few words, each with a `label`."""

    key: str
    label: str
    options: Mapping[str, str]
    default: str
    about: str = ""

    def read(self, text: str) -> Value:
        """`text`, if it is one of the words; raises `OptionError` otherwise."""
        if text not in self.options:
            raise OptionError(self.label, text[:40], self.options)
        return text

    def to_json(self) -> dict[str, Any]:
        """What the page needs to draw it."""
        return {
            "kind": "choice",
            "key": self.key,
            "label": self.label,
            "options": [[word, text] for word, text in self.options.items()],
            "default": self.default,
            "about": self.about,
        }


@dataclasses.dataclass(frozen=True)
class Name:
    """A word that the page fills in, such as that of a table which was uploaded."""

    key: str
    label: str
    longest: int = 200
    default: str = ""

    def read(self, text: str) -> Value:
        """`text`, unless it is too long to be a name."""
        if len(text) > self.longest:
            raise DataError(f"{self.label} has at most {self.longest} characters.")
        return text

    def to_json(self) -> dict[str, Any]:
        """What the page needs to know of it."""
        return {
            "kind": "name",
            "key": self.key,
            "label": self.label,
            "default": self.default,
        }


Control = Slider | Choice | Name


def read_values(controls: Iterable[Control], given: Mapping[str, str]) -> Values:
    """The value of every control, its default where none is given.

    Raises `NotFoundError` for a name that is no control, `DataError` or `OptionError`
    for a value out of bounds.
    """
    known = {control.key: control for control in controls}
    for key in given:
        if key not in known:
            raise NotFoundError("control", key[:40], known)
    return {
        key: control.read(given[key]) if key in given else control.default
        for key, control in known.items()
    }
