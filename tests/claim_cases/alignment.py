"""Claims about alignment and margins on separable data."""

from tacit import claims


CLAIMS = {
    "ErrorFallsLikeOneOverLogTime": claims.ErrorFallsLikeOneOverLogTime(),
    "GapTimesNorm": claims.GapTimesNorm(),
    "HeldByOneDrifts": claims.HeldByOneDrifts(),
    "IdleCoordinatesGrow": claims.IdleCoordinatesGrow(),
    "RiskFallsLikeOneOverTime": claims.RiskFallsLikeOneOverTime(),
    "SparsestMargin": claims.SparsestMargin(),
    "SparsestSpectrum": claims.SparsestSpectrum(),
    "StationaryQuasiMargin": claims.StationaryQuasiMargin(),
}
