"""The version of tacit behind a result: another version is another result.

It is known by the text of every file that can change a number, with the version of JAX.
What the user wrote counts beside it, as `tacit.own_code` follows it.
"""

import functools
import hashlib
from pathlib import Path

import jax

import tacit


HOME = Path(tacit.__file__).parent
ASIDE = (
    "bridges/", "cli/", "display/", "reporting/", "studies/", "sweeps/engine/",
    "sweeps/store/", "web/",
)  # fmt: skip
"""Parts of tacit that no run goes through."""


@functools.cache
def salt() -> str:
    """A SHA-256 of tacit's own files and the version of JAX, in hexadecimal."""
    mark = hashlib.sha256(jax.__version__.encode())
    for file in sorted(HOME.rglob("*.py")):
        place = file.relative_to(HOME).as_posix()
        if not place.startswith(ASIDE):
            mark.update(place.encode())
            mark.update(file.read_bytes())
    return mark.hexdigest()
