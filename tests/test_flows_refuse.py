"""What the flows refuse, before anything has moved."""

from typing import Any

import numpy as np
import pytest

from tacit import Problem, Risk
from tacit.errors import DataError, OptionError
from tacit.flows import Adam, Descent, GradientFlow, PowerDecay, SignDescent, Stochastic
from tacit.losses import Fisher, Squared

from .cases import D, each, PROBLEM
from .test_flows import moved


REAL = Risk(Problem(PROBLEM.X, np.asarray(PROBLEM.X)[:, 0]), Squared())
SCATTER = Risk(Problem.from_scatter(within=np.eye(D), delta=np.ones(D)), Fisher())
BAD = {
    "step 0": lambda: Descent(0.0),
    "step negative": lambda: SignDescent(-0.1),
    "step NaN": lambda: Adam(float("nan")),
    "step infinite": lambda: Descent(float("inf")),
    "momentum 1": lambda: Descent(0.1, momentum=1.0),
    "momentum negative": lambda: Stochastic(0.1, 4, momentum=-0.1),
    "decay negative": lambda: Descent(0.1, weight_decay=-1.0),
    "decay of the flow negative": lambda: GradientFlow(weight_decay=-1.0),
    "beta2 1": lambda: Adam(0.1, beta2=1.0),
    "beta1 negative": lambda: Adam(0.1, beta1=-0.5),
    "eps negative": lambda: Adam(0.1, eps=-1e-8),
    "rtol 0": lambda: GradientFlow(0.0),
    "rtol 1": lambda: GradientFlow(1.0),
    "atol negative": lambda: GradientFlow(atol=-1e-9),
    "no steps": lambda: GradientFlow(max_steps=0),
    "batch 0": lambda: Stochastic(0.1, 0),
    "descent_step negative": lambda: GradientFlow(descent_step=-0.1),
    "power NaN": lambda: PowerDecay(float("nan")),
    "power negative": lambda: PowerDecay(-0.5),
    "half a step": lambda: moved(Descent(0.1), 2.5),
    "for ever": lambda: moved(Descent(0.1), float("inf")),
    "flow for ever": lambda: moved(GradientFlow(), float("inf")),
    "fixed batches that leave some": lambda: moved(Adam(0.1, batch=7, fixed=True), 1),
    "batch too large": lambda: moved(Stochastic(0.1, 41), 1),
    "batch odd": lambda: moved(Stochastic(0.1, 7, balanced=True), 1),
    "balanced regression": lambda: moved(Stochastic(0.1, 4, balanced=True), 1, REAL),
    "batches of scatter": lambda: moved(Stochastic(0.1, 4), 1, SCATTER),
}


@pytest.mark.parametrize("make", **each(BAD))
def test_bad_numbers_are_refused(make):
    with pytest.raises(DataError) as caught:
        make()
    assert len(str(caught.value)) > 30


@pytest.mark.parametrize("what", ["chart", "solver", "clock"])
def test_unknown_words_are_refused(what):
    with pytest.raises(OptionError, match=f"{what} is one of"):
        GradientFlow(**dict[str, Any]({what: "fast"}))
