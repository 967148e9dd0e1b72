"""How flows are followed: which field, in which coordinates, clock and solver."""

from . import charts, clocks, fields, path, solvers


__all__ = ["charts", "clocks", "fields", "path", "solvers"]
