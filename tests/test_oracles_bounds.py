"""A certificate bounds how far an answer is from what somebody else finds.

The references are SciPy's: eigenvectors, least squares, linear and convex programs.
"""

import dataclasses

import numpy as np
import pytest
import scipy.linalg
import scipy.optimize

from tacit.oracles import (
    fisher_direction,
    l1_margin,
    max_margin,
    optimum,
    orthant_limit,
)

from .scatters import binary, definite, three_classes


FACTOR = 100
"""By how much an answer may be off more than its certificate says, relative."""


def of_fisher(seed):
    within, delta, _ = definite(seed)
    problem = binary(within, delta)
    w = scipy.linalg.eigh(np.outer(delta, delta), within)[1][:, -1]
    return problem, fisher_direction(problem), w * np.sign(w @ delta)


def of_the_orthant(seed):
    within, delta, w0 = definite(seed)
    w0 = w0 * np.random.default_rng([seed, 1]).choice([-1, 1], len(w0))
    problem, signs = binary(within, delta), np.sign(w0)
    pull = signs * delta * np.sign(delta @ w0)
    root = scipy.linalg.cholesky(within * np.outer(signs, signs))
    v, _ = scipy.optimize.nnls(root, np.linalg.solve(root.T, pull))
    return problem, orthant_limit(problem, w0), signs * v


def of_three_classes(seed):
    problem = three_classes(seed)
    w = scipy.linalg.eigh(np.asarray(problem.between), np.asarray(problem.within))[1]
    return problem, optimum(problem, 2, "ratio trace"), w[:, -2:].T


def of_the_margin(seed):
    rows = np.random.default_rng(seed).standard_normal((5, 8))
    found = scipy.optimize.minimize(
        lambda w: w @ w / 2, np.linalg.lstsq(rows, np.ones(5), rcond=None)[0],
        jac=lambda w: w, method="SLSQP", options={"ftol": 1e-15, "maxiter": 1000},
        constraints={
            "type": "ineq", "fun": lambda w: rows @ w - 1, "jac": lambda _: rows
        },
    )  # fmt: skip
    return rows, max_margin(rows), found.x


def of_the_l1_margin(seed):
    rows = np.random.default_rng(seed).standard_normal((5, 8))
    # The least sum of u + v with rows (u - v) of 1 or more, u and v not below 0.
    found = scipy.optimize.linprog(
        np.ones(16), -np.hstack([rows, -rows]), -np.ones(5), method="highs"
    )
    return rows, l1_margin(rows), found.x[:8] - found.x[8:]


BOUNDED = {
    "FisherDirection": (of_fisher, 1e-10),
    "OrthantLimit": (of_the_orthant, 1e-10),
    "Optimum": (of_three_classes, 1e-10),
    "MaxMargin": (of_the_margin, 1e-5),
    "L1Margin": (of_the_l1_margin, 1e-6),
}
"""For every answer a random problem with a reference, and the error of that."""


def apart(value, reference):
    """The sine of the angle between two directions, or the largest of two spaces."""
    planes = (np.atleast_2d(np.asarray(x)).T for x in (value, reference))
    return np.sin(scipy.linalg.subspace_angles(*planes)[0])


@pytest.mark.parametrize(("ask", "close"), BOUNDED.values(), ids=BOUNDED)
@pytest.mark.parametrize("seed", range(2000, 2006))
def test_an_answer_is_no_further_off_than_its_certificate_says(ask, close, seed):
    data, answer, reference = ask(seed)
    assert apart(answer.value, reference) < close
    noise = np.random.default_rng(seed).standard_normal(answer.value.shape)
    noise *= np.abs(answer.value).max()
    for size in (1e-8, 1e-5, 1e-2, 0.3):
        moved = dataclasses.replace(answer, value=answer.value + size * noise)
        error = apart(moved.value, reference)
        assert error < FACTOR * moved.certificate(data) + close


@pytest.mark.parametrize(("ask", "close"), BOUNDED.values(), ids=BOUNDED)
def test_the_answer_to_another_problem_is_bounded_too(ask, close):
    for seed in range(2000, 2003):
        data, answer, _ = ask(seed)
        other = ask(seed + 1)[1]
        swapped = dataclasses.replace(answer, value=other.value)
        wrong = apart(other.value, answer.value)
        assert wrong < FACTOR * swapped.certificate(data) + close
        assert wrong > 1e3 * close
