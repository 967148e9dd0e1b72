"""What the processes of `torch.distributed` do in the tests: functions to spawn."""

import copy

import torch
from torch import distributed
from torch.multiprocessing.spawn import spawn

from tacit.bridges.torch import DeepLDALoss, Monitor, NoiseScale


SIZES = (14, 10)
"""How many of the samples each of two processes has: not alike, on purpose."""


def together(work, folder, *args):
    """Run ``work(rank, *args)`` in two gloo processes; what each returned, in order."""
    spawn(_joined, args=(work, str(folder), args), nprocs=len(SIZES), join=True)
    return [torch.load(folder / f"{rank}.pt") for rank in range(len(SIZES))]


def _joined(rank, work, folder, args):
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo",
        init_method=f"file://{folder}/meeting",
        rank=rank,
        world_size=len(SIZES),
    )
    torch.save(work(rank, *args), f"{folder}/{rank}.pt")
    distributed.destroy_process_group()


def part(rank, *whole):
    """This process's share of the rows."""
    first = sum(SIZES[:rank])
    return tuple(each[first : first + SIZES[rank]] for each in whole)


def gathered_gradient(rank, model, X, y):
    """What two processes find together: a loss, its gradient, a noise scale, records.

    The gradient is the one that data-parallel training sees. The noise scale is of two
    backward passes a step, on the first 4 and the next 4 rows of each process.
    """
    model = copy.deepcopy(model)  # what was sent lies in memory that is shared
    parallel = torch.nn.parallel.DistributedDataParallel(model)
    X, y = part(rank, X, y)
    loss = DeepLDALoss(gather=True)(parallel(X), y)
    loss.backward()
    slopes = [p.grad.clone() for p in model.parameters()]
    with NoiseScale(model, 4) as noise:
        model.zero_grad()
        with parallel.no_sync():
            parallel(X[:4]).square().mean().backward()
        parallel(X[4:8]).square().mean().backward()
        noise.update()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with Monitor(parallel, optimizer, every=1) as monitor:
        optimizer.step()
    return loss.detach(), slopes, noise.state_dict(), monitor.records
