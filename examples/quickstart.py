"""Which discriminant does training prefer? The README's example."""

import numpy as np

import tacit


problem = tacit.load("breast_cancer").standardised()
risk = tacit.Risk(problem, tacit.losses.Fisher())
network = tacit.networks.Diagonal.balanced(np.sign(problem.delta) / problem.d, depth=3)
flow = tacit.flows.GradientFlow(rtol=1e-11)
experiment = tacit.Experiment(network, risk, flow, until=1e8)

print(tacit.predict(experiment, ["B3", "C1"]))  # trains nothing

limit = tacit.oracles.orthant_limit(problem, network.predictor())
run = tacit.train(experiment, [tacit.observables.Sine(limit.value)])
print(f"features kept: {limit.support.sum()} of {problem.d}")
print(f"sine of the angle to the limit: {run.seen['Sine'][-1]:.0e}")

print(tacit.check("B3", experiment))
print(tacit.check("C1", experiment))
