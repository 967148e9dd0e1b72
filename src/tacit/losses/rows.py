"""The rows whose products with a predictor are the margins."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import Design, Targets


def signed_rows(X: Design, targets: Targets) -> Float[Array, "m D"]:
    """The margin rows of targets of -1 and +1: ``y x``, for every output."""
    columns = targets if targets.ndim == 2 else targets[:, None]
    k = columns.shape[1]
    spread = columns[:, :, None] * jnp.eye(k)[None]
    return (spread[..., None] * X[:, None, None, :]).reshape(-1, k * X.shape[1])
