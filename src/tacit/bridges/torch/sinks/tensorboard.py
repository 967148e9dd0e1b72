"""TensorBoard."""

from pathlib import Path

from ...base import import_extra


class TensorBoard:
    """Writes scalars to a folder that ``tensorboard --logdir`` reads.

    Raises `MissingExtraError` without the package tensorboard.
    """

    def __init__(self, folder: str | Path):
        import_extra("sinks.TensorBoard", "tensorboard", "monitor")
        made = import_extra("sinks.TensorBoard", "torch.utils.tensorboard", "monitor")
        self.writer = made.SummaryWriter(str(folder))

    def __call__(self, record: dict[str, float], step: int) -> None:
        for name, value in record.items():
            self.writer.add_scalar(name, value, step)
        self.writer.flush()
