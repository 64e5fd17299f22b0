"""The wire format of protocol buffers, as far as examples of TensorFlow need it.

A message is fields: a varint (number << 3 | type), then a varint, 8 bytes, a length and so many
bytes, or 4 bytes (https://protobuf.dev/programming-guides/encoding/). Nothing beyond an end
that was given is ever read; what does not fit raises `WireError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_FIRST, _SECOND = 1 << 3 | BYTES, 2 << 3 | BYTES
"""The keys of fields 1 and 2 of bytes."""
_LEAST = 4
"""Bytes of an entry with an empty name and value, and of one's key and length too."""
_FEW = 32
"""Bytes of packed varints up to which a loop is faster than arrays."""
MOST_INTEGER_BYTES = 4 << 20
"""Of one `Int64List`: times of a million rows. Nobody means more, and it would cost gigabytes."""


class WireError(ValueError):
    """Bytes that are no message."""


def read_varint(data: memoryview, at: int, end: int) -> tuple[int, int]:
    """A varint, and where it ends.

    Raises:
        WireError: It does not end before `end`, or is longer than 64 bits.
    """
    if end - at >= 3:  # nearly all are lengths of up to 2 MB
        value = data[at]
        if value < 0x80:
            return value, at + 1
        second = data[at + 1]
        if second < 0x80:
            return value + (second << 7) - 0x80, at + 2
        third = data[at + 2]
        if third < 0x80:
            return value + (second << 7) + (third << 14) - 0x4080, at + 3
    value = shift = 0
    while at < end:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if value >= 1 << 64:
                break
            return value, at
        shift += 7
        if shift >= 70:
            break
    raise WireError("a number of more than 64 bits" if at < end else "it ends within a number")


