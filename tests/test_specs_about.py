"""What a file gets wrong about one option is told at the place of this option."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from tacit import flows, losses, networks, observables
from tacit.errors import SpecError
from tacit.integration.clocks import CLOCKS
from tacit.specs import Spec
from tacit.specs.members import members_of
from tests import cases
from tests.specs import table


WRONG = (
    -1, 0, 0.5, 3, 10**6, True, "nope", [], [0], [[1, 2], [3]], [[1, 2]] * 3,
    ["nope"], [float("nan")], {"kind": "nope"},
)  # fmt: skip
"""What somebody may write, right for one option and wrong for another."""

FAMILIES = {
    "loss": (losses, cases.LOSSES, losses.AbstractLoss),
    "flow": (flows, cases.FLOWS, flows.AbstractFlow),
    "network": (networks, cases.NETWORKS, networks.AbstractNetwork),
    "until.reaches": (observables, cases.OBSERVABLES, observables.AbstractObservable),
}


def options():
    """Every option that a file can give to a member of a family, one case each."""
    for place, (family, members, base) in FAMILIES.items():
        for name, section in members_of(family, base).items():
            single = place != "until.reaches" or not section.maker.dims
            for option in section.arguments if single else ():
                own = written(members[name]) if name in members else {}
                yield pytest.param(place, own, option, id=f"{name}-{option}")


def written(member):
    """The member as a section of a file."""
    keys: dict[str, Any] = {"kind": type(member).__name__}
    for field in dataclasses.fields(member):
        value = getattr(member, field.name)
        value = next((n for n, c in CLOCKS.items() if type(value) is c), value)
        plain = isinstance(value, bool | int | float | str | tuple | list | type(None))
        value = value if plain else np.asarray(value).tolist()
        if isinstance(value, list):
            value = [np.asarray(row).tolist() for row in value]
        if value is not None:
            keys[field.name] = value
    return keys


def mistakes(place, keys):
    """What is told of a file with these keys at `place`, all else being right."""
    if place == "until.reaches":
        given = table(until={"reaches": keys, "level": 1})
    else:
        given = table(**{place: keys})
    try:
        Spec.of(given)
    except SpecError as error:
        return error.mistakes
    return ()


@pytest.mark.filterwarnings("ignore:.*beta2:UserWarning")
@pytest.mark.parametrize(("place", "keys", "option"), [*options()])
def test_a_wrong_option_is_told_at_its_place(place, keys, option):
    assert not mistakes(place, keys)
    found = [m for value in WRONG for m in mistakes(place, keys | {option: value})]
    assert found
    for where, text in found:
        own, _, rest = where.removeprefix(f"{place}.").partition("[")
        del rest
        assert own.split(".")[0] == option or own in keys, (where, text)
        assert "\n" not in text
    assert any(where.startswith(f"{place}.{option}") for where, _ in found)
