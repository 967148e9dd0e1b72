"""Claims about alignment and margins on separable data."""

from tacit import claims, losses


CLAIMS = {
    "EndToEnd-CrossEntropy": claims.EndToEnd(loss=losses.CrossEntropy()),
    "ErrorFallsLikeOneOverLogTime": claims.ErrorFallsLikeOneOverLogTime(),
    "GapTimesNorm": claims.GapTimesNorm(),
    "HeldByOneDrifts": claims.HeldByOneDrifts(),
    "HyperbolicInterpolation": claims.HyperbolicInterpolation(),
    "HyperbolicInterpolation-tiny": claims.HyperbolicInterpolation(alpha=1e-3),
    "HyperbolicMargins": claims.HyperbolicMargins(),
    "IdleCoordinatesGrow": claims.IdleCoordinatesGrow(),
    "ParametersAreStationary": claims.ParametersAreStationary(),
    "PlateausOfLeastSquares": claims.PlateausOfLeastSquares(),
    "RiskFallsLikeOneOverTime": claims.RiskFallsLikeOneOverTime(),
    "SingularValuesMove-CrossEntropy": claims.SingularValuesMove(
        loss=losses.CrossEntropy()
    ),
    "SmoothedMarginRises": claims.SmoothedMarginRises(),
    "SparsestMargin": claims.SparsestMargin(),
    "SparsestSpectrum": claims.SparsestSpectrum(),
    "StationaryQuasiMargin": claims.StationaryQuasiMargin(),
}