def fields(data: memoryview, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """The fields of a message: number, type, and from where to where their content goes.

    Raises:
        WireError: It is no message.
    """
    while at < end:
        key = data[at]
        if key < 0x80:
            at += 1
        else:
            key, at = read_varint(data, at, end)
        kind = key & 7
        if kind == BYTES:
            if at < end and data[at] < 0x80:
                length = data[at]
                at += 1
            else:
                length, at = read_varint(data, at, end)
            stop = at + length
        elif kind == VARINT:
            stop = read_varint(data, at, end)[1]
        elif kind == FIXED32:
            stop = at + 4
        elif kind == FIXED64:
            stop = at + 8
        else:
            raise WireError(f"a field of wire type {kind}")
        if stop > end:
            raise WireError("a field goes beyond its message")
        if key < 8:
            raise WireError("a field of number 0")
        yield key >> 3, kind, at, stop
        at = stop


def entries(data: memoryview, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The entries of a map (`Features`, `FeatureLists`): each name, and where its message lies.

    Raises:
        WireError: It is no message.
    """
    while at < end:
        # as every writer writes it: one key and one value in this order
        if data[at] == _FIRST and end - at >= _LEAST:
            length, first = read_varint(data, at + 1, end)
            stop = first + length
            if stop <= end and length >= _LEAST and data[first] == _FIRST:
                name, named = first + 2, first + 2 + data[first + 1]
                if data[first + 1] < 0x80 and named + 2 <= stop and data[named] == _SECOND:
                    inner, start = read_varint(data, named + 1, stop)
                    if start + inner == stop:
                        yield bytes(data[name:named]), start, stop
                        at = stop
                        continue
        number, kind, start, stop = next(fields(data, at, end))
        at = stop
        if number == 1 and kind == BYTES:
            yield _entry(data, start, stop)


def _entry(data: memoryview, at: int, end: int) -> tuple[bytes, int, int]:
    name, first, last = b"", end, end
    for number, kind, start, stop in fields(data, at, end):
        if kind == BYTES and number == 1:
            name = bytes(data[start:stop])
        elif kind == BYTES and number == 2:
            first, last = start, stop
    return name, first, last


def read_few(data: memoryview, at: int, end: int) -> list[int]:
    """The values of a short `Int64List`; the same as `read_integers`, and faster."""
    found: list[int] = []
    if end - at < 2:
        return read_integers(data, at, end).tolist()  # type: ignore[no-any-return]
    if data[at] == _FIRST and end - at - 2 == data[at + 1] < _FEW:
        place = at + 2
        while place < end:
            value, place = read_varint(data, place, end)
            found.append(value if value < 1 << 63 else value - (1 << 64))
        return found
    more: list[int] = read_integers(data, at, end).tolist()
    return more


def read_integers(data: memoryview, at: int, end: int) -> NDArray[np.int64]:
    """The values of an `Int64List`, packed or not.

    Raises:
        WireError: It is none, or has more than `MOST_INTEGER_BYTES`.
    """
    if end - at > MOST_INTEGER_BYTES:
        raise WireError(f"{end - at:,} bytes of whole numbers")
    found: list[int] = []
    for number, kind, start, stop in fields(data, at, end):
        if number != 1:
            continue
        if kind == VARINT:
            found.append(read_varint(data, start, stop)[0])
        elif kind == BYTES and stop - start <= _FEW:
            place = start
            while place < stop:
                value, place = read_varint(data, place, stop)
                found.append(value)
        elif kind == BYTES:
            found.extend(_unpacked(np.frombuffer(data[start:stop], np.uint8)))
        else:
            raise WireError("whole numbers of a wrong wire type")
    return np.array(found, dtype=np.uint64).view(np.int64)


def _unpacked(packed: NDArray[np.uint8]) -> list[int]:
    ends = np.flatnonzero(packed < 0x80)
    if not len(ends) or ends[-1] != len(packed) - 1:
        raise WireError("it ends within a number")
    starts = np.concatenate(([0], ends[:-1] + 1))
    lengths = ends - starts + 1
    if lengths.max() > 10:
        raise WireError("a number of more than 64 bits")
    places = np.arange(len(packed)) - np.repeat(starts, lengths)
    if bool(((places == 9) & (packed > 1)).any()):
        raise WireError("a number of more than 64 bits")
    parts = (packed & 0x7F).astype(np.uint64) << (7 * places).astype(np.uint64)
    values: list[int] = np.bitwise_or.reduceat(parts, starts).tolist()
    return values


def read_floats(data: memoryview, at: int, end: int) -> NDArray[np.float32]:
    """The values of a `FloatList`, packed or not; a view where they lie in one piece."""
    pieces: list[NDArray[np.float32]] = []
    singles = bytearray()
    for number, kind, start, stop in fields(data, at, end):
        if number != 1:
            continue
        if kind == FIXED32:
            singles += data[start:stop]
        elif kind == BYTES and (stop - start) % 4 == 0:
            if singles:
                pieces.append(np.frombuffer(bytes(singles), "<f4"))
                singles = bytearray()
            pieces.append(np.frombuffer(data[start:stop], "<f4"))
        else:
            raise WireError("numbers of a wrong wire type or length")
    if singles:
        pieces.append(np.frombuffer(bytes(singles), "<f4"))
    if len(pieces) == 1:
        return pieces[0]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)


def read_texts(data: memoryview, at: int, end: int) -> list[memoryview]:
    """The values of a `BytesList`, views."""
    found = []
    for number, kind, start, stop in fields(data, at, end):
        if number != 1:
            continue
        if kind != BYTES:
            raise WireError("bytes of a wrong wire type")
        found.append(data[start:stop])
    return found


def varint(value: int) -> bytes:
    """A number of up to 64 bits as a varint; below 0 as two's complement."""
    value &= (1 << 64) - 1
    found = bytearray()
    while value >= 0x80:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def packed(values: Iterable[int]) -> bytes:
    """Numbers as packed varints."""
    return b"".join(map(varint, values))


def field(number: int, content: bytes) -> bytes:
    """A field of bytes, or of a message."""
    return varint(number << 3 | BYTES) + varint(len(content)) + content
