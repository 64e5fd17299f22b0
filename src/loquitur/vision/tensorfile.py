"""Files of the safetensors format, in numpy alone: written from columns, mapped when read.

The format (its specification is the README of the library `safetensors`): 8 bytes of length, a JSON
header that tells each tensor's type, shape and place, then the numbers, little-endian. The core
does not have the library, and mapping needs no copy.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from loquitur.conversion import decoder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_MOST_HEADER_BYTES = 100_000_000
_TYPES: dict[str, np.dtype[Any]] = {
    "U8": np.dtype("<u1"),
    "F16": np.dtype("<f2"),
    "F32": np.dtype("<f4"),
    "U32": np.dtype("<u4"),
    "I64": np.dtype("<i8"),
}
_NAMES = {kind: name for name, kind in _TYPES.items()}
_METADATA = "__metadata__"
PREFIX_BYTES = 8
"""Of the length before the header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a tensor lies in its file.

    Args:
        kind: Its type.
        shape: Its sides.
        offset: Its first byte in the file.
    """

    kind: np.dtype[Any]
    shape: tuple[int, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class _Tensor:
    """A tensor as the header tells it."""

    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


_HEADER = decoder(dict[str, msgspec.Raw])
_TEXTS = decoder(dict[str, str])
_TENSOR = decoder(_Tensor)
ERRORS = (OSError, ValueError, KeyError, msgspec.MsgspecError, RecursionError)
"""What reading a file that is none, or damaged, may raise."""


def header(columns: Mapping[str, tuple[str, Sequence[int]]], metadata: Mapping[str, str]) -> bytes:
    """What stands before the numbers of columns, which follow in the same order.

    Args:
        columns: By name, numpy's type (little-endian) and the shape.
        metadata: Text by name.
    """
    document: dict[str, Any] = {_METADATA: dict(metadata)}
    at = 0
    for name, (kind, shape) in columns.items():
        plain = np.dtype(kind)
        size = plain.itemsize * int(np.prod(shape, dtype=np.int64))
        document[name] = {
            "dtype": _NAMES[plain],
            "shape": list(shape),
            "data_offsets": [at, at + size],
        }
        at += size
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # so that the columns lie aligned
    return struct.pack("<Q", len(text)) + text


def name_of(kind: np.dtype[Any]) -> str:
    """A type as the header names it."""
    return _NAMES[kind]


def header_bytes(start: bytes, size: int) -> int:
    """How long the header is, by the first 8 bytes of a file of so many bytes.

    Raises:
        ValueError: There is none.
    """
    length = struct.unpack("<Q", start)[0] if len(start) == PREFIX_BYTES else 0
    if not 0 < length <= min(size - PREFIX_BYTES, _MOST_HEADER_BYTES):
        raise ValueError("no header")
    return int(length)


def parse_header(data: bytes, size: int) -> tuple[dict[str, str], dict[str, Place]]:
    """The metadata and the tensors of a file.

    Args:
        data: The header, without its length.
        size: Bytes of the whole file.

    Raises:
        ValueError: It contradicts itself, or the file ends early (`ERRORS` for damaged JSON).
    """
    found = _HEADER.decode(data)
    metadata = _TEXTS.decode(found.pop(_METADATA)) if _METADATA in found else {}
    start = PREFIX_BYTES + len(data)
    return metadata, {
        name: _placed(_TENSOR.decode(tensor), start, size) for name, tensor in found.items()
    }


def read_header(path: Path) -> tuple[dict[str, str], dict[str, Place]]:
    """As `parse_header`, of a file.

    Raises:
        ValueError: It is none (`ERRORS` for more).
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = header_bytes(file.read(PREFIX_BYTES), size)
        return parse_header(file.read(length), size)


def mapped(path: Path, place: Place) -> NDArray[Any]:
    """A tensor of a file as an array that is mapped, not read."""
    if not int(np.prod(place.shape, dtype=np.int64)):
        return np.zeros(place.shape, dtype=place.kind)
    return np.memmap(path, dtype=place.kind, mode="r", offset=place.offset, shape=place.shape)


def _placed(tensor: _Tensor, start: int, size: int) -> Place:
    kind = _TYPES.get(tensor.dtype)
    first, last = tensor.data_offsets
    count = 1
    for side in tensor.shape:
        count *= side
    if kind is None or min(tensor.shape, default=0) < 0 or first < 0:
        raise ValueError(f"a tensor of {tensor.dtype} {tensor.shape}")
    if last - first != count * kind.itemsize or start + last > size:
        raise ValueError("it ends early" if start + last > size else "its sizes disagree")
    return Place(kind=kind, shape=tensor.shape, offset=start + first)
