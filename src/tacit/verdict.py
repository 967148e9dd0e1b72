"""Hold a claim against a run."""

import enum
import math

import equinox as eqx
import numpy as np

from .claims import AbstractClaim
from .experiment import Experiment
from .observables import AbstractObservable
from .training import train, Trajectory


class Outcome(enum.Enum):
    """What a check can find. A theorem that does not apply has not failed."""

    HOLDS = "holds"
    FAILS = "fails"
    NOT_APPLICABLE = "does not apply"


class Verdict(eqx.Module):
    """The finding, with everything needed to read it.

    `gap` is the distance from the conclusion, NaN where it could not be measured;
    `not_met` lists the hypotheses that the run does not meet.
    """

    claim: AbstractClaim
    outcome: Outcome
    gap: float
    not_met: tuple[str, ...] = ()

    @property
    def tolerance(self) -> float:
        """The largest gap that counts as holding."""
        return self.claim.tolerance

    def to_json(self) -> dict:
        """The verdict in plain types; a gap that was not measured is None."""
        return {
            "id": self.claim.id,
            "claim": type(self.claim).__name__,
            "reference": self.claim.reference,
            "outcome": self.outcome.value,
            "gap": self.gap if math.isfinite(self.gap) else None,
            "tolerance": self.tolerance,
            "not_met": list(self.not_met),
        }

    def __str__(self) -> str:
        line = (
            f"{self.claim.id} {type(self.claim).__name__} {self.outcome.value}: "
            f"gap {self.gap:.1e}, tolerance {self.tolerance:.0e}"
        )
        return "\n  not met: ".join([line, *self.not_met])


def check(claim: AbstractClaim, experiment: Experiment) -> Verdict:
    """Train `experiment` and say whether `claim` holds of it, fails, or is silent."""
    if not isinstance(experiment.network, claim.needs):
        needed = claim.needs.__name__
        return Verdict(
            claim, Outcome.NOT_APPLICABLE, math.nan, (f"the network is a {needed}",)
        )
    return judge(claim, train(experiment, claim.observes, records=claim.records))


def observed_by(*claims: AbstractClaim) -> tuple[AbstractObservable, ...]:
    """What must be recorded on one run to judge all of `claims` on it, each once."""
    return tuple({o.name: o for claim in claims for o in claim.observes}.values())


def judge(claim: AbstractClaim, run: Trajectory) -> Verdict:
    """The verdict on a run that has been trained, with `claim.observes` recorded."""
    not_met = [] if run.finite else [f"the run gets to its end: {run.reason}"]
    gap = math.nan
    try:
        with np.errstate(all="ignore"):
            for hypothesis in claim.hypotheses(run):
                not_met += [] if hypothesis.met else [hypothesis.text]
            if run.finite:
                gap = float(claim.gap(run))
    except Exception:
        # Where a hypothesis is not met the rest of a claim may well not exist: a drift
        # per step of a flow without steps. Where all are met it is a fault of ours.
        if not not_met:
            raise
    if not_met:
        return Verdict(claim, Outcome.NOT_APPLICABLE, gap, tuple(not_met))
    outcome = Outcome.HOLDS if gap <= claim.tolerance else Outcome.FAILS
    return Verdict(claim, outcome, gap)
