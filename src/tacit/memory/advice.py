"""What the memory of Adam does at a measured amount of noise, for whoever sets it."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from ..errors import DataError
from .limits import sampling_share
from .noise import long_memory_coefficient, second_order_coefficient


BETA1 = (0.9, 0.95, 0.99, 0.999)
BETA2 = (0.9, 0.95, 0.99, 0.999, 0.9999)

LITTLE = 0.1
r"""Up to this noise what the second order leaves out, $3\lambda^2$, is some 3 %."""

LONG = 0.02
r"""Up to this $1 - \beta_2$ the long-memory form is within 2 % of simulation."""


class AdamAdvice(NamedTuple):
    r"""The factor $C$ of $\nabla\|g\|_1/|g|$ in the memory's correction, at one pair.

    Per step the memory moves the parameters by $-\eta^2 C\,\nabla\|g\|_1/|g|$: for
    $C > 0$ it lowers the 1-norm of the gradient, for $C < 0$ it raises it. `long` is
    the form for $\beta_2 \to 1$ at any noise, `second` that of second order in the
    noise, and `regime` says which of them speaks here.
    """

    beta1: float
    beta2: float
    noise: float
    long: float
    second: float

    @property
    def regime(self) -> str:
        """``both``, ``long memory``, ``second order`` or ``neither``."""
        long, second = 1 - self.beta2 <= LONG * (1 + 1e-9), self.noise <= LITTLE
        if long and second:
            return "both"
        return "long memory" if long else "second order" if second else "neither"

    @property
    def value(self) -> float:
        """The factor to go by; not a number where neither form speaks."""
        if self.regime == "neither":
            return math.nan
        return self.second if self.regime == "second order" else self.long

    @property
    def effect(self) -> str:
        """``regularises``, ``anti-regularises``, ``nothing`` or ``not known``."""
        value = self.value
        if math.isnan(value):
            return "not known"
        if value == 0:
            return "nothing"
        return "regularises" if value > 0 else "anti-regularises"


def adam_advice(
    batch: int,
    noise_scale: float,
    *,
    samples: int | None = None,
    model: str = "independent",
    beta1: Sequence[float] = BETA1,
    beta2: Sequence[float] = BETA2,
) -> list[AdamAdvice]:
    r"""What memory does to the 1-norm of the gradient, on a grid of memories.

    `noise_scale` is $B_{\rm simple} = \operatorname{tr}\Sigma/|g|^2$ in samples, as
    `tacit.observables.NoiseScale` and `tacit.bridges.torch.noise_scale` measure it. A
    batch of `batch` of them has noise $\lambda = B_{\rm simple}/b$, or less where it is
    drawn without replacement from no more than `samples`. `model` is how the noise is
    spread: ``"independent"`` over coordinates, ``"coordinate"`` or ``"scale"``
    (`tacit.memory.second_order_coefficient`). Noise is taken to be alike in all
    coordinates.

    Raises `DataError` for numbers outside their range and `OptionError` for another
    model.
    """
    if batch < 1:
        raise DataError(f"batch counts samples, from 1 on; got {batch}.")
    if not 0 <= noise_scale < math.inf:
        raise DataError(
            f"the noise scale is tr Σ / |g|², 0 or more and finite; got {noise_scale}."
        )
    if samples is not None and samples < batch:
        raise DataError(
            f"a batch of {batch} cannot be drawn from {samples} samples; give the "
            "number of training samples, or none for as many as one likes."
        )
    share = 1 / batch if samples is None else sampling_share(samples, batch)
    noise = float(noise_scale) * share
    for beta in (*beta1, *beta2):
        if not 0 <= beta < 1:
            raise DataError(f"a memory beta is in [0, 1); got {beta}.")
    return [
        AdamAdvice(
            float(a),
            float(c),
            noise,
            float(long_memory_coefficient(a, c, noise, model=model)),
            float(second_order_coefficient(a, c, noise, model=model)),
        )
        for a in beta1
        for c in beta2
    ]
