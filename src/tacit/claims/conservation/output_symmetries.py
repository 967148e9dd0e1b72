"""What the symmetries of the outputs say of the gradient, at any point."""

from collections.abc import Iterable
from typing import Any, ClassVar

import jax
import numpy as np

from ...experiment import Experiment
from ...losses import AbstractLoss, RatioTrace, Squared
from ...networks import AbstractLinearNetwork, DeepLinear, MLP
from ...observables import AbstractObservable, LinearPredictor
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..measures.budgets import cancellation, EPS
from ..measures.paths import along, gradient, slope_size, slopes
from ..measures.ridge import likeness
from ..papers import LI, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.discriminants import FINE, three_classes
from ..witnesses.draws import draw


class OutputMoment(AbstractClaim[AbstractLinearNetwork]):
    r"""Each symmetry of the $k$ outputs binds the moment $M = E G^\top$ of the slope.

    $G$ is the slope at the predictor $E$ ``(k, d)``, and $\langle X, M \rangle$ the
    derivative of the risk along $E \mapsto e^{tX} E$. A loss free of scale has
    $\operatorname{tr} M = 0$, one that sees the outputs through their distances
    $M = M^\top$, one free of the basis $M = 0$. The loss at hand says which are
    predicted: $M$ is to be what its symmetries leave of it, at every recorded $E$.
    """

    id: ClassVar[str] = "A2"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = AbstractLinearNetwork
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    sees: ClassVar[float] = 1e-9

    loss: AbstractLoss = RatioTrace()
    """That of the witness."""

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        loss, k = experiment.risk.loss, _outputs(experiment)
        bound = (k > 1 and loss.rotation_free) or loss.scale_free or loss.basis_free
        yield Hypothesis("the loss has a symmetry of the outputs", bool(bound))

    def predicted(self, run: Trajectory) -> np.ndarray:
        M, loss = _moments(run), run.experiment.risk.loss
        if loss.basis_free:
            return np.zeros_like(M)
        if loss.rotation_free or not loss.scale_free:
            M = (M + np.swapaxes(M, 1, 2)) / 2
        return _traceless(M) if loss.scale_free else M

    def measured(self, run: Trajectory) -> np.ndarray:
        return _moments(run)

    def distance(self, predicted: Any, measured: Any, run: Trajectory) -> float:
        return float(np.max(np.abs(measured - predicted)) / _size(run))

    def budget(self, run: Trajectory) -> Iterable[Term]:
        E = _predictors(run)
        within = np.asarray(run.experiment.risk.problem.within)
        latent = np.max(np.linalg.cond(E @ within @ np.swapaxes(E, 1, 2)))
        size = 16 * EPS * E[0].size * float(latent)
        reason = "float64 in one gradient, through the scatter of the outputs"
        return (Term("rounding", size, reason, "outputs that are less alike"),)

    def rivals(self, run: Trajectory) -> Iterable[Rival]:
        M, free = _moments(run), run.experiment.risk.loss.basis_free
        if free or _outputs(run.experiment) == 1:
            E = _predictors(run)
            lean = _lengths(E) * _lengths(slopes(run.experiment, E)) / 100
            k = _outputs(run.experiment)
            felt = np.eye(k) * (lean / np.sqrt(k))[:, None, None]
            yield Rival("scale is felt, by a hundredth of the slope", felt)
        else:
            yield Rival("M = 0, as if the basis were free", np.zeros_like(M))

    def witness(self, seed: int | None = None) -> Experiment:
        risk = Risk(three_classes(seed), self.loss)
        return Experiment(_random(2, 8, seed), risk, FINE, until=0.0)

    def foil(self, seed: int | None = None) -> Experiment:
        risk = Risk(three_classes(seed), Squared())
        return Experiment(_random(3, 8, seed), risk, FINE, until=0.0)


class LastBiasIdle(AbstractClaim[MLP]):
    r"""A discriminant criterion gives the last bias no gradient.

    Scatters are taken about means, so a shift common to all outputs changes nothing.
    Held against both ends of a run, in units of the gradient at the start.
    """

    id: ClassVar[str] = "A2b"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = MLP
    sees: ClassVar[float] = 1e-9

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        free = bool(experiment.risk.loss.shift_free)
        yield Hypothesis("the loss is free of shifts of the outputs", free)
        biased = experiment.network.biases is not None
        yield Hypothesis("the network has biases", biased)

    def forecast(self, experiment: Experiment[MLP]) -> Forecast:
        del experiment
        return Forecast(0.0, "the gradient in the last bias")

    def measured(self, run: Trajectory[MLP]) -> np.ndarray:
        found = [slope.biases[-1] for slope in _gradients(run) if slope.biases]
        return np.array([np.linalg.norm(b) for b in found])

    def distance(self, predicted: Any, measured: Any, run: Trajectory[MLP]) -> float:
        leaves = jax.tree.leaves(_gradients(run)[0])
        size = np.sqrt(sum(np.sum(np.square(x)) for x in leaves))
        return float(np.max(np.abs(measured - predicted)) / size)

    def budget(self, run: Trajectory[MLP]) -> Iterable[Term]:
        # What cancels in it are the slopes of all samples, each larger than their sum.
        return (cancellation(run, likeness(run)),)

    def rivals(self, run: Trajectory[MLP]) -> Iterable[Rival]:
        last = [np.linalg.norm(slope.weights[-1]) for slope in _gradients(run)]
        yield Rival("it is pulled as the last weights are", np.array(last))

    def witness(self, seed: int | None = None) -> Experiment[MLP]:
        risk = Risk(three_classes(seed), RatioTrace())
        return Experiment(_biased(2, seed), risk, FINE, until=0.0)

    def foil(self, seed: int | None = None) -> Experiment[MLP]:
        risk = Risk(three_classes(seed), Squared())
        return Experiment(_biased(3, seed), risk, FINE, until=0.0)


def _outputs(experiment: Experiment) -> int:
    return len(np.atleast_2d(experiment.network.predictor()))


def _predictors(run: Trajectory) -> np.ndarray:
    """The predictor at every record, ``(t, k, d)``."""
    _, E = along(run)
    return E if E.ndim == 3 else E[:, None]


def _moments(run: Trajectory) -> np.ndarray:
    E = _predictors(run)
    return E @ np.swapaxes(slopes(run.experiment, E), 1, 2)


def _traceless(M: np.ndarray) -> np.ndarray:
    trace = np.trace(M, axis1=1, axis2=2)[:, None, None]
    return M - trace * np.eye(M.shape[1]) / M.shape[1]


def _lengths(E: np.ndarray) -> np.ndarray:
    return np.linalg.norm(E, axis=(1, 2))


def _size(run: Trajectory) -> float:
    """The length of the predictor times that of a slope of which nothing cancels."""
    _, E = along(run)
    longest = np.max(_lengths(_predictors(run)))
    return float(longest * slope_size(run.experiment, E))


def _gradients(run: Trajectory[MLP]) -> list[MLP]:
    """The gradient at both ends of the run."""
    risk = run.experiment.risk
    return [gradient(risk, net) for net in (run.experiment.network, run.network)]


def _random(k: int, d: int, seed: int | None) -> DeepLinear:
    return DeepLinear([draw(1402, seed).standard_normal((k, d))])


def _biased(k: int, seed: int | None) -> MLP:
    rng = draw(1402, seed)
    weights = [rng.standard_normal(shape) / 2 for shape in ((6, 8), (k, 6))]
    return MLP(weights, biases=[rng.standard_normal(6), rng.standard_normal(k)])
