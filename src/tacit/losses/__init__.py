"""Losses of a batch of outputs against its targets.

| loss | of | reference |
|---|---|---|
| `Squared` | half the squared error | |
| `Logistic`, `Exponential` | margins | Soudry et al. (2018), arXiv:1710.10345 |
| `CrossEntropy` | margins of several classes | |
| `PolynomialTail` | margins, with a heavy tail | Ji et al. (2020), arXiv:2006.11226 |
| `Fisher` | one output: between over within | Fisher (1936) |
| `RatioTrace`, `TraceRatio` | several outputs | Wang et al. (2007), CVPR |
| `LogDet` | several outputs: Wilks | Wilks (1932) |
| `Dorfer` | the smallest eigenvalues | Dorfer et al. (2016), arXiv:1511.04707 |
"""

from ..errors import suggest_names as _suggest_names
from .base import AbstractLoss, AbstractMarginLoss, AbstractPointwiseLoss
from .dorfer import Dorfer
from .fisher import Fisher
from .logdet import LogDet
from .margin import CrossEntropy, Exponential, Logistic
from .polynomial_tail import PolynomialTail
from .ratio_trace import RatioTrace
from .scatter import AbstractScatterLoss
from .squared import Squared
from .trace_ratio import TraceRatio


__all__ = [
    "AbstractLoss",
    "AbstractMarginLoss",
    "AbstractPointwiseLoss",
    "AbstractScatterLoss",
    "CrossEntropy",
    "Dorfer",
    "Exponential",
    "Fisher",
    "LogDet",
    "Logistic",
    "PolynomialTail",
    "RatioTrace",
    "Squared",
    "TraceRatio",
]

_suggest_names(__name__)
