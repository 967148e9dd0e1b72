"""The time average of the two-sided path: the elastic net."""

import math
from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ...errors import DataError
from ...experiment import Experiment
from ...losses import Fisher
from ...networks import TwoSided
from ...observables import AbstractObservable, LinearPredictor
from ...oracles import jump_path, JumpPath
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import apart, invertible, of_fisher
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.two_sided import kappa_of, of_depth_two
from ..measures.budgets import integration
from ..measures.elastic import elastic_net
from ..measures.paths import along
from ..papers import BURGER, LI, Source
from ..parts import Hypothesis, Rival, Term, Unmeasured
from ..witnesses.discriminants import CLOSE, definite
from ..witnesses.draws import redrawn


KAPPA = 1e-200
"""Of the witness: the duals are within log |w| / 460 of their limits."""

LOOKS = 8
"""Records at which the average is held against the elastic net."""


class AverageIsElasticNet(AbstractClaim[TwoSided]):
    r"""As $\kappa = uv \to 0$ the path of two sides averages to the elastic net.

    Let the duals $s = \mathrm{arcsinh}(w/2\kappa) / \log(1/\kappa)$ start in proportion
    to the difference of the class means $c$, the largest at 1. With $b = u/(1 + J)$,
    $u$ the multiple of $w$ that has $u^\top S_w u = c \cdot u$, and the time
    $d\sigma = 8 (1 + J)\,dt / (c \cdot w) \log(1/\kappa)$ they move like
    $ds = (c - S_t b)\,d\sigma$, from 0 at $\sigma = 0$: the Bregman inverse scale space
    of least squares on the class code. So the mean of $b$ over $[0, \sigma]$ minimises
    $\frac12 b^\top S_t b - c \cdot b + \lambda\|b\|_1$ at $\lambda = 1/\sigma$, until a
    feature first leaves; shrinkage of $S_t$ makes it an elastic net.
    """

    id: ClassVar[str] = "E4"
    source: ClassVar[tuple[Source, ...]] = (
        Source(BURGER, "the flow", "quoted"),
        Source(LI, "", "derived"),
    )
    needs: ClassVar[type] = TwoSided
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    records: ClassVar[int] = 4_000
    sees: ClassVar[float] = 1e-2

    def hypotheses(self, experiment: Experiment[TwoSided]) -> Iterable[Hypothesis]:
        yield of_fisher(experiment)
        form = experiment.risk.loss.form
        yield Hypothesis("the loss is -log J", form == "neglog")
        yield is_gradient_flow(experiment)
        yield invertible(experiment)
        yield from of_depth_two(experiment)
        contrast = apart(experiment)
        yield Hypothesis("it has two classes", contrast is not None)
        if contrast is None:
            return
        s, told = _duals(experiment), contrast / np.abs(contrast).max()
        # From the other end everything comes with the other sign.
        near = min(np.abs(s - told).max(), np.abs(s + told).max()) < 1e-6
        text = "the duals start in proportion to the difference of the class means"
        yield Hypothesis(text, bool(near))

    def conditions(self, run: Trajectory[TwoSided]) -> Iterable[Hypothesis]:
        path = _path(run.experiment)
        late = float(run.times[-1]) / -math.log(kappa_of(run.experiment))
        yield Hypothesis("no feature has left", path is None or late <= _leaves(path))

    def predicted(self, run: Trajectory[TwoSided]) -> np.ndarray:
        return self._nets(run, 1.0)[0]

    def measured(self, run: Trajectory[TwoSided]) -> np.ndarray:
        found = _averaged(run)
        return found.means[found.looks]

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[TwoSided]
    ) -> float:
        S, _ = _least_squares(run.experiment)
        return float(np.max(_lengths(S, measured - predicted) / _lengths(S, predicted)))

    def budget(self, run: Trajectory[TwoSided]) -> Iterable[Term]:
        found, (S, _) = _averaged(run), _least_squares(run.experiment)
        nets, missed = self._nets(run, 1.0)
        size, means = _lengths(S, nets), found.means[found.looks]
        held = np.abs(means) > 1e-6 * np.abs(means).max(axis=1, keepdims=True)
        # S (means - net) is the net's duals less those of the run, over sigma, and the
        # net's less the ends of what is held has no positive product with means - net.
        duals = found.duals[found.looks]
        ends = np.where(held, np.sign(means), np.clip(duals, -1, 1))
        lacking = _lengths(np.linalg.inv(S), ends - duals) / found.sigma[found.looks]
        left = lacking + 2 * _lengths(S, np.where(held, 0, means))
        reason = "how far the duals of what is in use are from their ends"
        yield Term("kappa", float(np.max(left / size)), reason, "a smaller kappa")
        reason = "what every other record changes in the averages"
        yield Term("quadrature", float(found.error), reason, "more records")
        reason = "the conditions of the elastic net, as it was computed"
        worst = missed * np.sqrt(np.linalg.cond(S))
        yield Term("the elastic net", float(worst), reason, "nothing")
        yield integration(run, 2 * np.sqrt(np.linalg.cond(S)))

    def rivals(self, run: Trajectory[TwoSided]) -> Iterable[Rival]:
        found = _averaged(run)
        yield Rival("at the penalty 2 / sigma", self._nets(run, 2.0)[0])
        yield Rival("it is the path itself, not its average", found.path[found.looks])
        text = "the average is over the time of the flow"
        yield Rival(text, found.by_flow[found.looks])

    def _nets(self, run, factor):
        """The elastic nets at the records looked at, and what they miss at most."""
        found, (S, c) = _averaged(run), _least_squares(run.experiment)
        nets = [elastic_net(S, c, factor / sigma) for sigma in found.sigma[found.looks]]
        return np.stack([b for b, _ in nets]), max(missed for _, missed in nets)

    def witness(self, seed: int | None = None) -> Experiment[TwoSided]:
        return _drawn(seed)

    def foil(self, seed: int | None = None) -> Experiment[TwoSided]:
        true = _drawn(seed)
        # The duals of the other features start at 0.
        start = TwoSided.at(jump_path(true.risk.problem).points[0], kappa=KAPPA)
        return Experiment(start, true.risk, CLOSE, until=true.until)


