"""What every bridge does first."""

import importlib
from typing import Any

from ..errors import MissingExtraError


def import_extra(asker: str, package: str, extra: str) -> Any:
    """The optional `package`; `MissingExtraError`, naming the `extra`, without it."""
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package:  # it is there, and something it needs is not
            raise
        raise MissingExtraError(asker, package, extra) from None
