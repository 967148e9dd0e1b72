r"""What Lemma 2 of Ji and Telgarsky (2019) leaves of rank and angles, at a given size.

All of it follows from the differences $W_{k+1}^\top W_{k+1} - W_kW_k^\top$ of the
start, which the gradient flow keeps, and from how large the layers have become.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ...training import Trajectory
from ..parts import Rival, Term
from .margins import fallen
from .spectra import allowance, imbalances, Layers, spectra


class Room(NamedTuple):
    """Bounds on what layers lack, each from 0 to 1; angles in radians."""

    ratios: np.ndarray
    r"""On $1 - \|W_k\|_2/\|W_k\|_F$; 0 for a row, a column."""
    angles: np.ndarray
    r"""On $1 - |\langle v_{k+1}, u_k\rangle|$."""
    length: float
    r"""On $1 - \|w\|/\prod_k\|W_k\|_F$."""
    turn: float
    """On the angle between $w$ and $v_1$."""

    @property
    def largest(self) -> float:
        r"""On what any of them, or $\langle w/\prod_k\|W_k\|_F, v_1\rangle$, lacks."""
        along = 1 - (1 - self.length) * np.cos(self.turn)
        return float(max(*self.ratios, *self.angles, along))


def room(run: Trajectory, squares: np.ndarray, imbalance: Layers | None = None) -> Room:
    r"""What the lemma leaves of layers of squared Frobenius norms `squares` ``(L,)``.

    By the layers that `imbalance` is read off, those of the start if none are given:
    the flow keeps it. The angle of neighbours is the lesser of what Lemma 2 says and of
    $\|B_k\|$ over the gap of the spectrum (Davis and Kahan).
    """
    start = [np.asarray(W) for W in run.experiment.network.layers]
    layers = start if imbalance is None else imbalance
    D, wide = allowance(layers), np.array([min(W.shape) > 1 for W in start])
    tops = np.array([np.linalg.norm(W, 2) ** 2 for W in layers])
    rest = np.where(wide, D, 0.0)
    top = np.maximum(squares - rest, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.nan_to_num(np.sqrt(top / squares))
        lemma = np.sqrt((D + tops[1:] + tops[:-1]) / top[1:])
        gap = np.maximum(top[1:] - rest[:-1], 0.0)
        known = np.array([np.linalg.norm(B, 2) for B in imbalances(layers)]) / gap
    sines = np.clip(np.nan_to_num(np.fmin(lemma, known), nan=1.0, posinf=1.0), 0, 1)
    length, turn = 1.0, 0.0
    for k in range(len(squares) - 1, -1, -1):
        # What comes from above is `turn` off u_k; of that W_k keeps its smaller part.
        length *= ratios[k] * np.cos(turn)
        if top[k] > 0 and turn < np.pi / 2:
            turn = np.arctan(np.sqrt(rest[k] / top[k]) * np.tan(turn))
        else:
            turn = np.pi / 2
        if k > 0:
            turn = min(turn + np.arcsin(sines[k - 1]), np.pi / 2)
    return Room(1 - ratios, 1 - np.sqrt(1 - sines**2), 1 - float(length), float(turn))


def aligned(run: Trajectory) -> np.ndarray:
    r"""What Theorem 1 says goes to 1, in the end ``(2 L + 1,)``.

    The ratios of the norms of the layers, the cosines of neighbours and that of
    $w/\prod_k\|W_k\|_F$ with $v_1$, and the part of the risk that is gone.
    """
    seen = spectra(run)
    ratios, cosines = np.sqrt(1 - seen.excess[-1]), np.sqrt(1 - seen.misalignment[-1])
    along = np.abs(seen.share[-1] @ seen.top[-1])
    return np.concatenate([ratios, cosines, [along, 1 - fallen(run)]])


def unaligned(run: Trajectory) -> Iterator[Rival]:
    """What these numbers would be if some part of the theorem were false."""
    layers = run.experiment.network.layers
    wide, L = [min(W.shape) > 1 for W in layers], len(layers)
    told = np.ones(2 * L + 1)
    if any(wide):
        half = np.append(np.where(wide, 0.5**0.5, 1.0), told[L:])
        yield Rival("half of a layer's mass stays off its first direction", half)
    if L > 1:
        apart = told.copy()
        apart[L : 2 * L - 1] = 0.5
        yield Rival("neighbours come to an angle of 60 degrees", apart)
    yield Rival("half of the risk stays", np.append(told[:-1], 0.5))


def left_over(room: Room) -> Term:
    """What is left of rank one and alignment."""
    reason = "Lemma 2, by the start and by how large the layers are in the end"
    return Term("what layers lack", room.largest, reason, "a longer run")
