"""What JAX has compiled: how much of it is held in memory, and what is kept on disk."""

from .disk import cache_folder, keep_on_disk
from .effort import SWIFT, swift_jit
from .memory import compiled, make_room


__all__ = [
    "SWIFT",
    "cache_folder",
    "compiled",
    "keep_on_disk",
    "make_room",
    "swift_jit",
]
