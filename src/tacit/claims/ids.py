"""The IDs of claims."""

import re


def order(id: str) -> tuple[str, int, str]:
    """A key that sorts ``A1, A2, A10, B1`` as people do."""
    letters, digits, rest = re.fullmatch(r"(\D*)(\d*)(.*)", id).groups()  # pyright: ignore[reportOptionalMemberAccess]
    return letters, int(digits or 0), rest
