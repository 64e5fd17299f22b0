"""Records read by their places, many at once: what is odd costs nothing and comes out the same."""

from __future__ import annotations

import dataclasses
import tracemalloc

import numpy as np

from loquitur.vision.labels.dataset import DatasetInfo, StreamInfo
from loquitur.vision.labels.records import layout as lay
from loquitur.vision.labels.records import wire
from loquitur.vision.labels.records.forms import Forms
from loquitur.vision.labels.records.framing import framed
from loquitur.vision.labels.records.shards import open_shard

FRAMES = DatasetInfo(
    name="thin",
    level="frame",
    streams=(StreamInfo(name="rgb", dimension=4), StreamInfo(name="audio", dimension=3)),
    labels=300,
)
MEANS = dataclasses.replace(
    FRAMES,
    level="video",
    streams=tuple(dataclasses.replace(one, quantised=False) for one in FRAMES.streams),
)


def text(name, value):
    return lay.entry(name, lay.feature(lay.BYTES_LIST, wire.field(1, value)))


def numbers(name, values):
    return lay.entry(name, lay.feature(lay.INT64_LIST, wire.field(1, wire.packed(values))))


def frame_lists(count):
    rows = np.arange(count * 7, dtype=np.uint8)
    lists = [
        lay.entry(
            name,
            b"".join(
                lay.row_head(width, lay.BYTES_LIST) + rows[at * width : (at + 1) * width].tobytes()
                for at in range(count)
            ),
        )
        for name, width in (("rgb", 4), ("audio", 3))
    ]
    return wire.field(2, b"".join(lists))


def mean_entries(seed):
    rng = np.random.default_rng(seed)
    found = b""
    for name, width in (("mean_rgb", 4), ("mean_audio", 3)):
        content = rng.normal(size=width).astype("<f4").tobytes()
        found += lay.entry(name, lay.feature(lay.FLOAT_LIST, wire.field(1, content)))
    return found


def write(path, records):
    path.write_bytes(b"".join(piece for one in records for piece in framed(one)))
    return path


def test_a_context_that_is_cut_off_is_refused(tmp_path):
    """Its checksum is right: who wrote it lost the end."""
    head = wire.field(1, text("id", b"abcd") + numbers("labels", [5, 200, 299]))
    whole = head + frame_lists(2)
    cuts = [head[:at] for at in range(1, len(head))]
    path = write(tmp_path / "train.tfrecord", [whole, *cuts, whole])
    with open_shard(path, FRAMES, keep_going=True) as shard:
        kept, found = shard.read_numbered(slice(None))
        assert len(shard.problems) == len(cuts)
    assert kept.tolist() == [0, len(cuts) + 1]
    assert found.labels.tolist() == [5, 200, 299] * 2


def test_memory_of_patterns_does_not_go_by_the_oddest_record(tmp_path):
    """Fields that nobody knows may be in a record, and as large as they like."""
    records = [
        wire.field(1, text("id", b"abcd") + numbers("labels", [5]) + mean_entries(at))
        for at in range(3_000)
    ]
    size = 200_000
    records[100] = wire.field(1, text("id", b"oddy") + mean_entries(0) + wire.field(7, bytes(size)))
    path = write(tmp_path / "train.tfrecord", records)
    tracemalloc.start()
    with open_shard(path, MEANS) as shard:
        ids = [name for some in shard.examples(256) for name in some.video_ids]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert ids == ["abcd"] * 100 + ["oddy"] + ["abcd"] * 2_899
    assert peak < 30 * size


def test_memory_of_forms_does_not_go_by_the_longest_videos():
    head = wire.field(1, text("id", b"abcd") + numbers("labels", [5]))
    forms = Forms([lay.layout_of(one) for one in FRAMES.streams])
    assert forms.read(np.frombuffer(head + frame_lists(300), np.uint8)) is not None
    tracemalloc.start()
    for count in range(9_000, 9_010):
        forms.read(np.frombuffer(head + frame_lists(count), np.uint8))
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert kept < 100_000
