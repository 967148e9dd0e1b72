"""Claims about alignment and margins on separable data."""

from tacit import claims


CLAIMS = {
    "ErrorFallsLikeOneOverLogTime": claims.ErrorFallsLikeOneOverLogTime(),
    "GapTimesNorm": claims.GapTimesNorm(),
    "HeldByOneDrifts": claims.HeldByOneDrifts(),
    "RiskFallsLikeOneOverTime": claims.RiskFallsLikeOneOverTime(),
}
