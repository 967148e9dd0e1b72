"""All the laws of the claims at full length: ten draws, every variation, a table.

``python -m tests.soak [CLAIM ...]`` tries the claims named, or all, prints a line each
and keeps what it found in ``--record``, from which the table of the documentation is
written: a claim that was changed is tried again alone. It ends with 1 if a claim failed
where it must not, or raised.
"""

import argparse
import collections
import json
import multiprocessing
import pathlib
import subprocess
import sys
import time
import traceback
import warnings
from functools import partial


DRAWS = 10
VARIED = (None, 0, 1)
"""The draws whose variations are tried: the witness's own and two others."""

RECORD = pathlib.Path("docs/soak.json")
PAGE = pathlib.Path("docs/soak.md")
HEAD = """\
# What the claims were tried on

Written by `make soak`: every claim on {draws} draws of its witness, and on each
variation of it (`tests/variations.py`) for the witness's own draw and {others} more. A
rival is *caught* where the claim holds and each of its false statements would have
failed. *Outside* are the variations that a theorem's hypotheses exclude.

Where a limit is known by its optimality conditions, what these still lack is the budget
(C1, C2, C5 to C7, D3, E3b, H6b, J4, J4c, J4d): no run that the theorem is about can be
further off. Such a claim says how near the limit a run has come, and fails only where
the network, the loss, the integrator or the oracle is another, as on its foil. A long
run with few records at its beginning leaves integrals over time undecided (B4, B9, B10,
B11c, E3).

{said}

| claim | draws held, undecided, failed | rivals caught | varied: held, undecided, \
failed, raised, outside | sees | s |
|---|---|---|---|---|---|
"""


def tried(claim, made):
    """The outcome of a claim on an experiment, with its verdict or its error."""
    from tacit import judge, train

    try:
        experiment = made()
        if experiment is None:
            return None, None
        run = train(experiment, claim.observes, records=claim.records)
        verdict = judge(claim, run)
        return verdict.outcome.value, verdict
    except Exception:
        return "raised", traceback.format_exc().strip().splitlines()[-1]


def varied_witness(claim, vary, seed):
    return vary(claim.witness(seed))


def soak(name):
    """One claim on fresh draws, and on all variations of some of them."""
    warnings.simplefilter("ignore")
    from tacit import Verdict
    from tests.cases import CLAIMS
    from tests.variations import ENDS, VARIATIONS

    claim, began = CLAIMS[name], time.process_time()
    own = tried(claim, claim.witness)
    drawn = {seed: tried(claim, partial(claim.witness, seed)) for seed in range(DRAWS)}
    varied = {
        (kind, seed): tried(claim, partial(varied_witness, claim, vary, seed))
        for kind, vary in (VARIATIONS | ENDS).items()
        for seed in VARIED
    }
    caught = sum(
        all(r.distance > each.allowed for r in each.rivals)
        for outcome, each in drawn.values()
        if outcome == "holds" and isinstance(each, Verdict)
    )
    found = {("own", None): own, **{("draw", s): each for s, each in drawn.items()}}
    return {
        "name": name,
        "id": claim.id,
        "draws": collections.Counter(outcome for outcome, _ in drawn.values()),
        "caught": caught,
        "varied": collections.Counter(o for o, _ in varied.values() if o),
        "bad": [
            f"{kind} of {seed}: {outcome}: {each}"
            for (kind, seed), (outcome, each) in (found | varied).items()
            if outcome in ("fails", "raised")
        ],
        "undecided": [
            f"{kind} of {seed}"
            for (kind, seed), (outcome, _) in (found | varied).items()
            if outcome == "undecided"
        ],
        "sees": float(getattr(own[1], "sees", "nan")),
        "seconds": round(time.process_time() - began, 1),
    }


def commit():
    """The commit that a row is of, marked where the code has changed since."""
    head, changed = (
        subprocess.run(
            ["git", *asked.split()], capture_output=True, text=True, check=False
        )
        for asked in ("rev-parse --short HEAD", "diff --quiet HEAD -- src tests")
    )
    return (head.stdout.strip() or "no commit") + "-changed" * bool(changed.returncode)


def row(found):
    """The line of a claim in the table."""
    drawn, varied = (collections.Counter(found[key]) for key in ("draws", "varied"))
    tries = ("holds", "undecided", "fails", "raised", "does not apply")
    return (
        f"| {found['id']} {found['name']} "
        f"| {drawn['holds']}, {drawn['undecided']}, {drawn['fails']} of {DRAWS} "
        f"| {found['caught']} of {DRAWS} "
        f"| {', '.join(str(varied[outcome]) for outcome in tries)} "
        f"| {found['sees']:.0e} | {found['seconds']:.0f} |"
    )


def summary(found):
    """What all rows come to, in a paragraph."""
    drawn, varied = collections.Counter(), collections.Counter()
    for each in found:
        drawn.update(each["draws"])
        varied.update(each["varied"])
    inside = varied["holds"] + varied["undecided"] + varied["fails"] + varied["raised"]
    sharp = sum(each["sees"] <= 0.02 for each in found)
    commits = collections.Counter(each["at"] for each in found)
    at = ", ".join(f"{count} at {name}" for name, count in commits.most_common())
    return (
        f"{len(found)} settings of claims. Of {sum(drawn.values())} draws "
        f"{drawn['holds']} hold, "
        f"{drawn['undecided']} are undecided, {drawn['fails']} fail. Of "
        f"{sum(varied.values())} variations {varied['holds']} hold, "
        f"{varied['undecided']} are undecided, {varied['fails']} fail, "
        f"{varied['raised']} raised and {varied['does not apply']} are outside the "
        f"theorem: {varied['holds'] / max(inside, 1):.0%} of those inside hold. "
        f"{sharp} see an error of 2 % or less. "
        f"{sum(each['seconds'] for each in found) / 60:.0f} CPU minutes. "
        f"Tried last: {at}."
    )


def write(record, page):
    """The page of all that is on record."""
    found = json.loads(record.read_text())
    said = summary(found.values())
    head = HEAD.format(draws=DRAWS, others=len(VARIED) - 1, said=said)
    page.write_text(head + "\n".join(map(row, found.values())) + "\n")
    return said


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("claims", nargs="*")
    parser.add_argument("--record", type=pathlib.Path, default=RECORD)
    parser.add_argument("--page", type=pathlib.Path, default=PAGE)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    from tests.cases import CLAIMS

    settings = {name: {name, name.split("-")[0]} for name in CLAIMS}
    unknown = set(asked.claims).difference(*settings.values())
    if unknown:
        parser.error(f"no claim is called {', '.join(sorted(unknown))}")
    names = [
        n
        for n, called in settings.items()
        if not asked.claims or called & {*asked.claims}
    ]
    known = json.loads(asked.record.read_text()) if asked.record.exists() else {}
    known = {name: known[name] for name in CLAIMS if name in known}
    # The longest first, so that no process is left alone with one in the end.
    names.sort(key=lambda name: -known.get(name, {"seconds": 1e9})["seconds"])
    bad, at = 0, commit()
    with multiprocessing.get_context("spawn").Pool(
        asked.processes, maxtasksperchild=4
    ) as pool:
        for found in pool.imap_unordered(soak, names):
            print(row(found), flush=True)
            for text in found["bad"]:
                print("   ", text.replace("\n", "\n      "), flush=True)
            bad += len(found["bad"])
            known[found["name"]] = found | {"at": at}
            kept = {name: known[name] for name in CLAIMS if name in known}
            asked.record.write_text(json.dumps(kept, indent=1, default=dict) + "\n")
    print(write(asked.record, asked.page))
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
