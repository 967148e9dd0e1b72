"""The field of the gradient flow."""

import jax
import jax.numpy as jnp

from ..._assembled import assembled
from ...networks import AbstractLinearNetwork, AbstractNetwork
from ...problems import Problem
from ...risk import Risk
from .base import AbstractField


class Gradient(AbstractField):
    r"""$-\nabla R(\theta)$, and nothing else."""

    risk: Risk

    @classmethod
    def on(cls, risk: Risk, network: AbstractNetwork) -> "Gradient":
        """That of `risk` where `network` is, of no more data than the slope takes.

        Where that is the scatter, what is compiled serves every number of samples.
        """
        if risk.on_scatter and isinstance(network, AbstractLinearNetwork):
            risk = _without_samples(risk)
        return assembled(cls, risk=risk)

    def __call__(self, network: AbstractNetwork) -> AbstractNetwork:
        return jax.tree.map(jnp.negative, self.risk.gradient(network))


def _without_samples(risk: Risk) -> Risk:
    samples = dict.fromkeys(vars(risk.problem))
    known = {"_contrast": risk.contrast, "classes": ()}
    problem = assembled(Problem, **(samples | known))
    return assembled(Risk, **(vars(risk) | {"problem": problem}))
