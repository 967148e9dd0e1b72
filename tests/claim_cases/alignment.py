"""Claims about alignment and margins on separable data."""

from tacit.claims import AbstractClaim


CLAIMS: dict[str, AbstractClaim] = {}
