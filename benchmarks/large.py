"""A flow over 100,000 features and 100 samples, in memory proportional to the data."""

from pairs import show, verdict  # first: it pins the process to one core

import resource
import sys
import time

import numpy as np

import tacit


D, N = 100_000, 100


def resident():
    """The peak resident memory of this process, in megabytes."""
    unit = 1024 if sys.platform == "darwin" else 1
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / unit


def main():
    """Run one flow through the rows, never forming a d by d matrix."""
    rng = np.random.default_rng(0)
    y = np.arange(N) % 2
    X = rng.standard_normal((N, D))
    X[:, :50] += y[:, None]
    tacit.Problem  # noqa: B018  (loads what is loaded once)
    import jax

    jax.block_until_ready(jax.numpy.zeros(3) + 1)
    before, data = resident(), X.nbytes / 1e6
    risk = tacit.Risk(tacit.Problem(X, y), tacit.losses.Fisher(form="inverse"))
    w0 = np.sign(np.asarray(risk.problem.delta)) / D
    start = tacit.networks.Diagonal.balanced(w0, depth=3)
    flow = tacit.flows.GradientFlow(rtol=1e-6)
    begun = time.perf_counter()
    experiment = tacit.Experiment(start, risk, flow, until=1e-3)
    run = tacit.train(experiment, [tacit.observables.TrainingRisk()], records=10)
    seconds = time.perf_counter() - begun
    more = resident() - before
    rows = [
        ("data (MB)", f"{data:.0f}"),
        ("a d by d matrix would be (MB)", f"{8 * D * D / 1e6:.0f}"),
        ("resident beyond imports (MB)", f"{more:.0f}"),
        ("times the data", f"{more / data:.1f}"),
        ("steps", run.steps),
        ("seconds, compilation included", f"{seconds:.1f}"),
        ("1/J at the end", f"{float(run.seen['TrainingRisk'][-1]):.3g}"),
        ("reason", run.reason or "reached the end"),
    ]
    show(f"d = {D}, n = {N}", rows, ("", ""))
    good = verdict("20 times the data over resident", 20 * data / more, 1)
    raise SystemExit(0 if good and run.finite else 1)


if __name__ == "__main__":
    main()
