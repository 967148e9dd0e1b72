"""Who runs the units: this process, workers on this machine, or a Dask cluster."""

from .base import Drained, Driver
from .cluster import run_on_cluster
from .inline import run_inline
from .local import run_locally


__all__ = ["Drained", "Driver", "run_inline", "run_locally", "run_on_cluster"]
