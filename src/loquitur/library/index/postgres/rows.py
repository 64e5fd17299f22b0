"""Volumes and passages as rows of the server's tables, and back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.library.index.contract import Spot
from loquitur.model.library import Passage, Volume

if TYPE_CHECKING:
    from collections.abc import Sequence

COLUMNS = (
    *("id", "volume", "part", "number", "start_ms", "end_ms", "text", "speaker", "speakers"),
    *("voices", "chapter", "language", "emotion", "sentences", "offsets", "times_ms", "timed"),
)
"""Of `passages`, as `row_of` gives them."""
TYPES = (
    *("int4", "int4", "int4", "int4", "int8", "int8", "text", "text", "text[]", "text[]", "text"),
    *("text", "text", "bytea", "bytea", "bytea", "bool"),
)
"""Of `COLUMNS`, for binary COPY."""
PASSAGE = (
    "p.id, v.media_id, t.name, p.number, p.start_ms, p.end_ms, p.text, p.speaker, p.speakers,"
    " p.chapter, p.language, p.emotion, p.sentences, p.offsets, p.times_ms, p.timed"
)
"""What `passage_of` reads."""
SPOT = "p.id, v.media_id, t.name, p.start_ms, p.timed"
FROM = "passages p JOIN volumes v ON v.id = p.volume JOIN parts t ON t.id = p.part"
VOLUME = "media_id, title, channel, published, language, duration_ms, origin"
_UNSAYABLE = re.compile("[\0\ud800-\udfff]")


def clean(text: str) -> str:
    """A text as a server can hold it: without NUL and halves of signs, as long as before."""
    return text if text.isascii() and "\0" not in text else _UNSAYABLE.sub("\ufffd", text)


def volume_values(volume: Volume) -> tuple[object, ...]:
    """Of `VOLUME` and the channel's key."""
    values = [getattr(volume, name) for name in Volume.__slots__]
    cleaned = [clean(value) if isinstance(value, str) else value for value in values]
    return (*cleaned, clean(volume.channel).casefold())


def volume_of(row: Sequence[Any]) -> Volume:
    """From a row of `VOLUME`."""
    return Volume(**dict(zip(Volume.__slots__, row, strict=True)))


def row_of(passage: Passage, *, number: int, volume: int, part: int) -> tuple[object, ...]:
    """A passage as a row of `COLUMNS`, by the number it is given."""
    speaker = clean(passage.speaker)
    speakers = [clean(one) for one in passage.speakers]
    voices = [one.casefold() for one in (*speakers, speaker) if one]
    return (
        number, volume, part, passage.number, passage.start_ms, passage.end_ms,
        clean(passage.text), speaker, speakers,
        voices, clean(passage.chapter), clean(passage.language),
        clean(passage.emotion), packed(passage.sentences), packed(passage.offsets),
        packed(passage.times_ms), passage.timed,
    )  # fmt: skip


def passage_of(row: Sequence[Any]) -> Passage:
    """From a row of `PASSAGE`."""
    return Passage(
        id=row[0], media_id=row[1], part=row[2], number=row[3], start_ms=row[4], end_ms=row[5],
        text=row[6], speaker=row[7], speakers=tuple(row[8]), chapter=row[9], language=row[10],
        emotion=row[11], sentences=unpacked(row[12]), offsets=unpacked(row[13]),
        times_ms=unpacked(row[14]), timed=row[15],
    )  # fmt: skip


def spot_of(row: Sequence[Any]) -> Spot:
    """From a row of `SPOT`."""
    return Spot(id=row[0], media_id=row[1], part=row[2], start_ms=row[3], timed=row[4])


def packed(numbers: Sequence[int]) -> bytes:
    """Numbers in 4 bytes each, or in 8 where one needs them; the first byte says in how many."""
    if not numbers:
        return b""
    width = 4 if max(numbers) < 1 << 32 else 8
    return bytes((width,)) + np.array(numbers, f"<u{width}").tobytes()


def unpacked(data: bytes) -> tuple[int, ...]:
    """What `packed` was given."""
    return tuple(np.frombuffer(data, f"<u{data[0]}", offset=1).tolist()) if data else ()
