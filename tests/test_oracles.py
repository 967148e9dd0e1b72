"""Laws of the oracles: certificates that can say no."""

import dataclasses

import numpy as np
import pytest

from tacit.oracles import (
    fisher_direction,
    jump_path,
    optimum,
    orthant_limit,
    singular_limit,
)
from tacit.problems import Problem

from .scatters import binary, definite, kernel_inside, kernel_outside, three_classes


HALF = np.arange(7) % 2 == 0


def fisher(seed):
    problem = binary(*definite(seed)[:2])
    return problem, fisher_direction(problem)


def orthant(seed, free=None, recipe=definite):
    within, delta, w0 = recipe(seed)
    problem = binary(within, delta)
    return problem, orthant_limit(problem, w0, free)


def singular(seed, depth):
    within, delta, w0 = kernel_inside(seed)
    problem = binary(within, delta)
    return problem, singular_limit(problem, w0, depth)


def jumps(seed):
    problem = binary(*definite(seed, 5)[:2])
    return problem, jump_path(problem)


def best(seed, criterion):
    problem = three_classes(seed)
    return problem, optimum(problem, 2, criterion)


ORACLES = {
    "fisher": fisher,
    "orthant": orthant,
    "orthant, half free": lambda seed: orthant(seed, HALF),
    "orthant, singular": lambda seed: orthant(seed, recipe=kernel_outside),
    "singular, depth 1": lambda seed: singular(seed, 1),
    "singular, depth 2": lambda seed: singular(seed, 2),
    "singular, depth 3": lambda seed: singular(seed, 3),
    "singular, depth 8": lambda seed: singular(seed, 8),
    "jump path": jumps,
    "ratio trace": lambda seed: best(seed, "ratio trace"),
    "log det": lambda seed: best(seed, "log det"),
    "trace ratio": lambda seed: best(seed, "trace ratio"),
}
every = pytest.mark.parametrize("oracle", ORACLES.values(), ids=ORACLES)


@every
def test_certificate_is_met_to_rounding(oracle):
    assert max(oracle(seed)[1].residual for seed in range(1000, 1030)) < 1e-11


@every
@pytest.mark.parametrize("size", [1e-2, 1e-5])
def test_certificate_notices_a_small_change_of_the_answer(oracle, size):
    for seed in range(1000, 1005):
        problem, answer = oracle(seed)
        noise = np.random.default_rng(seed).standard_normal(answer.value.shape)
        change = size * np.abs(answer.value).max() * noise
        moved = dataclasses.replace(answer, value=answer.value + change)
        assert moved.certificate(problem) > 1e-2 * size


@every
def test_certificate_belongs_to_its_problem(oracle):
    (_, answer), (other, _) = oracle(1000), oracle(1001)
    assert answer.certificate(other) > 1e-3


@every
def test_prints_its_value_and_its_residual(oracle):
    answer = oracle(1000)[1]
    name, value, residual = type(answer).__name__, answer.value, answer.residual
    assert str(answer) == f"{name}: {value}, residual {residual:.1e}"


def test_orthant_certificate_says_no():
    for seed in range(1000, 1020):
        problem, answer = orthant(seed)
        if answer.support.all():
            continue
        free = fisher_direction(problem).value
        short = np.where(np.arange(7) == np.argmax(answer.value), 0, answer.value)
        for wrong in (free, short / np.linalg.norm(short), -answer.value):
            planted = dataclasses.replace(answer, value=wrong)
            assert planted.certificate(problem) > 1e-3


def test_orthant_certificate_reads_the_free_coordinates():
    for seed in range(1000, 1020):
        problem, answer = orthant(seed)
        freed = orthant_limit(problem, definite(seed)[2], ~answer.support)
        planted = dataclasses.replace(freed, value=answer.value)
        assert answer.support.all() or planted.certificate(problem) > 1e-3


def test_singular_certificate_tells_the_depths_apart():
    for seed in range(1000, 1010):
        problem, answer = singular(seed, 2)
        _, deeper = singular(seed, 3)
        planted = dataclasses.replace(answer, value=deeper.value)
        assert planted.certificate(problem) > 1e-3
        louder = dataclasses.replace(answer, value=1.01 * answer.value)
        assert louder.certificate(problem) > 1e-3


@pytest.mark.parametrize("field", ["times", "points", "duals"])
def test_jump_path_certificate_reads_every_plateau(field):
    problem, answer = jumps(1001)
    for k in range(1, len(answer.times)):
        changed = np.array(getattr(answer, field))
        changed[k] += 1e-4
        planted = dataclasses.replace(answer, **{field: changed})
        assert planted.certificate(problem) > 1e-6


@pytest.mark.parametrize("criterion", ["ratio trace", "log det"])
def test_optimum_certificate_refuses_a_lower_eigenspace(criterion):
    problem, answer = best(1401, criterion)
    lower, J = answer.value[1:], optimum(problem, 1).objective
    total = optimum(problem, 2).objective - J
    objective = total if criterion == "ratio trace" else np.log1p(total)
    planted = dataclasses.replace(answer, value=lower, objective=float(objective))
    assert planted.certificate(problem) > 1e-3


@every
def test_answer_does_not_depend_on_the_units_of_the_loss(oracle, monkeypatch):
    _, plain = oracle(1003)
    make = Problem.from_scatter

    def louder(within, delta):
        return make(within=1e6 * within, delta=1e3 * delta)

    monkeypatch.setattr(Problem, "from_scatter", louder)
    _, scaled = oracle(1003)
    np.testing.assert_allclose(scaled.value, plain.value, rtol=1e-9, atol=1e-12)


@every
def test_certificate_reads_every_coordinate_and_the_length(oracle):
    problem, answer = oracle(1001)
    for place in np.ndindex(answer.value.shape):
        changed = np.array(answer.value)
        changed[place] += 1e-3 * np.abs(changed).max()
        assert dataclasses.replace(answer, value=changed).certificate(problem) > 1e-5
    longer = dataclasses.replace(answer, value=1.5 * answer.value)
    assert longer.certificate(problem) > 0.1


def test_singular_certificate_reads_the_size():
    problem, answer = singular(1101, 1)
    kernel = np.linalg.svd(np.asarray(problem.within))[2][4:]
    towards = kernel.T @ (kernel @ np.asarray(problem.delta))
    planted = dataclasses.replace(answer, value=answer.value + 0.1 * towards)
    assert planted.certificate(problem) > 1e-3


def test_trace_ratio_certificate_refuses_a_lower_fixed_point():
    problem, answer = best(1401, "trace ratio")
    within, between = np.asarray(problem.within), np.asarray(problem.between)
    E = answer.value
    for _ in range(300):
        rho = np.trace(E @ between @ E.T) / np.trace(E @ within @ E.T)
        E = np.linalg.eigh(between - rho * within)[1][:, [-3, -1]].T
    planted = dataclasses.replace(answer, value=E, objective=float(rho))
    assert planted.certificate(problem) > 1e-3
