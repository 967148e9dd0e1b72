"""Claims about alignment and margins on separable data."""

from tacit import claims


CLAIMS = {
    "ErrorFallsLikeOneOverLogTime": claims.ErrorFallsLikeOneOverLogTime(),
    "GapTimesNorm": claims.GapTimesNorm(),
    "HeldByOneDrifts": claims.HeldByOneDrifts(),
    "HyperbolicInterpolation": claims.HyperbolicInterpolation(),
    "HyperbolicInterpolation-tiny": claims.HyperbolicInterpolation(alpha=1e-3),
    "HyperbolicMargins": claims.HyperbolicMargins(),
    "IdleCoordinatesGrow": claims.IdleCoordinatesGrow(),
    "PlateausOfLeastSquares": claims.PlateausOfLeastSquares(),
    "RiskFallsLikeOneOverTime": claims.RiskFallsLikeOneOverTime(),
    "SparsestMargin": claims.SparsestMargin(),
    "SparsestSpectrum": claims.SparsestSpectrum(),
    "StationaryQuasiMargin": claims.StationaryQuasiMargin(),
}
