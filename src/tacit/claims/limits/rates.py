"""How fast a diagonal network ends where no weight is eliminated."""

from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ...experiment import Experiment
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import AbstractObservable, LinearPredictor
from ...oracles import fisher_direction
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import balanced, invertible, of_fisher, orthant_end
from ..hypotheses.flows import is_gradient_flow
from ..measures.budgets import EPS
from ..measures.paths import along
from ..papers import LI, Source
from ..parts import Forecast, Hypothesis, Rival, Term, Unmeasured
from ..witnesses.discriminants import CLOSE, definite


class Modes(NamedTuple):
    r"""What falls at which rate next to the limit `end`, in its true scale.

    `rates` are the eigenvalues of $D^{1/2} H D^{1/2}$, rising, the first 0; `shapes`
    its eigenvectors times $D^{1/2}$, so that ``shapes.T @ (x / D)`` are the amplitudes.
    """

    end: np.ndarray
    rates: np.ndarray
    vectors: np.ndarray
    root: np.ndarray
    plain: float


class Window(NamedTuple):
    """Two records between which the slowest mode is clearest, and what blurs it."""

    rate: float
    faster: float
    bent: float
    blurred: float


class SlowestRate(AbstractClaim[Diagonal]):
    r"""Where no weight is eliminated, $\log(J^*/J)$ falls at the rate $2\lambda_2$.

    $\lambda_2$ is the second eigenvalue of $D^{1/2} H D^{1/2}$, with $H$ the Hessian of
    $-\log J$ at the limit and $D = \mathrm{diag}(L |w|^{2-2/L})$; the first is 0, that
    of the scale. Measured where on the run the other modes, the bend of the flow and
    the error of the integrator together weigh least.
    """

    id: ClassVar[str] = "C3b"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    sees: ClassVar[float] = 2e-2

    depth: int = 3

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield of_fisher(experiment)
        form = experiment.risk.loss.form
        yield Hypothesis("the loss is -log J", form == "neglog")
        yield is_gradient_flow(experiment)
        yield invertible(experiment)
        yield balanced(experiment)
        limit = orthant_end(experiment)
        whole = limit is not None and bool(limit.support.all())
        yield Hypothesis("the limit eliminates no weight", whole)
        yield Hypothesis(
            "it has two features or more", limit is None or len(limit.value) > 1
        )

    def forecast(self, experiment: Experiment[Diagonal]) -> Forecast:
        about = "the rate at which log(J*/J) falls in the end"
        return Forecast(2 * float(_modes(experiment).rates[1]), about)

    def measured(self, run: Trajectory[Diagonal]) -> float:
        return _clearest(run).rate

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        window = _clearest(run)
        others = "the share of each in J, times how much faster it falls"
        yield Term("faster modes", window.faster, others, "a longer run")
        bend = "metric and curvature where the window begins, in all orders"
        yield Term("what is left of the way", window.bent, bend, "a longer run")
        small = "three steps at their rtol, against what is left"
        yield Term("integration", window.blurred, small, "a smaller rtol")

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        modes = _modes(run.experiment)
        rates = 2 * modes.rates
        if len(rates) > 2:
            yield Rival("it falls at the rate of the next mode", float(rates[2]))
        yield Rival("it falls at the rate of the weights, not twice it", rates[1] / 2)
        if run.experiment.network.depth > 1:
            yield Rival("depth does not change the rate", 2 * modes.plain)

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        problem, w0 = definite(seed)
        signed = w0 * np.sign(fisher_direction(problem).value)
        start = Diagonal.balanced(signed, depth=self.depth)
        own = Experiment(start, Risk(problem, Fisher()), CLOSE, until=22.0)
        if seed is None:
            return own
        until = 18 / float(_modes(own).rates[1])
        return Experiment(start, own.risk, CLOSE, until=until)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        problem, w0 = definite(seed)
        start = Diagonal.balanced(w0, depth=self.depth)
        return Experiment(start, Risk(problem, Fisher()), CLOSE, until=22.0)


def _modes(experiment: Experiment[Diagonal]) -> Modes:
    limit = orthant_end(experiment)
    if limit is None:
        raise Unmeasured("it is about the limit of two classes that w0 tells apart")
    problem, start = experiment.risk.problem, experiment.network
    w, power = limit.value, 2 / start.depth
    sizes = [np.sum(np.abs(x) ** power) for x in (np.asarray(start.predictor()), w)]
    w = w * (sizes[0] / sizes[1]) ** (1 / power)
    S, B = np.asarray(problem.within), np.asarray(problem.between)
    H = 2 * (S / (w @ S @ w) - B / (w @ B @ w))
    root = np.sqrt(2 / power) * np.abs(w) ** (1 - power / 2)
    rates, vectors = np.linalg.eigh(H * np.outer(root, root))
    return Modes(w, rates, vectors, root, float(np.linalg.eigvalsh(H)[1]))


def _clearest(run: Trajectory[Diagonal]) -> Window:
    """The window whose errors add up to least."""
    modes = _modes(run.experiment)
    flow: Any = run.experiment.flow
    times, w = along(run)
    off = w - modes.end
    amplitudes = (off / modes.root) @ modes.vectors
    weight = modes.rates[1:] * amplitudes[:, 1:] ** 2
    share = weight / np.sum(weight, axis=1, keepdims=True)
    faster = share @ (modes.rates[1:] / modes.rates[1] - 1)
    first = 4 * np.max(np.abs(off / modes.end), axis=1)
    # Each order is at most so much of the one before it; far out none says anything.
    bent = np.divide(first, 1 - first, np.full(len(w), np.inf), where=first < 1)
    exact = 3 * flow.rtol + 64 * EPS * modes.rates[-1] / modes.rates[1]
    blur = exact * np.linalg.norm(modes.end / modes.root) / np.abs(amplitudes[:, 1])
    left = np.log(_left(run, w))
    fall = left[:, None] - left
    with np.errstate(divide="ignore", invalid="ignore"):
        blurred = 2 * (blur[:, None] + blur) / fall
    total = (faster + bent)[:, None] + blurred
    later = times[:, None] < times
    total = np.where(later & (fall > 0) & np.isfinite(total), total, np.inf)
    i, j = np.unravel_index(int(np.argmin(total)), total.shape)
    if not np.isfinite(total[i, j]) and np.all(np.isinf(bent)):
        raise Unmeasured("the run ends too far from its limit: it needs to be longer")
    if not np.isfinite(total[i, j]):
        raise Unmeasured("J falls back or stands still: it needs more records before")
    rate = fall[i, j] / (times[j] - times[i])
    parts = (rate, faster[i], bent[i], blurred[i, j])
    return Window(*(float(part) for part in parts))


def _left(run: Trajectory[Diagonal], w: np.ndarray) -> np.ndarray:
    r"""$\log(J^*/J)$, from the distance to the limit: J alone would lose it."""
    limit, problem = orthant_end(run.experiment), run.experiment.risk.problem
    if limit is None:
        raise Unmeasured("it is about the limit of two classes that w0 tells apart")
    end, S, B = limit.value, np.asarray(problem.within), np.asarray(problem.between)
    share = (w @ end)[:, None]
    off, M = w - share * end, limit.objective * S - B
    lost = np.sum(off @ M * (off + 2 * share * end), axis=1)
    spread = limit.objective * np.sum(w @ S * w, axis=1)
    return -np.log1p(-lost / spread)
