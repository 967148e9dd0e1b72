r"""How far to shrink a correlation towards independence, from the data alone.

The shrunken correlation is $(1-\gamma)S + \gamma I$.
"""

import numpy as np


def schaefer_strimmer(
    weight: float, freedom: float, fourth: float, square: float, d: int
) -> float:
    r"""Estimated variance of the correlations over their sum of squares.

    `fourth` is $\sum_k w_k [(\sum_i x_{ki}^2)^2 - \sum_i x_{ki}^4]$ over rows $x_k$ of
    unit within-class deviation, `square` the squared Frobenius norm of the correlation
    and `freedom` the weight less the number of classes. Schäfer and Strimmer (2005),
    Stat. Appl. Genet. Mol. Biol. 4:32, equation 10, with class means for the mean.
    """
    off = square - d
    if d < 2 or off <= 0:
        return 0.0 if d < 2 else 1.0
    variance = (fourth - weight * off) / (weight * freedom)
    return float(np.clip(variance / off, 0.0, 1.0))


def oracle_approximating(freedom: float, square: float, d: int) -> float:
    """The same for Gaussian rows, from the correlation alone.

    Chen, Wiesel, Eldar and Hero (2010), IEEE Trans. Signal Process. 58:5016, equation
    23, with the mean eigenvalue 1.
    """
    if d < 2:
        return 0.0
    mean = square / d**2
    below = (freedom + 1) * (mean - 1 / d)
    return 1.0 if below <= 0 else float(min((mean + 1) / below, 1.0))
