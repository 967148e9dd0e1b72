"""The claims that the study rests on, held against their witnesses."""

import itertools
from collections.abc import Sequence

from ...claims import AbstractClaim
from ...reporting import Finding
from ...verdict import check
from .side_by_side import together


def verdicts(claims: Sequence[AbstractClaim]) -> tuple[Finding, ...]:
    """Each claim on its witness, where it must hold, and its rivals, which must fail.

    The rivals are false: the sign the other way, a term left out, or what is often said
    and is not so.
    """
    found = together(lambda i: _tried(claims[i]), range(len(claims)))
    return tuple(itertools.chain(*found.values()))


def _tried(claim: AbstractClaim) -> list[Finding]:
    verdict = check(claim, claim.witness())
    return [Finding.of(verdict, role="witness"), *Finding.of_rivals(verdict)]
