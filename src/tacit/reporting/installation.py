"""What is installed here, and whether it computes what it should."""

import importlib.metadata
import os
import platform
import re
from collections.abc import Iterator
from typing import Any

from .. import claims
from ..claims import AbstractClaim
from ..compilation import cache_folder
from ..display.progress import Progress
from .findings import Finding
from .trials import trials


PACKAGES = ("tacit", "jax", "jaxlib", "equinox", "numpy", "scipy", "scikit-learn")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "XLA_FLAGS")
PROBES: tuple[type[AbstractClaim], ...] = (
    claims.QuasiNormConserved,
    claims.OrthantMaximiser,
    claims.GramDifferencesConserved,
)
"""Claims that go through the charts, an oracle and the matrix flows in ten seconds."""

REQUIREMENT = re.compile(r"([\w.-]+)[^;]*; extra == ['\"]([\w-]+)['\"]")


def installation() -> dict[str, Any]:
    """Versions, precision, threads, cache and extras, in plain types."""
    return {
        "versions": {
            "python": platform.python_version(),
            **{name: _version(name) for name in PACKAGES},
        },
        "machine": f"{platform.system()} {platform.machine()}",
        "precision": _precision(),
        "threads": _threads(),
        "cache": _cache(),
        "extras": _extras(),
    }


def self_check(progress: Progress) -> Iterator[Finding]:
    """A few claims on witness, rivals and foil: what must come out is known."""
    return trials(PROBES, progress)


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _precision() -> dict[str, Any]:
    import jax
    import jax.numpy as jnp

    one = jnp.ones(())
    return {
        "x64": bool(jax.config.jax_enable_x64),  # pyright: ignore[reportAttributeAccessIssue]
        "dtype": str(one.dtype),
        "epsilon": float(jnp.finfo(one.dtype).eps),
        "device": str(jax.devices()[0]),
    }


def _threads() -> dict[str, Any]:
    allowed = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))
    return {
        "cores": os.cpu_count(),
        "allowed": len(allowed(0)),
        **{name: os.environ[name] for name in THREADS if name in os.environ},
    }


def _cache() -> dict[str, Any]:
    """Where compiled functions are kept, and how many, of what size in bytes."""
    import jax

    ours = cache_folder()
    theirs = jax.config.jax_compilation_cache_dir  # pyright: ignore[reportAttributeAccessIssue]
    folder = theirs or (str(ours) if ours else None)
    sizes = []
    if folder and os.path.isdir(folder):
        sizes = [each.stat().st_size for each in os.scandir(folder) if each.is_file()]
    writable = bool(folder) and os.access(folder or "", os.W_OK)
    return {
        "folder": folder,
        "writable": writable,
        "functions": len(sizes),
        "bytes": sum(sizes),
    }


def _extras() -> dict[str, dict[str, str | None]]:
    """For every extra, the packages it asks for and which version is here, if any."""
    found: dict[str, dict[str, str | None]] = {}
    for text in importlib.metadata.requires("tacit") or ():
        asked = REQUIREMENT.match(text)
        if asked and asked[1] != "tacit":
            found.setdefault(asked[2], {})[asked[1]] = _version(asked[1])
    return found
