"""One example of every concrete class. Add yours here; the laws then apply to it."""

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

from tacit import (
    claims,
    flows,
    losses,
    networks,
    observables,
    Problem,
    Reaches,
    Risk,
    RiskBelow,
)
from tacit.events import AbstractEvent
from tacit.flows.limits import field_of
from tacit.flows.step_rule import AbstractStepRule
from tacit.integration import charts, clocks, fields
from tests.claim_cases import CLAIMS
from tests.oracle_cases import ORACLES as ORACLES


D = 6
RNG = np.random.default_rng(7)
LABELS = np.arange(40) % 2
PROBLEM = Problem(
    RNG.standard_normal((40, D)) + LABELS[:, None] * np.linspace(0.2, 1.0, D), LABELS
)
RISK = Risk(PROBLEM, losses.Fisher())
KEY = jr.key(0)

NETWORKS = {
    "Chain": networks.Chain(np.linspace(0.2, 0.9, D), [0.7, 1.2], "gelu", 3),
    "ConvLinear": networks.ConvLinear(np.random.default_rng(8).uniform(-1, 1, (3, D))),
    "DeepLinear": networks.DeepLinear(
        [RNG.standard_normal(shape) for shape in ((4, D), (3, 4), (1, 3))]
    ),
    "Diagonal": networks.Diagonal.balanced(np.linspace(-1.0, 1.2, D), depth=3),
    "Gate": networks.Gate(RNG.uniform(0.5, 1, (2, D))),
    "MLP": networks.MLP(
        [RNG.standard_normal(shape) for shape in ((4, D), (1, 4))],
        biases=[RNG.standard_normal(4), RNG.standard_normal(1)],
    ),
    "ResidualMLP": networks.ResidualMLP(
        [RNG.standard_normal(shape) for shape in ((3, D), (3, 3), (2, 3))]
    ),
    "TwoSided": networks.TwoSided(np.linspace(0.2, 0.6, D), np.full(D, 0.3)),
}

LOSSES = {
    "CrossEntropy": losses.CrossEntropy(),
    "Dorfer": losses.Dorfer(),
    "Exponential": losses.Exponential(),
    "Fisher": losses.Fisher(),
    "LogDet": losses.LogDet(),
    "Logistic": losses.Logistic(),
    "PolynomialTail": losses.PolynomialTail(2),
    "RatioTrace": losses.RatioTrace(),
    "Squared": losses.Squared(),
    "TraceRatio": losses.TraceRatio(),
}
FLOWS = {
    "Adam": flows.Adam(0.01),
    "AdamW": flows.AdamW(0.01, eps=1e-6, inside=False),
    "Descent": flows.Descent(0.01, momentum=0.5),
    "GradientFlow": flows.GradientFlow(),
    "Memoryless": flows.Memoryless(flows.Adam(0.01, 0.5, 0.8)),
    "RMSprop": flows.RMSprop(0.01, 0.9, batch=8, balanced=True),
    "SignDescent": flows.SignDescent(0.01),
    "Stochastic": flows.Stochastic(0.01, 8, balanced=True),
}


def squares(network):
    return jnp.stack([jnp.sum(leaf**2) for leaf in jax.tree.leaves(network)])


