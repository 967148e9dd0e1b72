"""Named arrays and a text as one block of bytes that notices any change of it.

The format is safetensors: the length of a header, the header as JSON, then the numbers,
nothing compressed. Any tool that reads it reads a part. The header's ``__metadata__``
holds our text and, first, a SHA-256 of the whole with zeros in its own place.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


KINDS = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2",
    "I8": "i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "?",
}  # fmt: skip
"""What safetensors calls the types that a part may hold, and what NumPy does."""
_NAMES = {np.dtype(kind): name for name, kind in KINDS.items()}
_SEAL = 8 + len('{"__metadata__": {"sha256": "')  # where the 64 digits begin
_BLANK = b"0" * 64


class DamagedError(Exception):
    """Bytes that are not what was written; the text says in what way."""


def keepable(array: np.ndarray) -> bool:
    """Whether arrays of this type can be kept."""
    return array.dtype.newbyteorder("=") in _NAMES


def encode(arrays: Mapping[str, np.ndarray], text: str) -> bytes:
    """`arrays`, of types in `KINDS`, and `text` as bytes."""
    meta = {"sha256": _BLANK.decode(), "text": text}
    header: dict[str, Any] = {"__metadata__": meta}
    chunks, at = [], 0
    # Wide numbers first: every array then begins at a multiple of its own size.
    for name, array in sorted(arrays.items(), key=lambda pair: -pair[1].itemsize):
        kind = _NAMES[array.dtype.newbyteorder("=")]
        raw = np.ascontiguousarray(array, KINDS[kind]).tobytes()
        place = [at, at := at + len(raw)]
        header[name] = {"dtype": kind, "shape": array.shape, "data_offsets": place}
        chunks.append(raw)
    head = json.dumps(header, allow_nan=False).encode()
    head += b" " * (-len(head) % 8)
    whole = bytearray(len(head).to_bytes(8, "little"))
    whole += b"".join((head, *chunks))
    whole[_SEAL : _SEAL + 64] = hashlib.sha256(whole).hexdigest().encode()
    return bytes(whole)


def decode(data: bytes) -> tuple[dict[str, np.ndarray], str]:
    """The arrays, which share the memory of `data`, and the text.

    Raises `DamagedError` for anything but what `encode` made.
    """
    header, start = _header(data, len(data))
    mark = hashlib.sha256(memoryview(data)[:_SEAL])
    mark.update(_BLANK)
    mark.update(memoryview(data)[_SEAL + 64 :])
    if mark.hexdigest().encode() != data[_SEAL : _SEAL + 64]:
        raise DamagedError("its checksum is not that of its content")
    text, arrays = header.pop("__metadata__")["text"], {}
    for name, about in header.items():
        kind, (begin, end) = np.dtype(KINDS[about["dtype"]]), about["data_offsets"]
        flat = np.frombuffer(data, kind, (end - begin) // kind.itemsize, start + begin)
        arrays[name] = flat.reshape(about["shape"])
    return arrays, text


def read_text(read: Callable[[int], bytes], size: int) -> str:
    """The text alone, from ``read(n)``, which gives the first n bytes of `size`.

    It is not checked against the seal, for which all bytes would be needed. Raises
    `DamagedError` for what is not whole.
    """
    data = read(4096)
    wanted = 8 + int.from_bytes(data[:8], "little")
    if len(data) < wanted <= size:
        data = read(wanted)
    return _header(data, size)[0]["__metadata__"]["text"]


def _header(data: bytes, size: int) -> tuple[dict, int]:
    """The header, and where the numbers begin; `data` are the first of `size` bytes."""
    start = 8 + int.from_bytes(data[:8], "little")
    if not 8 + 2 <= start <= min(size, len(data)):
        raise DamagedError(f"it ends within its header, after {size} bytes")
    try:
        header = json.loads(data[8:start])
        ends = [each["data_offsets"][1] for n, each in header.items() if n[:2] != "__"]
        header["__metadata__"]["text"]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise DamagedError(f"its header cannot be read: {error!r}") from error
    if (told := start + max(ends, default=0)) != size:
        raise DamagedError(f"it has {size} bytes, and its header speaks of {told}")
    return header, start
