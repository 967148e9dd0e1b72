"""Claims about alignment and margins on separable data."""

from tacit import claims, losses


CLAIMS = {
    "AlignmentBounded": claims.AlignmentBounded(),
    "AlignmentRates": claims.AlignmentRates(),
    "CurvatureBounded": claims.CurvatureBounded(),
    "DeeperIsSlowerOutside-L2": claims.DeeperIsSlowerOutside(depth=2),
    "DeeperIsSlowerOutside-L3": claims.DeeperIsSlowerOutside(depth=3),
    "DescentAligns": claims.DescentAligns(),
    "DescentFindsTheMargin": claims.DescentFindsTheMargin(),
    "EndToEnd-CrossEntropy": claims.EndToEnd(loss=losses.CrossEntropy()),
    "ErrorFallsLikeOneOverLogTime": claims.ErrorFallsLikeOneOverLogTime(),
    "FrozenOutsideData": claims.FrozenOutsideData(),
    "GapTimesNorm": claims.GapTimesNorm(),
    "GapTimesNorm-falling": claims.GapTimesNorm(steps="of falling length"),
    "HeldByOneDrifts": claims.HeldByOneDrifts(),
    "HyperbolicInterpolation": claims.HyperbolicInterpolation(),
    "HyperbolicInterpolation-tiny": claims.HyperbolicInterpolation(alpha=1e-3),
    "HyperbolicMargins": claims.HyperbolicMargins(),
    "IdleCoordinatesGrow": claims.IdleCoordinatesGrow(),
    "LayersAlign": claims.LayersAlign(),
    "LayersAlign-Logistic": claims.LayersAlign(loss=losses.Logistic()),
    "LayersFindTheMargin": claims.LayersFindTheMargin(),
    "LeavesEveryBall": claims.LeavesEveryBall(),
    "ParametersAreStationary": claims.ParametersAreStationary(),
    "PlateausOfLeastSquares": claims.PlateausOfLeastSquares(),
    "PrescribedStepsDescend": claims.PrescribedStepsDescend(),
    "ProjectedNormMoves": claims.ProjectedNormMoves(),
    "RankOneStays": claims.RankOneStays(),
    "ResidualIgnoresDepth-L1": claims.ResidualIgnoresDepth(depth=1),
    "ResidualIgnoresDepth-L3": claims.ResidualIgnoresDepth(depth=3),
    "ResidualPulledBack": claims.ResidualPulledBack(),
    "ResidualPulledBack-Logistic": claims.ResidualPulledBack(loss=losses.Logistic()),
    "RiskTimesTime-L1": claims.RiskTimesTime(depth=1),
    "RiskTimesTime-L3": claims.RiskTimesTime(depth=3),
    "SingularValuesMove-CrossEntropy": claims.SingularValuesMove(
        loss=losses.CrossEntropy()
    ),
    "SmoothedMarginRises": claims.SmoothedMarginRises(),
    "SparsestMargin": claims.SparsestMargin(),
    "SparsestSpectrum": claims.SparsestSpectrum(),
    "StartAboveZeroMayStall": claims.StartAboveZeroMayStall(),
    "StationaryQuasiMargin": claims.StationaryQuasiMargin(),
}
