"""Steps that let the norm of a layer grow by a stated share at most."""

import numpy as np
import pytest

from tacit.studies.deep_lda.nonlinear import first_step


@pytest.mark.parametrize("bound", [1e-3, 0.01, 0.1])
@pytest.mark.parametrize("power", [0.6, 0.75, 1.0])
def test_the_worst_slope_reaches_the_bound_and_no_more(bound, power):
    start, product = 2.5, 40.0
    steps = first_step(start, product, bound, power) * np.arange(1, 20_001.0) ** -power
    norm = start
    for step in steps:
        norm += step**2 * product / norm  # as long as the slope may be at this norm
    assert norm <= start * (1 + bound)
    reached = np.sum(steps**2) / (steps[0] ** 2 * _all(power))
    assert norm / start - 1 > 0.95 * reached * bound


def _all(power):
    """The sum of all squares, by its first terms and the integral of the others."""
    first = np.arange(1, 100_001.0)
    tail = (1e5 + 0.5) ** (1 - 2 * power) / (2 * power - 1)
    return np.sum(first ** (-2 * power)) + tail
