"""A `Monitor` as a callback of the Hugging Face trainer."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ...errors import MissingExtraError
from .backend import torch
from .monitor import Monitor, Sink


try:
    from transformers import TrainerCallback  # pyright: ignore[reportMissingImports]
except ModuleNotFoundError as error:
    if error.name != "transformers":
        raise
    raise MissingExtraError("TrainerMonitor", "transformers", "transformers") from None


class TrainerMonitor(TrainerCallback):
    """Watches the model with `Monitor`, and adds its last record to what is logged.

    ``TrainerMonitor(...).attach(trainer)`` puts it before the callbacks that report,
    which otherwise have reported already; when something is logged is the trainer's
    choice. Each checkpoint keeps what the monitor has seen, and a run that goes on from
    one goes on. The arguments are those of `Monitor`; after training it is
    `self.monitor`.
    """

    def __init__(
        self, *, every: int = 10, sinks: Iterable[Sink] = (), probe: Any = None
    ):
        self.settings = {"every": every, "sinks": list(sinks), "probe": probe}
        self.monitor: Monitor | None = None
        self._logged = 0

    def attach(self, trainer: Any) -> "TrainerMonitor":
        """Put it first of the trainer's callbacks; itself."""
        trainer.callback_handler.callbacks.insert(0, self)
        return self

    def on_train_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        del control
        self.monitor = Monitor(more["model"], more["optimizer"], **self.settings)
        kept = _kept(args, state)
        if kept.is_file():
            self.monitor.load_state_dict(torch.load(kept, weights_only=True))

    def on_save(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        del control, more
        folder = _kept(args, state).parent
        if self.monitor is not None and folder.is_dir() and state.is_world_process_zero:
            torch.save(self.monitor.state_dict(), _kept(args, state))

    def on_log(
        self, args: Any, state: Any, control: Any, logs: Any = None, **more: Any
    ) -> None:
        del args, control, more
        if self.monitor is None or len(self.monitor.records) == self._logged:
            return
        self._logged = len(self.monitor.records)
        record = self.monitor.records[-1][1]
        if logs is not None:
            logs.update(record)
        if state.log_history:  # written before any callback is asked
            state.log_history[-1].update(record)

    def on_train_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        del args, state, control, more
        if self.monitor is not None:
            self.monitor.close()


def _kept(args, state) -> Path:
    """The file of the monitor in the checkpoint of the step that the trainer is at."""
    return (
        Path(args.output_dir) / f"checkpoint-{state.global_step}" / "tacit_monitor.pt"
    )
