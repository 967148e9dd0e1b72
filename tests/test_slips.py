"""Natural slips: answered at the call that made them, in words that say the way out.

They are made in a process of their own: the type check of the tests, which a user does
not have, would refuse most of them first.
"""

import json
import subprocess
import sys

import pytest


SETTING = """
import json, warnings
warnings.simplefilter("ignore")
import numpy as np, tacit
from tacit import claims, flows, losses, networks, observables, Problem, Risk
from tacit import check, Experiment, judge, Reaches, RiskBelow, train, train_ensemble
rng = np.random.default_rng(0)
X, y = rng.normal(size=(20, 3)), np.tile([0, 1], 10)
X[:, 0] += y
problem = Problem(X, y)
risk, flow = Risk(problem, losses.Fisher()), flows.GradientFlow()
net = networks.Diagonal.balanced(np.sign(problem.delta) / 3, depth=2)
made = Experiment(net, risk, flow, until=1.0)
class Pair(observables.AbstractObservable):
    "Two numbers, and no name for their axis."
    def measure(self, at):
        return at.network.layers[0][:2]
"""

SLIPS = {
    # what is written: (the error, what it must say)
    "tacit.predict(risk)": ("KindError", "must be an Experiment"),
    "Experiment(net, risk, flow, until=None)": ("DataError", "or an event"),
    "Experiment(net, risk, flow, until='1')": ("DataError", "got '1'"),
    "Experiment(net, risk, flow, until=[1, 2])": ("DataError", "got [1, 2]"),
    "Experiment(net, risk, flow, until=True)": ("DataError", "got True"),
    "Experiment(net, risk, flow, until=RiskBelow)": ("DataError", "RiskBelow(0.1)"),
    "Experiment(net, risk, flow, until=1.0, seed='a')": ("DataError", "whole number"),
    "Experiment(net, risk, flow, until=1.0, seed=0.5)": ("DataError", "whole number"),
    "Experiment(net, risk, flow, until=1.0, seed=2**70)": ("DataError", "64 bits"),
    "Experiment(net, risk, flows.GradientFlow, until=1.0)": (
        "KindError", "class GradientFlow. Make one of it: GradientFlow(...)",
    ),
    "Experiment(net, risk, 'GradientFlow', until=1.0)": ("KindError", "tacit.flows"),
    "Experiment(None, risk, flow, until=1.0)": ("KindError", "tacit.networks"),
    "Experiment(networks.Diagonal, risk, flow, until=1.0)": ("KindError", "the class"),
    "Experiment(net, losses.Fisher(), flow, until=1.0)": ("KindError", "a Risk"),
    "Experiment(net, problem, flow, until=1.0)": ("KindError", "a Risk"),
    "Risk(problem, losses.Fisher)": ("KindError", "the class Fisher"),
    "Risk(problem, 'Fisher')": ("KindError", "the name 'Fisher'"),
    "Risk((X, y), losses.Fisher())": ("KindError", "a Problem"),
    "Risk(X, losses.Fisher())": ("KindError", "a Problem"),
    "Risk(Problem(X, y + 2.0), losses.Logistic())": ("DataError", "row 0 has 2."),
    "Risk(Problem(X, np.arange(20) % 3), losses.Exponential())": (
        "DataError", "CrossEntropy for more classes",
    ),
    "Risk(Problem(X, X), losses.CrossEntropy())": ("DataError", "a single 1"),
    "train(made, [observables.Hoyer])": ("KindError", "the class Hoyer"),
    "train(made, observables.Hoyer())": ("DataError", "[Hoyer(...)]"),
    "train(made, 'Hoyer')": ("DataError", "a list of observables"),
    "train(made, None)": ("DataError", "a list of observables"),
    "train(made, ['Hoyer'])": ("KindError", "the name 'Hoyer'"),
    "train(made, [lambda at: 1.0])": ("KindError", "a function"),
    "train(made, [observables.Sine(np.ones(4))])": ("ShapeError", "Sine cannot be"),
    "train(made, records=[])": ("DataError", "one or more"),
    "train(made, records='many')": ("DataError", "got 'many'"),
    "train(made, records=None)": ("DataError", "got None"),
    "train(made, records=True)": ("DataError", "got True"),
    "train(made, records=[[0.5, 1.0]])": ("DataError", "the times themselves"),
    "train(net)": ("KindError", "an Experiment"),
    "train(Experiment)": ("KindError", "the class Experiment"),
    "train(made, [Pair()]).to_xarray()": ("DataError", "needs `dims`"),
    "train_ensemble(made)": ("KindError", "a list"),
    "train_ensemble([made, risk])": ("KindError", "an Experiment"),
    "train_ensemble([made], [observables.Hoyer])": ("KindError", "the class Hoyer"),
    "check(claims.QuasiNormConserved(), net)": ("KindError", "an Experiment"),
    "check(claims.AbstractClaim, made)": ("KindError", "a Claim"),
    "check('B33', made)": ("NotFoundError", "no claim 'B33'"),
    "check('Quasinorms', made)": ("NotFoundError", "Did you mean"),
    "check(None, made)": ("KindError", "a Claim"),
    "check(made, 'B3')": ("KindError", "a Claim"),
    "judge('B3', made)": ("KindError", "a Trajectory"),
    "tacit.reproduce(None)": ("KindError", "the name of a study"),
    "tacit.reproduce('deep lda')": ("NotFoundError", "Did you mean 'deep-lda'?"),
    "Reaches(observables.Hoyer, 0.5)": ("DataError", "takes an observable"),
    "Reaches('Hoyer', 0.5)": ("DataError", "takes an observable"),
    "Experiment(net, risk, flow, until=Reaches(observables.LayerNorms(), 0.5))": (
        "ShapeError", "one number",
    ),
    "Experiment(net, risk, flow, until=Reaches(observables.Sine(np.ones(4)), 0.5))": (
        "ShapeError", "cannot be read off",
    ),
    "tacit.oracles.fisher_direction(Problem(X * 1e200, y))": ("DataError", "Rescale"),
    "tacit.oracles.fisher_direction(Problem(X * 1e-200, y))": ("DataError", "Rescale"),
}  # fmt: skip

ANSWER = """
def answer(slip):
    try:
        eval(slip)
    except tacit.errors.TacitError as error:
        return [type(error).__name__, str(error)]
    except Exception as error:
        return ["raw " + type(error).__name__, str(error)]
    return ["accepted", ""]
"""


def told(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def answers():
    tail = f"print(json.dumps({{s: answer(s) for s in {list(SLIPS)!r}}}))"
    return told(SETTING + ANSWER + tail)


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_answered_in_our_voice(answers, slip):
    kind, says = SLIPS[slip]
    assert answers[slip][0] == kind, answers[slip]
    assert says in answers[slip][1]


def test_a_claim_is_itself_its_class_its_name_or_its_id():
    ways = (
        "'B3'", "'b3'", "'QuasiNormConserved'", "claims.QuasiNormConserved",
        "claims.QuasiNormConserved()",
    )  # fmt: skip
    tail = f"print(json.dumps([check(w, made).to_json() for w in ({', '.join(ways)})]))"
    verdicts = told(SETTING + tail)
    assert verdicts[0]["id"] == "B3"
    assert all(verdict == verdicts[0] for verdict in verdicts)
