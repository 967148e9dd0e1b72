"""The layers along a run, taken apart in NumPy."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ...training import Trajectory


Layers = list[np.ndarray]


class Spectra(NamedTuple):
    """What a run that watched `FlatWeights` shows of its layers, record by record."""

    predictor: Float[np.ndarray, "t d"]
    squares: Float[np.ndarray, "t L"]
    r"""$\|W_k\|_F^2$."""
    excess: Float[np.ndarray, "t L"]
    r"""$1 - (\|W_k\|_2 / \|W_k\|_F)^2$, from the singular values but the first."""
    misalignment: Float[np.ndarray, "t pairs"]
    r"""$1 - \langle v_{k+1}, u_k\rangle^2$, as the square of a sine."""
    top: Float[np.ndarray, "t d"]
    r"""$v_1$, on the side of the predictor."""

    @property
    def norm(self) -> Float[np.ndarray, " t"]:
        r"""$\|w\|$."""
        return np.linalg.norm(self.predictor, axis=1)

    @property
    def share(self) -> Float[np.ndarray, "t d"]:
        r"""$w / \prod_k \|W_k\|_F$."""
        sizes = np.sqrt(self.squares)
        return self.predictor / np.prod(sizes, axis=1)[:, None]


def layers_along(run: Trajectory) -> list[Layers]:
    """The layers at every record, of a run that watched `FlatWeights`."""
    shapes = [np.shape(W) for W in run.experiment.network.layers]
    ends = np.cumsum([0, *(rows * columns for rows, columns in shapes)])
    places = list(zip(ends, ends[1:], shapes, strict=False))
    return [
        [flat[a:b].reshape(shape) for a, b, shape in places]
        for flat in np.asarray(run.seen["FlatWeights"])
    ]


def spectra(run: Trajectory) -> Spectra:
    """The spectra of the layers at every record."""
    parts = [_taken_apart(layers) for layers in layers_along(run)]
    return Spectra(*(np.array(one) for one in zip(*parts, strict=True)))


def imbalances(layers: Layers) -> Layers:
    r"""$W_{k+1}^\top W_{k+1} - W_k W_k^\top$ of every pair."""
    return [V.T @ V - W @ W.T for W, V in zip(layers, layers[1:], strict=False)]


def allowance(layers: Layers) -> float:
    """The constant $D$ of Lemma 2 of Ji and Telgarsky (2019), at the start."""
    squares = [float(np.sum(W**2)) for W in layers]
    off = sum(float(np.linalg.norm(B, 2)) for B in imbalances(layers))
    return max(squares) - squares[-1] + off


def _taken_apart(layers):
    w = layers[-1]
    for W in layers[-2::-1]:
        w = w @ W
    parts = [np.linalg.svd(W, full_matrices=False) for W in layers]
    squares = np.array([np.sum(W**2) for W in layers])
    rest = np.array([np.sum(s[1:] ** 2) for _, s, _ in parts])
    excess = rest / np.where(squares > 0, squares, 1.0)
    off = []
    for below, above in zip(parts, parts[1:], strict=False):
        u, v = below[0][:, 0], above[2][0]
        off.append(np.sum((v - (v @ u) * u) ** 2))
    top = parts[0][2][0]
    side = 1.0 if top @ w[0] >= 0 else -1.0
    return w[0], squares, excess, np.array(off), side * top
