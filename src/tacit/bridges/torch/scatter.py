"""Means and scatters of the classes in a batch, in float64 and without cancellation."""

from typing import NamedTuple

from .backend import torch


class ClassScatter(NamedTuple):
    r"""What a Deep LDA loss sees of its samples.

    `mass` ``(C,)`` is how many samples each class has, `means` ``(C, d)`` are their
    means (0 for a class that is not there) and `scatter` ``(d, d)`` is
    $\sum_i (z_i - m_{y_i})(z_i - m_{y_i})^\top$, not divided.
    """

    mass: torch.Tensor
    means: torch.Tensor
    scatter: torch.Tensor

    @property
    def within(self) -> torch.Tensor:
        """$S_w$ with the weights $1/n$."""
        return self.scatter / self.mass.sum()

    @property
    def contrast(self) -> torch.Tensor:
        r"""A $B$ ``(d, C)`` with $S_b = BB^\top$, of the weights $1/n$."""
        share = self.mass / self.mass.sum()
        return (share.sqrt()[:, None] * (self.means - share @ self.means)).mT

    def present(self) -> "ClassScatter":
        """The same without the classes that are not there."""
        there = self.mass > 0
        return ClassScatter(self.mass[there], self.means[there], self.scatter)


def class_scatter(
    rows: torch.Tensor, member: torch.Tensor, classes: int
) -> tuple[ClassScatter, torch.Tensor]:
    """The scatter of `rows` ``(n, d)``, of which row i is in class ``member[i]``.

    `classes` counts classes. Also the rows less their class means, ``(n, d)``: no
    product is formed before the means are off.
    """
    mass = torch.bincount(member, minlength=classes).to(rows.dtype)
    sums = rows.new_zeros(classes, rows.shape[1]).index_add(0, member, rows)
    means = sums / mass.clamp(min=1)[:, None]
    apart = rows - means.index_select(0, member)
    return ClassScatter(mass, means, apart.mT @ apart), apart


def code_scatters(
    found: ClassScatter, apart: torch.Tensor, member: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    r"""$S_w$ and $S_b$ as the program of Dorfer et al. (2016) forms them.

    The plain mean of the unbiased class covariances, and $S_t - S_w$ with $S_t$ of the
    divisor $n - 1$, which need not be positive.
    """
    n = len(apart)
    freedom = (found.mass - 1).clamp(min=1)  # one sample has no covariance
    within = (apart / (len(found.mass) * freedom)[member][:, None]).mT @ apart
    spread = n * found.contrast @ found.contrast.mT + found.scatter
    return within, spread / (n - 1) - within
