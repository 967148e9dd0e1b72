"""Hold a claim against a run."""

import enum
import math
from typing import Any

import equinox as eqx
import numpy as np

from ._types import require_float64
from .claims import AbstractClaim, Term, Unmeasured
from .claims.catalogue import as_claim, Named
from .claims.compared import apart, Contender
from .claims.recorded import require_observed
from .claims.written import in_short, plain_value
from .display.notation import number
from .display.tables import folded, items, outcome, paragraph, table
from .errors import require_kind
from .experiment import Experiment
from .observables import AbstractObservable
from .training import train, Trajectory


class Outcome(enum.Enum):
    """What a check can find.

    A theorem that does not apply has not failed, and a run that cannot tell it from
    something false has not confirmed it.
    """

    HOLDS = "holds"
    FAILS = "fails"
    UNDECIDED = "undecided"
    NOT_APPLICABLE = "does not apply"


class Verdict(eqx.Module):
    """The finding, with everything needed to read it.

    `predicted` and `measured` are what the theorem says and what the run shows, None
    where there is none; `distance` is how far they are apart, NaN where it could not be
    measured. `budget` are the errors that the theorem allows on this run and `rivals`
    the false statements that it was tried against. `not_met` lists the hypotheses and
    conditions that are not met, `why` says what an undecided verdict needs, and
    `diverged` is whether the numbers of the run gave out.
    """

    claim: AbstractClaim
    outcome: Outcome
    predicted: Any = None
    measured: Any = None
    distance: float = math.nan
    budget: tuple[Term, ...] = ()
    rivals: tuple[Contender, ...] = ()
    not_met: tuple[str, ...] = ()
    why: str = ""
    diverged: bool = False

    @property
    def allowed(self) -> float:
        """The largest distance that counts as holding on this run."""
        return math.fsum(term.size for term in self.budget) if self.budget else math.nan

    @property
    def sees(self) -> float:
        """The smallest error of the prediction that this run would have shown."""
        return self.allowed + self.distance

    @property
    def furthest(self) -> Any:
        """What was measured; along a run, at the record that is furthest off."""
        if self.measured is None or self.predicted is None:
            return self.measured
        told, seen = np.asarray(self.predicted), np.asarray(self.measured)
        if seen.ndim != told.ndim + 1 or not len(seen):
            return self.measured
        off = np.abs(seen - told).reshape(len(seen), -1).max(axis=1)
        return seen[int(np.argmax(off))]

    @property
    def nearest(self) -> Contender | None:
        """The rival that comes nearest to what was measured."""
        known = [rival for rival in self.rivals if math.isfinite(rival.distance)]
        return min(known, key=lambda rival: rival.distance, default=None)

    def to_json(self) -> dict:
        """The verdict in plain types; what is no finite number is None."""
        return {
            "id": self.claim.id,
            "claim": type(self.claim).__name__,
            "reference": self.claim.reference,
            "outcome": self.outcome.value,
            "predicted": plain_value(self.predicted),
            "measured": plain_value(self.measured),
            "distance": plain_value(self.distance),
            "allowed": plain_value(self.allowed),
            "sees": plain_value(self.sees),
            "budget": [
                {**term._asdict(), "size": plain_value(term.size)}
                for term in self.budget
            ],
            "rivals": [
                {"statement": each.statement, "distance": plain_value(each.distance)}
                for each in self.rivals
            ],
            "not_met": list(self.not_met),
            "why": self.why or None,
            "diverged": self.diverged,
        }

    def __str__(self) -> str:
        parts = [f"{self.claim.id} {type(self.claim).__name__}", self.outcome.value]
        if self.predicted is not None and self.measured is not None:
            parts.append(f"predicted {in_short(self.predicted)}")
            parts.append(f"measured {in_short(self.furthest)}")
        if math.isfinite(self.distance):
            # What fails was seen, whatever its size: then what counts is the budget.
            fails = self.outcome is Outcome.FAILS
            most = f"allowed {self.allowed:.0e}" if fails else f"sees {self.sees:.0e}"
            parts.append(f"off {self.distance:.0e}, {most}")
        lines = ["  ".join(parts), *(f"not met: {text}" for text in self.not_met)]
        lines += [f"undecided: {self.why}"] if self.why else []
        return "\n  ".join(lines)

    def _repr_html_(self) -> str:
        facts = {
            "says": self.claim.statement,
            "source": self.claim.reference,
            "predicted": "" if self.predicted is None else in_short(self.predicted),
            "measured": "" if self.measured is None else in_short(self.furthest),
            "off, allowed": f"{number(self.distance)}, {number(self.allowed)}",
        }
        rivals = [(each.statement, number(each.distance)) for each in self.rivals]
        said = outcome(self.outcome.value)
        return (
            paragraph(f"**{self.claim.id}** {type(self.claim).__name__}", said)
            + items([*self.not_met, *[self.why] * bool(self.why)], "because:")
            + table([fact for fact in facts.items() if fact[1]])
            + folded("false statements nearby", table(rivals, ("", "off")))
        )


