"""A network that starts small waits: the more layers are small, the longer.

Run it as ``python examples/plateaus.py [FILE.svg]``; it draws a figure of the gallery.
"""

import sys
from pathlib import Path

import numpy as np

import tacit
from tacit.observables import TrainingRisk
from tacit.reporting import plots


SMALL = 0.01


def risks(depth):
    """Times and the risk relative to its start, with all layers of size `SMALL`."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 1))
    network = tacit.networks.Chain.even(SMALL, depth=depth, activation="tanh")
    experiment = tacit.Experiment(
        network,
        tacit.Risk(tacit.Problem(x, np.tanh(x[:, 0])), tacit.losses.Squared()),
        tacit.flows.GradientFlow(clock="escape"),
        until=tacit.RiskBelow(0.02, relative=True),
    )
    end = float(tacit.train(experiment, records=1).times[-1])
    times = np.geomspace(0.1, end, 80)
    run = tacit.train(experiment, [TrainingRisk()], records=times)
    seen = np.asarray(run.seen["TrainingRisk"])
    return np.asarray(run.times), seen / seen[0]


def main():
    """Draw the risk of two, three and four layers."""
    drawing = plots.figure(width=6.5, height=3.2)
    curves = {f"{depth} layers": risks(depth) for depth in (2, 3, 4)}
    drawing[0].frame(x="flow time", y="risk, relative", log="x").lines(curves)
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "plateaus.svg")
    print(f"drawn: {drawing.save(target).name}")


if __name__ == "__main__":
    main()
