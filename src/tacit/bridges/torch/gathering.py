"""The samples of all processes, with a gradient that reaches their owners."""

from typing import Any

from ...errors import DataError
from .backend import torch


def gathered(
    rows: torch.Tensor, labels: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The rows ``(n, d)`` and labels ``(n,)`` of all processes, in order of rank.

    Processes may have different numbers of rows. The derivative of a value that every
    process computes from them is summed over the processes, so that the average that
    `DistributedDataParallel` takes of the gradients is that of one large batch. Alone
    it returns what it is given.
    """
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return rows, labels
    world = torch.distributed.get_world_size()
    sizes = [torch.zeros(2, dtype=torch.long, device=rows.device) for _ in range(world)]
    own = torch.tensor(rows.shape, dtype=torch.long, device=rows.device)
    torch.distributed.all_gather(sizes, own)
    if len({int(s[1]) for s in sizes}) > 1:
        raise DataError(
            "gather=True: the processes have embeddings of different dimensions, "
            f"{[int(s[1]) for s in sizes]}."
        )
    counts = [int(s[0]) for s in sizes]
    together = _Gather.apply(rows, counts)
    return together, _collected(labels, counts)  # pyright: ignore[reportReturnType]


def _collected(part: torch.Tensor, counts: list[int]) -> torch.Tensor:
    """The parts of all processes, one below the other; `counts` are their lengths."""
    padded = part.new_zeros((max(counts), *part.shape[1:]))  # one length for all
    padded[: len(part)] = part
    parts = [torch.empty_like(padded) for _ in counts]
    torch.distributed.all_gather(parts, padded)
    return torch.cat([p[:k] for p, k in zip(parts, counts, strict=True)])


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: torch.Tensor, counts: list[int]) -> torch.Tensor:
        rank = torch.distributed.get_rank()
        ctx.mine = slice(sum(counts[:rank]), sum(counts[: rank + 1]))
        return _collected(rows.detach(), counts)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, slope: torch.Tensor) -> tuple:  # pyright: ignore[reportIncompatibleMethodOverride]
        total = slope.contiguous().clone()
        torch.distributed.all_reduce(total)
        return total[ctx.mine], None
