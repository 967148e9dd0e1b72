"""The version behind a result: another one is another result, in the last digit.

It is the text of every file of tacit that can change a number, the version of JAX, and
the options under which XLA compiles in this process: with fewer optimisations sums are
rounded otherwise. What the user wrote counts beside it, as `tacit.own_code` follows it.
"""

import functools
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import jax
import jaxlib.version

import tacit

from ..errors import DataError


HOME = Path(tacit.__file__).parent
ASIDE = (
    "bridges/", "cli/", "display/", "reporting/", "studies/", "sweeps/engine/",
    "sweeps/store/", "web/",
)  # fmt: skip
"""Parts of tacit that no run goes through."""

NEUTRAL = ("xla_dump_", "xla_force_host_platform_device_count", "xla_gpu_cuda_data_dir")
"""Options of XLA that change no number, by how their names begin."""


@functools.cache
def versions() -> Mapping[str, str]:
    """What the numbers of this process depend on besides what is run, by name."""
    mark = hashlib.sha256()
    for file in sorted(HOME.rglob("*.py")):
        place = file.relative_to(HOME).as_posix()
        if not place.startswith(ASIDE):
            mark.update(place.encode())
            mark.update(file.read_bytes())
    return {
        "the files of tacit": mark.hexdigest(),
        "JAX": f"{jax.__version__} with jaxlib {jaxlib.version.__version__}",
        "the options of XLA (XLA_FLAGS)": hashlib.sha256(_options()).hexdigest(),
    }


def salt() -> str:
    """A SHA-256 of `versions`, in hexadecimal."""
    return hashlib.sha256(repr(sorted(versions().items())).encode()).hexdigest()


def require_same(planned: Mapping[str, str]) -> None:
    """Raise `DataError` where this process is of another version than `planned`."""
    here = versions()
    apart = [name for name in here if planned.get(name) != here[name]]
    if apart:
        each = "; ".join(
            f"{name}: {planned.get(name, 'unknown')[:40]} where it was planned, "
            f"{here[name][:40]} here"
            for name in apart
        )
        raise DataError(
            "the process that runs a sweep's units would not give the numbers of the "
            f"one that planned them. {each}. Have the same tacit and JAX in all, and "
            "set XLA_FLAGS before the first of them has begun to compute."
        )


def _options() -> bytes:
    """The options that XLA compiles by in this process: it has read them once.

    `XLA_FLAGS` may have changed since, and is what other processes will read.
    """
    try:
        from jax._src.lib import xla_client  # pyright: ignore

        options = xla_client.CompileOptions()
        flags = options.executable_build_options.debug_options
        for name in dir(flags):
            if name.startswith(NEUTRAL):
                setattr(flags, name, type(getattr(flags, name))())
        return options.SerializeAsString()
    except (ImportError, AttributeError, TypeError):  # a JAX whose inside is another
        return os.environ.get("XLA_FLAGS", "").encode()
