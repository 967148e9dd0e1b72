"""All the laws of the claims at full length: ten draws, every variation, a table.

``python -m tests.soak [CLAIM ...] [--draws N] [--out FILE]`` prints a line a claim and
writes the table that the documentation shows. It ends with 1 if a claim failed where it
must not, or raised.
"""

import argparse
import collections
import multiprocessing
import pathlib
import sys
import time
import traceback
import warnings


HEAD = (
    "| claim | draws held, undecided | rivals caught | varied: held, undecided, "
    "fails, raised | sees | s |\n|---|---|---|---|---|---|\n"
)


def soak(name, draws):
    """One claim on fresh draws and on all variations of its witness."""
    warnings.simplefilter("ignore")
    from tacit import judge, Outcome, train
    from tests.cases import CLAIMS
    from tests.variations import VARIATIONS

    claim, began = CLAIMS[name], time.process_time()

    def tried(made):
        try:
            experiment = made()
            if experiment is None:
                return None, None
            run = train(experiment, claim.observes, records=claim.records)
            verdict = judge(claim, run)
            return verdict.outcome.value, verdict
        except Exception:
            return "raised", traceback.format_exc().strip().splitlines()[-1]

    own, verdict = tried(claim.witness)
    found = [tried(lambda seed=seed: claim.witness(seed)) for seed in range(draws)]
    caught = sum(
        outcome == Outcome.HOLDS.value
        and all(rival.distance > each.allowed for rival in each.rivals)
        for outcome, each in found
    )
    varied = {
        kind: tried(lambda vary=vary: vary(claim.witness()))
        for kind, vary in VARIATIONS.items()
    }
    return {
        "name": name,
        "id": claim.id,
        "witness": own,
        "draws": collections.Counter(outcome for outcome, _ in found),
        "caught": caught,
        "varied": collections.Counter(o for o, _ in varied.values() if o),
        "bad": [
            f"{kind}: {outcome}: {each}"
            for kind, (outcome, each) in [
                *((f"draw {i}", f) for i, f in enumerate(found)), *varied.items()
            ]
            if outcome in ("fails", "raised")
        ],
        "sees": getattr(verdict, "sees", float("nan")),
        "seconds": time.process_time() - began,
    }  # fmt: skip


def row(found, draws):
    drawn, varied = found["draws"], found["varied"]
    return (
        f"| {found['id']} {found['name']} | {drawn['holds']}, {drawn['undecided']} of "
        f"{draws} | {found['caught']} of {draws} | {varied['holds']}, "
        f"{varied['undecided']}, {varied['fails']}, {varied['raised']} | "
        f"{found['sees']:.0e} | {found['seconds']:.0f} |"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("claims", nargs="*")
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    from tests.cases import CLAIMS

    names = [n for n in CLAIMS if not asked.claims or n.split("-")[0] in asked.claims]
    total, bad, lines = collections.Counter(), 0, []
    with multiprocessing.get_context("spawn").Pool(
        asked.processes, maxtasksperchild=4
    ) as pool:
        jobs = [pool.apply_async(soak, (name, asked.draws)) for name in names]
        for job in jobs:
            found = job.get()
            lines.append(row(found, asked.draws))
            print(lines[-1], flush=True)
            total += found["varied"] + found["draws"]
            bad += len(found["bad"])
            for text in found["bad"]:
                print("   ", text.replace("\n", "\n      "), flush=True)
    applies = total["holds"] + total["undecided"] + total["fails"]
    share = total["holds"] / max(applies, 1)
    said = (
        f"{sum(total.values())} runs: {total['holds']} hold, {total['undecided']} "
        f"undecided, {total['fails']} fail, {total['raised']} raised, "
        f"{total['does not apply']} outside the theorem; {share:.0%} of those inside "
        "hold."
    )
    print(said)
    if asked.out:
        asked.out.write_text(
            "# What the claims were tried on\n\n"
            "Written by `make soak`: every claim with a budget of its own on draws "
            "of its witness and on all variations of it (`tests/variations.py`).\n\n"
            f"{said}\n\n{HEAD}" + "\n".join(lines) + "\n"
        )
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
