"""What goes through the pipes: frames of a JSON head and raw bytes, plain values, errors by name.

A frame is `LQW1`, the lengths of head and body (little-endian, 4 and 8 bytes), the head as JSON,
the body. Arrays lie in the body as they are in memory; all else is in the head. Nothing is ever
unpickled: what is not plain is a dataclass of `model.speech`, `protocols` or `timing`, by name.
"""

from __future__ import annotations

import dataclasses
import json
import struct
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np

import loquitur.errors
from loquitur.errors import EngineError, LoquiturError

if TYPE_CHECKING:
    from collections.abc import Mapping

PROTOCOL = 1
MAGIC = b"LQW1"
_HEAD = struct.Struct("<4sIQ")
_MOST_HEAD_BYTES = 256 << 20
_MOST_BODY_BYTES = 8 << 30
_TYPES = frozenset("?bhilqBHILQefd")  # the kinds of numbers an array may hold


class WireError(Exception):
    """What came through the pipe is not of this protocol."""


def write(stream: IO[bytes], head: Mapping[str, Any], body: bytes = b"") -> None:
    """Send one frame.

    Raises:
        OSError: Nobody reads it any more.
    """
    text = json.dumps(head).encode("ascii")
    stream.write(_HEAD.pack(MAGIC, len(text), len(body)))
    stream.write(text)
    if body:
        stream.write(body)
    stream.flush()


def read(stream: IO[bytes], *, skip: bool = False) -> tuple[dict[str, Any], bytearray] | None:
    """The next frame, None at the end of the stream.

    Args:
        stream: Buffered and binary.
        skip: Pass over what stands before the frame: some interpreters greet on stdout.

    Raises:
        WireError: Something else than a frame, or half of one.
    """
    first = _skipped(stream) if skip else stream.read(len(MAGIC))
    if not first:
        return None
    rest = stream.read(_HEAD.size - len(MAGIC))
    if first != MAGIC or len(rest) != _HEAD.size - len(MAGIC):
        raise WireError(f"not a frame: {bytes(first)[:40]!r}")
    _, head_bytes, body_bytes = _HEAD.unpack(first + rest)
    if head_bytes > _MOST_HEAD_BYTES or body_bytes > _MOST_BODY_BYTES:
        raise WireError(f"a frame of {head_bytes + body_bytes} bytes")
    text = _exactly(stream, head_bytes)
    body = _exactly(stream, body_bytes)
    try:
        head = json.loads(bytes(text))
    except ValueError as exc:
        raise WireError(f"a head that is no JSON: {bytes(text)[:40]!r}") from exc
    if not isinstance(head, dict):
        raise WireError("a head that is no object")
    return head, body


def _skipped(stream: IO[bytes]) -> bytes:
    """Read up to the first frame's mark."""
    seen = b""
    while seen != MAGIC:
        byte = stream.read(1)
        if not byte:
            return b""
        seen = (seen + byte)[-len(MAGIC) :]
    return seen


def _exactly(stream: IO[bytes], count: int) -> bytearray:
    """So many bytes, in memory that may be written: arrays are made upon it."""
    data = bytearray(count)
    view, done = memoryview(data), 0
    while done < count:
        got = stream.readinto(view[done:])  # type: ignore[attr-defined]
        if not got:
            raise WireError(f"{done} of {count} bytes, then nothing")
        done += got
    return data


