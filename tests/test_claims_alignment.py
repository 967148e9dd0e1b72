"""What claims about separable data say of data and starts that they are not about."""

import numpy as np
import pytest

from tacit import check, claims, Experiment, judge, Outcome, Problem, Risk, train
from tacit.claims.hypotheses import margins as conditions
from tacit.claims.papers import cite
from tacit.claims.witnesses import margins as recipes
from tacit.errors import DataError
from tacit.flows import Descent, GradientFlow
from tacit.losses import Exponential
from tacit.networks import DeepLinear


def standing(problem, start=None):
    """A run of no length at all."""
    if start is None:
        start = recipes.half_normal(problem, 2)
    flow = GradientFlow()
    return Experiment(start, Risk(problem, Exponential()), flow, until=0)


POINT = np.array([[0.6, 0.3], [0.2, 0.8], [0.5, -0.1]])
APART = {
    "duplicates": np.concatenate([POINT, POINT]),
    "one sample and its mirror image": POINT[:1].repeat(2, axis=0),
    "a margin of 1e-12": np.array([[1.0, 1e-12], [-1.0, 1e-12], [0.5, 1.0]]),
    "tiny points": 1e-12 * POINT,
}
NOT_APART = {
    "a zero point": np.concatenate([POINT, np.zeros((1, 2))]),
    "a point with both labels": np.concatenate([POINT, -POINT[:1]]),
    "a triangle about 0": np.array([[1.0, 0.0], [-1.0, 1.0], [-1.0, -1.0]]),
}


@pytest.mark.parametrize("rows", APART.values(), ids=APART)
def test_separable_data_are_seen_as_such(rows):
    run = train(standing(recipes.labelled(rows)))
    assert conditions.separable(run.experiment).met


@pytest.mark.parametrize("rows", NOT_APART.values(), ids=NOT_APART)
def test_other_data_are_silence_with_the_proof_in_the_text(rows):
    verdict = check(claims.ProjectedNormMoves(), standing(recipes.labelled(rows)))
    assert verdict.outcome is Outcome.NOT_APPLICABLE
    text = next(t for t in verdict.not_met if "separates" in t)
    assert "a mixture of the y x is 0" in text
    assert "of sample" in text


def test_a_run_that_stalls_names_the_cause_as_well():
    claim = claims.LayersAlign()
    run = train(claim.foil(), claim.observes)
    verdict = judge(claim, run)
    assert verdict.outcome is Outcome.NOT_APPLICABLE
    assert any("the flow stays at |w|" in text for text in verdict.not_met)
    assert any("a mixture of the y x is 0" in text for text in verdict.not_met)


def test_one_label_is_no_problem_of_classes():
    with pytest.raises(DataError, match="class"):
        Problem(POINT, np.ones(3, int))


def test_a_start_without_a_gradient_is_named():
    problem = recipes.labelled(POINT)
    still = DeepLinear([np.zeros((2, 2)), np.zeros((1, 2))])
    met = [h for h in conditions.starts_well(standing(problem, still))]
    assert [h.met for h in met] == [True, False]
    assert "Assumption 2" in met[1].text
    first = DeepLinear.zero_first((2, 3, 1), seed=1)
    run = train(standing(problem, first))
    assert all(h.met for h in conditions.starts_well(run.experiment)), (
        "the paper's example"
    )


def test_a_start_on_the_wrong_side_is_named():
    problem = recipes.labelled(POINT)
    start = recipes.half_normal(problem, 2)
    turned = DeepLinear([start.layers[0], -start.layers[1]])
    met = [h.met for h in conditions.starts_well(standing(problem, turned))]
    assert met == [False, True]


def test_widths_of_one_align_at_once():
    problem = recipes.labelled(POINT)
    thin = DeepLinear([np.array([[0.3, 0.2]]), np.array([[0.5]]), np.array([[0.7]])])
    risk = Risk(problem, Exponential())
    claim = claims.RankOneStays()
    run = train(Experiment(thin, risk, Descent(0.01), until=20), claim.observes)
    assert np.all(claim.measured(run) == 1)
    assert judge(claim, run).not_met, "it is descent, and unbalanced"


def test_every_theorem_and_lemma_of_the_paper_can_be_found():
    cited = [cite(getattr(claims, name).source) for name in claims.margins.__all__]
    texts = " ".join(text for text in cited if "1810.02032" in text)
    for place in [f"Theorem {i}" for i in (1, 2, 3, 4)] + [
        f"Lemma {i}" for i in (1, 2, 5, 6)
    ]:
        assert place in texts, place
    assert "Lemmas 3 and 4" in texts