def check(claim: Named, experiment: Experiment) -> Verdict:
    """Train `experiment` and say whether `claim` holds of it.

    Nothing is trained where a hypothesis of the theorem is not met. `claim` may be its
    class, its name or its ID such as ``"B3"``; `NotFoundError` where no claim has that.
    """
    require_float64("check")
    claim = as_claim(claim)
    require_kind("the experiment of a check", experiment, Experiment, "tacit")
    if not_met := missing(claim, experiment):
        return Verdict(claim, Outcome.NOT_APPLICABLE, not_met=not_met)
    return judge(claim, train(experiment, claim.observes, records=claim.records))


def observed_by(*claims: AbstractClaim) -> tuple[AbstractObservable, ...]:
    """What must be recorded on one run to judge all of `claims` on it, each once."""
    return tuple({o.name: o for claim in claims for o in claim.observes}.values())


def missing(claim: AbstractClaim, experiment: Experiment) -> tuple[str, ...]:
    """The hypotheses of `claim` that `experiment` does not meet; trains nothing."""
    if not isinstance(experiment.network, claim.needs):
        return (f"the network is a {claim.needs.__name__}",)
    with np.errstate(all="ignore"):
        conditions = list(claim.hypotheses(experiment))
    return tuple(each.text for each in conditions if not each.met)


def judge(claim: Named, run: Trajectory) -> Verdict:
    """The verdict on a trained run with `claim.observes` recorded; as in `check`."""
    claim = as_claim(claim)
    require_kind("the run to be judged", run, Trajectory, "tacit.train")
    not_met, diverged = missing(claim, run.experiment), not run.finite
    if not isinstance(run.experiment.network, claim.needs):
        return Verdict(claim, Outcome.NOT_APPLICABLE, not_met=not_met)
    not_met += (f"the run gets to its end: {run.reason}",) if diverged else ()
    try:
        with np.errstate(all="ignore"):
            found = claim.conditions(run)
            not_met += tuple(each.text for each in found if not each.met)
            if diverged:
                return _inapplicable(claim, not_met, {}, diverged=True)
            seen = _measure(claim, run)
    except Unmeasured as reason:
        if not_met:
            return _inapplicable(claim, not_met, {}, diverged=diverged)
        return Verdict(claim, Outcome.UNDECIDED, why=str(reason))
    except Exception as error:
        # Where a hypothesis is not met the rest of a claim may well not exist: a drift
        # per step of a flow without steps. Where all are met it is a fault of ours.
        if not not_met:
            require_observed(claim, run, error)
            raise
        return _inapplicable(claim, not_met, {}, diverged=diverged)
    if not_met:
        return _inapplicable(claim, not_met, seen, diverged=diverged)
    outcome, why = _decide(**seen)
    return Verdict(claim, outcome, **seen, why=why)


def _inapplicable(claim, not_met, seen, *, diverged):
    return Verdict(
        claim, Outcome.NOT_APPLICABLE, **seen, not_met=not_met, diverged=diverged
    )


def _measure(claim: AbstractClaim, run: Trajectory) -> dict[str, Any]:
    """What `claim` predicts, what `run` shows, and what the comparison can tell."""
    predicted, measured = claim.predicted(run), claim.measured(run)

    def off(told, whose="itself"):
        return apart(claim, told, measured, run, whose)

    rivals = tuple(
        Contender(each.statement, off(each.predicted, f"its rival “{each.statement}”"))
        for each in claim.rivals(run)
    )
    return {
        "predicted": predicted,
        "measured": measured,
        "distance": off(predicted),
        "budget": tuple(claim.budget(run)),
        "rivals": rivals,
    }


def _decide(predicted, measured, distance, budget, rivals) -> tuple[Outcome, str]:
    """The outcome, and what an undecided one would need."""
    del predicted, measured
    allowed = math.fsum(term.size for term in budget)
    if not math.isfinite(distance):
        return Outcome.UNDECIDED, "what it says could not be measured on this run"
    if math.isnan(allowed):
        return Outcome.UNDECIDED, "what the theorem allows on this run is not a number"
    if distance > allowed:
        return Outcome.FAILS, ""
    # A rival whose distance is no number has not been told apart either.
    near = [rival for rival in rivals if not rival.distance > allowed]
    if not near:
        return Outcome.HOLDS, ""
    largest = max(budget, key=lambda term: term.size)
    known = math.isfinite(largest.size)
    size = f"{largest.size:.0e}" if known else "without a bound"
    return Outcome.UNDECIDED, (
        f"this run cannot tell it from “{near[0].statement}”; the largest error that "
        f"the theorem allows is {largest.name}, {size} ({largest.reason}); "
        f"{largest.remedy} lowers it"
    )
