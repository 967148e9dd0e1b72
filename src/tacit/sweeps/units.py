"""Running a unit: one batch through the one ensemble engine, and what is kept of it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from .._types import require_float64
from ..claims import AbstractClaim
from ..ensemble import kind_of
from ..errors import DataError
from ..experiment import Experiment
from ..verdict import missing, observed_by
from .batches import Unit
from .plan import why
from .rows import failed, row_of
from .scales import train_together, Trained
from .store import Row
from .threads import one_thread
from .version import require_same
from .work import mark_of, Work


USUAL = 50
"""Records of a run where nobody asks for a number of them."""


class Ran(NamedTuple):
    """What came of a unit."""

    rows: Sequence[Row]
    """In the order of its runs."""
    alone: Mapping[str, int]
    """How many of them were computed by themselves, by the reason why."""


def run_unit(work: Work, unit: Unit) -> Ran:
    """The results of every run of `unit`.

    A run that raises is kept as failed, with its reason, and harms no other. Raises
    `DataError` where an experiment is not the one that was planned or this process is
    of another version, `PrecisionError` where JAX does not compute in 64 bits.
    """
    require_float64("a unit of a sweep")
    require_same(work.versions)
    with one_thread():
        return _ran(work, unit)


def _ran(work: Work, unit: Unit) -> Ran:
    rows: dict[int, Row] = {}
    alone: Counter[str] = Counter()
    made: dict[int, Experiment] = {}
    for i, member in enumerate(unit.members):
        try:
            experiment = work.experiment(member.point)
        except Exception as error:
            if member.mark:
                raise _other(member.point, "it raises " + why(error)) from error
            rows[i] = failed(member.point, "", why(error))
            continue
        if mark_of(experiment) != member.mark:
            raise _other(member.point, "its digest is another")
        made[i] = experiment
    for group in _alike(made):
        together = [made[i] for i in group]
        told = _rows(work, unit, group, together)
        for i, (row, why_alone) in zip(group, told, strict=True):
            rows[i] = row
            alone += Counter([why_alone] if why_alone else [])
    return Ran([rows[i] for i in range(len(unit.members))], dict(alone))


def _other(point, why_not):
    return DataError(
        f"the experiment at {point} is not the one that was planned: {why_not}. "
        "experiment_of must make the same in every process: draw from seeds that are "
        "arguments, read nothing that changes, and leave the code alone meanwhile."
    )


def _alike(made: dict[int, Experiment]) -> Iterator[list[int]]:
    """Those that differ in numbers only, together."""
    groups: list[tuple[Any, list[int]]] = []
    for i, experiment in made.items():
        kind = kind_of(experiment)
        for known, group in groups:
            if known == kind:
                group.append(i)
                break
        else:
            groups.append((kind, [i]))
    yield from (group for _, group in groups)


def _rows(work, unit, group, together) -> list[tuple[Row, str]]:
    """The rows of runs that differ in numbers only: as one, or each by itself.

    With each, why it was computed alone, if it was.
    """
    points = [unit.members[i].point for i in group]
    try:
        runs = _trained(work, together)
    except Exception as error:
        if len(together) == 1:
            return [(failed(points[0], together[0].digest, why(error)), "")]
        reason = f"its batch raised {type(error).__name__}"
        each = zip(group, together, strict=True)
        found = [row for i, one in each for row, _ in _rows(work, unit, [i], [one])]
        return [(row, reason) for row in found]
    return [
        (_row(work, point, experiment, of), of[None].alone)
        for point, experiment, of in zip(points, together, runs, strict=True)
    ]


def _row(work, point, experiment, of) -> Row:
    """The row of one run; failed, where what was recorded cannot be judged."""
    try:
        return row_of(work, point, experiment, of)
    except Exception as error:
        return failed(point, experiment.digest, why(error))


def _trained(work: Work, together: Sequence[Experiment]) -> list[dict[Any, Trained]]:
    """For every experiment its runs, by what is judged on them: None is what is seen.

    Claims that ask for the same records share a run, and so does what is observed.
    """
    usual = USUAL if work.records is None else work.records
    asked: dict[str, tuple[Any, list[AbstractClaim]]] = {}
    for claim in work.claims:
        if not all(isinstance(each.network, claim.needs) for each in together):
            continue
        records = claim.records if work.records is None else work.records
        # How far off it is is of interest where it does not apply, if that is free.
        free = repr(records) == repr(usual)
        if free or not all(missing(claim, each) for each in together):
            asked.setdefault(repr(records), (records, []))[1].append(claim)
    asked.setdefault(repr(usual), (usual, []))
    found: list[dict] = [{} for _ in together]
    for words, (records, claims) in asked.items():
        seen = work.observe if words == repr(usual) else ()
        watch = {o.name: o for o in (*seen, *observed_by(*claims))}
        runs = train_together(together, tuple(watch.values()), records)
        for of, run in zip(found, runs, strict=True):
            for claim in (*claims, *([None] if words == repr(usual) else [])):
                of[claim] = run
    return found
