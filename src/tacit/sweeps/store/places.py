"""Where bytes can be put so that they are there whole or not at all."""

import abc
from collections.abc import Iterator
from pathlib import Path


class AbstractPlace(abc.ABC):
    """A folder or a bucket: names, with slashes, and the bytes under them.

    All methods raise `StoreError` where the place does not let them, and leave what was
    there as it was.
    """

    folder: Path | None
    """The folder it is, on a file system of this machine; None for anything else."""

    @abc.abstractmethod
    def __str__(self) -> str: ...

    @abc.abstractmethod
    def names(self, under: str) -> Iterator[str]:
        """The names below the folder `under`, in no order."""

    @abc.abstractmethod
    def size(self, name: str) -> int:
        """How many bytes there are. `FileNotFoundError` if it is not there."""

    @abc.abstractmethod
    def read(self, name: str, first: int | None = None) -> bytes:
        """The bytes, or the first so many. `FileNotFoundError` if it is not there."""

    @abc.abstractmethod
    def publish(self, name: str, data: bytes) -> bool:
        """Put `data` under a new name, for good; False if the name was taken.

        It survives a loss of power from then on. Of several writers of one name one is
        told True, and all find what that one wrote.
        """

    @abc.abstractmethod
    def replace(self, name: str, data: bytes) -> None:
        """Put `data` under `name`, whatever was there; readers see either."""

    @abc.abstractmethod
    def remove(self, name: str) -> None:
        """Take a name away, if it is there."""

    @abc.abstractmethod
    def strangers(self) -> list[str]:
        """What lies at the top of the place and is not ours; before it is a store."""

    @abc.abstractmethod
    def leavings(self) -> list[str]:
        """What writers that are gone left half done, as `sweep_up` would remove."""

    @abc.abstractmethod
    def sweep_up(self, leavings: list[str]) -> None:
        """Remove these."""


def place_at(path: object) -> AbstractPlace:
    """The place at a path, or at a URL such as ``s3://bucket/runs``.

    Raises `MissingExtraError` for a URL without fsspec.
    """
    where = str(path)
    if "://" in where:
        from .objects import ObjectPlace

        return ObjectPlace(where)
    from .folders import FolderPlace

    return FolderPlace(Path(where).expanduser().absolute())
