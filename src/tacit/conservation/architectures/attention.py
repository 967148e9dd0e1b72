"""Self-attention of one head or several, with rotary positions or without."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..._types import float64, Vector
from ...errors import DataError, ShapeError
from ...networks import AbstractNetwork


class Attention(AbstractNetwork):
    r"""$\sum_h \mathrm{softmax}(X Q_h K_h^\top X^\top)\, X V_h O_h^\top$.

    $Q, K, V, O$ are ``(heads, d, k)``; the input is the sequence $X$ of `tokens` rows
    ``(tokens, d)``, flattened, and so is the output. With `rotary` positions the rows
    of $XQ$ and $XK$ are turned, pair of columns by pair, by angles proportional to the
    position (Su et al. 2021, arXiv:2104.09864); $k$ is then even.

    Raises `ShapeError` for shapes that disagree.
    """

    Q: Float[Array, "heads d k"] = eqx.field(converter=float64)
    K: Float[Array, "heads d k"] = eqx.field(converter=float64)
    V: Float[Array, "heads d k"] = eqx.field(converter=float64)
    O: Float[Array, "heads d k"] = eqx.field(converter=float64)  # noqa: E741
    tokens: int = eqx.field(default=4, static=True)
    rotary: bool = eqx.field(default=False, static=True)

    def __check_init__(self):
        shapes = {W.shape for W in (self.Q, self.K, self.V, self.O)}
        if len(shapes) != 1 or self.Q.ndim != 3:
            raise ShapeError(
                f"Attention: Q, K, V and O are all (heads, d, k); got {shapes}."
            )
        if self.rotary and self.Q.shape[2] % 2:
            raise ShapeError(
                f"Attention: rotary positions turn pairs, but k = {self.Q.shape[2]}."
            )
        if self.tokens < 2:
            raise DataError(f"Attention: two tokens or more; got {self.tokens}.")

    @classmethod
    def gaussian(
        cls,
        d: int,
        k: int,
        *,
        heads: int = 1,
        tokens: int = 4,
        rotary: bool = False,
        seed: int = 0,
    ) -> "Attention":
        """Independent normal entries of variance 1 / d."""
        rng = np.random.default_rng(seed)
        drawn = rng.standard_normal((4, heads, d, k)) / np.sqrt(d)
        return cls(*drawn, tokens=tokens, rotary=rotary)

    @property
    def features(self) -> int:
        """How long an input is."""
        return self.tokens * self.Q.shape[1]

    def __call__(self, x: Vector) -> Float[Array, "*k"]:
        X = x.reshape(self.tokens, -1)
        return jnp.ravel(sum(map(self._head(X), self.Q, self.K, self.V, self.O)))

    def _head(self, X):
        def head(Q, K, V, O):  # noqa: E741
            queries, keys = self._placed(X @ Q), self._placed(X @ K)
            return jax.nn.softmax(queries @ keys.T, axis=1) @ X @ V @ O.T

        return head

    def _placed(self, rows):
        """The rows, turned by their positions."""
        if not self.rotary:
            return rows
        pairs = rows.shape[1] // 2
        turns = np.outer(
            np.arange(self.tokens), 10_000.0 ** -(np.arange(pairs) / pairs)
        )
        a, b = rows[:, ::2], rows[:, 1::2]
        cos, sin = np.cos(turns), np.sin(turns)
        return jnp.stack([a * cos - b * sin, a * sin + b * cos], 2).reshape(rows.shape)
