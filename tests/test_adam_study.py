"""What the study of Adam's noise is computed with: runs side by side, intervals."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from tacit.experiment import Experiment
from tacit.flows import Adam, Memoryless
from tacit.studies.adam_noise.intervals import interval
from tacit.studies.adam_noise.replicas import BETA1, BETA2, drawn
from tacit.studies.adam_noise.side_by_side import march, together
from tacit.studies.adam_noise.subjects import parameters, regression, starts
from tacit.training import train


PAIRS = [(0.8, 0.9), (0.5, 0.97)]


@pytest.mark.parametrize("forget", [False, True], ids=["adam", "memoryless"])
def test_runs_side_by_side_are_those_of_single_experiments(forget):
    """Start i draws the batches of seed i, whatever the memories."""
    found = march(
        _flow(0.9, 0.9, forget),
        regression(),
        starts(2),
        [3, 7],
        parameters,
        betas=PAIRS,
    )
    assert found.shape == (2, len(PAIRS), 2, 30)
    i, k = 1, 1
    alone = Experiment(
        starts(2)[i], regression(), _flow(*PAIRS[k], forget), until=7, seed=i
    )
    end = parameters(train(alone).network)
    assert np.allclose(found[i, k, 1], np.asarray(end), rtol=0, atol=1e-13)
    assert np.abs(found[i, 0, 1] - found[i, 1, 1]).max() > 1e-4, "one pair for all"


def _flow(beta1, beta2, forget):
    flow = Adam(1e-2, beta1, beta2, 1e-6, batch=8, warm=5)
    return Memoryless(flow, correction=False, window=12) if forget else flow


def test_intervals_are_students():
    values = np.random.default_rng(3).normal(0.3, 1, (9, 4))
    found = interval(values)
    for j in range(4):
        low, high = stats.ttest_1samp(values[:, j], 0).confidence_interval(0.95)
        assert found.mean[j] - found.half[j] == pytest.approx(low)
        assert found.mean[j] + found.half[j] == pytest.approx(high)
        assert found.sure[j] == (low > 0 or high < 0)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([1234.0, 1456.0, 1300.0], "+1,330 ± 280"),
        ([-0.0123, -0.0131, -0.0119], "−0.0124 ± 0.0015"),
        ([1.0, 1.0], "+1 ± 0"),
    ],
)
def test_intervals_are_told_to_the_second_digit_of_their_half(values, text):
    assert str(interval(np.array(values))) == text


def test_together_keeps_keys_and_order_and_lets_errors_through():
    assert together(lambda x: x**2, [3, 1, 2]) == {3: 9, 1: 1, 2: 4}
    assert list(together(abs, [3, -1, 2])) == [3, -1, 2]
    with pytest.raises(ZeroDivisionError):
        together(lambda x: 1 / x, [1, 0])


def test_replicas_without_noise_have_the_difference_of_the_ages():
    found = drawn("independent", np.zeros(1), 2)
    ages = BETA1 / (1 - BETA1), *(beta / (1 - beta) for beta in BETA2)
    left = 1200 * BETA2[1] ** 1200  # what the history is cut off of the older
    assert found.values[0, 0] == pytest.approx(ages[0] - ages[1], abs=1e-6)
    assert found.values[0, 1] == pytest.approx(ages[0] - ages[2], abs=1.1 * left)
    assert jnp.shape(found.trend) == (1, 2)