class Averaged(NamedTuple):
    """The path of a run and its averages, one row a record, and where to look."""

    sigma: np.ndarray
    duals: np.ndarray
    path: np.ndarray
    means: np.ndarray
    by_flow: np.ndarray
    error: float
    looks: np.ndarray


def _averaged(run: Trajectory[TwoSided]) -> Averaged:
    """The averages by the trapezoidal rule, and what half the records change."""
    S, c = _least_squares(run.experiment)
    kappa, (times, w) = kappa_of(run.experiment), along(run)
    size, within = -math.log(kappa), S - np.outer(c, c)
    spread, told = np.einsum("ti,ij,tj->t", w, within, w), w @ c
    J = told**2 / spread
    b = w * (told / spread / (1 + J))[:, None]
    speed = 8 * (1 + J) / np.abs(told) / size
    whole, half = (_sums(times[::k], speed[::k], b[::k], c) for k in (1, 2))
    sigma, total, flow = whole
    looks = np.flatnonzero(sigma > 2.2 * sigma[0])
    looks = looks[looks % 2 == 0]
    if len(looks) < LOOKS:
        raise Unmeasured(
            "the average has hardly begun; a longer run, or more records, tells"
        )
    looks = looks[np.linspace(0, len(looks) - 1, LOOKS).astype(int)]
    means = total / sigma[:, None]
    coarse = half[1][looks // 2] / half[0][looks // 2, None]
    error = _lengths(S, coarse - means[looks]) / _lengths(S, means[looks])
    return Averaged(
        sigma, np.arcsinh(w / (2 * kappa)) / size, b, means, flow, np.max(error), looks
    )


def _sums(times, speed, b, c):
    """Sigma, the integral of b over it, and its mean over the time of the flow."""
    steps = np.diff(times)

    def upto(values):
        gains = (values[1:] + values[:-1]) / 2 * steps.reshape(-1, *[1] * (b.ndim - 1))
        return np.concatenate([np.zeros_like(values[:1]), np.cumsum(gains, axis=0)])

    sigma = 1 / np.abs(c).max() + upto(speed[:, None])[:, 0]
    plain = upto(b) / np.maximum(times, times[1])[:, None]
    return sigma, upto(b * speed[:, None]), plain


def _lengths(S: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return np.sqrt(np.maximum(np.einsum("ti,ij,tj->t", rows, S, rows), 0.0))


def _least_squares(experiment: Experiment[TwoSided]) -> tuple[np.ndarray, np.ndarray]:
    """The total scatter, and the difference of the class means."""
    contrast = apart(experiment)
    if contrast is None:
        raise Unmeasured("it is about two classes")
    sign = float(np.sign(contrast @ np.asarray(experiment.network.predictor())))
    within = np.asarray(experiment.risk.problem.within)
    return within + np.outer(contrast, contrast), sign * contrast


def _duals(experiment: Experiment[TwoSided]) -> np.ndarray:
    kappa, w = kappa_of(experiment), np.asarray(experiment.network.predictor())
    return np.arcsinh(w / (2 * kappa)) / -math.log(kappa)


def _path(experiment: Experiment[TwoSided]) -> JumpPath | None:
    """The jump path from these duals; None where there is none."""
    contrast = apart(experiment)
    try:
        s = None if contrast is None else contrast / np.abs(contrast).max()
        return jump_path(experiment.risk.problem, duals=s)
    except DataError:
        return None


def _leaves(path: JumpPath) -> float:
    """When a feature first leaves, in units of log(1/kappa)."""
    gone = np.any(path.supports[:-1] & ~path.supports[1:], axis=1)
    return float(path.times[1:][gone][0]) if np.any(gone) else math.inf


def _drawn(seed: int | None) -> Experiment[TwoSided]:
    """From the duals of the class means, on data where no feature leaves."""

    def make(each):
        problem, _ = definite(each, own=1203, d=5)
        path = jump_path(problem, duals=_of_means(problem))
        size = -math.log(KAPPA)
        start = TwoSided.at(2 * KAPPA * np.sinh(size * path.duals[0]), kappa=KAPPA)
        until = 1.5 * size * float(path.times[-1])
        return Experiment(start, Risk(problem, Fisher()), CLOSE, until=until)

    def fits(true):
        path = jump_path(true.risk.problem, duals=_of_means(true.risk.problem))
        return len(path.times) > 3 and math.isinf(_leaves(path))

    return redrawn(0 if seed is None else seed + 1, make, fits)


def _of_means(problem: Problem) -> np.ndarray:
    contrast = np.asarray(problem.contrast)[:, 0]
    return contrast / np.abs(contrast).max()
