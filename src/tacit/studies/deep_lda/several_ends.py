"""One diagonal output on three classes: several ends in one orthant."""

from typing import NamedTuple

import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import FisherRatio, LinearPredictor
from ...oracles import optimum
from ...problems import Problem
from ...reporting import plots
from ...risk import Risk
from ...training import train, Trajectory


FAST = GradientFlow(rtol=1e-8, atol=1e-10)
"""Slow to compile and fast to run: for many runs."""

LONG = GradientFlow(rtol=1e-10, atol=1e-12, solver="stiff")


class Ends(NamedTuple):
    """Where single diagonal outputs end: `J` ``(orthants, starts)``, and the best."""

    J: np.ndarray
    best: float
    two: tuple[Trajectory, ...]
    """The lowest and the highest end in the orthant where they are widest apart."""

    @property
    def split(self) -> np.ndarray:
        """Which orthants hold more than one end."""
        return np.ptp(self.J, axis=1) > 1e-3 * self.J.max(axis=1)

    def draw(self, panel: plots.Panel) -> None:
        """A dot for every end, a column for every pattern of signs."""
        panel.frame(
            title="one diagonal output",
            x="pattern of signs",
            y="criterion $J$ at the end",
        )
        columns = {
            "several ends": self.split,
            "one end": ~self.split,
        }
        look = plots.strokes(columns)
        for name, mask in columns.items():
            where = np.repeat(np.flatnonzero(mask) + 1, self.J.shape[1])
            panel.axes.plot(
                where, self.J[mask].ravel(), look[name].marker, ms=5, alpha=0.6,
                color=look[name].colour, label=name,
            )  # fmt: skip
        panel.axes.set_ylim(0, 1.15 * self.best)
        panel.level(self.best, "fully connected", side="right")
        panel.key("lower left")
        panel.axes.set_xticks(np.arange(len(self.J)) + 1)

    def words(self) -> str:
        """What the runs say, in sentences that follow what came out."""
        if self.split.any():
            low, high = (float(run.seen["FisherRatio"][-1]) for run in self.two)
            said = (
                f"in {int(self.split.sum())} of the {len(self.J)} orthants tried, "
                "starts that differ only in magnitude end at different places, in one "
                f"of them at $J$ = {low:.2f} and at {high:.2f}. The uniqueness that "
                "two classes give is lost"
            )
        else:
            said = f"in the {len(self.J)} orthants tried, though, all starts end alike"
        return (
            "One diagonal output on three classes has no limit that could be predicted "
            "from the signs: the criterion may have several maxima in an orthant, and "
            f"{said}."
        )


def alone(problem: Problem, orthants: int, starts: int) -> Ends:
    """One diagonal output, from several starts with each of several patterns of signs.

    The first pattern is that of the best discriminant.
    """
    risk, best = Risk(problem, Fisher()), optimum(problem, 1)
    rng = np.random.default_rng(0)
    signs = rng.choice([-1.0, 1.0], (orthants, problem.d))
    signs[0] = np.sign(best.value[0])
    sizes = rng.uniform(0.05, 1.5, (orthants, starts, problem.d)) ** 2
    watch = (LinearPredictor(), FisherRatio())

    def run(at: tuple[int, int], flow: GradientFlow, until: float) -> Trajectory:
        start = Diagonal.balanced(signs[at[0]] * sizes[at], depth=2)
        return train(Experiment(start, risk, flow, until=until), watch, records=8)

    many = FAST if orthants * starts > 30 else LONG
    J = np.empty((orthants, starts))
    for at in np.ndindex(orthants, starts):
        J[at] = run(at, many, 3e3).seen["FisherRatio"][-1]
    row = int(np.argmax(np.ptp(J, axis=1)))
    two = int(np.argmin(J[row])), int(np.argmax(J[row]))
    return Ends(J, best.objective, tuple(run((row, k), LONG, 1e6) for k in two))
