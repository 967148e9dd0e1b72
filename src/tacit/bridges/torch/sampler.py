"""Batches with equally many samples of each class."""

from collections.abc import Iterator, Sequence

from numpy.typing import ArrayLike

from ...errors import DataError
from .backend import torch


class ClassBalancedSampler(torch.utils.data.Sampler[list[int]]):
    """Batches of `per_class` samples of each of `classes` classes, as lists of indices.

    For ``DataLoader(batch_sampler=...)``. `labels` ``(n,)`` are those of the whole data
    set; `classes` is how many a batch has, by default all. Each class is walked through
    in a random order and then anew, so that none of its samples comes twice before all
    have come once, across batches and epochs; with fewer classes than there are, so
    with the classes. `batches` is the length of an epoch, by default about one pass
    over the data. Processes with different `rank` draw different batches of one `seed`.

    Raises `DataError` for numbers out of range and for a class with fewer samples than
    `per_class`.
    """

    def __init__(
        self,
        labels: Sequence[int] | ArrayLike | torch.Tensor,
        per_class: int,
        *,
        classes: int | None = None,
        batches: int | None = None,
        seed: int = 0,
        rank: int = 0,
    ):
        found = torch.as_tensor(labels).flatten()
        kinds, counts = torch.unique(found, return_counts=True)
        self.classes = len(kinds) if classes is None else classes
        if not 1 <= self.classes <= len(kinds):
            raise DataError(
                f"ClassBalancedSampler: {classes} classes a batch, of {len(kinds)}."
            )
        least = int(counts.min())
        if not 1 <= per_class <= least:
            rare = kinds[counts.argmin()].item()
            raise DataError(
                f"ClassBalancedSampler: per_class={per_class}, but class {rare} has "
                f"{least} samples. Take 1 to {least}, or leave that class out."
            )
        self.per_class = per_class
        size = per_class * self.classes
        self.batches = max(1, len(found) // size) if batches is None else batches
        if self.batches < 1:
            raise DataError(f"ClassBalancedSampler: batches={batches} is below 1.")
        self._generator = torch.Generator().manual_seed(seed * 100_003 + rank)
        self._kinds = _Deck(torch.arange(len(kinds)), self._generator)
        self._decks = [
            _Deck((found == kind).nonzero()[:, 0], self._generator) for kind in kinds
        ]

    def __len__(self) -> int:
        return self.batches

    def __iter__(self) -> Iterator[list[int]]:
        for _ in range(self.batches):
            yield [
                i
                for kind in self._kinds.draw(self.classes)
                for i in self._decks[kind].draw(self.per_class)
            ]


class _Deck:
    """Cards in a random order, shuffled anew when they run out."""

    def __init__(self, cards: torch.Tensor, generator: torch.Generator):
        self.cards, self.generator = cards, generator
        self.left: list[int] = []

    def draw(self, count: int) -> list[int]:
        """`count` different cards; what is left of the last round comes first."""
        drawn, self.left = self.left[:count], self.left[count:]
        missing = count - len(drawn)
        if missing:
            order = torch.randperm(len(self.cards), generator=self.generator)
            fresh = self.cards[order].tolist()
            taken = [c for c in fresh if c not in drawn][:missing]
            self.left = [c for c in fresh if c not in taken]
            drawn = drawn + taken
        return drawn
