"""Every oracle on random problems, with somebody else's answer to the same.

One that is not listed fails `test_every_oracle_has_a_case`. A case says on which data,
with which arguments, who else answers and how exactly, and what becomes of the answer
where the data are multiplied.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import scipy.linalg

from tacit import oracles
from tacit.problems import Problem

from ..scatters import binary, definite, kernel_inside, kernel_outside, three_classes
from . import references as by


HALF = np.arange(7) % 2 == 0


def apart(value, reference, _):
    """The sine of the angle between two directions, or the largest of two spaces."""
    planes = (np.atleast_2d(np.asarray(x)).T for x in (value, reference))
    return np.sin(scipy.linalg.subspace_angles(*planes)[0])


def away(value, reference, _):
    """The distance between two vectors, relative."""
    return np.linalg.norm(value - reference) / np.linalg.norm(reference)


def short_of(value, _, rows):
    """By how much a direction fails to separate rows of length 1."""
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(value)
    return max(0.0, -(rows @ value / lengths).min())


class Case(NamedTuple):
    """An oracle on random problems."""

    oracle: Callable[..., Any]
    make: Callable[[int], tuple]
    """From a seed the data and the arguments."""
    reference: Callable[..., Any]
    close: float
    """By how much the reference is off, at most."""
    error: Callable[..., Any] = apart
    power: int = 0
    """By which power of a factor of the data the answer grows, and numbers given."""

    def ask(self, seed):
        """The data of a seed, and the answer."""
        data, *args = self.make(seed)
        return data, self.oracle(data, *args)

    def doubled(self, seed):
        """The answer where every sample is there twice; None where there are none."""
        data, *args = self.make(seed)
        two = twice(data)
        return None if two is None else self.oracle(two, *args)

    def told(self, seed):
        """What the reference says of it."""
        return self.reference(*self.make(seed))

    def scaled(self, seed, factor):
        """The answer where all data are `factor` times as large."""
        data, *args = self.make(seed)
        if self.power and self.oracle is not oracles.optimum:
            args = [factor**self.power * arg for arg in args]
        return self.oracle(times(data, factor), *args)


def times(data, factor):
    """The data, multiplied: rows, samples with their real targets, or scatters."""
    if isinstance(data, np.ndarray):
        return factor * data
    if data.X is None:
        within, delta = np.asarray(data.within), np.asarray(data.delta)
        return Problem.from_scatter(within=factor**2 * within, delta=factor * delta)
    labels = data.labels if data.classes else factor * np.asarray(data.y)
    return Problem(factor * np.asarray(data.X), labels)


def twice(data):
    """The data with every sample a second time, beside the first."""
    if isinstance(data, np.ndarray):
        return np.repeat(data, 2, axis=0)
    if data.X is None:
        return None
    told = data.labels if data.classes else data.y
    return Problem(*(np.repeat(np.asarray(x), 2, axis=0) for x in (data.X, told)))


def separable(seed, n=30, d=3, gap=0.12):
    """Samples of the unit ball with a margin, turned to the positive side."""
    rng = np.random.default_rng(seed)
    u, rows = rng.standard_normal(d), []
    u /= np.linalg.norm(u)
    while len(rows) < n:
        x = rng.standard_normal(d)
        x *= rng.uniform() ** (1 / d) / np.linalg.norm(x)
        if abs(x @ u) >= gap:
            rows.append(x * np.sign(x @ u))
    return np.array(rows)


def wide(seed, n=5, d=8):
    """Fewer samples than features: always separable."""
    return np.random.default_rng(seed).standard_normal((n, d))


def labelled(rows):
    """A problem with these rows `y_i x_i`, labels alternating."""
    y = np.where(np.arange(len(rows)) % 2, 1, -1)
    return Problem(y[:, None] * rows, y)


def sparse(seed, n=6, d=9):
    X = np.random.default_rng(seed).standard_normal((n, d))
    return Problem(X, X[:, :3] @ [1.0, 0.7, -0.5])


def noisy(seed):
    rng = np.random.default_rng(seed)
    return Problem(rng.standard_normal((30, 8)), rng.standard_normal(30))


def started(recipe, *args):
    """A problem of the recipe, a start, and what else the oracle takes."""

    def make(seed):
        within, delta, w0 = recipe(seed)
        return binary(within, delta), w0, *args

    return make


def signed(seed):
    """The same with a start of both signs."""
    within, delta, w0 = definite(seed)
    turned = w0 * np.random.default_rng([seed, 1]).choice([-1, 1], len(w0))
    return binary(within, delta), turned


def of(make, *args):
    return lambda seed: (make(seed), *args)


def two(seed, d=7):
    return binary(*definite(seed, d)[:2])


ORACLES = {
    "fisher": Case(oracles.fisher_direction, of(two), by.top, 1e-10),
    "orthant": Case(oracles.orthant_limit, started(definite), by.on_the_cone, 1e-5),
    "orthant, signs": Case(oracles.orthant_limit, signed, by.on_the_cone, 1e-5),
    "orthant, half free": Case(
        oracles.orthant_limit, started(definite, HALF), by.on_the_cone, 1e-5
    ),
    "orthant, singular": Case(
        oracles.orthant_limit, started(kernel_outside), by.on_the_cone, 1e-5
    ),
    **{
        f"singular, depth {depth}": Case(
            oracles.singular_limit, started(kernel_inside, depth), by.in_the_kernel,
            1e-5, away,
        )
        for depth in (1, 2, 3, 8)
    },
    "jump path": Case(oracles.jump_path, of(lambda s: two(s, 5)), by.top, 1e-10),
    "ratio trace": Case(
        oracles.optimum, of(three_classes, 2, "ratio trace"), by.top, 1e-10, power=-1
    ),
    "log det": Case(
        oracles.optimum, of(three_classes, 2, "log det"), by.top, 1e-10, power=-1
    ),
    "trace ratio": Case(
        oracles.optimum, of(three_classes, 2, "trace ratio"), by.trace_ratio, 1e-10
    ),
    "separable": Case(
        oracles.separability, of(separable), by.shortest, 1e-5, short_of
    ),
    "max margin": Case(oracles.max_margin, of(separable), by.shortest, 1e-5),
    "max margin, wide": Case(oracles.max_margin, of(wide), by.shortest, 1e-5),
    "max margin, problem": Case(
        oracles.max_margin, of(lambda s: labelled(separable(s))), by.shortest, 1e-5
    ),
    "residual": Case(
        oracles.residual_direction, of(separable), by.residual, 1e-5, away, -1
    ),
    "alpha": Case(oracles.support_strength, of(separable), by.worst, 1e-5),
    "l1": Case(oracles.l1_margin, of(wide), by.least_sum, 1e-6),
    "l1, tall": Case(oracles.l1_margin, of(separable), by.least_sum, 1e-6),
    **{
        f"quasi, depth {depth}": Case(
            oracles.quasi_margin, of(lambda s: wide(s, 4, 5), depth), by.best_corner,
            1e-10,
        )
        for depth in (3, 6)
    },
    "fourier": Case(oracles.fourier_margin, of(wide), by.least_spectrum, 1e-6),
    "interpolator, 1": Case(
        oracles.hyperbolic_interpolator, of(sparse, 1.0), by.interpolating, 1e-8, away
    ),
    "interpolator, 1e-9": Case(
        oracles.hyperbolic_interpolator, of(sparse, 1e-9), by.interpolating, 1e-6, away
    ),
    "entropy margin": Case(
        oracles.hyperbolic_margin, of(wide, 0.2), by.entropic, 1e-5, away, -1
    ),
    "plateaus": Case(
        oracles.least_squares_path, of(sparse), by.end_of_the_path, 1e-8, away
    ),
    "plateaus, noisy": Case(
        oracles.least_squares_path, of(noisy), by.end_of_the_path, 1e-8, away
    ),
}  # fmt: skip
"""By name: what is asked, of whom else, and how well that is known."""

OTHERS = {
    "activation_class": "reads a function, not data: test_activations.py",
    "escape_time": "a law of small layers, off by what they are: test_escape_time.py",
    "margin_conditions": "judges a direction that it is given: test_oracles_margin.py",
}
"""What finds no solution of a problem, where its laws are, and why."""
