"""The claims that the study rests on, held against their witnesses."""

from collections.abc import Sequence

from ...claims import AbstractClaim
from ...reporting import Finding
from ...verdict import check


def verdicts(claims: Sequence[AbstractClaim]) -> tuple[Finding, ...]:
    """Each claim on its witness, where it must hold, and its rivals, which must fail.

    The rivals are false: the sign the other way, a term left out, or what is often said
    and is not so.
    """
    found = []
    for claim in claims:
        witness = claim.witness()
        found.append(Finding.of(check(claim, witness), role="witness"))
        found += [
            Finding.of(check(rival, witness), role="rival") for rival in claim.rivals
        ]
    return tuple(found)
