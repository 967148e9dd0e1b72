"""Weights & Biases, offline unless a run of the caller's own is not."""

from typing import Any

from ...base import import_extra


class WandB:
    """Logs to `run`, or to an offline run that it starts with `settings`.

    Steps are an axis of their own, ``tacit/step``: the run's own step counts calls, and
    would drop what comes late. Raises `MissingExtraError` without the package wandb.
    """

    def __init__(self, run: Any = None, **settings: Any):
        if run is None:
            wandb = import_extra("sinks.WandB", "wandb", "monitor")
            run = wandb.init(**{"mode": "offline", **settings})
        self.run = run
        run.define_metric("tacit/step")
        run.define_metric("tacit/*", step_metric="tacit/step")

    def __call__(self, record: dict[str, float], step: int) -> None:
        self.run.log({**record, "tacit/step": step})
