"""Selection against its rivals: deviance, accuracy, features, F1, stability, seconds.

Run it as ``python benchmarks/selection.py [SET ...] [--out FILE] [--page FILE]``: all
measurements in JSON, and the tables in Markdown. Outer folds are stratified and
shuffled by a fixed seed; each way is tuned on the same inner folds of each outer
training part. Sets of packages that are not installed are left out, and said so. It is
a comparison and not a test: it exits 0 unless a way breaks down.
"""

import argparse
import json
import os
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from pairs import CORES, show
from rivals import RIVALS, TWO_CLASSES_ONLY
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold
from table_sets import SETS


OUTER, INNER = 4, 4


def judged(way, X, y, truth):
    """Means over the outer folds."""
    classes = np.unique(y)
    loss, right, sizes, supports, f1, seconds = [], [], [], [], [], 0.0
    for train, test in StratifiedKFold(OUTER, shuffle=True, random_state=0).split(X, y):
        inner = StratifiedKFold(INNER, shuffle=True, random_state=1)
        folds = list(inner.split(X[train], y[train]))
        begun = time.process_time()
        used, proba = way(X[train], y[train], folds)
        seconds += time.process_time() - begun
        p = np.clip(np.nan_to_num(proba(X[test])), 1e-15, 1)
        p /= p.sum(1, keepdims=True)
        right.append(np.mean(classes[p.argmax(1)] == y[test]))
        loss.append(log_loss(y[test], p, labels=classes))
        sizes.append(len(used))
        supports.append(set(map(int, used)))
        if truth is not None:
            f1.append(2 * len(supports[-1] & truth) / (len(used) + len(truth)))
    overlaps = [
        len(a & b) / max(len(a | b), 1)
        for i, a in enumerate(supports)
        for b in supports[:i]
    ]
    return {
        "accuracy": float(np.mean(right)),
        "deviance": float(np.mean(loss)),
        "features": float(np.mean(sizes)),
        "F1": float(np.mean(f1)) if f1 else None,
        "overlap": float(np.mean(overlaps)),
        "seconds": seconds / OUTER,
    }


def dominated(name: str, found: dict) -> bool:
    """Whether another way has fewer features and less deviance, and one strictly."""
    mine = found[name]
    return any(
        other["deviance"] <= mine["deviance"]
        and other["features"] <= mine["features"]
        and (other["deviance"], other["features"])
        != (mine["deviance"], mine["features"])
        for key, other in found.items()
        if not key.startswith("tacit")
    )


def titled(name: str, result: dict) -> str:
    """The name of a set and its size."""
    return f"{name} ({result['n']} x {result['d']}, {result['C']} classes)"


def table(found: dict) -> list[tuple]:
    """One row for each way."""
    return [
        (
            key,
            *(f"{v[c]:.3g}" if v[c] is not None else "-" for c in COLUMNS),
            "" if dominated(key, found) else "not dominated",
        )
        for key, v in found.items()
    ]


def page(results: dict) -> str:
    """The tables in Markdown."""
    lines = ["# Selection against its rivals", "", PREFACE]
    for name, result in results.items():
        lines += ["", f"## {titled(name, result)}", ""]
        for row in (
            ("way", *COLUMNS, ""),
            ("---",) * (len(COLUMNS) + 2),
            *table(result["found"]),
        ):
            lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("sets", nargs="*", default=list(SETS))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--page", type=Path)
    asked = parser.parse_args()
    if CORES:  # seconds are indicative here, and need not come from one core
        os.sched_setaffinity(0, CORES)
    warnings.simplefilter("ignore")
    results, broken = {}, 0
    for name in asked.sets:
        try:
            X, y, truth = SETS[name]()
        except (ImportError, FileNotFoundError) as error:
            print(f"\n{name}: left out, {str(error).splitlines()[0]}")
            continue
        found = {}
        for key, way in RIVALS.items():
            if key in TWO_CLASSES_ONLY and len(np.unique(y)) > 2:
                continue
            try:
                found[key] = judged(way, X, y, truth)
            except Exception as error:  # a rival that breaks down is a result too
                print(f"{name}, {key}: {type(error).__name__}: {error}")
                broken += key.startswith("tacit")
        results[name] = {"n": len(y), "d": X.shape[1], "C": len(np.unique(y)),
                         "found": found}  # fmt: skip
        show(titled(name, results[name]), table(found), ("way", *COLUMNS, ""))
        sys.stdout.flush()
        if asked.out:
            asked.out.write_text(json.dumps(results, indent=1))
    if asked.page:
        asked.page.write_text(page(results))
    wide = {k: v["found"] for k, v in results.items() if v["d"] > v["n"]}
    good = [k for k, found in wide.items() if not dominated("tacit", found)]
    print(f"\nnot dominated in (deviance, features), d > n: {len(good)} of {len(wide)}")
    return int(broken > 0)


PREFACE = f"""Made by `benchmarks/selection.py --page`: {OUTER} outer and {INNER} inner
folds, stratified and seeded; every rival tuned on the same inner folds by held-out
deviance (abess by its own). F1 is that of the true features where they are known,
overlap the mean Jaccard index of the outer folds' choices, seconds CPU a fit with its
tuning. *Not dominated*: no rival has both less deviance and fewer features. What
follows is in [Selecting features](selection.md)."""
COLUMNS = ("deviance", "accuracy", "features", "F1", "overlap", "seconds")

if __name__ == "__main__":
    sys.exit(main())
