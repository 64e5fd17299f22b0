"""Passages and volumes as rows, and their numbers as bytes."""

from __future__ import annotations

import json
import sys
from array import array
from itertools import accumulate
from operator import sub
from typing import TYPE_CHECKING, Any

from loquitur.library.index.contract import Spot
from loquitur.model.library import Passage, Volume

if TYPE_CHECKING:
    from collections.abc import Sequence

PASSAGE = (
    "p.id, v.media_id, t.name, p.number, p.start_ms, p.end_ms, x.text, p.speaker, x.speakers,"
    " p.chapter, p.language, p.emotion, x.sentences, x.offsets, x.times_ms, p.timed"
)
PASSAGES = (
    "passages p JOIN texts x ON x.id = p.id JOIN volumes v ON v.id = p.volume"
    " JOIN parts t ON t.id = p.part"
)
SPOT = (
    "p.id, v.media_id, t.name, p.start_ms, p.timed FROM passages p"
    " JOIN volumes v ON v.id = p.volume JOIN parts t ON t.id = p.part"
)
VOLUME = "media_id, title, channel, published, language, duration_ms, origin"
_SIZES = (("B", 0xFF), ("H", 0xFFFF), ("I", 0xFFFFFFFF))


def volume_of(row: Sequence[Any]) -> Volume:
    """A volume of the columns `VOLUME`."""
    return Volume(
        media_id=row[0], title=row[1], channel=row[2], published=row[3], language=row[4],
        duration_ms=row[5], origin=row[6],
    )  # fmt: skip


def passage_of(row: Sequence[Any]) -> Passage:
    """A passage of the columns `PASSAGE`."""
    return Passage(
        id=row[0], media_id=row[1], part=row[2], number=row[3], start_ms=row[4], end_ms=row[5],
        text=row[6], speaker=row[7], speakers=_names(row[8]), chapter=row[9],
        language=row[10], emotion=row[11], sentences=unpacked(row[12]), offsets=unpacked(row[13]),
        times_ms=unpacked(row[14]), timed=bool(row[15]),
    )  # fmt: skip


def named(speakers: Sequence[str]) -> str:
    """The names of speakers as one text."""
    return json.dumps(speakers, ensure_ascii=False) if speakers else ""


def spot_of(row: Sequence[Any]) -> Spot:
    """Where a passage stands: its id, volume, part, start, and whether that means anything."""
    return Spot(id=row[0], media_id=row[1], part=row[2], start_ms=row[3], timed=bool(row[4]))


def _names(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text)) if text else ()


def packed(numbers: Sequence[int]) -> bytes:
    """Numbers as the differences between them, in as few bytes each as the largest one needs.

    >>> len(packed(range(0, 8000, 100))), unpacked(packed((3, 2, 70_000)))
    (81, (3, 2, 70000))
    """
    if not numbers:
        return b""
    steps = [numbers[0], *map(sub, numbers[1:], numbers)]
    most = max(steps)
    fitting = [code for code, limit in _SIZES if most <= limit] if min(steps) >= 0 else []
    code = fitting[0] if fitting else "q"
    return code.encode() + _little(array(code, steps)).tobytes()


def unpacked(data: bytes) -> tuple[int, ...]:
    """What was `packed`."""
    if not data:
        return ()
    steps = array(chr(data[0]))
    steps.frombytes(data[1:])
    return tuple(accumulate(_little(steps)))


def _little(numbers: array[int]) -> array[int]:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def storable(text: str) -> str:
    """A text as UTF-8 can hold it: half a pair of surrogates becomes a question mark."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode()
    return text
