"""How much the evidence of a discriminant is worth on rows it has not seen."""

import numpy as np


def deviances(evidence: np.ndarray, log_priors: np.ndarray, truth: np.ndarray, T):
    r"""$-\log p$ of the true class of every row, ``(sizes, n)``.

    `evidence` ``(sizes, n, C)`` times `T` ``(sizes,)`` is added to `log_priors`
    ``(n, C)``: at 0 the classes have their prior probabilities.
    """
    logits = log_priors + np.asarray(T)[:, None, None] * evidence
    logits -= logits.max(axis=2, keepdims=True)
    mine = np.take_along_axis(logits, truth[None, :, None], axis=2)[..., 0]
    return np.log(np.exp(logits).sum(axis=2)) - mine


def sharpness(
    evidence: np.ndarray, log_priors: np.ndarray, truth: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """The factor ``(sizes,)`` of least deviance, at least 0, one for every size.

    The true class counts as certain but for one row in so many, so that classes that
    are told apart without error do not make it infinite (Platt 1999, section 2.1).
    """
    C, N = evidence.shape[2], weights.sum()
    slack = 1 / (N + 2)
    aim = np.full(log_priors.shape, slack / max(C - 1, 1))
    np.put_along_axis(aim, truth[:, None], 1 - slack, axis=1)
    wanted = np.einsum("n,nc,snc->s", weights, aim, evidence)
    T = np.ones(len(evidence))
    low, high = np.zeros(len(T)), np.full(len(T), np.inf)
    moving = np.arange(len(T))
    for _ in range(100):  # Newton's method, and halving where it leaves the bracket
        now = T[moving]
        slope, bend = _slope(evidence[moving], log_priors, weights, now)
        slope -= wanted[moving]
        low[moving] = np.where(slope < 0, now, low[moving])
        high[moving] = np.where(slope < 0, high[moving], now)
        least, most = low[moving], np.minimum(high[moving], 8 * now)
        step = now - slope / np.maximum(bend, 1e-300)
        inside = (step > least) & (step < most)
        T[moving] = np.where(inside, step, (least + most) / 2)
        moving = moving[(np.abs(T[moving] - now) > 1e-10 * now) & (T[moving] > 1e-8)]
        if len(moving) == 0:
            break
    return np.where(T < 1e-7, 0.0, T)


def _slope(evidence, log_priors, weights, T) -> tuple[np.ndarray, np.ndarray]:
    """First and second derivative of the log partition in `T`."""
    first, second = np.empty(len(T)), np.empty(len(T))
    for k, own in enumerate(evidence):
        logits = log_priors + T[k] * own
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        mean = np.einsum("nc,nc->n", p, own)
        first[k] = weights @ mean
        second[k] = weights @ (np.einsum("nc,nc,nc->n", p, own, own) - mean**2)
    return first, second
