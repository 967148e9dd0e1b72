"""Claims about the escape from saddles."""

from tacit import claims


CLAIMS = {
    "DescentImbalance": claims.DescentImbalance(),
    "DriftOfBalance": claims.DriftOfBalance(),
    "EscapeLaw": claims.EscapeLaw(),
    "HeNormalExponent": claims.HeNormalExponent(),
    "HermitePrefactor": claims.HermitePrefactor(),
    "HomogeneousBalance": claims.HomogeneousBalance(),
    "ImbalanceIdentity": claims.ImbalanceIdentity(),
    "ImbalanceIdentity-biases": claims.ImbalanceIdentity(biases=True),
    "LeadingDrift": claims.LeadingDrift(),
    "LeadingDrift-tanh": claims.LeadingDrift(activation="tanh"),
    "MatrixImbalance": claims.MatrixImbalance(),
    "MonomialBalance": claims.MonomialBalance(),
    "MonomialEscape": claims.MonomialEscape(),
    "NeuronImbalance": claims.NeuronImbalance(),
    "NextOrder": claims.NextOrder(),
    "SignalInequality": claims.SignalInequality(),
    "SlavedReadOut": claims.SlavedReadOut(),
    "SymmetricReduction": claims.SymmetricReduction(),
    "SymmetryRepels": claims.SymmetryRepels(),
    "TwoLayerPrefactor": claims.TwoLayerPrefactor(),
}
