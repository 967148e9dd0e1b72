"""What `tacit check` holds claims against: their own trials, or your run."""

from collections.abc import Iterator, Sequence

from ..claims import AbstractClaim
from ..specs import Spec
from ..verdict import check
from .findings import Finding
from .terminal import Progress


def trials(
    kinds: Sequence[type[AbstractClaim]], progress: Progress
) -> Iterator[Finding]:
    """Each claim on its witness and its foil, its false rivals on the witness."""
    for done, kind in enumerate(kinds):
        claim = kind()
        witness = claim.witness()
        tried = [("witness", claim, witness), ("foil", claim, claim.foil())]
        tried += [("rival", rival, witness) for rival in claim.rivals]
        for role, each, experiment in tried:
            progress(done, len(kinds), f"{kind.id} {kind.__name__}: {role}")
            yield Finding.of(check(each, experiment), role=role)


def own_run(
    spec: Spec, kinds: Sequence[type[AbstractClaim]], progress: Progress
) -> Iterator[Finding]:
    """Each claim on the run that `spec` describes."""
    names = [f"{kind.id} {kind.__name__}" for kind in kinds]
    progress(0, len(kinds), names[0])
    for done, verdict in enumerate(spec.judge([kind() for kind in kinds]), 1):
        yield Finding.of(verdict)
        progress(done, len(kinds), names[min(done, len(names) - 1)])
