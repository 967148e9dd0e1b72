"""What `tacit check` holds claims against: their own trials, or your run."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..claims import AbstractClaim
from ..display.progress import Progress
from ..verdict import check
from .findings import Finding


if TYPE_CHECKING:
    from ..specs import Spec


def trials(
    kinds: Sequence[type[AbstractClaim]], progress: Progress
) -> Iterator[Finding]:
    """Each claim on its witness, its rivals there, and the claim on its foil."""
    for done, kind in enumerate(kinds):
        claim = kind()
        progress(done, len(kinds), f"{kind.id} {kind.__name__}: witness")
        witness, foil = claim.witness(), claim.foil()
        verdict = check(claim, witness)
        yield Finding.of(verdict, role="witness")
        yield from Finding.of_rivals(verdict)
        progress(done, len(kinds), f"{kind.id} {kind.__name__}: foil")
        same = "the witness itself, no foil" if foil.digest == witness.digest else ""
        yield Finding.of(check(claim, foil), role="foil", on=same)


def own_run(
    spec: "Spec", kinds: Sequence[type[AbstractClaim]], progress: Progress
) -> Iterator[Finding]:
    """Each claim on the run that `spec` describes."""
    names = [f"{kind.id} {kind.__name__}" for kind in kinds]
    progress(0, len(kinds), names[0])
    for done, verdict in enumerate(spec.judge([kind() for kind in kinds]), 1):
        yield Finding.of(verdict)
        progress(done, len(kinds), names[min(done, len(names) - 1)])