OBSERVABLES = {
    "Alignment": observables.Alignment(),
    "BalanceDrift": observables.BalanceDrift(),
    "Conserved": observables.Conserved(squares),
    "Cosine": observables.Cosine(np.ones(D)),
    "FeatureOverlap": observables.FeatureOverlap(np.arange(1.0, D + 1)),
    "FlatWeights": observables.FlatWeights(),
    "FisherRatio": observables.FisherRatio(),
    "FrobeniusNorms": observables.FrobeniusNorms(),
    "GradientNorm": observables.GradientNorm(),
    "GradientOneNorm": observables.GradientOneNorm(1e-3),
    "HessianTrace": observables.HessianTrace(),
    "HessianTraceError": observables.HessianTraceError(),
    "HomogeneousMargin": observables.HomogeneousMargin(3),
    "Hoyer": observables.Hoyer(),
    "Imbalance": observables.Imbalance(),
    "ImbalanceRate": observables.ImbalanceRate(),
    "LayerNorms": observables.LayerNorms(),
    "LayerRatios": observables.LayerRatios(),
    "Layers": observables.Layers(),
    "LinearPredictor": observables.LinearPredictor(),
    "LogRisk": observables.LogRisk(),
    "MeanGain": observables.MeanGain(),
    "MemoryProjection": observables.MemoryProjection(
        (observables.GradientOneNorm(1e-3), observables.TrainingRisk()),
        flows.Adam(eps=1e-3),
    ),
    "Misalignment": observables.Misalignment(),
    "NoiseDrift": observables.NoiseDrift(squares),
    "NoiseScale": observables.NoiseScale(),
    "NormalizedMargin": observables.NormalizedMargin(),
    "SidePairing": observables.SidePairing(),
    "QuasiNorm": observables.QuasiNorm(),
    "RankExcess": observables.RankExcess(),
    "SignalEnergy": observables.SignalEnergy((0,)),
    "Sine": observables.Sine(np.ones(D)),
    "SingularValues": observables.SingularValues(),
    "SpectralNorms": observables.SpectralNorms(),
    "StepDrift": observables.StepDrift(squares),
    "StrongWeakRatio": observables.StrongWeakRatio((0, 1), (4, 5)),
    "SupportSize": observables.SupportSize(),
    "TopEigenvalue": observables.TopEigenvalue(4),
    "TopEigenvalueError": observables.TopEigenvalueError(3),
    "TopGram": observables.TopGram(),
    "TrainingRisk": observables.TrainingRisk(),
}
POINTWISE = Risk(PROBLEM, losses.Logistic())
FIELDS = {
    "Decayed": fields.Decayed(POINTWISE, 0.3),
    "Gradient": fields.Gradient(POINTWISE),
    "MemoryField": field_of(
        flows.GradientFlow(memory=flows.Descent(0.05, momentum=0.6)),
        POINTWISE,
        NETWORKS["DeepLinear"],
    ),
    "Modified": fields.Modified(POINTWISE, 0.2, 0.1),
}
STARTS = {
    "Parameters": (NETWORKS["DeepLinear"], POINTWISE),
    "Sides": (NETWORKS["TwoSided"], POINTWISE),
    "SmallestLayer": (networks.Diagonal(RNG.uniform(-1, 1, (3, D))), RISK),
    "Softmax": (NETWORKS["Diagonal"], RISK),
    "Stack": (networks.Diagonal(RNG.uniform(-1, 1, (3, D))), RISK),
}
"""For every chart a network whose flow down a risk it can hold."""
CHARTS = {name: getattr(charts, name).at(*start) for name, start in STARTS.items()}
CLOCKS = {
    "Escape": clocks.Escape(),
    "LogRisk": clocks.LogRisk(),
    "Time": clocks.Time(),
}
EVENTS = {
    "Reaches": Reaches(observables.FisherRatio(), 0.8),
    "RiskBelow": RiskBelow(0.5, relative=True),
}
RULES = {
    "GradientNormalized": flows.GradientNormalized(0.05),
    "LossNormalized": flows.LossNormalized(0.1),
    "PrescribedSteps": flows.PrescribedSteps(),
}
KINDS = {AbstractEvent: EVENTS, AbstractStepRule: RULES}
"""What has no folder of its own: every member of a kind, wherever it lies."""
FAMILIES = {
    charts: CHARTS,
    clocks: CLOCKS,
    fields: FIELDS,
    networks: NETWORKS,
    losses: LOSSES,
    flows: FLOWS,
    observables: OBSERVABLES,
    claims: CLAIMS,
}


def each(cases, only=object):
    """Parametrise a test over `cases` of type `only`, with their names as ids."""
    kept = {name: case for name, case in cases.items() if isinstance(case, only)}
    return {"argvalues": list(kept.values()), "ids": list(kept)}
