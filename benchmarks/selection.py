"""Selection against its rivals: deviance, accuracy, features, F1, stability, seconds.

Run it as ``python benchmarks/selection.py [SET ...] [--out FILE.json]``. Outer folds
are stratified and shuffled by a fixed seed; each way is tuned on the same inner folds
of each outer training part. Sets of packages that are not installed are left out, and
said so. It is a comparison and not a test: it exits 0 unless a way breaks down.
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
        if key != "tacit"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="*", default=list(SETS))
    parser.add_argument("--out", type=Path)
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
        rows = [
            (key, *(f"{v[c]:.3g}" if v[c] is not None else "-" for c in COLUMNS),
             "" if dominated(key, found) else "not dominated")
            for key, v in found.items()
        ]  # fmt: skip
        shape = f"{len(y)} x {X.shape[1]}, {len(np.unique(y))} classes"
        show(f"{name} ({shape})", rows, ("way", *COLUMNS, ""))
        sys.stdout.flush()
        if asked.out:
            asked.out.write_text(json.dumps(results, indent=1))
    wide = {k: v["found"] for k, v in results.items() if v["d"] > v["n"]}
    good = [k for k, found in wide.items() if not dominated("tacit", found)]
    print(f"\nnot dominated in (deviance, features), d > n: {len(good)} of {len(wide)}")
    return int(broken > 0)


COLUMNS = ("deviance", "accuracy", "features", "F1", "overlap", "seconds")

if __name__ == "__main__":
    sys.exit(main())
