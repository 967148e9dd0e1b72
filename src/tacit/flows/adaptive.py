"""What optimisers that adapt to the size of every coordinate share."""

import abc
import math
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from .._types import Key
from ..memory import MovingAverages
from ..networks import AbstractNetwork
from ..risk import Risk
from .batches import lacks_class
from .fixed_step import AbstractFixedStep, diverged, traced, undefined
from .updates import require_range


if TYPE_CHECKING:
    from typing import ClassVar as AbstractClassVar, ClassVar as AbstractVar
else:
    from equinox import AbstractClassVar, AbstractVar


class AbstractAdaptive(AbstractFixedStep):
    r"""$\theta \leftarrow \theta - \eta F_t$ with $F_t$ made of running averages.

    To add one: subclass, set `order` and `decoupled`, declare the fields below, define
    `memory_rule`; `__check_init__` calls `require_adaptive`.

    With `batch` every move sees that many rows; `balanced`, `replace` and `fixed` are
    as in `Batches`. `schedule` maps the number of the move, from 0, to a factor on
    `step`. Before move 0 the averages have seen `warm` batches at the starting point,
    where nothing moved: what memory does can then be told from how it starts.
    """

    decoupled: AbstractClassVar[bool]
    r"""Whether `weight_decay` $\mu$ takes $\eta\mu\theta$ off beside the move; if not,
    it adds $\mu\theta$ to every gradient."""

    batch: AbstractVar[int | None]
    weight_decay: AbstractVar[float]
    schedule: AbstractVar[Callable[[Array], Array] | None]
    balanced: AbstractVar[bool]
    replace: AbstractVar[bool]
    fixed: AbstractVar[bool]
    warm: AbstractVar[int]

    @property
    @abc.abstractmethod
    def memory_rule(self) -> MovingAverages:
        """The moving-average update rule."""

    def memory(self, risk: Risk, network: AbstractNetwork, key: Key):
        sampler = self.sampler(risk)
        state = None if sampler is None else sampler.begin(key)
        still = jax.tree.map(jnp.zeros_like, network)
        first, second = still, still
        if self.warm:
            first, second, state = _warmed(traced(self), risk, network, sampler, state)
        return first, second, sampler, state

    def move(self, risk: Risk, network: AbstractNetwork, memory, k: Array):
        first, second, sampler, state = memory
        t = k + self.warm
        g, state = _seen(self, risk, network, sampler, state, t)
        rule = self.memory_rule
        first, second = _averaged(rule, first, second, g)
        rate = self.step if self.schedule is None else self.step * self.schedule(k)
        decay = self.weight_decay if self.decoupled else 0.0

        def moved(p, m, v):
            return p - rate * (rule.direction(*rule.debias(m, v, t)) + decay * p)

        network = jax.tree.map(moved, network, first, second)
        return network, (first, second, sampler, state)

    def explain(self, risk: Risk, network: AbstractNetwork, memory, k: int) -> str:
        first, second, sampler, state = memory
        t = jnp.asarray(k + self.warm)
        if sampler is not None:
            rows, _ = sampler.draw(state, t)
            if bool(lacks_class(risk, rows)):
                return (
                    f"a batch of {self.batch} lacks a class and its scatter does not "
                    "exist: use balanced=True or a larger batch"
                )
        g, _ = _seen(self, risk, network, sampler, state, t)
        _, second = _averaged(self.memory_rule, first, second, g)
        flat = sum(int(jnp.sum(v == 0)) for v in jax.tree.leaves(second))
        if flat and float(self.memory_rule.eps) == 0:
            return (
                f"{flat} parameters have had a gradient of 0 throughout, and 0 over a "
                "root of 0 is no number: give eps > 0"
            )
        if not all(bool(jnp.all(jnp.isfinite(x))) for x in jax.tree.leaves(g)):
            if not k:
                return undefined(risk)
            return (
                "the gradient there is not finite; the parameters are those before it "
                f"(step {self.step}: try a smaller one)"
            )
        return diverged(self)


def require_adaptive(flow: AbstractAdaptive, **betas: float) -> None:
    """Raise `DataError` for numbers out of their range; warn of one that is unusual."""
    limits: dict[str, tuple] = {
        "step": (0, math.inf, True),
        "eps": (0, math.inf, False),
        "weight_decay": (0, math.inf, False),
        "warm": (0, math.inf, False),
        **dict.fromkeys(betas, (0, 1, False)),
    }
    if flow.batch is not None:
        limits["batch"] = (1, math.inf, False)
    require_range(flow, **limits)
    first, second = betas.get("beta1", 0.0), betas.get("beta2", 1.0)
    if second < first**2:
        warnings.warn(
            f"{type(flow).__name__}: beta2 = {second:g} is below beta1² = {first**2:g}."
            " The square forgets sooner than the mean, so that a single large gradient "
            "can move a parameter by many steps.",
            stacklevel=4,
        )


@eqx.filter_jit
def _warmed(flow, risk, network, sampler, state):
    """The averages of `flow.warm` batches at `network`, and the sampler's state."""
    still = jax.tree.map(jnp.zeros_like, network)

    def watch(k, memory):
        first, second, state = memory
        g, state = _seen(flow, risk, network, sampler, state, k)
        return *_averaged(flow.memory_rule, first, second, g), state

    return jax.lax.fori_loop(0, flow.warm, watch, (still, still, state))


def _seen(flow, risk, network, sampler, state, t):
    """The gradient of batch number `t` at `network`, and the sampler's state."""
    if sampler is None:
        g = risk.gradient(network)
    else:
        rows, state = sampler.draw(state, t)
        lost = lacks_class(risk, rows)
        g = risk.gradient(network, rows)
        g = jax.tree.map(lambda x: jnp.where(lost, jnp.nan, x), g)
    if not flow.decoupled:
        g = jax.tree.map(lambda x, p: x + flow.weight_decay * p, g, network)
    return g, state


def _averaged(rule, first, second, g):
    both = jax.tree.map(rule.update, first, second, g)
    return jax.tree.transpose(jax.tree.structure(g), jax.tree.structure((0, 0)), both)
