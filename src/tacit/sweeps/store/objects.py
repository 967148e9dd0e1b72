"""An object store as a place: the content first, and then a marker that it is there.

Not all that fsspec reaches writes an object whole or not at all, and none of it can
rename. So content goes to an object named by its SHA-256, and what is listed are small
markers written after it, which say which object a name stands for, and its size.
"""

import contextlib
import hashlib
import json
from collections.abc import Iterator
from typing import Any

from ...errors import MissingExtraError, StoreError
from .folders import told
from .places import AbstractPlace


MARKERS, CONTENTS = "commits", "objects"
OURS = {MARKERS, CONTENTS}


class ObjectPlace(AbstractPlace):
    """A place behind a URL of fsspec, as ``s3://``, ``gs://`` or ``memory://``."""

    folder = None

    def __init__(self, url: str):
        try:
            import fsspec.core
        except ImportError:
            raise MissingExtraError(f"a store at {url}", "fsspec", "dask") from None
        self._url = url.rstrip("/")
        try:
            # Not a cache in between: others write there as well.
            self._fs, root = fsspec.core.url_to_fs(self._url, use_listings_cache=False)
        except (ImportError, ValueError) as error:
            raise StoreError(f"cannot reach the store {url}: {error}.") from error
        self._root = root.rstrip("/")

    def __str__(self) -> str:
        return self._url

    def names(self, under: str) -> Iterator[str]:
        top = f"{self._root}/{MARKERS}/"
        self._fs.invalidate_cache()
        for path in self._find(f"{MARKERS}/{under}"):
            yield path[path.index(top) + len(top) :].removesuffix(".json")

    def size(self, name: str) -> int:
        return self._marker(name)["bytes"]

    def read(self, name: str, first: int | None = None) -> bytes:
        content = self._path(CONTENTS, self._marker(name)["sha256"])
        with self._trouble():
            return self._fs.cat_file(content, start=0, end=first)

    def publish(self, name: str, data: bytes) -> bool:
        marker = self._marker_path(name)
        with self._trouble():
            if self._fs.exists(marker):
                return False
            about = self._put(data)
            self._fs.makedirs(marker.rsplit("/", 1)[0], exist_ok=True)
            with contextlib.suppress(NotImplementedError, TypeError, ValueError):
                try:
                    self._fs.pipe_file(marker, about, mode="create")
                except FileExistsError:
                    return False
                return True
            # A backend that cannot refuse to overwrite: two writers may both be told
            # True, and the marker is that of the last. Either content is whole.
            self._fs.pipe_file(marker, about)
        return True

    def replace(self, name: str, data: bytes) -> None:
        marker = self._marker_path(name)
        with self._trouble():
            about = self._put(data)
            self._fs.makedirs(marker.rsplit("/", 1)[0], exist_ok=True)
            self._fs.pipe_file(marker, about)

    def remove(self, name: str) -> None:
        with self._trouble(), contextlib.suppress(FileNotFoundError):
            self._fs.rm_file(self._marker_path(name))

    def strangers(self) -> list[str]:
        with self._trouble(), contextlib.suppress(FileNotFoundError):
            found = self._fs.ls(self._root, detail=False)
            names = {path.rstrip("/").rsplit("/", 1)[-1] for path in found}
            return sorted(names - ({CONTENTS} if self._find(MARKERS) else OURS))
        return []

    def leavings(self) -> list[str]:
        """Contents that no marker names: of a writer that was killed, or came second.

        A writer at this moment may be between the two, so remove them when none is.
        """
        named = {self._marker(name)["sha256"] for name in self.names("")}
        contents = {path.rsplit("/", 1)[-1] for path in self._find(CONTENTS)}
        return sorted(contents - named)

    def sweep_up(self, leavings: list[str]) -> None:
        for content in leavings:
            with self._trouble(), contextlib.suppress(FileNotFoundError):
                self._fs.rm_file(self._path(CONTENTS, content))

    def _put(self, data: bytes) -> bytes:
        """Put the content; what its marker says."""
        mark = hashlib.sha256(data).hexdigest()
        content = self._path(CONTENTS, mark)
        self._fs.makedirs(content.rsplit("/", 1)[0], exist_ok=True)
        self._fs.pipe_file(content, data)
        return json.dumps({"sha256": mark, "bytes": len(data)}).encode()

    def _marker(self, name: str) -> dict[str, Any]:
        with self._trouble():
            text = self._fs.cat_file(self._marker_path(name))
        try:
            return json.loads(text)
        except ValueError:  # a backend that shows it before it is whole
            raise FileNotFoundError(name) from None

    def _marker_path(self, name: str) -> str:
        return f"{self._root}/{MARKERS}/{name}.json"

    def _path(self, room: str, mark: str) -> str:
        return f"{self._root}/{room}/{mark[:2]}/{mark}"

    def _find(self, under: str) -> list[str]:
        with self._trouble():
            return self._fs.find(f"{self._root}/{under}".rstrip("/"))

    @contextlib.contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as error:
            raise told(error, self) from error
