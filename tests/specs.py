"""A spec that the tests change in one place at a time."""

WINE = {"name": "wine", "classes": ["class_0", "class_1"], "standardised": True}
TWO = {"within": [[2, 1], [1, 2]], "delta": [1, 0.5]}
DEEP = {"kind": "Diagonal", "depth": 3, "start": "signs"}
BASE = {
    "until": 5,
    "problem": WINE,
    "network": DEEP,
    "loss": {"kind": "Fisher"},
    "flow": {"kind": "GradientFlow"},
}


def table(**changes):
    """The base, with `section__key` or whole sections changed, None for gone."""
    whole = {name: dict(x) if isinstance(x, dict) else x for name, x in BASE.items()}
    for name, value in changes.items():
        section, _, key = name.rpartition("__")
        place = whole[section] if section else whole
        place[key] = value
        if value is None:
            del place[key]
    return whole
