"""Experiments as files: a spec says in TOML what `tacit.Experiment` says in Python."""

from .grids import SweepSpec
from .spec import Spec


__all__ = ["Spec", "SweepSpec"]
