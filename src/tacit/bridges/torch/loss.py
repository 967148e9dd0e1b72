"""The Deep LDA loss for PyTorch."""

import warnings

from ...errors import DataError, OptionError, ShapeError
from .backend import torch
from .eigenproblem import Pieces, Reduced, reduced, Ridge
from .gathering import gathered
from .objectives import generalised, near_the_least, OBJECTIVES
from .scatter import class_scatter, code_scatters
from .statistics import ClassStatistics


CONVENTIONS = ("scatter", "code")


class DegenerateBatchWarning(UserWarning):
    """A batch has too few samples or classes for what is asked of it."""


class DeepLDALoss(torch.nn.Module):
    r"""A decreasing function of the eigenvalues of LDA on a batch of embeddings.

    The eigenvalues $v_1 \le \dots \le v_q$, $q = \min(d, C - 1)$, are those of
    $S_b e = v\,(S_w + \rho I)\,e$ over the $C$ classes in the batch, with $S_w$ and
    $S_b$ the scatters within and between classes, weights $1/n$; $S_b$, not $S_t$,
    which would give $v + 1$. All objectives are to be made small, and are negative
    because the eigenvalues are not:

    * ``"trace"``: $-\sum_j v_j$;  ``"mean"``: $-\frac1q \sum_j v_j$;
    * ``"log1p-sum"``: $-\sum_j \log(1 + v_j)$;  ``"log-det"``: $-\sum_j \log v_j$;
    * ``"dorfer"``: minus the mean of the $v_j \le v_1 + $ `threshold` (less than that
      if `strict`), of Dorfer, Kelz and Widmer (2016), arXiv:1511.04707. There
      `convention` may be ``"code"``, the scatters of the authors' program.

    `ridge` is $\rho$ over the mean of the diagonal of $S_w$ and is differentiated, so
    that scaling the embeddings changes nothing; with ``relative=False`` it is $\rho$.
    With `statistics` the scatters are those of all batches so far, old ones decayed.
    `gather` takes the samples of all processes of `torch.distributed`: without it each
    has an LDA of its own.

    ``loss(embeddings, labels)`` takes ``(n, d)`` and integers ``(n,)``, and returns a
    number. It computes in float64 outside autocast (float32 on MPS, which has no
    float64) and returns float32 or, for float64, that. A batch with one class, with one
    sample a class, collapsed to its class means, or with $n < d + C$ warns once
    (`DegenerateBatchWarning`); the first three have loss 0 and gradient 0. With
    ``ridge=0`` they are errors.

    Raises `DataError` for numbers out of range or not finite and for a singular $S_w$
    without a ridge, `ShapeError` for other shapes and `OptionError` for other words.
    """

    def __init__(
        self,
        objective: str = "trace",
        *,
        ridge: float = 1e-3,
        relative: bool = True,
        threshold: float = 1.0,
        strict: bool = False,
        convention: str = "scatter",
        statistics: ClassStatistics | None = None,
        gather: bool = False,
    ):
        super().__init__()
        if objective not in (*OBJECTIVES, "dorfer"):
            raise OptionError("objective", objective, (*OBJECTIVES, "dorfer"))
        if convention not in CONVENTIONS:
            raise OptionError("convention", convention, CONVENTIONS)
        if not 0 <= ridge < float("inf"):
            raise DataError(f"ridge is 0 or more and finite; got {ridge}.")
        if not (threshold > 0 or (threshold == 0 and not strict)):
            raise DataError(
                f"no eigenvalue is kept with threshold={threshold:g}"
                f"{' and strict' if strict else ''}; infinity keeps all of them."
            )
        if convention == "code" and (objective != "dorfer" or statistics is not None):
            raise DataError(
                "convention='code' is that of the program of Dorfer et al.: it goes "
                "with objective='dorfer' and without statistics of other batches."
            )
        self.objective, self.convention = objective, convention
        self.ridge = Ridge(float(ridge), relative)
        self.threshold, self.strict = float(threshold), strict
        self.statistics, self.gather = statistics, gather
        self._warned: set[str] = set()

    def extra_repr(self) -> str:
        return f"{self.objective!r}, ridge={self.ridge.size:g}"

    def forward(self, embeddings: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        rows = _admitted(embeddings, labels)
        out = torch.promote_types(embeddings.dtype, torch.float32)
        with torch.autocast(embeddings.device.type, enabled=False):
            K = self._reduced(rows, labels, embeddings.dtype)
            if K is None:
                return (rows * 0).sum().to(out)
            if self.objective in OBJECTIVES:
                return OBJECTIVES[self.objective](K).to(out)
            values = torch.linalg.eigvalsh(K)
            return near_the_least(values, self.threshold, strict=self.strict).to(out)

    @torch.no_grad()
    def eigenvalues(
        self, embeddings: torch.Tensor, labels: torch.Tensor
    ) -> torch.Tensor:
        """The $q$ eigenvalues behind the loss, rising; none for a degenerate batch.

        Statistics of other batches count, and are not updated.
        """
        rows = _admitted(embeddings, labels)
        with torch.autocast(embeddings.device.type, enabled=False):
            own = embeddings.dtype
            K = self._reduced(rows, labels, own, remember=False)
            return rows.new_zeros(0) if K is None else torch.linalg.eigvalsh(K)

    def _reduced(self, rows, labels, own, *, remember=True):
        """A matrix with the eigenvalues of LDA; None for none, which was warned of.

        `own` is the type that the embeddings came in.
        """
        if self.gather:
            rows, labels = gathered(rows, labels)
        if self.statistics is not None:
            remember = remember and self.training
            found, n = self.statistics.joined(rows, labels, remember=remember)
            if self._pointless(rows, found, n, own):
                return None
            self._root(found.within, n - len(found.mass))
            return reduced(found, self.ridge)
        there, member = torch.unique(labels, return_inverse=True)
        n, C = len(rows), len(there)
        with torch.no_grad():
            found, apart = class_scatter(rows, member, C)
            if self._pointless(rows, found, n, own):
                return None
            root = self._root(found.within, n - C)
        if self.convention == "scatter" and rows.shape[1] >= C - 1:
            pieces = Pieces(found, apart, member, root, self.ridge)
            return Reduced.apply(rows, pieces)[0]  # pyright: ignore[reportOptionalSubscript]
        found, apart = class_scatter(rows, member, C)
        if self.convention == "scatter":
            return reduced(found, self.ridge)
        within, between = code_scatters(found, apart, member)
        within = self.ridge.added(within)
        return torch.diag(generalised(between, within, min(len(within), C - 1)))

    def _pointless(self, rows, found, n, own) -> bool:
        """Whether loss and gradient are 0; warn, or raise if there is no ridge."""
        d, C = rows.shape[1], len(found.mass)
        with torch.no_grad():
            spread = found.scatter.trace()
            whole = spread + found.mass @ (found.means**2).sum(1)
            spread, whole = torch.stack((spread, whole)).tolist()
        if not whole < float("inf"):
            bad = int((~torch.isfinite(rows).all(1)).sum())
            raise DataError(
                f"DeepLDALoss: the embeddings of {bad} of {len(rows)} samples are not "
                "finite. The network has diverged: lower its step, or clip gradients."
            )
        if C < 2:
            why = "only one class is there, so nothing is between classes"
        elif spread <= _rounding(own, rows.dtype) * whole:
            why = "the samples do not differ within their classes, beyond rounding"
        elif n - C < d:
            why = "S_w has rank n - C < d at most, so the ridge decides its eigenvalues"
        else:
            return False
        numbers = f"n - C = {n} - {C} = {n - C} samples less classes in d = {d}"
        if self.ridge.size == 0:
            raise DataError(
                f"DeepLDALoss without a ridge, {numbers} dimensions: {why}. Take "
                "batches of n >= d + C of several classes, or set ridge=."
            )
        kind = why[:20]
        if kind not in self._warned:
            self._warned.add(kind)
            message = f"DeepLDALoss, {numbers} dimensions: {why}. Said once."
            warnings.warn(message, DegenerateBatchWarning, stacklevel=6)
        return not (C > 1 and kind.startswith("S_w"))

    def _root(self, within, freedom):
        """The Cholesky factor of `within` with its ridge; `DataError` without one."""
        root, info = torch.linalg.cholesky_ex(self.ridge.added(within.detach()))
        if int(info):
            raise DataError(
                f"DeepLDALoss: S_w is singular in dimension {int(info)} of "
                f"d = {len(within)}, with n - C = {freedom} and ridge="
                f"{self.ridge.size:g}. Features that follow from others do this; set a "
                "larger ridge."
            )
        return root


def _rounding(own: torch.dtype, wide: torch.dtype) -> float:
    """The squared relative spread of rows that are equal but for rounding."""
    return max((torch.finfo(own).eps / 2) ** 2, (16 * torch.finfo(wide).eps) ** 2)


def _admitted(embeddings: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The embeddings as rows; `ShapeError` unless the labels go with them."""
    if embeddings.ndim not in (1, 2) or not embeddings.is_floating_point():
        raise ShapeError(
            "DeepLDALoss takes embeddings (n, d) of real numbers; got "
            f"{tuple(embeddings.shape)} {embeddings.dtype}."
        )
    if labels.shape != embeddings.shape[:1] or labels.is_floating_point():
        raise ShapeError(
            f"DeepLDALoss takes integer labels ({len(embeddings)},), a class for each "
            f"embedding; got {tuple(labels.shape)} {labels.dtype}. Of one-hot labels "
            "pass labels.argmax(1)."
        )
    if not len(embeddings):
        raise DataError("DeepLDALoss: the batch is empty.")
    rows = embeddings if embeddings.ndim == 2 else embeddings[:, None]
    wide = torch.float32 if rows.device.type == "mps" else torch.float64
    return rows.to(wide)
