"""What training conserves: the study of laws that are found by machine."""

from .study import ConservedLaws


__all__ = ["ConservedLaws"]
