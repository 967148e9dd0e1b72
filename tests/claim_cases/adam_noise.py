"""Claims about the memory of optimisers and the noise of mini-batches."""

from tacit import claims


CLAIMS = {
    "AntiRegularised": claims.AntiRegularised(),
    "CorrectionByProducts": claims.CorrectionByProducts(),
    "FollowsMemoryless": claims.FollowsMemoryless(),
    "FollowsMemoryless-heavy-ball": claims.FollowsMemoryless(heavy_ball=True),
    "FormulaThresholds": claims.FormulaThresholds(),
    "HeavyBallModifiedLoss": claims.HeavyBallModifiedLoss(),
    "HeavyBallOverOrders": claims.HeavyBallOverOrders(),
    "LongMemoryCorrection": claims.LongMemoryCorrection(),
    "LongerMemoryAntiRegularises": claims.LongerMemoryAntiRegularises(),
    "MemoryCarries": claims.MemoryCarries(),
    "NoiseDampsMemory": claims.NoiseDampsMemory(),
    "NoiseInFiveTerms": claims.NoiseInFiveTerms(),
    "NoiseTurnsSharpness": claims.NoiseTurnsSharpness(),
    "NoiseWithoutReplacement": claims.NoiseWithoutReplacement(),
    "WholeSampleCorrection": claims.WholeSampleCorrection(),
}
