"""What the memory of an optimiser does to a quantity."""

from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from ..errors import DataError
from ..experiment import Snapshot
from ..flows import Memoryless
from ..memory import gradients, long_memory, mean_age, replay, sampling_share
from ..networks import AbstractNetwork
from .base import AbstractObservable
from .deviations import deviations


class MemoryProjection(AbstractObservable[AbstractNetwork]):
    r"""$\langle\mathrm{Corr}, \nabla S\rangle / \|\nabla S\|$ for every $S$ in `of`.

    The memory of the optimiser `flow`, `Adam` or one of its kin, moves the parameters
    by $-\eta^2$ times the mean correction; positive where it lowers $S$, the first
    number that the observable measures. On mini-batches the mean is that of a long
    second memory (`tacit.memory.adam_long_memory`), exact on the whole sample. With
    `histories` it is over so many random histories of batches instead, drawn with
    `seed`, the averages filled before.

    Raises `DataError` for another flow.
    """

    of: tuple[AbstractObservable, ...]
    flow: Any
    histories: int | None = None
    seed: int = 0

    dims: ClassVar[tuple[str, ...]] = ("quantity",)

    def __check_init__(self):
        rule = self.flow.memory_rule
        if rule is None or not rule.adapts:
            raise DataError(
                "MemoryProjection is about Adam, AdamW and RMSprop; got "
                f"{type(self.flow).__name__}. For others take Memoryless with and "
                "without its correction.",
                about="flow",
            )
        if self.histories is not None and self.histories < 1:
            raise DataError(
                f"histories = {self.histories}: one or more, or none.",
                about="histories",
            )

    def measure(self, at: Snapshot) -> Float[Array, " quantities"]:
        correction = self.correction(at)

        def pushed(observable):
            def value(network):
                now = Snapshot(network, at.start, at.risk, at.time)
                return jnp.ravel(observable.measure(now))[0]

            slope, _ = ravel_pytree(eqx.filter_grad(value)(at.network))
            return correction @ slope / jnp.sqrt(jnp.sum(slope**2))

        return jnp.stack([pushed(observable) for observable in self.of])

    def correction(self, at: Snapshot) -> Float[Array, " P"]:
        """The mean correction itself, as a vector."""
        flat, back = ravel_pytree(at.network)
        rule, risk, n = self.flow.memory_rule, at.risk, at.risk.problem.n
        if self.histories is not None and self.flow.batch is not None:
            return _over_histories(self, risk, flat, back)
        batch = n if self.flow.batch is None else self.flow.batch
        share = sampling_share(n, batch, replace=self.flow.replace)

        def moments(where):
            if share == 0:
                g = ravel_pytree(risk.gradient(back(where)))[0]
                return g, g**2
            g, apart, mass = deviations(risk, back(where))
            return g, g**2 + share * (mass @ apart**2)

        ages = mean_age(rule.beta1), mean_age(rule.beta2)
        return long_memory(moments, flat, *ages, rule.eps).correction


def _over_histories(self, risk, flat, back):
    """The mean over histories drawn as a run with each of their seeds draws them."""
    flow = self.flow
    W = Memoryless(flow).length
    ids = jnp.arange(W)

    def one(table):
        def loss(where, b):
            return risk.value(back(where), table[b])

        G = gradients(loss, flat, W, chunk=W)
        return replay(
            flow.memory_rule, loss, flat, G, ids, W - 1, grouped=False, chunk=W
        ).correction

    tables = [flow.rows(risk, self.seed + i, W) for i in range(self.histories)]
    return jnp.mean(jax.lax.map(one, jnp.stack(tables)), axis=0)
