"""Where the records of a `Monitor` go: anything called as ``sink(record, step)``.

None of what they write to is imported before a sink is made, and none opens a
connection by itself.
"""

from .jsonl import JSONLines
from .mlflow import MLflow
from .tensorboard import TensorBoard
from .wandb import WandB


__all__ = ["JSONLines", "MLflow", "TensorBoard", "WandB"]
