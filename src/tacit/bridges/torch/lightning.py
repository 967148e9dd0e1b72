"""A `Monitor` as a callback of Lightning."""

from collections.abc import Iterable
from typing import Any

from ...errors import MissingExtraError
from .monitor import Monitor, Sink


try:
    from lightning.pytorch import Callback  # pyright: ignore[reportMissingImports]
except ModuleNotFoundError as error:
    if error.name not in ("lightning", "lightning.pytorch"):
        raise
    raise MissingExtraError("LightningMonitor", "lightning", "lightning") from None


class LightningMonitor(Callback):
    """Watches the module with `Monitor`, and logs its records with the module's logger.

    The arguments are those of `Monitor`; `optimizer` is the index of the one whose
    steps are counted. A record is logged once, at the batch whose step it belongs to,
    however many batches a step accumulates, and by the first process alone. Its state
    is kept in checkpoints. After training the monitor is `self.monitor`.
    """

    def __init__(
        self,
        *,
        every: int = 10,
        sinks: Iterable[Sink] = (),
        probe: Any = None,
        optimizer: int = 0,
    ):
        super().__init__()
        self.settings = {"every": every, "sinks": list(sinks), "probe": probe}
        self.optimizer = optimizer
        self.monitor: Monitor | None = None
        self._state: dict[str, Any] | None = None
        self._logged = 0

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        optimizer = trainer.optimizers[self.optimizer]
        self.monitor = Monitor(pl_module, optimizer, **self.settings)
        if self._state is not None:
            self.monitor.load_state_dict(self._state)
        self._logged = len(self.monitor.records)

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        del trainer, outputs, batch, batch_idx
        if self.monitor is None or len(self.monitor.records) == self._logged:
            return
        self._logged = len(self.monitor.records)
        record = self.monitor.records[-1][1]
        pl_module.log_dict(record, on_step=True, on_epoch=False, rank_zero_only=True)

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        del trainer, pl_module
        if self.monitor is not None:
            self.monitor.close()

    def state_dict(self) -> dict[str, Any]:
        return {} if self.monitor is None else {"monitor": self.monitor.state_dict()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._state = state_dict.get("monitor")
