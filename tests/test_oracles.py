"""Laws of the oracles, one table for all: certificates that can say no, and that bound.

What somebody else finds is in `oracle_cases/references.py`.
"""

import dataclasses
import inspect
import json
import math
import re
import subprocess
import sys

import numpy as np
import pytest

from tacit import oracles
from tacit.oracles import fisher_direction, optimum, orthant_limit

from .cases import ORACLES
from .oracle_cases import OTHERS
from .scatters import definite


every = pytest.mark.parametrize("case", ORACLES.values(), ids=ORACLES)
FACTOR = 100
"""By how much an answer may be off more than its certificate says, relative."""
JUNK = """
import json
import numpy as np
from tacit.errors import TacitError
from tests.oracle_cases import ORACLES
given = [
    None, "golub", 3, np.ones(3), [["a", "b"]], [[1.0, 2.0], [3.0]], {1: 2}, object(),
]
def answer(case, junk):
    _, *args = case.make(1000)
    try:
        case.oracle(junk, *args)
    except TacitError as error:
        return str(error)
    except Exception as error:
        return f"raw {type(error).__name__}: {error}"
    return "accepted"
print(json.dumps({n: [answer(c, junk) for junk in given] for n, c in ORACLES.items()}))
"""
"""What is no problem, in a process without the type check of the tests, as a user's."""


def test_every_oracle_has_a_case():
    """A case has a reference; an oracle without one is in OTHERS, with the reason."""
    public = {name for name, x in vars(oracles).items() if inspect.isfunction(x)}
    public = {name for name in public if not name.startswith("_")}
    cased = {case.oracle.__name__ for case in ORACLES.values()}
    assert public == cased | OTHERS.keys(), "add a case to tests/oracle_cases/"
    assert not cased & OTHERS.keys()


def noise(answer, seed):
    drawn = np.random.default_rng(seed).standard_normal(answer.value.shape)
    return np.abs(answer.value).max() * drawn


@every
@pytest.mark.parametrize("seed", range(2000, 2004))
def test_an_answer_is_no_further_off_than_its_certificate_says(case, seed):
    (data, answer), reference = case.ask(seed), case.told(seed)
    assert case.error(answer.value, reference, data) < case.close
    for size in (1e-8, 1e-5, 1e-2, 0.3):
        value = answer.value + size * noise(answer, seed)
        error = case.error(value, reference, data)
        moved = dataclasses.replace(answer, value=value)
        assert error < FACTOR * moved.certificate(data) + case.close


@every
def test_the_answer_to_another_problem_is_bounded_too(case):
    for seed in range(2000, 2003):
        (data, answer), (_, other) = case.ask(seed), case.ask(seed + 1)
        wrong = case.error(other.value, answer.value, data)
        swapped = dataclasses.replace(answer, value=other.value)
        assert wrong < FACTOR * swapped.certificate(data) + case.close


@every
def test_certificate_is_met_to_rounding(case):
    assert max(case.ask(seed)[1].residual for seed in range(1000, 1030)) < 1e-11


@every
@pytest.mark.parametrize("size", [1e-2, 1e-5])
def test_certificate_notices_a_small_change_of_the_answer(case, size):
    for seed in range(1000, 1005):
        data, answer = case.ask(seed)
        value = answer.value + size * noise(answer, seed)
        assert dataclasses.replace(answer, value=value).certificate(data) > 0.1 * size


@every
def test_certificate_belongs_to_its_problem(case):
    (_, answer), (other, _) = case.ask(1000), case.ask(1001)
    assert answer.certificate(other) > 1e-3


@every
def test_certificate_reads_every_coordinate_and_the_length(case):
    data, answer = case.ask(1001)
    for place in np.ndindex(answer.value.shape):
        changed = np.array(answer.value)
        changed[place] += 1e-3 * np.abs(changed).max()
        assert dataclasses.replace(answer, value=changed).certificate(data) > 1e-5
    longer = dataclasses.replace(answer, value=1.5 * answer.value)
    assert longer.certificate(data) > 0.05


@every
@pytest.mark.parametrize("factor", [1e3, 1e-4])
def test_answer_follows_the_units_of_the_data(case, factor):
    value = case.scaled(1003, factor).value / factor**case.power
    plain = case.ask(1003)[1].value
    np.testing.assert_allclose(value, plain, rtol=1e-9, atol=1e-12)


