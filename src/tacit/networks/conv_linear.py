"""Linear networks of circular convolutions."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import ArrayLike

from .._types import float64, Layers, Vector
from ..errors import DataError, ShapeError, Way
from .base import AbstractLinearNetwork, require_depth


class ConvLinear(AbstractLinearNetwork):
    r"""Convolutions as wide as the input, and a fully connected layer on top.

    As in Gunasekar et al. (2018), arXiv:1806.00468, Section 2: layer $l < L$ is
    $h_l[i] = d^{-1/2} \sum_k \theta_l[k]\, h_{l-1}[(i + k) \bmod d]$ and the output is
    $\langle \theta_L, h_{L-1} \rangle$. In the unitary discrete Fourier transform that
    is $\hat w = \hat\theta_1 \odot \dots \odot \hat\theta_L$, which does not tell the
    layers apart: it is as well the network of $L$ convolutions of which one output is
    read, and the predictor is $d^{-(L-1)/2}\, \theta_1 * \dots * \theta_L$.

    `layers` is ``(L, d)``. Raises `ShapeError` for another shape and `DataError` for
    entries that are not finite.
    """

    layers: Layers = eqx.field(converter=float64)

    def __check_init__(self):
        if self.layers.ndim != 2 or 0 in self.layers.shape:
            raise ShapeError(
                f"ConvLinear needs layers of shape (L, d) with L, d at least 1; got "
                f"{self.layers.shape}. A single layer is ",
                Way("layers[None]", "[[...]]"),
                ".",
                about="layers",
            )

    @classmethod
    def balanced(cls, w0: ArrayLike, *, depth: int) -> "ConvLinear":
        r"""Start with $|\hat\theta_l| = |\hat w_0|^{1/L}$, the phases in the first.

        Raises `DataError` for a depth below 1, and for a Fourier coefficient of `w0`
        that is zero when ``depth >= 2``: it has gradient zero for ever.
        """
        w = np.asarray(w0, float)
        require_depth(cls, depth)
        if w.ndim != 1 or not w.size:
            raise ShapeError(
                f"the start is a vector (d,); got shape {w.shape}.", about="w0"
            )
        wave = np.fft.rfft(w, norm="ortho")
        size = np.abs(wave)
        dead = np.flatnonzero(size <= 4 * np.finfo(float).eps * size.max())
        if depth > 1 and len(dead):
            raise DataError(
                f"the Fourier transform of the start is 0 at {len(dead)} of "
                f"{len(wave)} frequencies, the first is {dead[0]}: with {depth} "
                "balanced layers they would never move. Add a little of them, or "
                "use depth 1.",
                about="w0",
            )
        shared = size ** (1 / depth)
        layers = np.tile(np.fft.irfft(shared, len(w), norm="ortho"), (depth, 1))
        phases = np.divide(wave, size, out=np.ones_like(wave), where=size > 0)
        layers[0] = np.fft.irfft(shared * phases, len(w), norm="ortho")
        return cls(layers)

    @property
    def features(self) -> int:
        return self.layers.shape[1]

    @property
    def degree(self) -> int:
        return len(self.layers)

    def predictor(self) -> Vector:
        waves = jnp.fft.rfft(self.layers, norm="ortho")
        d = self.layers.shape[1]
        return jnp.fft.irfft(jnp.prod(waves, axis=0), d, norm="ortho")
