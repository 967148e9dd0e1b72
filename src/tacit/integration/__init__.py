"""How flows are followed: in which coordinates, by which clock, by which solver."""

from . import charts, clocks, path, solvers


__all__ = ["charts", "clocks", "path", "solvers"]
