"""What training will do, said before it does."""

from collections.abc import Iterable, Iterator

import equinox as eqx
import numpy as np

from ._types import require_float64
from .claims import AbstractClaim, Forecast, Unmeasured
from .claims.base import foretold
from .claims.catalogue import as_claim, every_claim, Named
from .claims.written import in_short, plain_value
from .display.notation import number
from .display.tables import folded, items, paragraph, table
from .errors import DataError, NotFoundError, require_kind
from .experiment import Experiment
from .verdict import missing


FEW = 4
"""How many that do not apply are told where none does."""


class Foreseen(eqx.Module):
    """What one theorem says of an experiment: its forecast, or why it has none.

    `not_met` are the hypotheses that the experiment does not meet; `refused` is why
    the prediction could not be computed: the oracle's answer, or the claim's.
    """

    claim: AbstractClaim
    forecast: Forecast | None = None
    not_met: tuple[str, ...] = ()
    refused: str = ""

    @property
    def applies(self) -> bool:
        """Whether every hypothesis is met."""
        return not self.not_met

    def to_json(self) -> dict:
        """In plain types; a value that is no finite number is None."""
        told = self.forecast
        return {
            "id": self.claim.id,
            "claim": type(self.claim).__name__,
            "reference": self.claim.reference,
            "applies": self.applies,
            "about": told and told.about,
            "value": plain_value(told.value) if told else None,
            "certificate": plain_value(told.certificate) if told else None,
            "not_met": list(self.not_met),
            "refused": self.refused or None,
        }

    def __str__(self) -> str:
        name = f"{self.claim.id:<4} {type(self.claim).__name__}"
        if self.not_met:
            return "\n     not met: ".join([f"{name}  does not apply", *self.not_met])
        if self.forecast is None:
            return f"{name}  not computed: {self.refused}"
        about, value = self.forecast.about, in_short(self.forecast.value)
        known = f"certified to {self.forecast.certificate:.0e}"
        exact = "in closed form" if self.forecast.certificate == 0 else known
        return f"{name}  {value}, {exact}\n     {about}"


class Forecasts(eqx.Module):
    """What the theorems that foresee something say of one experiment.

    Iterates over those that apply; `silent` are the others, each with what is missing.
    """

    experiment: Experiment
    foreseen: tuple[Foreseen, ...]

    @property
    def applying(self) -> tuple[Foreseen, ...]:
        """Those whose every hypothesis is met."""
        return tuple(each for each in self.foreseen if each.applies)

    @property
    def silent(self) -> tuple[Foreseen, ...]:
        """Those that do not apply."""
        return tuple(each for each in self.foreseen if not each.applies)

    def __iter__(self) -> Iterator[Foreseen]:
        return iter(self.applying)

    def __len__(self) -> int:
        return len(self.applying)

    def __getitem__(self, name: str) -> Foreseen:
        """That of a claim's ID or name; raises `NotFoundError` for another."""
        for each in self.foreseen:
            if name in (each.claim.id, type(each.claim).__name__):
                return each
        known = [type(each.claim).__name__ for each in self.foreseen]
        raise NotFoundError("forecast", name, known)

    def to_json(self) -> dict:
        """In plain types."""
        return {
            "experiment": self.experiment.digest,
            "forecasts": [each.to_json() for each in self.foreseen],
        }

    @property
    def nearest(self) -> tuple[Foreseen, ...]:
        """Those about such a network that lack the fewest hypotheses, at most `FEW`."""
        network = self.experiment.network
        about = [e for e in self.silent if isinstance(network, e.claim.needs)]
        return tuple(sorted(about, key=lambda each: len(each.not_met))[:FEW])

    def __str__(self) -> str:
        count = f"{len(self)} of {len(self.foreseen)} theorems that foresee apply"
        lines = [*map(str, self), count]
        if not len(self) and self.nearest:
            lines += ["nearest:", *map(str, self.nearest)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = [
            (
                f"**{each.claim.id}** {each.claim.statement}",
                each.forecast.about,
                in_short(each.forecast.value),
                number(each.forecast.certificate),
            )
            for each in self
            if each.forecast is not None
        ]
        head = ("theorem", "foresees", "value", "error at most")
        unknown = [f"{e.claim.id}: {e.refused}" for e in self if e.refused]
        silent = [(f"**{e.claim.id}**", "; ".join(e.not_met)) for e in self.silent]
        count = f"{len(self)} of {len(self.foreseen)} theorems that foresee apply"
        return (
            paragraph(count)
            + table(rows, head)
            + items(unknown, "not computed:")
            + folded("what the others miss", table(silent))
        )


def predict(experiment: Experiment, claims: Iterable[Named] | None = None) -> Forecasts:
    """Say what training will do, without training: by every theorem that applies.

    Each forecast comes from an oracle or a closed form, with a certificate that bounds
    its error. `claims` are those to ask, as objects, classes, IDs or names; by default
    all that foresee something. The same numbers stand as *predicted* in the verdict of
    `tacit.check` after the run.

    Raises `NotFoundError` for a claim that nothing goes by.
    """
    require_float64("predict")
    require_kind("what is predicted", experiment, Experiment, "tacit")
    asked = every_claim() if claims is None else [as_claim(each) for each in claims]
    chosen = [each() if isinstance(each, type) else each for each in asked]
    return Forecasts(
        experiment,
        tuple(_foresee(each, experiment) for each in chosen if each.foresees),
    )


def _foresee(claim: AbstractClaim, experiment: Experiment) -> Foreseen:
    not_met = missing(claim, experiment)
    if not_met:
        return Foreseen(claim, not_met=not_met)
    try:
        with np.errstate(all="ignore"):
            return Foreseen(claim, foretold(claim, experiment))
    except (DataError, Unmeasured) as error:
        return Foreseen(claim, refused=str(error))
