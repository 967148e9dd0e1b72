"""Experiments as files: a spec says in TOML what `tacit.Experiment` says in Python."""

from .spec import Spec


__all__ = ["Spec"]
