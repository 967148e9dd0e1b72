"""What every claim is."""

import abc
from collections.abc import Iterable
from typing import ClassVar, Generic, NamedTuple, TYPE_CHECKING

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import ArrayLike
from scipy.interpolate import make_interp_spline

from ..experiment import Experiment, N
from ..flows import GradientFlow
from ..networks import AbstractNetwork
from ..observables import AbstractObservable
from ..risk import Risk
from ..training import Trajectory


if TYPE_CHECKING:
    from typing import ClassVar as AbstractClassVar, ClassVar as AbstractVar
else:
    from equinox import AbstractClassVar, AbstractVar


class Hypothesis(NamedTuple):
    """One condition of a theorem, and whether the run at hand meets it."""

    text: str
    met: bool


class AbstractClaim(eqx.Module, Generic[N]):
    """A theorem about where training goes, in a form a run can be held against.

    To add one: subclass and define the four methods. The test suite then trains the
    witness and the foil and checks that the claim tells them apart.
    """

    id: AbstractClassVar[str]
    """A short name, such as ``"B3"``: the section and the number."""

    reference: AbstractClassVar[str]
    """Authors (year), identifier, and the place in it."""

    needs: AbstractClassVar[type[AbstractNetwork]]
    """The kind of network the theorem is about."""

    tolerance: AbstractVar[float]
    """The largest gap that still counts as holding. A string under it says why."""

    observes: ClassVar[tuple[AbstractObservable, ...]] = ()
    """What must be recorded during the run for `gap` to be computed."""

    records: ClassVar[int | ArrayLike] = 50
    """At how many times, or at which, as `tacit.train` takes them."""

    margin: ClassVar[float] = 1e3
    """How many tolerances the gap of the foil must exceed: by how much it can see."""

    @abc.abstractmethod
    def hypotheses(self, run: Trajectory[N]) -> Iterable[Hypothesis]:
        """The theorem's conditions, each tested on `run`."""

    @abc.abstractmethod
    def gap(self, run: Trajectory[N]) -> float:
        """How far the conclusion is from holding: 0 when it does, free of scale."""

    @abc.abstractmethod
    def witness(self) -> Experiment[N]:
        """A small experiment that meets every hypothesis."""

    @abc.abstractmethod
    def foil(self) -> Experiment[N]:
        """The witness with a hypothesis broken, so that the conclusion is false."""

    @property
    def rivals(self) -> "tuple[AbstractClaim, ...]":
        """False theorems nearby: each must come out *fails* on the witness."""
        return ()


def is_gradient_flow(run: Trajectory) -> Hypothesis:
    """Whether it is the gradient flow of the risk, without weight decay."""
    flow = run.experiment.flow
    plain = isinstance(flow, GradientFlow) and not (
        flow.weight_decay or flow.descent_step or flow.memory is not None
    )
    return Hypothesis("it is the gradient flow, without weight decay", plain)


def matched_layers(run: Trajectory) -> Hypothesis:
    r"""Whether a linear network starts at $W_{l+1}^\top W_{l+1} = W_l W_l^\top$."""
    layers = [np.asarray(W) for W in run.experiment.network.layers]
    stray = [
        np.abs(V.T @ V - W @ W.T).max() / np.sum(W**2)
        for W, V in zip(layers, layers[1:], strict=False)
    ]
    return Hypothesis("the start is balanced", max(stray, default=0.0) < 1e-13)


@eqx.filter_jit
def gradient(risk: Risk, network: N) -> N:
    """The gradient of the risk in one compiled piece: by parts it takes seconds."""
    return risk.gradient(network)


def along(run: Trajectory) -> tuple[np.ndarray, np.ndarray]:
    """Times from 0 on and the predictor at them, of a run that watched it."""
    times, w = np.asarray(run.times), np.asarray(run.seen["LinearPredictor"])
    if times[0] == 0:
        return times, w
    first = np.asarray(run.experiment.network.predictor())
    return np.append(0.0, times), np.concatenate([first[None], w])


def slopes(run: Trajectory, w: np.ndarray) -> np.ndarray:
    """The slope of the risk at every predictor in `w`, ``(t, d)``."""
    return np.asarray(_slopes(run.experiment.risk, jnp.asarray(w)))


@eqx.filter_jit
def _slopes(risk, w):
    return jax.vmap(risk.slope)(w)


def over_time(times: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, float]:
    """The integral of `values` from 0 to every one of `times`, and its relative error.

    It is that of the spline of degree 7 through all records. The error is that of the
    spline through every other record, which at order 8 is 256 times as far off.
    """
    if len(times) < 16 or not np.all(np.isfinite(values)):
        return np.full_like(values, np.nan), np.inf
    fine = make_interp_spline(times, values, k=7).antiderivative()
    coarse = make_interp_spline(times[::2], values[::2], k=7).antiderivative()
    total, rough = fine(times), coarse(times[::2])
    off, size = np.max(np.abs(total[::2] - rough)), np.max(np.abs(total))
    return total, float(off / size) if size else 0.0


def resolved(error: float) -> Hypothesis:
    """Whether an integral with this error from `over_time` is good to 1e-9."""
    text = "the records are dense enough to integrate over time"
    return Hypothesis(text, error <= 256e-9)


def settled(run: Trajectory, turn: float = 1e-4) -> Hypothesis:
    r"""Whether the second half of a run that watched the predictor changed little.

    The direction turned by less than `turn`, and what is left of a run is no more than
    that; 1e-4 costs 1e-8 in $1 - \cos$. No weight grew by a thousandth: one that still
    grows is on its way to another limit.
    """
    times, w = along(run)
    w = w / np.linalg.norm(w, axis=1, keepdims=True)
    half = w[np.searchsorted(times, times[-1] / 2)]
    turned = np.linalg.norm(w[-1] - half)
    grew = np.any(np.abs(w[-1]) > 1.001 * np.abs(half))
    still = len(times) > 4 and turned < turn and not grew
    return Hypothesis("the run has come to rest", bool(still))
