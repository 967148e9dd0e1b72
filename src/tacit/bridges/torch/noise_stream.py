"""The noise scale while training, from gradients that training computes anyway."""

import json
import math
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ...errors import DataError
from .backend import torch
from .ratio import Ratio, ratio_of_averages


SCHEMA = "tacit.noise-scale/1"


class NoiseScale:
    r"""$B_{\rm simple} = \operatorname{tr}\Sigma/|g|^2$ from gradients of two sizes.

    A step's gradient is a mean of $k$ gradients of `batch` samples each: those of the
    backward passes that are accumulated, of the processes of `torch.distributed`, or of
    both. With $s$ the mean of the $k$ squared norms and $l$ the squared norm of the
    mean, $(kl - s)/(k - 1)$ is $|g|^2$ and $kb(s - l)/(k - 1)$ is
    $\operatorname{tr}\Sigma$, without bias (McCandlish et al. 2018, arXiv:1812.06162,
    Appendix A.1). Their averages over the last `window` steps are divided; the average
    of the ratios would be biased, and at times negative. The interval
    is that of `ratio_of_averages`; it takes the noise scale to stand still for a
    `window`, and the samples to be drawn independently. `drifts` says when it did not:
    take a shorter `window` then.

    ``noise.update()`` goes after the last backward pass of a step and before anything
    that changes gradients (clipping, `GradScaler.unscale_`). Whether the loss is
    divided by the number of passes does not matter; batches must be of one size. Give
    the `scaler` if there is one. Gradients have to be zeroed between steps.

    Raises `DataError` for a model that does not train, for numbers out of range and
    for steps of a single gradient, which have one size only.
    """

    def __init__(
        self,
        model: torch.nn.Module | Iterable[torch.nn.Parameter],
        batch: int,
        *,
        window: int = 1000,
        scaler: Any = None,
    ):
        given = model.parameters() if isinstance(model, torch.nn.Module) else model
        self.parameters = [p for p in given if p.requires_grad]
        if not self.parameters:
            raise DataError("NoiseScale: no parameter requires a gradient.")
        if batch < 1 or window < 1:
            raise DataError(
                "NoiseScale: batch counts samples and window steps, both from 1 on; "
                f"got {batch} and {window}."
            )
        self.batch, self.scaler = batch, scaler
        self.steps = self.skipped = 0
        self.window = window
        self._traces: deque[float] = deque(maxlen=window)
        self._squares: deque[float] = deque(maxlen=window)
        self._passes = [0] * len(self.parameters)
        self._small: list[torch.Tensor] = []
        self._hooks = [
            p.register_hook(self._seen(i)) for i, p in enumerate(self.parameters)
        ]

    def _seen(self, i: int):
        def note(slope: torch.Tensor) -> None:  # of one pass, before it is added up
            self._passes[i] += 1
            self._small.append(_square(slope))

        return note

    def update(self) -> None:
        """Read the step's gradients. A step that is not finite is counted and left."""
        passes, small = max(self._passes), self._small
        self._passes, self._small = [0] * len(self.parameters), []
        if not passes:
            raise DataError(
                "NoiseScale.update: no backward pass since the last one. It goes after "
                "loss.backward() and before optimizer.step()."
            )
        grads = [p.grad for p in self.parameters if p.grad is not None]
        sums = torch.stack((_sum(small), _sum([_square(g) for g in grads])))
        world = 1
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            world = torch.distributed.get_world_size()
            torch.distributed.all_reduce(sums)  # the second is alike on all of them
        if passes * world < 2:
            raise DataError(
                "NoiseScale.update: the step has one gradient, so one batch size. "
                "Accumulate two or more backward passes a step, use several processes, "
                "or measure it with tacit.bridges.torch.noise_scale."
            )
        unit = 1.0 if self.scaler is None else float(self.scaler.get_scale())
        total, large = (float(s) / unit**2 for s in sums)
        k = passes * world
        if not math.isfinite(total + large):
            self.skipped += 1
            return
        self.add(total / k, large / world / passes**2, ratio=k)

    def add(self, small: float, large: float, *, ratio: int) -> None:
        """Add a step by its numbers.

        `small` is the mean squared norm of gradients of `batch` samples, `large` that
        of the mean of `ratio` of them.
        """
        if ratio < 2 or not 0 <= small < math.inf or not 0 <= large < math.inf:
            raise DataError(
                "NoiseScale.add takes squared norms, and a ratio of 2 or more; got "
                f"{small}, {large} and {ratio}."
            )
        spread = max(small - large, 0.0)  # a mean is no longer than its parts
        self._traces.append(spread * ratio * self.batch / (ratio - 1))
        self._squares.append((ratio * large - small) / (ratio - 1))
        self.steps += 1

    @property
    def value(self) -> float:
        """The noise scale in samples, 0 or more; infinite where no gradient is seen."""
        return self.ratio().value

    def ratio(self, *, level: float = 0.95) -> Ratio:
        """The noise scale with its interval."""
        return ratio_of_averages(self._traces, self._squares, level=level)

    def halves(self, *, level: float = 0.95) -> tuple[Ratio, Ratio]:
        """The noise scale of the earlier and of the later half of the window."""
        traces, squares = list(self._traces), list(self._squares)
        cut = len(traces) // 2
        first = ratio_of_averages(traces[:cut], squares[:cut], level=level)
        return first, ratio_of_averages(traces[cut:], squares[cut:], level=level)

    @property
    def drifts(self) -> bool:
        """Whether the intervals of the two halves are apart: the average is stale."""
        first, last = self.halves()
        return first.high < last.low or last.high < first.low

    def record(self) -> dict[str, Any]:
        """What is known, as JSON has it: null for what is infinite."""
        found = _finite(self.ratio())
        return {
            "schema": SCHEMA,
            "noise_scale": found[0],
            "interval": found[1:],
            "level": 0.95,
            "batch": self.batch,
            "steps": len(self._traces),
            "window": self.window,
            "drifts": self.drifts,
            "halves": [_finite(half) for half in self.halves()],
        }

    def save(self, path: str | Path) -> Path:
        """Write `record` to a file, for ``tacit advise-adam --noise-scale FILE``."""
        path = Path(path)
        path.write_text(json.dumps(self.record(), indent=2) + "\n")
        return path

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {
            "traces": list(self._traces),
            "squares": list(self._squares),
            "steps": self.steps,
            "skipped": self.skipped,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        for kept, name in ((self._traces, "traces"), (self._squares, "squares")):
            kept.clear()
            kept.extend(state[name])
        self.steps, self.skipped = state["steps"], state["skipped"]

    def close(self) -> None:
        """Stop listening to the parameters."""
        for hook in self._hooks:
            hook.remove()
        self._hooks = []

    def __enter__(self) -> "NoiseScale":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


def _finite(found: Ratio) -> list[float | None]:
    return [x if math.isfinite(x) else None for x in found]


def _square(x: torch.Tensor) -> torch.Tensor:
    wide = torch.float32 if x.device.type == "mps" else torch.float64
    return torch.linalg.vector_norm(x.detach(), dtype=wide) ** 2


def _sum(squares: list[torch.Tensor]) -> torch.Tensor:
    device = squares[0].device if squares else None
    return sum((s.to(device) for s in squares), torch.zeros((), device=device))
