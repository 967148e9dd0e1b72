"""Networks whose hidden layers add to what they are given."""

from collections.abc import Callable

import equinox as eqx
from jaxtyping import Array, Float

from .._types import Matrix, Vector
from ..errors import ShapeError
from .activations import activation_of, kinked
from .base import AbstractNetwork, matrices, require_chain


class ResidualMLP(AbstractNetwork):
    r"""$h_1 = W_1 x$, $h_l = h_{l-1} + \sigma(W_l h_{l-1})$, the output $W_L h_{L-1}$.

    `weights` is a list of $W_l$ ``(n_l, n_{l-1})``, square but for the first and the
    last; `activation` is a name or any function of an array. With ``n_L = 1`` the
    output is a number, else ``(k,)``. The small hidden layers of a residual network
    leave a linear map, so the origin of those layers is no saddle.

    Raises as `MLP` does, and `ShapeError` for a hidden layer that is not square.
    """

    weights: list[Matrix] = eqx.field(converter=matrices)
    activation: str | Callable = eqx.field(default="tanh", static=True)

    def __check_init__(self):
        activation_of(self.activation)
        require_chain(self, "weights", self.weights)
        for i, W in enumerate(self.weights[1:-1], start=2):
            if W.shape[0] != W.shape[1]:
                raise ShapeError(
                    f"ResidualMLP: hidden layer {i} has shape {W.shape}; it adds to "
                    "its input, so it is square.",
                    about="weights",
                )

    @property
    def sigma(self) -> Callable:
        """The activation as a function."""
        return activation_of(self.activation)

    @property
    def layers(self) -> list[Matrix]:
        return self.weights

    @property
    def features(self) -> int:
        return self.weights[0].shape[1]

    @property
    def degree(self) -> int | None:
        # A hidden layer adds what is of one degree to what is of another.
        return len(self.weights) if len(self.weights) <= 2 else None

    @property
    def kinked(self) -> bool:
        return kinked(self.sigma)

    def __call__(self, x: Vector) -> Float[Array, "*k"]:
        first, *hidden = self.weights
        h = first @ x
        for W in hidden[:-1]:
            h = h + self.sigma(W @ h)
        out = hidden[-1] @ h if hidden else h
        return out[0] if len(out) == 1 else out
