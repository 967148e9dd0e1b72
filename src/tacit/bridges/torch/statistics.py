"""Class means and scatter over many batches, for batches too small for their own."""

from ...errors import DataError, ShapeError
from .backend import torch
from .scatter import class_scatter, ClassScatter


class ClassStatistics(torch.nn.Module):
    r"""The scatter of every sample seen, one of `a` batches ago with weight `decay^a`.

    For `classes` labelled 0, 1, ... and embeddings ``(n, features)``. The present batch
    is in it with its derivative; earlier ones are numbers, computed by the network as
    it was then: some $1/(1-\text{decay})$ batches are remembered, and the network
    should move little in that time. Masses, means and scatter are merged by Chan's
    update and saved with the model's `state_dict`.

    Raises `DataError` for numbers out of range, `ShapeError` for other embeddings and
    `DataError` for other labels.
    """

    mass: torch.Tensor
    means: torch.Tensor
    scatter: torch.Tensor
    seen: torch.Tensor

    def __init__(self, classes: int, features: int, *, decay: float = 0.9):
        super().__init__()
        if classes < 2 or features < 1:
            raise DataError(
                "ClassStatistics needs two or more classes and one or more features; "
                f"got {classes} and {features}."
            )
        if not 0 <= decay <= 1:
            raise DataError(f"decay is in [0, 1]; got {decay}.")
        self.decay = float(decay)
        wide = torch.float64
        self.register_buffer("mass", torch.zeros(classes, dtype=wide))
        self.register_buffer("means", torch.zeros(classes, features, dtype=wide))
        self.register_buffer("scatter", torch.zeros(features, features, dtype=wide))
        self.register_buffer("seen", torch.zeros((), dtype=torch.long))

    def extra_repr(self) -> str:
        classes, features = self.means.shape
        return f"classes={classes}, features={features}, decay={self.decay:g}"

    def joined(
        self, rows: torch.Tensor, labels: torch.Tensor, *, remember: bool
    ) -> tuple[ClassScatter, int]:
        """The scatter with `rows` ``(n, d)``, and how many samples were seen for it.

        Classes without any mass are left out. `remember` keeps the result for later.
        """
        classes, features = self.means.shape
        if rows.shape[1] != features:
            raise ShapeError(
                f"ClassStatistics has {features} features; the embeddings have "
                f"{rows.shape[1]}."
            )
        if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < classes:
            raise DataError(
                f"ClassStatistics has the classes 0 to {classes - 1}; the labels run "
                f"from {int(labels.min())} to {int(labels.max())}."
            )
        new, _ = class_scatter(rows, labels, classes)
        old = self.decay * self.mass.to(rows)
        mass = old + new.mass
        share = new.mass / torch.where(mass > 0, mass, 1.0)
        apart = new.means - self.means.to(rows)
        means = self.means.to(rows) + share[:, None] * apart
        between = (apart.mT * (old * share)) @ apart
        scatter = self.decay * self.scatter.to(rows) + new.scatter + between
        seen = (int(self.seen) if self.decay else 0) + len(rows)
        if remember:
            with torch.no_grad():
                self.mass.copy_(mass)
                self.means.copy_(means)
                self.scatter.copy_(scatter)
                self.seen.fill_(seen)
        return ClassScatter(mass, means, scatter).present(), seen
