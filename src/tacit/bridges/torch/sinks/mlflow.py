"""MLflow."""

from typing import Any

from ...base import import_extra


class MLflow:
    """Logs to the run `run_id`, or to the active one; one call a record.

    Where runs are kept is the caller's choice, such as a local ``sqlite:///FILE``
    (`mlflow.set_tracking_uri`). Raises `MissingExtraError` without the package mlflow.
    """

    def __init__(self, run_id: str | None = None):
        self.mlflow = import_extra("sinks.MLflow", "mlflow", "monitor")
        self.run_id = run_id

    def __call__(self, record: dict[str, float], step: int) -> None:
        more: dict[str, Any] = {"run_id": self.run_id} if self.run_id else {}
        self.mlflow.log_metrics(record, step=step, **more)
