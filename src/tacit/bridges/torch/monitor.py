"""Watching a PyTorch model train: its layers' spectra, balance, norms and margin."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from ...errors import DataError
from .backend import torch
from .balance import imbalance, wide
from .margins import normalised_margin
from .spectra import TopSingular
from .structure import bare, columns, matrix, structure


Record = dict[str, float]
Sink = Callable[[Record, int], object]


class _Before(NamedTuple):
    """A layer just before a step."""

    weight: torch.Tensor
    pull: torch.Tensor
    """⟨W, G⟩ + ⟨b, g⟩, half of how fast its squared norm falls along the flow."""
    along: torch.Tensor
    radial: torch.Tensor | None


class Monitor:
    r"""Measures the layers of `model` every `every` steps of `optimizer`.

    A record is a dict from ``tacit/<metric>/<layer>`` to a number. For each layer $W$
    (of a convolution, output channels against all else):

    * ``rank_one`` $\|W\|_2/\|W\|_F$, ``stable_rank`` its inverse square, ``norm``
      $\|W\|_F$ and ``norm_drift`` $\|W\|_F^2/\|W(0)\|_F^2 - 1$;
    * ``radial`` $\langle W, G\rangle/\|W\|\|G\|$ with $G$ the gradient: 0 where
      the gradient flow conserves the norm, as of the last layer under a loss that is
      free of scale; ``update``, the length of the step over $\|W\|_F$;

    for each two layers that follow one another (``<below>:<above>``): ``alignment``,
    the top left vector of the lower against the top right one of the upper,
    ``imbalance`` and ``imbalance_drift`` (`tacit.bridges.torch.balance`) over the
    larger $\|W\|_F^2$, and ``imbalance_rate``, at which the gradient flow of the last
    batch moves $\|V\|_F^2 - \|W\|_F^2 - |b|^2$: 0 under a law, and for tanh, GELU and
    others the source of their identity (Rawal and DeWeese 2026, arXiv:2605.01288,
    Theorem 1); and ``margin`` on ``probe=(inputs, targets)``.

    Each sink is called as ``sink(record, step)``, in the first process only. Steps are
    those of the optimizer, however many batches they gather. Nothing of the model is
    hooked, replaced or changed: a step may be compiled, parameters tied, frozen or in
    groups. `skipped` says of every other parameter why it is not measured (a bias is,
    in the balance of its layer); `unlinked` of two layers that follow one another, as
    far as the model can be traced, why they are no pair; a weight without a gradient
    has no ``radial`` and ``update``.

    Raises `DataError` for a model without layers and for `every` below 1.
    """

    def __init__(
        self,
        model: torch.nn.Module,
        optimizer: Any,
        *,
        every: int = 10,
        sinks: Iterable[Sink] = (),
        probe: tuple[torch.Tensor, torch.Tensor] | None = None,
    ):
        if every < 1:
            raise DataError(f"Monitor: every counts steps, from 1 on; got {every}.")
        self.model, self.every, self.probe = model, every, probe
        self.sinks = list(sinks)
        found = structure(model)
        if not found.layers:
            said = "; ".join(f"{name}, {why}" for name, why in found.skipped.items())
            raise DataError(
                f"Monitor: {type(bare(model)).__name__} has no Linear or convolution "
                f"layer. Left out: {said or 'nothing; it has no parameter'}."
            )
        self.layers: dict[str, Any] = found.layers
        self.links, self.unlinked = found.links, found.unlinked
        self.skipped, self.shared = found.skipped, found.shared
        self.step = 0
        self.records: list[tuple[int, Record]] = []
        self._tops: dict[str, TopSingular] = {}
        self._before: dict[str, _Before] = {}
        with torch.no_grad():
            self._squares = {
                name: float(torch.linalg.vector_norm(wide(layer.weight)) ** 2)
                for name, layer in self.layers.items()
            }
            self._balances = [self._imbalance(link).clone() for link in self.links]
        while hasattr(optimizer, "optimizer"):  # a wrapper, accelerate's for one
            optimizer = optimizer.optimizer
        self.optimizer = optimizer
        self._hooks = [
            optimizer.register_step_pre_hook(self._about_to_step),
            optimizer.register_step_post_hook(self._stepped),
        ]

    def _about_to_step(self, *ignored: object) -> None:
        del ignored
        if (self.step + 1) % self.every or not _first_process():
            return
        for name, layer in self.layers.items():
            W = layer.weight
            if W.grad is None or W.grad.is_sparse:
                continue
            G, held = W.grad.detach(), W.detach()
            sizes = torch.linalg.vector_norm(held) * torch.linalg.vector_norm(G)
            along = held.flatten() @ G.flatten()
            radial = along / sizes if bool(sizes > 0) else None
            b = getattr(layer, "bias", None)
            bias = 0.0 if b is None or b.grad is None else b.detach() @ b.grad
            self._before[name] = _Before(held.clone(), along + bias, along, radial)

    def _stepped(self, *ignored: object) -> None:
        del ignored
        self.step += 1
        if self.step % self.every == 0 and _first_process():
            record = self.measure()
            self.records.append((self.step, record))
            for sink in self.sinks:
                sink(record, self.step)
        self._before.clear()

    @torch.no_grad()
    def measure(self) -> Record:
        """The record of the weights as they are; what needs a step only after one."""
        found: dict[str, torch.Tensor] = {}
        weights = {name: wide(layer.weight) for name, layer in self.layers.items()}
        sizes = {k: torch.linalg.vector_norm(W) for k, W in weights.items()}
        tops = {k: self._top(k, matrix(self.layers[k], W)) for k, W in weights.items()}
        for name, W in weights.items():
            label, size = name or "model", sizes[name]
            share = tops[name].value / torch.where(size > 0, size, 1.0)
            share = torch.where(size > 0, share.clamp(max=1), 1.0)
            found[f"rank_one/{label}"] = share
            found[f"stable_rank/{label}"] = torch.where(size > 0, share**-2, 0.0)
            found[f"norm/{label}"] = size
            if self._squares[name] > 0:
                found[f"norm_drift/{label}"] = size**2 / self._squares[name] - 1
            if name in self._before:
                before = self._before[name]
                moved = torch.linalg.vector_norm(W - before.weight.to(W))
                if bool(size > 0):
                    found[f"update/{label}"] = moved / size
                if before.radial is not None:
                    found[f"radial/{label}"] = before.radial
        for link, start in zip(self.links, self._balances, strict=True):
            pair = f"{link.below}:{link.above}"
            left = tops[link.below].left
            above = self.layers[link.above]
            form = columns(above, weights[link.above], len(left))
            same = form.shape == above.weight.shape  # a Linear, fed by as many units
            right = tops[link.above].right if same else self._top(pair, form).right
            found[f"alignment/{pair}"] = (left @ right.to(left)).abs().clamp(max=1)
            scale = torch.maximum(sizes[link.below], sizes[link.above]) ** 2
            scale = torch.where(scale > 0, scale, 1.0)
            now = self._imbalance(link)
            found[f"imbalance/{pair}"] = torch.linalg.vector_norm(now) / scale
            moved = torch.linalg.vector_norm(now - start.to(now))
            found[f"imbalance_drift/{pair}"] = moved / scale
            if link.below in self._before and link.above in self._before:
                rate = self._before[link.below].pull - self._before[link.above].along
                found[f"imbalance_rate/{pair}"] = 2 * rate / scale
        if self.probe is not None:
            found["margin"] = normalised_margin(
                self.model, *self.probe, [*weights.values()]
            )
        device = next(iter(weights.values())).device
        values = torch.stack([v.to(device, torch.float32) for v in found.values()])
        return {f"tacit/{k}": v for k, v in zip(found, values.tolist(), strict=True)}

    def _top(self, key, W):
        return self._tops.setdefault(key, TopSingular())(W)

    def _imbalance(self, link):
        return imbalance(link, self.layers[link.below], self.layers[link.above])

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps: the count, the start, and where iterations are."""
        return {
            "step": self.step,
            "squares": dict(self._squares),
            "balances": [b.cpu() for b in self._balances],
            "tops": {k: top.start for k, top in self._tops.items()},
            "records": list(self.records),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint; drifts are again from the first start.

        Raises `DataError` for a checkpoint of another model.
        """
        if set(state["squares"]) != set(self.layers) or len(state["balances"]) != len(
            self.links
        ):
            raise DataError(
                f"Monitor: the checkpoint is of layers {sorted(state['squares'])}, the "
                f"model has {sorted(self.layers)}."
            )
        self.step, self._squares = state["step"], dict(state["squares"])
        self._balances = list(state["balances"])
        self._tops = {k: TopSingular(v) for k, v in state["tops"].items()}
        self.records = list(state["records"])

    def report(self, out: str | Path) -> Path:
        """Write ``report.html`` and ``records.json`` to the folder `out`; the page."""
        from .monitor_page import write_page

        return write_page(self, out)

    def close(self) -> None:
        """Stop: remove the hooks from the optimizer."""
        for hook in self._hooks:
            hook.remove()
        self._hooks = []

    def __enter__(self) -> "Monitor":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


def _first_process() -> bool:
    there = torch.distributed.is_available() and torch.distributed.is_initialized()
    return not there or torch.distributed.get_rank() == 0
