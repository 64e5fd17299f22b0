"""Our shards in the tfrecord package, and its shards here."""

from __future__ import annotations

import numpy as np
import pytest

from loquitur.vision.labels.dataset import YOUTUBE_8M, YOUTUBE_8M_MEANS
from loquitur.vision.labels.dataset_files import open_dataset
from loquitur.vision.labels.examples import Examples, Stream
from loquitur.vision.labels.records.shards import open_shard
from loquitur.vision.labels.records.writing import write_shard

pytestmark = pytest.mark.extras
tfrecord = pytest.importorskip("tfrecord")


def videos(info, lengths=(5, 120, 1)):
    rng = np.random.default_rng(4)
    offsets = np.cumsum([0, *lengths])
    streams = {}
    for one in info.streams:
        rows = rng.integers(0, 256, (offsets[-1], one.dimension)).astype(np.uint8)
        if not one.quantised:
            rows = rng.normal(size=rows.shape).astype(np.float32)
        streams[one.name] = Stream(rows=rows, offsets=offsets)
    return Examples(
        video_ids=("aaaa", "bbbb", "cccc"),
        labels=np.array([1, 700, 3861, 0]),
        label_offsets=np.array([0, 3, 3, 4]),
        streams=streams,
    )


def test_it_reads_our_frame_level(tmp_path):
    from tfrecord.reader import sequence_loader

    examples = videos(YOUTUBE_8M)
    path = tmp_path / "train00.tfrecord"
    write_shard(path, examples, YOUTUBE_8M)
    found = list(
        sequence_loader(
            str(path), None, {"id": "byte", "labels": "int"}, {"rgb": "byte", "audio": "byte"}
        )
    )
    assert len(found) == 3
    for at, (context, lists) in enumerate(found):
        assert bytes(context["id"]).decode() == examples.video_ids[at]
        assert list(context.get("labels", ())) == examples.labels_of(at).tolist()
        for name in ("rgb", "audio"):
            rows = np.stack([np.frombuffer(one, np.uint8) for one in lists[name]])
            assert np.array_equal(rows, examples.streams[name].of(at))


def test_it_reads_our_video_level(tmp_path):
    from tfrecord.reader import tfrecord_loader

    examples = videos(YOUTUBE_8M_MEANS, (1, 1, 1))
    path = tmp_path / "train00.tfrecord"
    write_shard(path, examples, YOUTUBE_8M_MEANS)
    kinds = {"id": "byte", "mean_rgb": "float", "mean_audio": "float"}
    found = list(tfrecord_loader(str(path), None, kinds))
    assert len(found) == 3
    for at, one in enumerate(found):
        assert np.array_equal(one["mean_rgb"], examples.streams["rgb"].of(at)[0])
        assert np.array_equal(one["mean_audio"], examples.streams["audio"].of(at)[0])


def test_we_read_what_it_writes(tmp_path):
    from tfrecord.writer import TFRecordWriter

    path = tmp_path / "train00.tfrecord"
    rgb = np.arange(3 * 1024, dtype=np.uint32).astype(np.uint8).reshape(3, 1024)
    writer = TFRecordWriter(str(path))
    writer.write(
        {"id": (b"abcd", "byte"), "labels": ([5, 900], "int")},
        {
            "rgb": ([row.tobytes() for row in rgb], "byte"),
            "audio": ([bytes(128)] * 3, "byte"),
        },
    )
    writer.close()
    info, _ = open_dataset(path)
    assert info == YOUTUBE_8M
    with open_shard(path, info) as shard:
        found = shard.read(slice(None))
    assert found.video_ids == ("abcd",)
    assert found.labels.tolist() == [5, 900]
    assert np.array_equal(found.streams["rgb"].of(0), rgb)
