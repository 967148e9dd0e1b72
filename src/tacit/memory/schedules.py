"""What Adam's memory does when the batch grows, or when its half-life is in tokens."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from ..errors import DataError
from .advice import adam_advice, AdamAdvice, BETA1, BETA2


LEFT = 0.05
"""The share of an earlier stage in the memory below which a stage is on its own."""


class Stage(NamedTuple):
    """`steps` steps with batches of `batch` samples; None for as long as it lasts."""

    batch: int
    steps: int | None = None


class StageAdvice(NamedTuple):
    """The advice for one stage of a schedule, and how long it takes to be about it.

    For `settling` steps more than 5 % of a full memory is from before it, or missing.
    """

    stage: Stage
    advice: AdamAdvice
    settling: int

    @property
    def covered(self) -> float:
        """The share of the stage's steps of which the advice speaks, 0 to 1."""
        steps = self.stage.steps
        return 1.0 if steps is None else max(0.0, 1 - self.settling / steps)


def beta_of_half_life(half_life: float, batch: int, *, tokens: float = 1.0) -> float:
    r"""The $\beta = 2^{-bT/h}$ whose memory is halved every `half_life` tokens.

    A step sees `batch` samples of `tokens` tokens each. To keep $h$ and not $\beta$
    when the batch changes is the rule of Marek et al. (2025), arXiv:2507.07101.
    """
    if not half_life > 0 or not 0 < tokens < math.inf or batch < 1:
        raise DataError(
            "a half-life is above 0, as is the number of tokens of a sample, and a "
            f"batch counts samples; got {half_life}, {tokens} and {batch}."
        )
    return 2.0 ** (-batch * tokens / half_life)


def half_life_of_beta(beta: float, batch: int, *, tokens: float = 1.0) -> float:
    """The tokens in which a memory of `beta` a step is halved; the inverse."""
    if not 0 < beta < 1:
        raise DataError(f"a memory with a half-life has beta in (0, 1); got {beta}.")
    return batch * tokens * math.log(2) / -math.log(beta)


def adam_schedule_advice(
    stages: Sequence[Stage | int],
    noise_scale: float,
    *,
    samples: int | None = None,
    model: str = "independent",
    beta1: Sequence[float] = BETA1,
    beta2: Sequence[float] = BETA2,
    half_life1: float | None = None,
    half_life2: float | None = None,
    tokens: float = 1.0,
) -> list[StageAdvice]:
    r"""`adam_advice` for every stage of a schedule of batches.

    With `half_life1` or `half_life2`, in tokens of which a sample has `tokens`, the
    memory of a stage is `beta_of_half_life` of its batch, whatever `beta1` or `beta2`.
    The noise scale is taken to be the same at all stages. Within a stage the advice is
    about the steps after `settling`: the formulas are averages over batches of one
    size. Raises as `adam_advice` does, and `DataError` for stages without steps.
    """
    if not stages:
        raise DataError("a schedule has one stage or more; got none.")
    plan = [each if isinstance(each, Stage) else Stage(each) for each in stages]
    for each in plan:
        if each.steps is not None and each.steps < 1:
            raise DataError(f"a stage has one step or more; got {each.steps}.")
    for each in plan[:-1]:
        if each.steps is None:
            raise DataError(
                f"the stage of batch {each.batch} has no number of steps, but is not "
                "the last one."
            )
    found = []
    for each in plan:
        lives = (half_life1, beta1), (half_life2, beta2)
        first, second = (
            betas
            if life is None
            else (beta_of_half_life(life, each.batch, tokens=tokens),)
            for life, betas in lives
        )
        for advice in adam_advice(
            each.batch,
            noise_scale,
            samples=samples,
            model=model,
            beta1=first,
            beta2=second,
        ):
            longest = max(advice.beta1, advice.beta2)
            settling = math.ceil(math.log(LEFT) / math.log(longest)) if longest else 1
            found.append(StageAdvice(each, advice, settling))
    return found
