"""A loss on a problem: the function that training descends."""

from typing import TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from ._assembled import assembled
from ._types import absent, Contrast, Predictor, require_float64, Scalar
from .compilation import make_room
from .errors import (
    CapabilityError,
    DataError,
    require_kind,
    ShapeError,
    TacitError,
)
from .losses import (
    AbstractLoss,
    AbstractMarginLoss,
    AbstractPointwiseLoss,
    AbstractScatterLoss,
)
from .losses.definite import require_definite, require_discriminating
from .losses.measured import require_true
from .networks import AbstractLinearNetwork, AbstractNetwork
from .problems import Problem
from .problems.products import Dense, Tall


N = TypeVar("N", bound=AbstractNetwork)

MOST_KINDS = 1024
_COMPUTED: set[tuple] = set()
"""Shapes of risk and network whose value was seen to exist: that takes a trace, which
is most of what an experiment costs to make."""


class Risk(eqx.Module):
    r"""The loss of a network's outputs on the whole sample.

    A loss of scatter matrices on a linear network never sees the outputs: with
    predictor $E$ it is computed from $E S_w E^\top$ and $E S_b E^\top$, through $S_w$
    itself if that is cheaper than through the rows (``n > d / 2``).

    Such a loss needs classes; `DataError` if the problem has none, if a feature is
    constant, or if $S_w$ is singular where the loss then has no minimum. With
    ``singular=True`` the last is taken as intended.
    """

    problem: Problem
    loss: AbstractLoss
    scatter: Dense | Tall | None
    contrast: Contrast | None

    def __init__(self, problem: Problem, loss: AbstractLoss, *, singular: bool = False):
        make_room()  # a new shape of data is what most compilations come from
        require_float64("Risk")
        require_kind("the problem", problem, Problem, "tacit.Problem")
        require_kind("the loss", loss, AbstractLoss, "tacit.losses")
        self.problem, self.loss = problem, loss
        self.scatter = self.contrast = None
        if problem.X is None and not isinstance(loss, AbstractScatterLoss):
            raise DataError(
                f"{type(loss).__name__} needs single samples, but this Problem was "
                "made from scatter matrices. Make it from X and y."
            )
        if problem.X is not None:
            if isinstance(loss, AbstractPointwiseLoss):
                loss.check_targets(np.asarray(problem.targets))
            require_true(loss, problem)
        if not isinstance(loss, AbstractScatterLoss):
            return
        self.contrast = contrast = problem.contrast
        if problem.X is not None and problem.n <= problem.d / 2:
            self.scatter = Tall(problem.centred, contrast)
        else:
            self.scatter = Dense.of(problem.within, contrast)
        if not (singular or loss.ridge or loss.input_ridge):
            require_definite(problem, loss, self.scatter)

    @property
    def on_scatter(self) -> bool:
        """Whether a linear network's risk is read off the scatter matrices."""
        return self.scatter is not None

    @property
    def nameless(self) -> "Risk":
        """The same function, of a problem without names: for what is compiled."""
        problem = self.problem.nameless
        if problem is self.problem:
            return self
        return assembled(Risk, **(vars(self) | {"problem": problem}))

    def sample(self, rows: Int[Array, " b"] | None = None) -> tuple:
        """Inputs, targets and weights, of the whole sample or of `rows` of it.

        Classes that are more than the features come by number, if the loss takes them
        so: one-hot rows would be larger than the data.
        """
        problem, classes = self.problem, len(self.problem.classes)
        X, weights = problem.X, problem.weights
        many = self.loss.numbers_classes and classes > max(2, problem.d)
        # Where there are no samples the problem says so, and what to do.
        targets = problem.numbered if many and X is not None else problem.targets
        assert X is not None
        if rows is None:
            return X, targets, weights
        return X[rows], targets[rows], None if weights is None else weights[rows]

    def value(self, network: AbstractNetwork, rows: Int[Array, " b"] | None = None):
        """The loss at `network`, on the whole sample or on `rows` of it."""
        require_float64("a risk")
        if isinstance(network, AbstractLinearNetwork):
            return self.criterion(network.predictor(), rows)
        X, targets, weights = self.sample(rows)
        return self.loss(jax.vmap(network)(X), targets, weights)

    def gradient(self, network: N, rows: Int[Array, " b"] | None = None) -> N:
        """The gradient of `value`, in the shape of the network."""
        require_float64("a risk")
        if not isinstance(network, AbstractLinearNetwork):
            return eqx.filter_grad(self.value)(network, rows)
        E, pull = jax.vjp(lambda net: net.predictor(), network)
        return pull(self.slope(E, rows))[0]

    def criterion(self, E: Predictor, rows: Int[Array, " b"] | None = None) -> Scalar:
        """The risk of the linear predictor `E`, ``(d,)`` or ``(k, d)``."""
        if self.scatter is None or self.contrast is None:
            X, targets, weights = self.sample(rows)
            return self.loss(X @ E.T, targets, weights)
        flat = jnp.atleast_2d(E)
        if rows is None:
            product, F = self.scatter(flat)
            A = product @ flat.T
        else:
            X, targets, weights = self.sample(rows)
            A, F = self._scatter_loss.latent(X @ E.T, targets, weights)
        return self._latent(A, self._gram(flat), F)

    def slope(self, E: Predictor, rows: Int[Array, " b"] | None = None) -> Predictor:
        """The gradient of `criterion`, of the shape of `E`."""
        if self.scatter is None or self.contrast is None or rows is not None:
            return jax.grad(self.criterion)(E, rows)
        # One product with the scatter: autodiff of E S Eᵀ would make two.
        flat = jnp.atleast_2d(E)
        product, apart = self.scatter(flat)
        latent = (product @ flat.T, self._gram(flat), apart)
        A, G, F = jax.grad(self._latent, argnums=(0, 1, 2))(*latent)
        slope = (A + A.T) @ product + F @ self.contrast.T
        if G is not None:
            slope = slope + (G + G.T) @ flat
        return slope.reshape(E.shape)

    def log_value(self, network: AbstractNetwork) -> Scalar:
        """The logarithm of `value` for losses of a margin, however small that is."""
        if isinstance(network, AbstractLinearNetwork):
            return self.log_criterion(network.predictor())
        X, targets, weights = self.sample()
        return self._margin_loss.log(jax.vmap(network)(X), targets, weights)

    def log_gradient(self, network: N) -> N:
        """The gradient of `log_value`, in the shape of the network."""
        if not isinstance(network, AbstractLinearNetwork):
            return eqx.filter_grad(self.log_value)(network)
        E, pull = jax.vjp(lambda net: net.predictor(), network)
        return pull(self.log_slope(E))[0]

    def log_criterion(self, E: Predictor) -> Scalar:
        """The natural logarithm of `criterion`."""
        X, targets, weights = self.sample()
        return self._margin_loss.log(X @ E.T, targets, weights)

    def log_slope(self, E: Predictor) -> Predictor:
        """The gradient of `log_criterion`, of the shape of `E`."""
        return jax.grad(self.log_criterion)(E)

    @property
    def margin_rows(self) -> Float[Array, "m D"]:
        """The rows whose products with the predictor are the margins."""
        X, targets, _ = self.sample()
        return self._margin_loss.margin_rows(X, targets)

    def check_network(self, network: AbstractNetwork) -> None:
        """Raise unless `network` is one that this risk can start from."""
        linear = isinstance(network, AbstractLinearNetwork)
        needs_linear = self.problem.X is None or self.loss.input_ridge
        if not linear and self.on_scatter and needs_linear:
            raise CapabilityError(self, network, AbstractLinearNetwork)
        if linear:
            E = np.atleast_2d(np.asarray(network.predictor()))
            if E.shape[1] != self.problem.d:
                raise ShapeError(
                    f"{type(network).__name__} takes {E.shape[1]} features but the "
                    f"problem has {self.problem.d}."
                )
            if self.contrast is not None:
                require_discriminating(E, np.asarray(self.contrast))
        kind = _kind(self.nameless, network)
        if kind in _COMPUTED:
            return
        try:  # the shapes alone, without a number computed
            jax.eval_shape(self.value, network)
        except TacitError:
            raise
        except (TypeError, ValueError) as error:
            raise ShapeError(
                f"{type(self.loss).__name__} of {type(network).__name__} cannot be "
                f"computed on {self.problem.d} features: {error}"
            ) from error
        if len(_COMPUTED) >= MOST_KINDS:
            _COMPUTED.clear()
        if kind is not None:
            _COMPUTED.add(kind)

    @property
    def _scatter_loss(self) -> AbstractScatterLoss:
        assert isinstance(self.loss, AbstractScatterLoss)
        return self.loss

    @property
    def _margin_loss(self) -> AbstractMarginLoss:
        if not isinstance(self.loss, AbstractMarginLoss):
            raise DataError(
                f"{type(self.loss).__name__} may be 0: its logarithm is no use. "
                "Losses of a margin have one: Logistic, Exponential."
            )
        return self.loss

    def _gram(self, flat):
        return None if absent(self._scatter_loss.input_ridge) else flat @ flat.T

    def _latent(self, A, gram, F):
        loss = self._scatter_loss
        return loss.criterion(loss.ridged(A, gram), F)


def _kind(risk, network):
    """What the two have apart from numbers; None if it cannot be looked up."""
    leaves, shape = jax.tree.flatten((risk, network))
    sizes = tuple((x.shape, x.dtype) if eqx.is_array(x) else x for x in leaves)
    try:
        hash((shape, sizes))
    except TypeError:
        return None
    return shape, sizes
