"""How long small layers wait at the saddle."""

from .classes import HomogeneousBalance, LeadingDrift
from .escape_law import EscapeLaw, HermitePrefactor
from .he_normal import HeNormalExponent, TwoLayerPrefactor
from .imbalance import ImbalanceIdentity
from .imbalance_forms import DescentImbalance, MatrixImbalance, NeuronImbalance
from .monomials import MonomialBalance, MonomialEscape
from .next_order import DriftOfBalance, NextOrder
from .signal import SignalInequality
from .slaved import SlavedReadOut
from .symmetry import SymmetricReduction
from .symmetry_repels import SymmetryRepels


__all__ = [
    "DescentImbalance",
    "DriftOfBalance",
    "EscapeLaw",
    "HeNormalExponent",
    "HermitePrefactor",
    "HomogeneousBalance",
    "ImbalanceIdentity",
    "LeadingDrift",
    "MatrixImbalance",
    "MonomialBalance",
    "MonomialEscape",
    "NeuronImbalance",
    "NextOrder",
    "SignalInequality",
    "SlavedReadOut",
    "SymmetricReduction",
    "SymmetryRepels",
    "TwoLayerPrefactor",
]