class Packer:
    """Turns values into what a head may hold; the bytes of arrays gather in `body`."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0

    @property
    def body(self) -> bytes:
        """The bytes of all arrays so far."""
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)

    def pack(self, value: Any) -> Any:
        """A value as JSON can hold it.

        Raises:
            TypeError: It is of a type that does not travel.
        """
        if value is None or isinstance(value, (bool, str)):
            return value
        if isinstance(value, np.ndarray):
            return self._array(value)
        if isinstance(value, np.generic):
            return self.pack(value.item())
        if isinstance(value, (int, float)):
            return value
        if isinstance(value, tuple):
            return {"$": "tuple", "of": [self.pack(item) for item in value]}
        if isinstance(value, list):
            return [self.pack(item) for item in value]
        if isinstance(value, dict):
            pairs = [[self.pack(key), self.pack(item)] for key, item in value.items()]
            return {"$": "dict", "of": pairs}
        if isinstance(value, (bytes, bytearray)):
            return {"$": "bytes", "of": self.pack(np.frombuffer(value, np.uint8))}
        if isinstance(value, Path):
            return {"$": "path", "of": str(value)}
        if known_types().get(type(value).__name__) is type(value):
            fields: tuple[dataclasses.Field[Any], ...] = dataclasses.fields(cast("Any", value))
            return {
                "$": "value",
                "of": type(value).__name__,
                "with": {item.name: self.pack(getattr(value, item.name)) for item in fields},
            }
        raise TypeError(f"a {type(value).__name__} cannot leave its process")

    def _array(self, value: np.ndarray[Any, Any]) -> dict[str, Any]:
        if value.dtype.char not in _TYPES:
            raise TypeError(f"an array of {value.dtype} cannot leave its process")
        plain = np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<"))
        start = self._size
        self._pieces.append(plain.tobytes())
        self._size += plain.nbytes
        return {"$": "array", "of": plain.dtype.str, "shape": list(value.shape), "at": start}


def unpack(plain: Any, body: bytearray) -> Any:
    """The value that was packed; arrays share the memory of `body`.

    Raises:
        WireError: It is none.
    """
    if isinstance(plain, list):
        return [unpack(item, body) for item in plain]
    if not isinstance(plain, dict):
        return plain
    try:
        return _unpacked(plain, body)
    except (KeyError, TypeError, ValueError) as exc:
        raise WireError(f"a value that cannot be read: {str(plain)[:80]} ({exc})") from exc


def _unpacked(plain: dict[str, Any], body: bytearray) -> Any:
    mark, inner = plain["$"], plain["of"]
    if mark == "tuple":
        return tuple(unpack(item, body) for item in inner)
    if mark == "dict":
        return {unpack(key, body): unpack(item, body) for key, item in inner}
    if mark == "bytes":
        return unpack(inner, body).tobytes()
    if mark == "path":
        return Path(inner)
    if mark == "array":
        shape = tuple(plain["shape"])
        count = int(np.prod(shape, dtype=np.int64))
        return np.frombuffer(body, dtype=inner, count=count, offset=plain["at"]).reshape(shape)
    if mark == "value":
        fields = {name: unpack(item, body) for name, item in plain["with"].items()}
        return known_types()[inner](**fields)
    raise WireError(f"a value of an unknown kind: {mark!r}")


@cache
def known_types() -> dict[str, type]:
    """The dataclasses that travel, by name."""
    from loquitur import protocols, timing
    from loquitur.model import speech

    return {
        name: kind
        for module in (speech, protocols, timing)
        for name, kind in vars(module).items()
        if isinstance(kind, type) and dataclasses.is_dataclass(kind)
        if kind.__module__ == module.__name__
    }


def plain_error(error: BaseException) -> dict[str, Any]:
    """An error as a head can hold it: its class by name, its words, its notes."""
    state = {name: item for name, item in vars(error).items() if name != "__notes__"}
    return {
        "class": type(error).__name__,
        "message": str(error),
        "state": {name: item for name, item in state.items() if _is_plain(item)},
        "notes": [str(note) for note in getattr(error, "__notes__", ())],
    }


def revived_error(plain: Mapping[str, Any]) -> LoquiturError:
    """The error again; one of a class that is not of our tree becomes an `EngineError`."""
    kind = getattr(loquitur.errors, str(plain.get("class")), EngineError)
    if not (isinstance(kind, type) and issubclass(kind, LoquiturError)):
        kind = EngineError
    error = kind(str(plain.get("message")))
    for name, item in dict(plain.get("state", {})).items():
        setattr(error, name, item)
    for note in plain.get("notes", ()):
        error.add_note(str(note))
    return error


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, float, str))
