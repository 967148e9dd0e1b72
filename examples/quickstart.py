"""Which discriminant does training prefer? The README's example."""

import numpy as np

import tacit


problem = tacit.load("breast_cancer").standardised()
risk = tacit.Risk(problem, tacit.losses.Fisher())
w0 = np.sign(problem.delta) / problem.d

limit = tacit.oracles.orthant_limit(problem, w0)
network = tacit.networks.Diagonal.balanced(w0, depth=3)
flow = tacit.flows.GradientFlow(rtol=1e-11)
experiment = tacit.Experiment(network, risk, flow, until=1e8)
run = tacit.train(experiment, [tacit.observables.Sine(limit.value)])

print(f"features the limit keeps: {limit.support.sum()} of {problem.d}")
print(f"sine of the angle to it:  {run.seen['Sine'][-1]:.0e}")
print(tacit.check(tacit.claims.QuasiNormConserved(), experiment))
