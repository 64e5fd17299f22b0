"""What records hold that say nothing of themselves: by the features of the first ones."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import InputError
from loquitur.text import display
from loquitur.vision.labels.dataset import YOUTUBE_8M, YOUTUBE_8M_MEANS, DatasetInfo, StreamInfo
from loquitur.vision.labels.examples import PICTURES, SOUND, WORDS
from loquitur.vision.labels.records import layout as lay
from loquitur.vision.labels.records.checksums import crc32c, unmask
from loquitur.vision.labels.records.framing import CHECKSUM, Frames
from loquitur.vision.labels.records.inflating import InflatedSource, is_compressed
from loquitur.vision.labels.records.sources import open_source
from loquitur.vision.labels.records.wire import BYTES, WireError, fields, read_floats, read_texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.vision.labels.dataset import Level
    from loquitur.vision.labels.dataset_files import ShardFile
    from loquitur.vision.labels.records.sources import ByteSource

_ORDER = (PICTURES, SOUND, WORDS)
_LOOKED_AT = 64
"""Records of which the features are seen before anything is said: the first may have none."""
_VOCABULARY = "vocabulary.csv"


@dataclasses.dataclass(slots=True)
class _Seen:
    """The features of some records: numbers a row, and whether they are bytes."""

    rows: dict[str, tuple[int, bool]]
    means: dict[str, tuple[int, bool]]
    ids: int = 0


def recognise(shards: Sequence[ShardFile]) -> DatasetInfo:
    """What shards without a `dataset.json` hold.

    Raises:
        InputError: No record says so.
    """
    seen = _Seen({}, {})
    why = "holds no record"
    for shard in shards[:8]:
        for number, data in enumerate(_first(shard.address)):
            try:
                _look(data, seen)
            except WireError as exc:
                why = f"its record {number} is no example of TensorFlow ({exc})"
                break
        if seen.rows or seen.means:
            return _said(seen, shard.address)
    if seen.ids:
        why = "its first records have none of the streams that are known (rgb, audio, words)"
    raise InputError(
        f"{display(shards[0].address)}: {why}",
        hint="write a dataset.json beside it that says what it holds (docs/label-data.md)",
        code="LQ-RECORDS-FOREIGN",
    )


def _first(address: str) -> Iterator[memoryview]:
    source = open_source(address)
    plain: ByteSource = source
    try:
        if is_compressed(source):
            plain = InflatedSource(source)
        for number, (offset, length) in enumerate(Frames(plain)):
            data = np.frombuffer(plain.read(offset, length + 4), np.uint8)
            if number == _LOOKED_AT or len(data) < length + 4:
                return
            if crc32c()(data[:length]) == unmask(CHECKSUM.unpack(data[length:].tobytes())[0]):
                yield data[:length].data
    finally:
        plain.close()
        source.close()


def _look(view: memoryview, seen: _Seen) -> None:
    for number, kind, start, stop in fields(view, 0, len(view)):
        if kind != BYTES or number not in (1, 2):
            continue
        for one, wire, at, end in fields(view, start, stop):
            if one != 1 or wire != BYTES:
                continue
            name, value = "", (end, end)
            for part, _, first, last in fields(view, at, end):
                if part == 1:
                    name = bytes(view[first:last]).decode("utf-8", "replace")
                elif part == 2:
                    value = (first, last)
            if number == 1:
                _look_at_context(view, name, value, seen)
            elif name in _ORDER or name in lay.ALIASES:
                _look_at_rows(view, lay.ALIASES.get(name, name), value, seen)


def _look_at_context(view: memoryview, name: str, value: tuple[int, int], seen: _Seen) -> None:
    if name in lay.IDS:
        seen.ids += 1
    stream = name.removeprefix(lay.MEAN)
    if name.startswith(lay.MEAN) and stream in _ORDER:
        found = _row(view, value)
        if found is not None:
            seen.means.setdefault(stream, found)


def _look_at_rows(view: memoryview, name: str, value: tuple[int, int], seen: _Seen) -> None:
    for number, kind, start, stop in fields(view, *value):
        if number == 1 and kind == BYTES:
            found = _row(view, (start, stop))
            if found is not None:
                seen.rows.setdefault(name, found)
            return


def _row(view: memoryview, value: tuple[int, int]) -> tuple[int, bool] | None:
    for kind, wire, start, stop in fields(view, *value):
        if wire != BYTES:
            continue
        if kind == lay.BYTES_LIST:
            texts = read_texts(view, start, stop)
            if len(texts) == 1 and len(texts[0]):
                return len(texts[0]), True
        elif kind == lay.FLOAT_LIST:
            numbers = read_floats(view, start, stop)
            if len(numbers):
                return len(numbers), False
    return None


def _said(seen: _Seen, address: str) -> DatasetInfo:
    level: Level = "frame" if seen.rows else "video"
    found = seen.rows or seen.means
    known = YOUTUBE_8M if level == "frame" else YOUTUBE_8M_MEANS
    beside = Path(address).parent / _VOCABULARY
    vocabulary = _VOCABULARY if beside.is_file() else ""
    published = {stream.name: (stream.dimension, stream.quantised) for stream in known.streams}
    if PICTURES in found and found.items() <= published.items():
        streams = tuple(stream for stream in known.streams if stream.name in found)
        return dataclasses.replace(known, streams=streams, vocabulary_file=vocabulary)
    streams = tuple(
        StreamInfo(name=name, dimension=found[name][0], quantised=found[name][1])
        for name in _ORDER
        if name in found
    )
    return DatasetInfo(
        name=Path(address).parent.name or "videos",
        level=level,
        streams=streams,
        labels=0,
        vocabulary_file=vocabulary,
        notes=("Recognised by its features; how many labels there are is not known.",),
    )