@every
def test_a_sample_that_is_there_twice_changes_nothing(case):
    for seed in range(1000, 1005):
        (data, plain), two = case.ask(seed), case.doubled(seed)
        if two is not None:
            assert case.error(two.value, plain.value, data) < 1e-7


@every
def test_prints_its_value_and_its_residual(case):
    answer = case.ask(1000)[1]
    name, value, residual = type(answer).__name__, answer.value, answer.residual
    assert str(answer) == f"{name}: {value}, residual {residual:.1e}"


@pytest.fixture(scope="module")
def answers():
    done = subprocess.run([sys.executable, "-c", JUNK], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", ORACLES)
def test_what_is_no_problem_is_refused_in_words(answers, name):
    asked = ORACLES[name].oracle.__name__
    for said in answers[name]:
        assert re.match(rf"the problem must be a Problem|{asked} needs", said), said


def test_orthant_certificate_says_no():
    for seed in range(1000, 1020):
        problem, answer = ORACLES["orthant"].ask(seed)
        if answer.support.all():
            continue
        free = fisher_direction(problem).value
        short = np.where(np.arange(7) == np.argmax(answer.value), 0, answer.value)
        for wrong in (free, short / np.linalg.norm(short), -answer.value):
            planted = dataclasses.replace(answer, value=wrong)
            assert planted.certificate(problem) > 1e-3


def test_orthant_certificate_reads_the_free_coordinates():
    for seed in range(1000, 1020):
        problem, answer = ORACLES["orthant"].ask(seed)
        freed = orthant_limit(problem, definite(seed)[2], ~answer.support)
        planted = dataclasses.replace(freed, value=answer.value)
        assert answer.support.all() or planted.certificate(problem) > 1e-3


def test_singular_certificate_tells_the_depths_apart():
    for seed in range(1000, 1010):
        problem, answer = ORACLES["singular, depth 2"].ask(seed)
        _, deeper = ORACLES["singular, depth 3"].ask(seed)
        planted = dataclasses.replace(answer, value=deeper.value)
        assert planted.certificate(problem) > 1e-3
        louder = dataclasses.replace(answer, value=1.01 * answer.value)
        assert louder.certificate(problem) > 1e-3


@pytest.mark.parametrize("field", ["times", "points", "duals"])
def test_jump_path_certificate_reads_every_plateau(field):
    problem, answer = ORACLES["jump path"].ask(1001)
    for k in range(1, len(answer.times)):
        changed = np.array(getattr(answer, field))
        changed[k] += 1e-4
        planted = dataclasses.replace(answer, **{field: changed})
        assert planted.certificate(problem) > 1e-6


@pytest.mark.parametrize("criterion", ["ratio trace", "log det"])
def test_optimum_certificate_refuses_a_lower_eigenspace(criterion):
    problem, answer = ORACLES[criterion].ask(1401)
    lower, J = answer.value[1:], optimum(problem, 1).objective
    total = optimum(problem, 2).objective - J
    objective = total if criterion == "ratio trace" else np.log1p(total)
    planted = dataclasses.replace(answer, value=lower, objective=float(objective))
    assert planted.certificate(problem) > 1e-3


def test_singular_certificate_reads_the_size():
    problem, answer = ORACLES["singular, depth 1"].ask(1101)
    kernel = np.linalg.svd(np.asarray(problem.within))[2][4:]
    towards = kernel.T @ (kernel @ np.asarray(problem.delta))
    planted = dataclasses.replace(answer, value=answer.value + 0.1 * towards)
    assert planted.certificate(problem) > 1e-3


def test_trace_ratio_certificate_refuses_a_lower_fixed_point():
    problem, answer = ORACLES["trace ratio"].ask(1401)
    within, between = np.asarray(problem.within), np.asarray(problem.between)
    E, rho = answer.value, math.nan
    for _ in range(300):
        rho = np.trace(E @ between @ E.T) / np.trace(E @ within @ E.T)
        E = np.linalg.eigh(between - rho * within)[1][:, [-3, -1]].T
    planted = dataclasses.replace(answer, value=E, objective=float(rho))
    assert planted.certificate(problem) > 1e-3
