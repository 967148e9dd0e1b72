"""The claim that CONTRIBUTING writes from scratch is one: it holds, and fails."""

import pathlib
import re
import typing

import numpy as np

import tacit
from tacit import Experiment, Outcome, Risk
from tacit.claims import AbstractClaim, Forecast, Hypothesis, Rival, Source
from tacit.claims.hypotheses.discriminants import scale_free
from tacit.claims.hypotheses.flows import is_gradient_flow
from tacit.claims.measures.budgets import integration, rounding
from tacit.claims.papers import LI
from tacit.claims.witnesses.discriminants import definite
from tacit.flows import GradientFlow
from tacit.losses import Fisher
from tacit.networks import Diagonal
from tacit.observables import LinearPredictor


TEXT = pathlib.Path(__file__).parents[1].joinpath("CONTRIBUTING.md").read_text()
NAMES = {
    each.__name__: each
    for each in (
        AbstractClaim, Diagonal, Forecast, Hypothesis, integration, is_gradient_flow,
        LinearPredictor, Rival, rounding, scale_free, Source,
    )
} | {"LI": LI, "np": np}  # fmt: skip


def test_the_claim_from_scratch_is_one():
    block = re.search(r"```python\n(class NormStays.*?)```", TEXT, re.S)
    assert block, "CONTRIBUTING shows a claim from scratch"
    scope: dict[str, typing.Any] = dict(NAMES)
    exec(block[1], scope)
    claim = scope["NormStays"]()
    problem, w0 = definite()
    flow, risk = GradientFlow(chart="parameters"), Risk(problem, Fisher())
    one, two = (Diagonal.balanced(w0, depth=L) for L in (1, 2))
    verdict = tacit.check(claim, Experiment(one, risk, flow, until=5.0))
    assert verdict.outcome is Outcome.HOLDS, str(verdict)
    other = tacit.check(claim, Experiment(two, risk, flow, until=5.0))
    assert other.outcome is Outcome.NOT_APPLICABLE
