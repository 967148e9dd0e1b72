"""What a person waits for: first calls, in CPU seconds, as medians of fresh processes.

Cold is with an empty folder of compiled functions, warm is a second process after it.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile

from pairs import show


REPEATS = 3
TACIT = (
    "import sys; sys.argv = ['tacit', *{words!r}]; from tacit.cli import main; main()"
)
DEPTH = """
import time
import tacit
def held(depth):
    begun = time.process_time()
    claim = tacit.claims.QuasiNormConserved(depth=depth)
    tacit.check(claim, claim.witness())
    return time.process_time() - begun
held(3)
print(held(4))
"""
GOALS = {
    ("tacit --help", "warm"): 0.16,
    ("tacit claims", "warm"): 0.5,
    ("tacit check B3", "cold"): 5.0,
    ("tacit check B3", "warm"): 2.5,
    ("another depth in a session", "cold"): 0.5,
}


def spent(code, cache):
    """CPU seconds of a fresh process, and what it printed."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("JAX_")}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.run(
        [sys.executable, "-c", code],
        env=environment | {"TACIT_CACHE": cache},
        capture_output=True,
        text=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if run.returncode:
        raise SystemExit(run.stderr)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, run.stdout


def measured():
    """The median of every call, cold and warm."""
    calls = {
        f"tacit {' '.join(words)}": TACIT.format(words=words)
        for words in (["--help"], ["claims"], ["check", "B3"])
    }
    calls["another depth in a session"] = DEPTH
    times = {}
    for _ in range(REPEATS):
        for name, code in calls.items():
            with tempfile.TemporaryDirectory() as cache:
                for state in ("cold", "warm"):
                    seconds, printed = spent(code, cache)
                    if code is DEPTH:
                        seconds = float(printed)
                    times.setdefault((name, state), []).append(seconds)
    return {key: statistics.median(each) for key, each in times.items()}


def main():
    """Print the table and say whether the goals are met."""
    found = measured()
    rows = [
        (*key, f"{seconds:.2f}", GOALS.get(key, ""), _verdict(seconds, GOALS.get(key)))
        for key, seconds in found.items()
    ]
    columns = ("call", "cache", "CPU s", "goal", "")
    show(f"first calls, medians of {REPEATS} fresh processes", rows, columns)
    return all(found[key] <= goal for key, goal in GOALS.items())


def _verdict(seconds, goal):
    return "" if goal is None else "reached" if seconds <= goal else "MISSED"


if __name__ == "__main__":
    raise SystemExit(not main())
