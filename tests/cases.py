"""One example of every concrete class. Add yours here; the laws then apply to it."""

import jax.random as jr
import numpy as np

from tacit import claims, flows, losses, networks, observables, Problem, Risk


D = 6
RNG = np.random.default_rng(7)
LABELS = np.arange(40) % 2
PROBLEM = Problem(
    RNG.standard_normal((40, D)) + LABELS[:, None] * np.linspace(0.2, 1.0, D), LABELS
)
RISK = Risk(PROBLEM, losses.Fisher())
KEY = jr.key(0)

NETWORKS = {
    "DeepLinear": networks.DeepLinear(
        [RNG.standard_normal(shape) for shape in ((4, D), (3, 4), (1, 3))]
    ),
    "Diagonal": networks.Diagonal.balanced(np.linspace(-1.0, 1.2, D), depth=3),
    "Gate": networks.Gate(RNG.uniform(0.5, 1, (2, D))),
    "MLP": networks.MLP(
        [RNG.standard_normal(shape) for shape in ((4, D), (1, 4))],
        biases=[RNG.standard_normal(4), RNG.standard_normal(1)],
    ),
    "TwoSided": networks.TwoSided(np.linspace(0.2, 0.6, D), np.full(D, 0.3)),
}

LOSSES = {
    "Dorfer": losses.Dorfer(),
    "Exponential": losses.Exponential(),
    "Fisher": losses.Fisher(),
    "LogDet": losses.LogDet(),
    "Logistic": losses.Logistic(),
    "RatioTrace": losses.RatioTrace(),
    "Squared": losses.Squared(),
    "TraceRatio": losses.TraceRatio(),
}
FLOWS = {
    "Adam": flows.Adam(0.01),
    "Descent": flows.Descent(0.01, momentum=0.5),
    "GradientFlow": flows.GradientFlow(),
    "SignDescent": flows.SignDescent(0.01),
    "Stochastic": flows.Stochastic(0.01, 8, balanced=True),
}
OBSERVABLES = {
    "Balance": observables.Balance(),
    "Cosine": observables.Cosine(np.ones(D)),
    "FisherRatio": observables.FisherRatio(),
    "GradientNorm": observables.GradientNorm(),
    "GramDifferences": observables.GramDifferences(),
    "Hoyer": observables.Hoyer(),
    "LayerNorms": observables.LayerNorms(),
    "Layers": observables.Layers(),
    "LinearPredictor": observables.LinearPredictor(),
    "Products": observables.Products(),
    "QuasiNorm": observables.QuasiNorm(),
    "Sine": observables.Sine(np.ones(D)),
    "StrongWeakRatio": observables.StrongWeakRatio((0, 1), (4, 5)),
    "SupportSize": observables.SupportSize(),
    "TopGram": observables.TopGram(),
    "TrainingRisk": observables.TrainingRisk(),
}
CLAIMS = {
    "BalanceConserved": claims.BalanceConserved(),
    "BalancedSpeed": claims.BalancedSpeed(),
    "BatchesInflateTheCriterion": claims.BatchesInflateTheCriterion(),
    "BatchesInflateTheCriterion-C3": claims.BatchesInflateTheCriterion(classes=3),
    "BestRowSpace": claims.BestRowSpace(),
    "BiasedBalance": claims.BiasedBalance(),
    "CodeEigenvaluesShifted": claims.CodeEigenvaluesShifted(),
    "DecayAgainstGrowth": claims.DecayAgainstGrowth(),
    "DecayIsAClock": claims.DecayIsAClock(),
    "DeeperIsSparser": claims.DeeperIsSparser(),
    "DepthIsAClock": claims.DepthIsAClock(),
    "DescentDrift": claims.DescentDrift(),
    "DescentFollowsModifiedFlow": claims.DescentFollowsModifiedFlow(),
    "DriftOfSteps": claims.DriftOfSteps(),
    "EliminationLaw-L1": claims.EliminationLaw(depth=1),
    "EliminationLaw-L2": claims.EliminationLaw(depth=2),
    "EliminationLaw-L3": claims.EliminationLaw(depth=3),
    "EndToEnd": claims.EndToEnd(),
    "EndsStationary": claims.EndsStationary(),
    "EquilibriumMoments": claims.EquilibriumMoments(),
    "EquilibriumTurn": claims.EquilibriumTurn(),
    "ExponentialTails": claims.ExponentialTails(),
    "FeaturesJumpIn": claims.FeaturesJumpIn(),
    "FiniteBlowUp": claims.FiniteBlowUp(),
    "FiniteBlowUp-ratio": claims.FiniteBlowUp(form="ratio"),
    "FirstFeatures": claims.FirstFeatures(),
    "FrobeniusNormsConserved": claims.FrobeniusNormsConserved(),
    "FrobeniusNormsConserved-LogDet": claims.FrobeniusNormsConserved(
        loss=losses.LogDet()
    ),
    "FullyConnectedLimit": claims.FullyConnectedLimit(),
    "GateMovedByRidge": claims.GateMovedByRidge(),
    "GateMovedByRidge-noridge": claims.GateMovedByRidge(ridge=0.0),
    "GramDifferencesConserved": claims.GramDifferencesConserved(),
    "GramDifferencesConserved-LogDet": claims.GramDifferencesConserved(
        loss=losses.LogDet()
    ),
    "HyperbolicMirror": claims.HyperbolicMirror(),
    "HyperbolicNorm": claims.HyperbolicNorm(),
    "KernelLimit-L1": claims.KernelLimit(depth=1),
    "KernelLimit-L2": claims.KernelLimit(depth=2),
    "KernelLimit-L3": claims.KernelLimit(depth=3),
    "KernelLimit-L4": claims.KernelLimit(depth=4),
    "LargeSidesAreLazy": claims.LargeSidesAreLazy(),
    "LastBiasIdle": claims.LastBiasIdle(),
    "LastPairDrifts": claims.LastPairDrifts(),
    "LayerNormsConserved": claims.LayerNormsConserved(),
    "LayerNormsConserved-L2": claims.LayerNormsConserved(depth=2),
    "LayerNormsConserved-L4": claims.LayerNormsConserved(depth=4),
    "LayersGrowByTheSlope": claims.LayersGrowByTheSlope(),
    "LayersGrowByTheSlope-batches": claims.LayersGrowByTheSlope(batches=True),
    "LayersPulledAlike": claims.LayersPulledAlike(),
    "LayersPulledAlike-noridge": claims.LayersPulledAlike(ridge=0.0),
    "LossJumps": claims.LossJumps(),
    "MirrorFlow-L2": claims.MirrorFlow(depth=2),
    "MirrorFlow-L3": claims.MirrorFlow(depth=3),
    "MomentumDrift": claims.MomentumDrift(),
    "MomentumDrift-Nesterov": claims.MomentumDrift(nesterov=True),
    "MomentumLengthensLayers": claims.MomentumLengthensLayers(),
    "MomentumLengthensLayers-Nesterov": claims.MomentumLengthensLayers(nesterov=True),
    "NearTiesBreak": claims.NearTiesBreak(),
    "NormGrowsLikeRoot": claims.NormGrowsLikeRoot(),
    "NormsFollowSchedule": claims.NormsFollowSchedule(),
    "NormsFollowSchedule-p1/2": claims.NormsFollowSchedule(power=0.5),
    "NormsFollowSchedule-p3/4": claims.NormsFollowSchedule(power=0.75),
    "NormsGrowAlike": claims.NormsGrowAlike(),
    "OneLayerIsFisher": claims.OneLayerIsFisher(),
    "OrthantMaximiser-L2": claims.OrthantMaximiser(depth=2),
    "OrthantMaximiser-L3": claims.OrthantMaximiser(depth=3),
    "OrthantMaximiser-L4": claims.OrthantMaximiser(depth=4),
    "OutputGramConserved": claims.OutputGramConserved(),
    "OutputMoment": claims.OutputMoment(),
    "OutputMoment-Dorfer": claims.OutputMoment(loss=losses.Dorfer(ridge=0.0)),
    "OutputMoment-LogDet": claims.OutputMoment(loss=losses.LogDet()),
    "OutputMoment-rotation": claims.OutputMoment(
        group="rotation", loss=losses.RatioTrace(ridge=0.3)
    ),
    "OutputMoment-scale": claims.OutputMoment(group="scale", loss=losses.TraceRatio()),
    "PowerLawTails-L3": claims.PowerLawTails(depth=3),
    "PowerLawTails-L4": claims.PowerLawTails(depth=4),
    "PowerLawTails-L6": claims.PowerLawTails(depth=6),
    "QuasiNormConserved": claims.QuasiNormConserved(),
    "QuasiNormConserved-L2": claims.QuasiNormConserved(depth=2),
    "QuasiNormConserved-L4": claims.QuasiNormConserved(depth=4),
    "RankOneBlowUp": claims.RankOneBlowUp(),
    "RidgeGrowth-L2": claims.RidgeGrowth(depth=2),
    "RidgeGrowth-L3": claims.RidgeGrowth(depth=3),
    "RidgeLengthensLayers": claims.RidgeLengthensLayers(),
    "RidgePushesOut": claims.RidgePushesOut(),
    "SameOrbits": claims.SameOrbits(),
    "ScaleIsAClock": claims.ScaleIsAClock(),
    "SidesMirror": claims.SidesMirror(),
    "SidesNorm": claims.SidesNorm(),
    "SidesPaired-L2": claims.SidesPaired(depth=2),
    "SidesPaired-L3": claims.SidesPaired(depth=3),
    "SignStepsDrift": claims.SignStepsDrift(),
    "SignStepsDrift-Adam": claims.SignStepsDrift(adam=True),
    "SignsFrozen": claims.SignsFrozen(),
    "SignsFrozen-one-layer": claims.SignsFrozen(single=True),
    "SingularValuesMove": claims.SingularValuesMove(),
    "SlopeIsTangent": claims.SlopeIsTangent(),
    "SlopeIsTangent-input-ridge": claims.SlopeIsTangent(input_ridge=0.3),
    "SlowestRate-L1": claims.SlowestRate(depth=1),
    "SlowestRate-L2": claims.SlowestRate(depth=2),
    "SlowestRate-L3": claims.SlowestRate(depth=3),
    "SparedByKernel-L2": claims.SparedByKernel(depth=2),
    "SparedByKernel-L3": claims.SparedByKernel(depth=3),
    "SparsityIgnoresDepth-L2": claims.SparsityIgnoresDepth(depth=2),
    "SparsityIgnoresDepth-L4": claims.SparsityIgnoresDepth(depth=4),
    "SparsityIgnoresDepth-L8": claims.SparsityIgnoresDepth(depth=8),
    "SquareTopFrozen": claims.SquareTopFrozen(),
    "SquaredNormsAddUp": claims.SquaredNormsAddUp(),
    "TopGramConserved": claims.TopGramConserved(),
    "TopGramConserved-LogDet": claims.TopGramConserved(loss=losses.LogDet()),
    "TopGramGrows": claims.TopGramGrows(),
    "TraceRatioPicksOne": claims.TraceRatioPicksOne(),
    "TraceRatioPicksOne-L3": claims.TraceRatioPicksOne(depth=3),
    "UnbalancedSpeed": claims.UnbalancedSpeed(),
    "UnboundedBelow": claims.UnboundedBelow(),
    "UniqueMinimumIsFree": claims.UniqueMinimumIsFree(),
    "UniqueMinimumIsFree-L2": claims.UniqueMinimumIsFree(depth=2),
    "UniqueMinimumIsFree-half-tied": claims.UniqueMinimumIsFree(tie=2),
    "UniqueMinimumIsFree-tied": claims.UniqueMinimumIsFree(tie=1),
    "WeakFeaturesSurvive-L2": claims.WeakFeaturesSurvive(depth=2),
    "WeakFeaturesSurvive-L3": claims.WeakFeaturesSurvive(depth=3),
}
FAMILIES = {
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
