"""Adam, AdamW and RMSprop."""

from collections.abc import Callable
from typing import ClassVar

import equinox as eqx
from jaxtyping import Array

from ..memory import MovingAverages
from .adaptive import AbstractAdaptive, require_adaptive


class Adam(AbstractAdaptive):
    r"""Adam, bias-corrected and with $\epsilon$ inside the root unless said otherwise.

    $m$ and $v$ are running averages of $g$ and $g^2$ with memories `beta1` and `beta2`;
    $\theta \leftarrow \theta - \eta\,\hat m / \sqrt{\hat v + \epsilon}$. With
    ``inside=False`` the root is taken first, as in PyTorch and optax, and without
    `bias_correction` $\hat m = m$, $\hat v = v$. `weight_decay` $\mu$ adds $\mu\theta$
    to $g$. `batch` None is the whole sample, else mini-batches, of which a permutation
    of the rows makes an epoch (a remainder waits for the next), `replace` independent
    draws, `balanced` equal classes, and `fixed` parts that stay together.

    Kingma and Ba (2015), arXiv:1412.6980. It does not follow the gradient flow as
    $\eta \to 0$ at fixed memory. Raises `DataError` for numbers outside their range;
    warns where ``beta2 < beta1**2``.
    """

    order: ClassVar[int] = 0
    decoupled: ClassVar[bool] = False
    step: float = eqx.field(default=1e-3, converter=float)
    beta1: float = eqx.field(default=0.9, converter=float)
    beta2: float = eqx.field(default=0.999, converter=float)
    eps: float = eqx.field(default=1e-8, converter=float)
    batch: int | None = None
    inside: bool = True
    bias_correction: bool = True
    weight_decay: float = eqx.field(default=0.0, converter=float)
    schedule: Callable[[Array], Array] | None = None
    balanced: bool = False
    replace: bool = False
    fixed: bool = False
    warm: int = eqx.field(default=0, static=True)

    def __check_init__(self):
        require_adaptive(self, beta1=self.beta1, beta2=self.beta2)

    @property
    def memory_rule(self) -> MovingAverages:
        return MovingAverages(
            self.beta1, self.beta2, self.eps, self.inside, self.bias_correction
        )


class AdamW(AbstractAdaptive):
    r"""`Adam` with decoupled weight decay: $\theta$ loses $\eta\mu\theta$ every move.

    The decay sees neither average. Loshchilov and Hutter (2019), arXiv:1711.05101,
    Algorithm 2, in the usual convention that $\eta$ multiplies $\mu$.
    """

    order: ClassVar[int] = 0
    decoupled: ClassVar[bool] = True
    step: float = eqx.field(default=1e-3, converter=float)
    beta1: float = eqx.field(default=0.9, converter=float)
    beta2: float = eqx.field(default=0.999, converter=float)
    eps: float = eqx.field(default=1e-8, converter=float)
    batch: int | None = None
    inside: bool = True
    bias_correction: bool = True
    weight_decay: float = eqx.field(default=1e-2, converter=float)
    schedule: Callable[[Array], Array] | None = None
    balanced: bool = False
    replace: bool = False
    fixed: bool = False
    warm: int = eqx.field(default=0, static=True)

    def __check_init__(self):
        require_adaptive(self, beta1=self.beta1, beta2=self.beta2)

    @property
    def memory_rule(self) -> MovingAverages:
        return MovingAverages(
            self.beta1, self.beta2, self.eps, self.inside, self.bias_correction
        )


class RMSprop(AbstractAdaptive):
    r"""Adam with one memory: $\theta \leftarrow \theta - \eta g/\sqrt{v + \epsilon}$.

    $v$ is the running average of $g^2$ with memory `beta`, not corrected for its start
    unless asked to. Tieleman and Hinton (2012), lecture 6.5. The other arguments are
    those of `Adam`.
    """

    order: ClassVar[int] = 0
    decoupled: ClassVar[bool] = False
    step: float = eqx.field(default=1e-2, converter=float)
    beta: float = eqx.field(default=0.99, converter=float)
    eps: float = eqx.field(default=1e-8, converter=float)
    batch: int | None = None
    inside: bool = True
    bias_correction: bool = False
    weight_decay: float = eqx.field(default=0.0, converter=float)
    schedule: Callable[[Array], Array] | None = None
    balanced: bool = False
    replace: bool = False
    fixed: bool = False
    warm: int = eqx.field(default=0, static=True)

    def __check_init__(self):
        require_adaptive(self, beta=self.beta)

    @property
    def memory_rule(self) -> MovingAverages:
        return MovingAverages(
            0.0, self.beta, self.eps, self.inside, self.bias_correction
        )
