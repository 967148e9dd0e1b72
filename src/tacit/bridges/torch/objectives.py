r"""What a Deep LDA loss makes of the scatters: functions of the eigenvalues of LDA.

All but Dorfer's are symmetric in the eigenvalues and are computed without any, so that
they are smooth where eigenvalues meet. Where eigenvalues are needed their vectors are
not: the derivative of the vectors does not exist there.
"""

from collections.abc import Callable

from .backend import torch


FLOOR = 1e-15
"""Added to the eigenvalues, relative to their mean, before their logarithm is taken:
classes that coincide then cost much and not infinitely much."""


def trace(K: torch.Tensor) -> torch.Tensor:
    """Minus the sum of the eigenvalues."""
    return -K.trace()


def mean(K: torch.Tensor) -> torch.Tensor:
    """Minus their mean."""
    return -K.trace() / len(K)


def log1p_sum(K: torch.Tensor) -> torch.Tensor:
    """Minus the sum of the logarithms of 1 + eigenvalue: the log of Wilks' lambda."""
    return -torch.linalg.slogdet(K + _identity(K))[1]


def log_det(K: torch.Tensor) -> torch.Tensor:
    """Minus the sum of the logarithms of the eigenvalues."""
    return -torch.linalg.slogdet(K + FLOOR * K.trace() / len(K) * _identity(K))[1]


def _identity(K):
    return torch.eye(len(K), dtype=K.dtype, device=K.device)


OBJECTIVES: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "trace": trace,
    "mean": mean,
    "log1p-sum": log1p_sum,
    "log-det": log_det,
}


def near_the_least(
    values: torch.Tensor, threshold: float, *, strict: bool
) -> torch.Tensor:
    """Minus the mean of the `values` that are up to `threshold` above the least."""
    top = values.detach().min() + threshold
    kept = values.detach() < top if strict else values.detach() <= top
    return -values[kept].mean()


def generalised(
    between: torch.Tensor, within: torch.Tensor, count: int
) -> torch.Tensor:
    r"""The `count` largest eigenvalues of $S_b e = v S_w e$, rising."""
    root = torch.linalg.cholesky(within)
    half = torch.linalg.solve_triangular(root, between, upper=False)
    white = torch.linalg.solve_triangular(root, half.mT, upper=False)
    return torch.linalg.eigvalsh((white + white.mT) / 2)[-count:]
