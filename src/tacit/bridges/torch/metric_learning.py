"""The Deep LDA loss as a loss of pytorch-metric-learning."""

from typing import Any

from ...errors import DataError, MissingExtraError
from .backend import torch
from .loss import DeepLDALoss


try:
    from pytorch_metric_learning.losses import (  # pyright: ignore[reportMissingImports]
        BaseMetricLossFunction,
    )
except ModuleNotFoundError as error:
    if error.name != "pytorch_metric_learning":
        raise
    raise MissingExtraError(
        "MetricDeepLDALoss", "pytorch-metric-learning", "metric-learning"
    ) from None


class MetricDeepLDALoss(BaseMetricLossFunction):
    """`DeepLDALoss` with the reducers, regularisers and statistics of that library.

    ``MetricDeepLDALoss(DeepLDALoss(...), **options)``; the options are those of every
    loss there. The loss of a batch is one number, so a reducer has nothing to do. With
    `collect_stats` it keeps `eigenvalue_sum`, `least_eigenvalue` and
    `largest_eigenvalue` of the batch, 0 where there is none.

    A scatter has no pairs: mined `indices_tuple` and a second set of embeddings raise
    `DataError`, and so do missing labels.
    """

    def __init__(self, loss: DeepLDALoss | None = None, **options: Any):
        super().__init__(**options)
        self.loss = DeepLDALoss() if loss is None else loss
        self.add_to_recordable_attributes(
            list_of_names=["eigenvalue_sum", "least_eigenvalue", "largest_eigenvalue"],
            is_stat=True,
        )

    def compute_loss(
        self,
        embeddings: torch.Tensor,
        labels: torch.Tensor | None,
        indices_tuple: Any,
        ref_emb: torch.Tensor | None,
        ref_labels: torch.Tensor | None,
    ) -> dict[str, dict[str, Any]]:
        del ref_labels
        if labels is None:
            raise DataError("MetricDeepLDALoss needs labels: its classes are theirs.")
        if indices_tuple is not None or (
            ref_emb is not None and ref_emb is not embeddings
        ):
            raise DataError(
                "MetricDeepLDALoss has no pairs to mine and no reference set: it is "
                "about the classes of one batch. Call it with embeddings and labels."
            )
        if self.collect_stats:
            values = self.loss.eigenvalues(embeddings, labels)
            self.eigenvalue_sum = float(values.sum())
            self.least_eigenvalue = float(values[0]) if len(values) else 0.0
            self.largest_eigenvalue = float(values[-1]) if len(values) else 0.0
        found = self.loss(embeddings, labels)
        return {
            "loss": {
                "losses": found,
                "indices": None,
                "reduction_type": "already_reduced",
            }
        }
