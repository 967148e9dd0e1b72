"""A run from the values of the controls: foretold, trained, judged, told in pieces."""

import functools
import importlib
import threading
import time
from collections.abc import Callable
from typing import Any

from ..claims.written import in_short
from ..display.notation import html, plain
from ..errors import TacitError
from ..prediction import Foreseen, predict
from ..reporting.findings import Finding
from ..training import train
from ..verdict import check, judge
from .controls import Values
from .shown import SHOWN


Say = Callable[[str, dict[str, Any]], None]
"""Called with the kind of a piece and the piece itself, in plain types."""


def solve(study: str, values: Values, say: Say, stop: threading.Event) -> None:
    """Run `study` at `values` and tell what comes of it, piece by piece.

    The pieces are ``forecast``, ``run``, ``verdicts`` and, for what is drawn beside the
    run, ``more``; or ``refused`` with the text of an error that the values are to blame
    for. Ends early, saying so in ``run``, once `stop` is set.
    """
    begun = time.perf_counter()
    try:
        bench = _bench(study)(values)
        foreseen = list(predict(bench.experiment, bench.claims))
        for claim, own in bench.judged_apart:
            foreseen += predict(own, [claim])
    except TacitError as error:
        say("refused", {"text": str(error)})
        return
    say(
        "forecast",
        {
            "panels": [panel.to_json() for panel in _module(study).PANELS],
            "marks": [mark.to_json() for mark in bench.marks],
            "foreseen": [
                *({"name": name, "text": text} for name, text in bench.told),
                *map(_told, foreseen),
            ],
            "seconds": time.perf_counter() - begun,
        },
    )
    if stop.is_set():
        return
    run, *beside = (
        train(each, bench.observe, records=bench.records, stop=stop)
        for each in (bench.experiment, *bench.beside)
    )
    say(
        "run",
        {
            "curves": [curve.to_json() for curve in bench.curves(run, *beside)],
            "reason": run.reason and f"{run.reason}. On this page: {bench.remedy}",
            "steps": run.steps,
            "seconds": time.perf_counter() - begun,
        },
    )
    if stop.is_set():
        return
    verdicts = [judge(claim, run) for claim in bench.claims]
    verdicts += [check(claim, own) for claim, own in bench.judged_apart]
    say(
        "verdicts",
        {
            "verdicts": [_row(Finding.of(each)) for each in verdicts],
            "seconds": time.perf_counter() - begun,
        },
    )
    if bench.later is not None and not stop.is_set():
        say("more", {"curves": [curve.to_json() for curve in bench.later()]})


@functools.cache
def _module(study: str) -> Any:
    return importlib.import_module(f".benches.{SHOWN[study].bench}", __package__)


def _bench(study: str) -> Callable:
    return _module(study).bench


def _told(each: Foreseen) -> dict[str, Any]:
    """What a theorem foresees, in a line, or why its oracle has no answer."""
    name = f"{each.claim.id} {type(each.claim).__name__}"
    if each.forecast is None:
        return {"name": name, "text": f"not computed: {plain(each.refused)}"}
    told = each.forecast
    known = f"certified to {told.certificate:.0e}"
    known = "in closed form" if told.certificate == 0 else known
    return {
        "name": name,
        "text": f"{plain(told.about)}: {in_short(told.value)}, {known}",
    }


def _row(finding: Finding) -> dict[str, Any]:
    """A verdict as the page shows it."""
    row = finding.to_json() | {"mark": finding.mark}
    row["statement"] = html(finding.statement)
    row["not_met"] = [plain(text) for text in finding.not_met]
    row["why"] = plain(finding.why)
    return row
