"""How additive becomes multiplicative: weights against time at four depths.

Run it as ``python examples/depth.py [FILE.svg]``; it draws the README's figure.
"""

import sys
from pathlib import Path

import numpy as np

import tacit
from tacit.observables import LinearPredictor
from tacit.problems import strong_weak_noise
from tacit.reporting import plots


GROUPS = {"strong": slice(0, 2), "weak": slice(2, 6), "noise": slice(6, 20)}
TIMES = np.geomspace(1e-2, 1e4, 80)


def weights(depth):
    """The predictor along the flow, of unit length, ``(t, d)``."""
    problem = strong_weak_noise(0, 400).standardised()
    w0 = np.sign(problem.delta) / problem.d
    network = tacit.networks.Diagonal.balanced(w0, depth=depth)
    experiment = tacit.Experiment(
        network,
        tacit.Risk(problem, tacit.losses.Fisher()),
        tacit.flows.GradientFlow(solver="stiff"),
        until=TIMES[-1],
    )
    run = tacit.train(experiment, [LinearPredictor()], records=TIMES)
    w = np.abs(run.seen["LinearPredictor"])
    return w / np.linalg.norm(w, axis=1, keepdims=True)


def main():
    """Draw one panel a depth."""
    drawing = plots.figure(1, 4, width=10, height=2.8, share="both")
    look = plots.strokes(GROUPS)
    for panel, depth in zip(drawing, (1, 2, 3, 6), strict=True):
        w = weights(depth)
        panel.frame(
            x="flow time",
            y="mean |weight|, unit predictor" if depth == 1 else "",
            title=f"{depth} layer" + "s" * (depth > 1),
            log="xy",
        )
        panel.axes.set_ylim(1e-2, 1)
        curves = {
            name: (TIMES, w[:, where].mean(axis=1)) for name, where in GROUPS.items()
        }
        panel.lines(curves, look=look, labels="key", floor=1e-4)
    drawing.key(columns=3)
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "depth.svg")
    print(f"drawn: {drawing.save(target).name}")


if __name__ == "__main__":
    main()
