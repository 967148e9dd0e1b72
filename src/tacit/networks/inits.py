"""Starting weights of fully connected networks. Seeded; the first layer is drawn first.

`widths` are those of the input, the hidden layers and the output.
"""

import itertools
from collections.abc import Sequence
from numbers import Integral

import numpy as np

from ..errors import DataError, ShapeError
from .base import require_widths


Weights = list[np.ndarray]


def he_normal(asker: type, widths: Sequence[int], seed: int) -> Weights:
    """Independent normal entries of variance 2 / fan-in."""
    rng = np.random.default_rng(seed)
    return [
        rng.standard_normal((m, n)) * np.sqrt(2 / n) for n, m in _pairs(asker, widths)
    ]


def orthogonal(asker: type, widths: Sequence[int], seed: int) -> Weights:
    """Orthonormal columns, or rows where a layer narrows, uniformly drawn."""
    rng = np.random.default_rng(seed)
    found = []
    for n, m in _pairs(asker, widths):
        Q = _frame(rng, max(m, n), min(m, n))
        found.append(Q if m >= n else Q.T)
    return found


def balanced(asker: type, widths: Sequence[int], seed: int) -> Weights:
    r"""$W_{l+1}^\top W_{l+1} = W_l W_l^\top$, a projection, of the rank that fits."""
    rng, sizes = np.random.default_rng(seed), require_widths(asker, widths)
    frames = [_frame(rng, m, min(sizes)) for m in sizes]
    return [V @ U.T for U, V in itertools.pairwise(frames)]


def symmetric(first: np.ndarray, gains: np.ndarray, width: int) -> Weights:
    """Hidden units all alike: `first` ``(d,)`` and `gains` are the layers' norms."""
    ones = np.ones((width, 1)) / np.sqrt(width)
    hidden = [g * ones @ ones.T for g in gains[:-1]]
    return [ones * first, *hidden, gains[-1] * ones.T]


def shrunk(
    asker: type, weights: Weights, small: int | Sequence[int], eps: float | None
) -> Weights:
    """The weights with the layers `small` multiplied by `eps`.

    `small` holds indices, 0 the first layer, or is a number of layers, the last ones.
    """
    name, L = asker.__name__, len(weights)
    if isinstance(small, Sequence):
        chosen = {int(i) for i in small}
        if len(chosen) != len(small) or not chosen <= set(range(L)):
            raise DataError(
                f"{name}: small = {tuple(small)} must be different indices of its {L} "
                f"layers, from 0 to {L - 1}.",
                about="small",
            )
    else:
        if not isinstance(small, Integral) or not 0 <= small <= L:
            raise DataError(
                f"{name}: small = {small} layers are to start small but it has {L}; "
                f"give a whole number up to {L}, or the indices of the layers.",
                about="small",
            )
        chosen = set(range(L - int(small), L))
    if eps is not None and small == ():
        raise DataError(
            f"{name}: eps = {eps} but no layer is to start small. Say which: small=2 "
            "for the last two, or their indices.",
            about="eps",
        )
    if chosen and (eps is None or not 0 < eps < 1):
        raise DataError(
            f"{name}: eps shrinks layers, so it is above 0 and below 1; got {eps}. "
            "For no small layer give small=().",
            about="eps",
        )
    scale = 1.0 if eps is None else eps
    return [W * (scale if i in chosen else 1.0) for i, W in enumerate(weights)]


def require_gains(asker: type, gains: object, width: object) -> np.ndarray:
    """The gains of the layers above the first as an array, one or more of them."""
    found = np.atleast_1d(np.asarray(gains, dtype=np.float64))
    if found.ndim != 1 or not len(found):
        raise ShapeError(
            f"{asker.__name__}: gains are one number for every layer above the first, "
            f"at least one; got shape {found.shape}.",
            about="gains",
        )
    if not isinstance(width, Integral) or width < 1:
        raise DataError(
            f"{asker.__name__}: width counts hidden units, a whole number from 1 on; "
            f"got {width}.",
            about="width",
        )
    return found


def _pairs(asker, widths):
    return list(itertools.pairwise(require_widths(asker, widths)))


def _frame(rng, rows, columns):
    """Orthonormal columns, uniformly drawn: QR alone is not."""
    Q, R = np.linalg.qr(rng.standard_normal((rows, columns)))
    return Q * np.sign(np.diag(R))
