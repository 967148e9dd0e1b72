"""The next order of the time of escape."""

import math
from typing import Any

import numpy as np

from ..networks import Chain
from ..saddles import pull_of, span
from .activation import activation_class


def added(chain: Chain, risk: Any, low: float, high: float) -> float:
    r"""What the next order adds to the time at rate 1.

    The activation $c\,X^{q-1}$ of the leading velocity, the squared loss $d\,X^L$.
    """
    kind, L = activation_class(chain.activation), len(chain.weights)
    problem, p = risk.problem, len(chain.weights) - 2
    first, pull = np.asarray(chain.first), pull_of(risk.loss, problem)[:, 0]
    u = np.asarray(problem.X) @ first / np.linalg.norm(first) / math.sqrt(chain.width)
    mass = np.full(problem.n, 1.0) if problem.weights is None else problem.weights
    mass = np.asarray(mass) / np.sum(mass)
    signal = pull @ u
    d = math.sqrt(chain.width) * kind.alpha ** (L - 1) * (mass @ u**2) / signal
    added = d * span(low, high, p - L)
    if kind.q is not None:
        share_of = kind.taylor[kind.q] / kind.alpha * (L + kind.q - 1) / L
        c = -share_of * (pull @ u**kind.q) / signal
        added += c * span(low, high, p - kind.q + 1)
    return float(added)
