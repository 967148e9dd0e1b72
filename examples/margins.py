"""Separable data to a norm of 1e20: the angle to the largest margin, at three depths.

Run it as ``python examples/margins.py [FILE.svg]``; it draws a figure of the gallery.
"""

import sys
from pathlib import Path

import numpy as np

import tacit
from tacit.observables import Sine
from tacit.reporting import plots


NORMS = np.geomspace(10, 1e20, 60)


def problem(samples):
    """Samples of six features; with few of them the support vectors do not span."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(samples, 6))
    y = np.where(X @ np.arange(1.0, 7.0) > 0, 1.0, -1.0)
    return tacit.Problem(X / np.linalg.norm(X, axis=1).max(), y)


def angles(data, depth):
    """The sine to the direction of largest margin, at the norms above."""
    margin = tacit.oracles.max_margin(data)
    network = tacit.networks.DeepLinear.balanced(margin.value + 0.3, depth=depth)
    experiment = tacit.Experiment(
        network,
        tacit.Risk(data, tacit.losses.Exponential()),
        tacit.flows.GradientFlow(clock="log-risk"),
        until=NORMS[-1],
    )
    run = tacit.train(experiment, [Sine(margin.value)], records=NORMS)
    return np.asarray(run.seen["Sine"])


def main():
    """Draw one panel a sample, one curve a depth."""
    drawing = plots.figure(1, 2, width=8.5, height=3.2, share="both")
    titles = {"many samples": 60, "four samples": 4}
    for panel, (title, samples) in zip(drawing, titles.items(), strict=True):
        data = problem(samples)
        curves = {
            f"{depth} layer" + "s" * (depth > 1): (NORMS, angles(data, depth))
            for depth in (1, 2, 3)
        }
        panel.frame(
            title=title, x="norm of the predictor", y="sine to the margin", log="xy"
        )
        panel.lines(curves, labels="key", floor=1e-16)
    drawing.key(columns=3)
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "margins.svg")
    print(f"drawn: {drawing.save(target).name}")


if __name__ == "__main__":
    main()
