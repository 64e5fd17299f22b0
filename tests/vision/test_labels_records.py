"""TFRecord files of labelled videos: read, written, and refused where they are not whole."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import json
import os
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.errors import FullError, InputError, UsageError
from loquitur.vision.labels.dataset import YOUTUBE_8M, YOUTUBE_8M_MEANS, DatasetInfo, StreamInfo
from loquitur.vision.labels.dataset_files import open_dataset
from loquitur.vision.labels.examples import Examples, Segments, Stream
from loquitur.vision.labels.records import checksums, collecting, indices, memory, spans, wire
from loquitur.vision.labels.records import layout as lay
from loquitur.vision.labels.records import patterns as patterns_module
from loquitur.vision.labels.records.collecting import Collector, ContentError
from loquitur.vision.labels.records.column_writing import ColumnWriter, write_columns
from loquitur.vision.labels.records.forms import Forms
from loquitur.vision.labels.records.framing import framed
from loquitur.vision.labels.records.patterns import Patterns
from loquitur.vision.labels.records.quantising import dequantise, mean_of, quantise
from loquitur.vision.labels.records.shards import open_shard
from loquitur.vision.labels.records.writing import ShardWriter, records_of, write_shard

SMALL = DatasetInfo(
    name="small",
    level="frame",
    streams=(
        StreamInfo(name="rgb", dimension=20),
        StreamInfo(name="audio", dimension=3),
        StreamInfo(name="words", dimension=5, quantised=False, rate_hz=0),
    ),
    labels=300,
)
MEANS = dataclasses.replace(
    SMALL,
    level="video",
    streams=tuple(dataclasses.replace(one, quantised=False) for one in SMALL.streams),
)


def stream(rng, info, lengths, *, times=False):
    rows = rng.integers(0, 256, (sum(lengths), info.dimension)).astype(np.uint8)
    if not info.quantised:
        rows = rng.normal(size=rows.shape).astype(np.float32)
    return Stream(
        rows=rows,
        offsets=np.cumsum([0, *lengths], dtype=np.int64),
        times_ms=np.arange(len(rows), dtype=np.int64) * 470 if times else None,
    )


def some(info=SMALL, lengths=(3, 0, 7, 1, 130), *, seed=0):
    """Videos of so many rows; sound is missing in every third, words have times."""
    rng = np.random.default_rng(seed)
    if info.level == "video":
        lengths = [min(many, 1) for many in lengths]
    streams = {}
    for one in info.streams:
        mine = [0 if one.name == "audio" and at % 3 == 2 else n for at, n in enumerate(lengths)]
        times = one.name == "words" and info.level == "frame"
        streams[one.name] = stream(rng, one, mine, times=times)
    labels = [np.sort(rng.choice(info.labels, at % 4, replace=False)) for at in range(len(lengths))]
    return Examples(
        video_ids=tuple(f"v{at:03d}" for at in range(len(lengths))),
        labels=np.concatenate([np.zeros(0, np.int64), *labels]),
        label_offsets=np.cumsum([0, *map(len, labels)], dtype=np.int64),
        streams=streams,
        texts={"title": tuple(f"Tïtle {at}" if at else "" for at in range(len(lengths)))},
    )


def assert_same(found, expected):
    assert found.video_ids == expected.video_ids
    assert np.array_equal(found.labels, expected.labels)
    assert np.array_equal(found.label_offsets, expected.label_offsets)
    assert found.streams.keys() == expected.streams.keys()
    for name, mine in found.streams.items():
        assert mine.rows.dtype == expected.streams[name].rows.dtype
        assert np.array_equal(mine.rows, expected.streams[name].rows), name
        assert np.array_equal(mine.offsets, expected.streams[name].offsets)
        if expected.streams[name].times_ms is not None and len(mine.rows):
            assert np.array_equal(mine.times_ms, expected.streams[name].times_ms)
    assert dict(found.texts) == dict(expected.texts)


def write_records(path, records):
    path.write_bytes(b"".join(piece for one in records for piece in framed(one)))
    return path


def context(*entries):
    return wire.field(1, b"".join(entries))


def named(video_id=b"abcd"):
    return lay.entry("id", lay.feature(lay.BYTES_LIST, wire.field(1, video_id)))


def whole_numbers(name, *values):
    return lay.entry(name, lay.feature(lay.INT64_LIST, wire.field(1, wire.packed(values))))


def rows(name, *values, kind=lay.BYTES_LIST):
    inner = b"".join(wire.field(1, lay.feature(kind, wire.field(1, one))) for one in values)
    return lay.entry(name, inner)


# what is written comes back


@pytest.mark.parametrize("name", ["a.tfrecord", "a.tfrecord.gz", "a.tfrecord.zz", "a.safetensors"])
@pytest.mark.parametrize("info", [SMALL, MEANS], ids=["frame", "video"])
def test_what_is_written_comes_back(tmp_path, name, info):
    examples = some(info)
    path = tmp_path / f"train{name}"
    if name.endswith("safetensors"):
        write_columns(path, examples, info)
    else:
        kind = {"gz": "gzip", "zz": "zlib"}.get(name[-2:], "")
        write_shard(path, examples, info, compression=kind)
    with open_shard(path, info) as shard:
        assert shard.count == len(examples) == len(shard.offsets) == len(shard.lengths)
        assert_same(shard.read(slice(None)), examples)
        whole = [one for batch in shard.examples(2) for one in batch.video_ids]
        assert whole == list(examples.video_ids)
        picked = shard.read([4, 1, 1, 0])
        assert picked.video_ids == ("v004", "v001", "v001", "v000")
        for at, number in enumerate((4, 1, 1, 0)):
            for stream_name, mine in picked.streams.items():
                assert np.array_equal(mine.of(at), examples.streams[stream_name].of(number))
        assert not len(shard.read([]))
        with pytest.raises(IndexError):
            shard.read([5])
    assert shard.problems == ()


@pytest.mark.parametrize("form", [".tfrecord", ".safetensors"])
def test_of_no_videos_too(tmp_path, form):
    path = tmp_path / f"train{form}"
    write = write_columns if form == ".safetensors" else write_shard
    write(path, some(lengths=()), SMALL)
    with open_shard(path, SMALL) as shard:
        assert shard.count == 0
        assert list(shard.examples()) == []
        assert shard.read(slice(None)).streams["rgb"].rows.shape == (0, 20)


@pytest.mark.parametrize("form", [".tfrecord", ".safetensors"])
def test_a_subset_of_the_streams_is_read(tmp_path, form):
    path = tmp_path / f"train{form}"
    examples = some()
    (write_columns if form == ".safetensors" else write_shard)(path, examples, SMALL)
    for wanted in ((), SMALL.streams[1:2]):
        with open_shard(path, dataclasses.replace(SMALL, streams=tuple(wanted))) as shard:
            found = shard.read(slice(None))
        assert list(found.streams) == [one.name for one in wanted]
        assert np.array_equal(found.labels, examples.labels)


@pytest.mark.parametrize("form", [".tfrecord", ".safetensors"])
def test_rated_segments_come_back(tmp_path, form):
    segments = Segments(
        videos=np.array([0, 0, 2]),
        start_ms=np.array([5_000, 10_000, 0]),
        end_ms=np.array([10_000, 15_000, 5_000]),
        labels=np.array([7, 7, 3]),
        scores=np.array([1, 0, 1], np.float32),
    )
    examples = dataclasses.replace(some(), segments=segments)
    path = tmp_path / f"validate{form}"
    (write_columns if form == ".safetensors" else write_shard)(path, examples, SMALL)
    with open_shard(path, SMALL) as shard:
        found = shard.read([2, 0]).segments
    assert found.videos.tolist() == [0, 1, 1]
    assert found.start_ms.tolist() == [0, 5_000, 10_000]
    assert found.labels.tolist() == [3, 7, 7]
    assert found.scores.tolist() == [1, 1, 0]


def test_the_golden_records(shared):
    folder = shared / "vision"
    expected = json.loads((folder / "golden_frame_level.json").read_text())
    info, shards = open_dataset(folder / "golden_frame_level.tfrecord")
    assert (info.streams, info.labels) == (YOUTUBE_8M.streams, 3862)
    with open_shard(shards[0].address, info) as shard:
        found = shard.read(slice(None))
    for at, one in enumerate(expected):
        rgb, audio = found.streams["rgb"].of(at), found.streams["audio"].of(at)
        assert found.video_ids[at] == one["id"]
        assert found.labels_of(at).tolist() == one["labels"]
        assert len(rgb) == one["frames"]
        assert hashlib.sha1(rgb.tobytes()).hexdigest() == one["rgb_sha1"]
        assert hashlib.sha1(audio.tobytes()).hexdigest() == one["audio_sha1"]
        # the numbers in the file that are called dequantised were multiplied as uint8, and
        # overflowed: of values below 64 alone they are right
        for value, number in zip(one["first_rgb"], one["first_rgb_dequantised"], strict=True):
            if value < 64:
                assert dequantise(np.uint8([value]))[0] == pytest.approx(number, abs=1e-6)


def test_the_real_video_level_records_are_written_again_byte_for_byte(shared, tmp_path):
    source = shared / "vision" / "yt8m_video_level_sample250.tfrecord"
    info, _ = open_dataset(source)
    assert info == YOUTUBE_8M_MEANS
    with open_shard(source, info) as shard:
        found = shard.read(slice(None))
    assert len(found) == 250
    write_shard(tmp_path / "again.tfrecord", found, info)
    assert (tmp_path / "again.tfrecord").read_bytes() == source.read_bytes()


# what else the format allows


def test_both_names_of_the_id_and_of_sound(tmp_path):
    other = lay.entry("video_id", lay.feature(lay.BYTES_LIST, wire.field(1, b"efgh")))
    lists = wire.field(2, rows("audio_embedding", b"abc", b"def"))
    path = write_records(tmp_path / "a.tfrecord", [context(other) + lists])
    with open_shard(path, SMALL) as shard:
        found = shard.read(slice(None))
    assert found.video_ids == ("efgh",)
    assert found.streams["audio"].of(0).tobytes() == b"abcdef"


def test_rows_that_are_not_laid_out_alike_are_read_one_by_one(tmp_path):
    """The first row has a field behind its bytes: no two heads lie at one distance."""
    first = wire.field(1, lay.feature(1, wire.field(1, b"a" * 20)) + wire.varint(9 << 3) + b"\1")
    other = wire.field(1, lay.feature(1, wire.field(1, b"b" * 20)))
    record = context(named()) + wire.field(2, lay.entry("rgb", first + other + other))
    path = write_records(tmp_path / "a.tfrecord", [record])
    with open_shard(path, SMALL) as shard:
        assert shard.read([0]).streams["rgb"].rows.tobytes() == b"a" * 20 + b"b" * 40


def test_labels_not_packed_and_out_of_order(tmp_path):
    loose = b"".join(wire.varint(1 << 3) + wire.varint(value) for value in (299, 4, 17))
    record = context(named(), lay.entry("labels", lay.feature(lay.INT64_LIST, loose)))
    path = write_records(tmp_path / "a.tfrecord", [record])
    with open_shard(path, SMALL) as shard:
        assert shard.read([0]).labels.tolist() == [4, 17, 299]


def test_3000_rows_and_none(tmp_path):
    path = tmp_path / "a.tfrecord"
    examples = some(lengths=(3000, 0))
    write_shard(path, examples, SMALL)
    with open_shard(path, SMALL) as shard:
        assert_same(shard.read(slice(None)), examples)


# what is refused


def foreign():
    good = named()
    frame = wire.field(2, rows("rgb", b"a" * 20))
    means = lay.entry("mean_rgb", lay.feature(lay.FLOAT_LIST, wire.field(1, b"\0" * 80)))
    nan = np.full(5, np.nan, "<f4").tobytes()
    infinite = np.array([0, 0, np.inf, 0, 0], "<f4").tobytes()
    text_labels = lay.entry("labels", lay.feature(lay.BYTES_LIST, wire.field(1, b"cat")))
    two_ids = lay.entry(
        "id", lay.feature(lay.BYTES_LIST, wire.field(1, b"a") + wire.field(1, b"b"))
    )
    return {
        "has no 'id'": context(whole_numbers("labels", 1)) + frame,
        "no example of TensorFlow": b"\x0a\x05abc",
        "has label 300, and the vocabulary 300": context(good, whole_numbers("labels", 3, 300)),
        "has label -1,": context(good, whole_numbers("labels", -1)),
        "has label 9 twice": context(good, whole_numbers("labels", 9, 2, 9)),
        "has bytes as 'labels', expected whole numbers": context(good, text_labels),
        "single, short 'id'": context(two_ids),
        "row of 19 numbers, expected 20": context(good)
        + wire.field(2, rows("rgb", b"a" * 20, b"a" * 19)),
        "has floats as 'rgb', expected bytes": context(good)
        + wire.field(2, rows("rgb", b"\0" * 80, kind=lay.FLOAT_LIST)),
        "has bytes as 'words', expected floats": context(good)
        + wire.field(2, rows("words", b"\0" * 20)),
        "row of 4 numbers, expected 5": context(good)
        + wire.field(2, rows("words", b"\0" * 16, kind=lay.FLOAT_LIST)),
        "'words' holds NaN or infinity": context(good)
        + wire.field(2, rows("words", b"\0" * 20, nan, kind=lay.FLOAT_LIST)),
        "holds NaN or infinity": context(good)
        + wire.field(2, rows("words", infinite, kind=lay.FLOAT_LIST)),
        "is of video level": context(good, means),
        "'rgb' has 3 times for its rows": context(good, whole_numbers("rgb_ms", 1, 2, 3)) + frame,
        "times out of range": context(good, whole_numbers("rgb_ms", -5)) + frame,
        "columns of segments of different lengths": context(
            good, whole_numbers("segment_labels", 1, 2), whole_numbers("segment_start_times", 0)
        ),
    }


@pytest.mark.parametrize("why", foreign())
def test_what_is_no_labelled_video_is_refused_with_its_place(tmp_path, why):
    good = context(named(b"good")) + wire.field(2, rows("rgb", b"b" * 20))
    path = write_records(tmp_path / "a.tfrecord", [good, foreign()[why], good])
    with open_shard(path, SMALL) as shard, pytest.raises(InputError) as caught:
        shard.read(slice(None))
    assert why in caught.value.message
    assert f"record 1, byte {len(good) + 16}" in caught.value.message
    with open_shard(path, SMALL, keep_going=True) as shard:
        found = shard.read(slice(None))
        kept, _ = shard.read_numbered([2, 1, 0])
    assert found.video_ids == ("good", "good")
    assert found.streams["rgb"].rows.tobytes() == b"b" * 40
    assert kept.tolist() == [0, 2]
    (problem,) = shard.problems
    assert (problem.record, problem.kind, problem.offset) == (1, "content", len(good) + 16)


def test_frame_level_read_as_video_level_is_refused(tmp_path):
    write_shard(tmp_path / "a.tfrecord", some(), SMALL)
    with (
        open_shard(tmp_path / "a.tfrecord", MEANS) as shard,
        pytest.raises(InputError, match="is of frame level"),
    ):
        shard.read([0])


def test_a_flipped_bit_is_refused_or_skipped(shared):
    path = shared / "vision" / "golden_frame_level_bitflip.tfrecord"
    with open_shard(path, YOUTUBE_8M) as shard:
        assert shard.count == 6
        assert len(shard.read([0, 1])) == 2
        with pytest.raises(InputError, match=r"record 2, byte 9516: the checksum") as caught:
            shard.read(slice(None))
    assert caught.value.code == "LQ-RECORDS-DAMAGED"
    with open_shard(path, YOUTUBE_8M, keep_going=True) as shard:
        found = [one for batch in shard.examples(4) for one in batch.video_ids]
    assert found == ["G000", "G001", "G003", "G004", "G005"]
    assert [problem.kind for problem in shard.problems] == ["checksum"]


def test_a_truncated_tail_is_refused_or_told(shared):
    path = shared / "vision" / "golden_frame_level_truncated.tfrecord"
    with open_shard(path, YOUTUBE_8M) as shard, pytest.raises(InputError) as caught:
        _ = shard.count
    assert "record 4, byte 58822: the file ends at byte 61798" in caught.value.message
    assert caught.value.code == "LQ-RECORDS-TRUNCATED"
    with open_shard(path, YOUTUBE_8M, keep_going=True) as shard:
        assert shard.count == 4
        list(shard.examples())
    assert [problem.kind for problem in shard.problems] == ["checksum", "truncated"]


@pytest.mark.parametrize("form", ["", "gzip", "columns"])
def test_damaged_anywhere_no_wrong_record_is_given(tmp_path, form):
    """Cut at any byte, or one bit changed: what is still given is as it was."""
    path = tmp_path / "train.tfrecord"
    examples = some(lengths=(3, 0, 7, 1, 12))
    if form == "columns":
        write_columns(path, examples, SMALL)
    else:
        write_shard(path, examples, SMALL, compression=form)
    whole = path.read_bytes()
    rng = np.random.default_rng(7)
    for trial in range(60):
        data = bytearray(whole)
        if trial % 2:
            data[rng.integers(len(data))] ^= 1 << rng.integers(8)
        else:
            del data[rng.integers(len(data)) :]
        path.write_bytes(data)
        check_damaged(path, examples)


def check_damaged(path, examples):
    """What is read of a damaged shard is a part of what it held, or an error that is ours."""
    try:
        with open_shard(path, SMALL, keep_going=True) as shard:
            kept, found = shard.read_numbered(slice(None))
            whole = shard.count == len(examples) == len(kept)
    except InputError:
        return
    for at, number in enumerate(kept.tolist()):
        assert found.video_ids[at] == examples.video_ids[number]
        assert np.array_equal(found.labels_of(at), examples.labels_of(number))
        for name, mine in found.streams.items():
            assert np.array_equal(mine.of(at), examples.streams[name].of(number))
    assert whole or shard.problems or path.stat().st_size == 0 or shard.count < len(examples)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("form", ["", "gzip", "zlib", "columns"])
def test_a_thousand_damages(tmp_path, form):
    path = tmp_path / "train.tfrecord"
    examples = some(lengths=(3, 0, 7, 1, 12, 2, 2, 30))
    if form == "columns":
        write_columns(path, examples, SMALL)
    else:
        write_shard(path, examples, SMALL, compression=form)
    whole = path.read_bytes()
    rng = np.random.default_rng(8)
    for trial in range(1000):
        data = bytearray(whole)
        if trial % 3 == 0:
            del data[rng.integers(len(data)) :]
        elif trial % 3 == 1:
            data[rng.integers(len(data))] ^= 1 << rng.integers(8)
        else:
            first = rng.integers(len(data))
            data[first : first + rng.integers(1, 40)] = rng.bytes(rng.integers(0, 40))
        path.write_bytes(data)
        check_damaged(path, examples)


@settings(max_examples=60)
@given(st.binary(max_size=300))
def test_any_record_is_taken_or_refused(tmp_path_factory, data):
    path = write_records(tmp_path_factory.getbasetemp() / "any.tfrecord", [data])
    with open_shard(path, SMALL, keep_going=True) as shard:
        assert len(shard.read([0])) + len(shard.problems) == 1


def test_a_length_that_nobody_may_believe(tmp_path):
    head = np.array([1 << 62], "<u8").tobytes()
    crc = np.array([checksums.masked_crc(head)], "<u4").tobytes()
    (tmp_path / "a.tfrecord").write_bytes(head + crc + b"abc")
    with open_shard(tmp_path / "a.tfrecord", SMALL, keep_going=True) as shard:
        assert shard.count == 0
    assert shard.problems[0].kind == "length"


@pytest.mark.parametrize("kind", ["gzip", "zlib"])
def test_compressed_data_cut_or_spoilt(tmp_path, kind):
    path = tmp_path / "a.tfrecord.gz"
    write_shard(path, some(lengths=(40, 40, 40)), SMALL, compression=kind)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with open_shard(path, SMALL) as shard, pytest.raises(InputError, match="end early"):
        _ = shard.count
    with open_shard(path, SMALL, keep_going=True) as shard:
        found = shard.read(slice(None))
        assert 0 < len(found) < 3
    assert shard.problems[-1].kind == "compression"


def test_members_of_gzip_one_behind_another(tmp_path):
    path = tmp_path / "a.tfrecord.gz"
    records = [b"".join(framed(one)) for one in records_of(some(), SMALL)]
    path.write_bytes(b"".join(gzip.compress(one) for one in records))
    with open_shard(path, SMALL) as shard:
        assert_same(shard.read(slice(None)), some())


def test_a_first_length_that_looks_like_zlib_is_none(tmp_path):
    """0x78 0x01 begins zlib, and is a length of 376 bytes too."""
    text = lay.entry("x", lay.feature(lay.BYTES_LIST, wire.field(1, b"y" * 340)))
    record = context(named(), text)
    record += wire.field(15, b"z" * (0x178 - len(record) - 2))
    assert len(record) == 0x178
    path = write_records(tmp_path / "a.tfrecord", [record])
    assert zlib.decompressobj() is not None
    assert path.read_bytes()[:2] == b"\x78\x01"
    with open_shard(path, SMALL) as shard:
        assert shard.read([0]).video_ids == ("abcd",)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_refused_at_once(tmp_path, make):
    make(tmp_path / "a.tfrecord")
    with pytest.raises(InputError):
        open_shard(tmp_path / "a.tfrecord", SMALL)
    with pytest.raises(InputError, match="no such file"):
        open_shard(tmp_path / "b.tfrecord", SMALL)


# writing


def test_a_writer_that_fails_leaves_what_was_there(tmp_path):
    path = tmp_path / "train.tfrecord"
    write_shard(path, some(), SMALL)
    before = path.read_bytes()

    def write():
        with ShardWriter(path, SMALL) as writer:
            writer.add(some(seed=1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write()
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["train.tfrecord"]


@pytest.mark.parametrize("write", [write_shard, write_columns])
def test_what_does_not_fit_is_not_written(tmp_path, write):
    examples = some()
    path = tmp_path / "train.tfrecord"
    wrong = dataclasses.replace(examples.streams["rgb"], rows=np.zeros((141, 21), np.uint8))
    spoilt = examples.streams["words"].rows.copy()
    spoilt[4, 2] = np.nan
    for streams in (
        {"rgb": wrong},
        {"depth": examples.streams["rgb"]},
        {"words": dataclasses.replace(examples.streams["words"], rows=spoilt)},
    ):
        with pytest.raises(ValueError):
            write(path, dataclasses.replace(examples, streams=streams), SMALL)
    with pytest.raises(ValueError):
        write(path, examples, MEANS)
    assert not path.exists()


def test_a_full_disk_and_a_wrong_compression(tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("no device that is always full")
    with pytest.raises(FullError):
        write_shard("/dev/full", some(), SMALL)
    with pytest.raises(UsageError, match="lzma"):
        write_shard(tmp_path / "a.tfrecord", some(), SMALL, compression="lzma")


# indices


@pytest.fixture
def large(tmp_path):
    """A shard whose index is worth keeping."""
    path = tmp_path / "train.tfrecord"
    write_shard(path, some(YOUTUBE_8M, (300, 0, 300, 300, 200)), YOUTUBE_8M)
    assert path.stat().st_size > 1 << 20
    return path


def test_an_index_is_kept_and_used(large, tmp_path, monkeypatch):
    folder = tmp_path / "indices"
    with open_shard(large, YOUTUBE_8M, index=folder) as shard:
        offsets = shard.offsets.tolist()
    assert len(list(folder.iterdir())) == 1
    monkeypatch.setattr(indices, "walk", lambda _: pytest.fail("the index was not used"))
    with open_shard(large, YOUTUBE_8M, index=folder) as shard:
        assert shard.offsets.tolist() == offsets
        assert shard.read([3]).video_ids == ("v003",)


@pytest.mark.parametrize("damage", [b"", b"{}\n", b"\xff\xfe", None])
def test_an_index_that_is_wrong_is_made_again(large, tmp_path, damage):
    folder = tmp_path / "indices"
    with open_shard(large, YOUTUBE_8M, index=folder) as shard:
        expected = shard.offsets.tolist()
    (kept,) = folder.iterdir()
    data = bytearray(kept.read_bytes())
    data[-3] ^= 1
    kept.write_bytes(data if damage is None else damage)
    with open_shard(large, YOUTUBE_8M, index=folder) as shard:
        assert shard.offsets.tolist() == expected
        assert_same(shard.read(slice(None)), some(YOUTUBE_8M, (300, 0, 300, 300, 200)))


def test_a_shard_that_was_replaced_gets_a_new_index(large, tmp_path):
    folder = tmp_path / "indices"
    with open_shard(large, YOUTUBE_8M, index=folder) as shard:
        assert shard.count == 5
    write_shard(large, some(YOUTUBE_8M, (300, 300, 300)), YOUTUBE_8M)
    with open_shard(large, YOUTUBE_8M, index=folder) as shard:
        assert shard.count == 3


def test_so_does_one_of_the_same_size_and_time(large, tmp_path):
    folder = tmp_path / "indices"
    state = large.stat()
    with open_shard(large, YOUTUBE_8M, index=folder) as shard:
        assert shard.count == 5
    other = some(YOUTUBE_8M, (200, 300, 300, 0, 300))
    write_shard(large, other, YOUTUBE_8M)
    assert large.stat().st_size <= state.st_size
    os.truncate(large, state.st_size)
    os.utime(large, ns=(state.st_atime_ns, state.st_mtime_ns))
    with open_shard(large, YOUTUBE_8M, index=folder, keep_going=True) as shard:
        assert shard.read(slice(None)).video_ids == other.video_ids


def test_an_index_of_a_compressed_shard_is_used_too(tmp_path, monkeypatch):
    monkeypatch.setattr(indices, "_WORTH_BYTES", 100)
    path = tmp_path / "train.tfrecord.gz"
    write_shard(path, some(), SMALL, compression="gzip")
    with open_shard(path, SMALL, index=tmp_path / "indices") as shard:
        assert shard.count == 5
    monkeypatch.setattr(indices, "walk", lambda _: pytest.fail("the index was not used"))
    with open_shard(path, SMALL, index=tmp_path / "indices") as shard:
        assert_same(shard.read(slice(None)), some())


def test_a_shard_that_changes_while_it_is_open_is_told(large, tmp_path):
    with open_shard(large, YOUTUBE_8M, index=tmp_path / "indices") as shard:
        assert shard.count == 5
        os.truncate(large, 400_000)
        with pytest.raises(InputError, match="has become shorter"):
            shard.read([3])
        assert shard.read([0]).video_ids == ("v000",)


def test_columns_that_are_cut_off_while_they_are_read_are_told(tmp_path):
    """A mapped file would end the process: SIGBUS."""
    path = tmp_path / "train.safetensors"
    films = some(YOUTUBE_8M, (300, 300, 300, 300))
    with ColumnWriter(path, YOUTUBE_8M) as writer:
        writer.add(films)
    with open_shard(path, YOUTUBE_8M) as shard:
        before = shard.read([0])
        os.truncate(path, path.stat().st_size // 2)
        with pytest.raises(InputError, match="has become shorter since it was opened"):
            shard.read([1, 2, 3])
        with pytest.raises(InputError, match="has become shorter"):
            list(shard.examples())
        assert np.array_equal(before.streams["rgb"].rows, films.streams["rgb"].of(0))


def test_a_place_for_indices_that_cannot_be_written_is_no_error(large, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with open_shard(large, YOUTUBE_8M, index=tmp_path / "file" / "below") as shard:
        assert shard.count == 5


# numbers, checksums, memory


def test_dequantising_is_as_published():
    """`Dequantize` of google/youtube-8m: x * 4 / 255 + 4 / 512 - 2, bias included."""
    values = np.arange(256, dtype=np.uint8)
    expected = [value * (4.0 / 255.0) + (4.0 / 512.0) - 2.0 for value in range(256)]
    found = dequantise(values)
    assert found.dtype == np.float32
    assert found == pytest.approx(expected, abs=1e-6)
    assert (found[0], found[-1]) == (-1.9921875, 2.0078125)
    assert np.array_equal(quantise(found), values)


@given(st.lists(st.floats(-3, 3, width=32), min_size=1, max_size=50))
def test_quantising_errs_by_half_a_step(values):
    """The published bias is 4/512, not half of the step 4/255: so up to 4/255 - 4/512."""
    inside = np.clip(np.array(values, np.float32), -2, 2)
    assert (
        np.abs(dequantise(quantise(np.array(values, np.float32))) - inside).max()
        <= 4 / 255 - 4 / 512 + 1e-6
    )


def test_nan_is_not_quantised():
    with pytest.raises(ValueError, match="NaN"):
        quantise(np.array([0.0, np.nan]))


def test_the_mean_of_quantised_rows_is_that_of_the_numbers():
    bytes_ = np.random.default_rng(0).integers(0, 256, (300, 64)).astype(np.uint8)
    expected = dequantise(bytes_).astype(np.float64).mean(axis=0)
    assert mean_of(bytes_, quantised=True) == pytest.approx(expected, abs=3e-7)
    numbers = dequantise(bytes_)
    assert mean_of(numbers, quantised=False) == pytest.approx(expected, abs=3e-7)


def test_checksums_are_those_of_the_standard():
    """RFC 3720, appendix B.4: 32 bytes of zeros, of ones; and the check value of the polynomial."""
    crc = checksums.crc32c()
    assert crc(b"\0" * 32) == 0x8A9136AA
    assert crc(b"\xff" * 32) == 0x62A8AB43
    assert crc(b"123456789") == 0xE3069283
    assert checksums.unmask(checksums.mask(0xE3069283)) == 0xE3069283


@given(st.integers(0, 2**32 - 1))
def test_masking_is_undone(crc):
    assert checksums.unmask(checksums.mask(crc)) == crc


def test_without_c_the_packages_own_tables_do(monkeypatch):
    import google_crc32c
    from google_crc32c import python

    monkeypatch.setattr(google_crc32c, "implementation", "python")
    monkeypatch.setattr(google_crc32c, "value", python.value)
    checksums.crc32c.cache_clear()
    try:
        assert not checksums.in_c()
        assert checksums.crc32c()(np.frombuffer(b"123456789", np.uint8)) == 0xE3069283
    finally:
        checksums.crc32c.cache_clear()


def test_memory_is_used_again_only_when_its_last_view_is_gone():
    spare = memory.Spare()
    first = spare.empty(2000, 1024)
    first[:] = 7
    view = first[100:200].view("<f4")
    del first
    second = spare.empty(2000, 1024)
    second[:] = 9
    assert (view.view(np.uint8) == 7).all()
    place = view.ctypes.data
    del view
    third = spare.empty(2000, 1024)
    assert third.ctypes.data <= place < third.ctypes.data + third.nbytes


def test_threads_read_side_by_side(large, tmp_path):
    expected = some(YOUTUBE_8M, (300, 0, 300, 300, 200))
    failures = []
    with open_shard(large, YOUTUBE_8M, index=tmp_path) as shard:

        def work(seed):
            order = np.random.default_rng(seed).permutation(5)
            for number in order.tolist() * 3:
                rows = shard.read([number]).streams["rgb"].rows
                if not np.array_equal(rows, expected.streams["rgb"].of(number)):
                    failures.append(number)

        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []


def test_neighbours_are_read_together():
    numbers, sizes = np.array([3, 4, 5, 9, 8, 7]), np.full(6, 10)
    assert list(spans._cut(numbers, sizes, 1000)) == [[(0, 2), (3, 3), (4, 4), (5, 5)]]
    assert list(spans._cut(numbers, sizes, 50)) == [[(0, 1)], [(2, 2), (3, 3)], [(4, 4), (5, 5)]]
    assert list(spans._cut(np.arange(3, 6), np.full(3, 600), 1000)) == [[(0, 1)], [(2, 2)]]


def outcomes_of(info, data, *, patterns=None):
    """What a collector makes of a record: examples or why not; at once (`patterns`) or alone."""
    collector = Collector(info, patterns=patterns)
    try:
        if patterns is None:
            collector.add(data)
        else:
            refused = collector.add_many(data, np.array([0]), np.array([len(data)]))
            if refused:
                raise refused[0][1]
        return collector.examples()
    except (ContentError, collecting.UncheckedError) as error:
        return repr(error)


def assert_same_outcome(found, expected):
    if isinstance(found, str) or isinstance(expected, str):
        assert found == expected
    else:
        assert_same(found, expected)


THIN = tuple(dataclasses.replace(one, dimension=3) for one in MEANS.streams)


def test_records_laid_out_alike_are_read_as_others_are():
    """Whatever byte is changed: read at once a record gives, or is refused, as by parsing it."""
    info = dataclasses.replace(MEANS, streams=THIN)
    examples = some(info, (1,) * 24)
    titled = [np.frombuffer(one, np.uint8) for one in records_of(examples, info)]
    plain = dataclasses.replace(examples, texts={})
    records = [np.frombuffer(one, np.uint8) for one in records_of(plain, info)]
    patterns = fresh_patterns(info)
    lengths = np.array([len(one) for one in records])
    whole = np.concatenate(records)
    begins = np.cumsum(lengths) - lengths
    alike = patterns.read(whole, begins, lengths)
    assert alike.good.all()
    assert 0 < len(patterns) < len(records)
    for one in titled:  # a title is no part of a pattern
        found = fresh_patterns(info).read(one, np.array([0]), np.array([len(one)]))
        assert (found is None) == (b"title" in one.tobytes())
    rng = np.random.default_rng(3)
    for one in records:
        for at in range(len(one)):
            changed = one.copy()
            changed[at] ^= 1 << rng.integers(8)
            found = outcomes_of(info, changed, patterns=patterns)
            assert_same_outcome(found, outcomes_of(info, changed))


def fresh_patterns(info):
    layouts = {one.name: lay.layout_of(one) for one in info.streams}
    names = lay.context_names(info).items()
    return Patterns({name.encode(): layouts[stream] for name, stream in names}, info.labels)


def test_unusual_records_among_alike_ones_keep_their_place(tmp_path):
    info = dataclasses.replace(MEANS, streams=THIN)
    examples = some(info, (1,) * 90)
    examples = dataclasses.replace(
        examples,
        texts={"title": tuple("Tïtle" if at % 7 == 3 else "" for at in range(90))},
        video_ids=tuple(f"ü{at:03d}" if at % 5 else f"v{at:04d}" for at in range(90)),
    )
    path = tmp_path / "train.tfrecord"
    write_shard(path, examples, info)
    with open_shard(path, info) as shard:
        assert_same(shard.read(slice(None)), examples)
        order = np.random.default_rng(0).permutation(90)
        found = shard.read(order)
    assert found.video_ids == tuple(examples.video_ids[at] for at in order)
    for at, number in enumerate(order.tolist()):
        assert np.array_equal(found.labels_of(at), examples.labels_of(number))
        for name, mine in found.streams.items():
            assert np.array_equal(mine.of(at), examples.streams[name].of(number))


@pytest.mark.parametrize("place", [0, 31, 59])
@pytest.mark.parametrize("damage", ["data", "length", "content", "nan", "cut"])
def test_one_damaged_among_many_alike(tmp_path, damage, place):
    """Its number and first byte are told, and all others come."""
    info = dataclasses.replace(MEANS, streams=THIN)
    examples = dataclasses.replace(some(info, (1,) * 60), texts={})
    records = records_of(examples, info)
    if damage == "content":
        records[place] = context(named(b"zz"), whole_numbers("labels", 300))
    if damage == "nan":
        nan = np.array([1, np.nan, 1], "<f4").tobytes()
        feature = lay.feature(lay.FLOAT_LIST, wire.field(1, nan))
        records[place] = context(named(b"v000"), lay.entry("mean_rgb", feature))
    path = write_records(tmp_path / "train.tfrecord", records)
    offset = sum(len(one) + 16 for one in records[:place])
    with open_shard(path, info, keep_going=True) as shard:
        assert shard.count == 60
        data = bytearray(path.read_bytes())
        if damage == "data":
            data[offset + 30] ^= 4
        elif damage == "length":
            data[offset] ^= 1
        elif damage == "cut":
            del data[offset + 20 :]
        path.write_bytes(data)  # after the index was made
        kept, found = shard.read_numbered(slice(None))
        problems = shard.problems
    kind = {"data": "checksum", "nan": "content", "cut": "truncated"}.get(damage, damage)
    assert (problems[0].record, problems[0].offset, problems[0].kind) == (place, offset, kind)
    left = range(place) if damage == "cut" else [at for at in range(60) if at != place]
    assert kept.tolist() == list(left)
    assert found.video_ids == tuple(examples.video_ids[at] for at in left)
    with open_shard(path, info) as shard, pytest.raises(InputError) as caught:
        shard.read(slice(None))
    assert f"record {place}, byte {offset}" in caught.value.message


@settings(max_examples=60)
@given(st.lists(st.lists(st.integers(0, (1 << 63) - 1), max_size=5), min_size=1, max_size=6))
def test_labels_of_many_are_those_of_each(many):
    raw = [b"".join(wire.varint(one) for one in labels) for labels in many]
    cuts = np.cumsum([0, *map(len, raw)])
    packed = np.frombuffer(b"".join(raw), np.uint8)
    values, counts, plain = patterns_module._labels(packed, cuts, 5000)
    places = np.concatenate(([0], np.cumsum(counts)))
    for at, labels in enumerate(many):
        usual = labels == sorted(set(labels)) and all(one < 5000 for one in labels)
        assert plain[at] == usual
        if usual:
            assert values[places[at] : places[at + 1]].tolist() == labels


@pytest.mark.parametrize("count", [1, 2, 9, 130])
def test_frames_of_a_usual_form_are_read_as_others_are(count):
    """Whatever byte is changed: a record gives, or is refused, as by walking over it."""
    info = dataclasses.replace(SMALL, streams=SMALL.streams[:2])
    plain = dataclasses.replace(some(info, (count, count)), texts={})
    layouts = tuple(lay.layout_of(one) for one in info.streams)
    known = Forms(layouts)
    rng = np.random.default_rng(3)
    for data in map(np.array, (np.frombuffer(one, np.uint8) for one in records_of(plain, info))):
        assert known.read(data) is not None
        for at in rng.permutation(len(data))[:400].tolist():
            changed = data.copy()
            changed[at] ^= 1 << rng.integers(8)
            by_form, by_walking = Collector(info), Collector(info)
            by_form._forms, by_walking._forms = known, None
            outcomes = []
            for collector in (by_form, by_walking):
                try:
                    collector.add(changed)
                    outcomes.append(collector.examples())
                except ContentError as error:
                    outcomes.append(str(error))
            assert_same_outcome(*outcomes)


def test_spare_memory_is_bounded_and_forgotten_by_a_fork():
    spare = memory.Spare(most=4 << 20)
    for _ in range(3):
        held = [spare.empty(2 << 10, 1 << 10) for _ in range(4)]
        del held
    spare.empty(100, 1 << 10)
    assert sum(map(len, spare._free)) + sum(map(len, spare._returned)) <= 4 << 20
    assert spare.empty(8 << 10, 1 << 10).shape == (8192, 1024)
    assert all(len(one) <= 4 << 20 for one in spare._returned)
    with spare._lock:  # held by a thread that a forked process does not have
        spare._begin_anew()
        assert spare.empty(2 << 10, 1 << 10).shape == (2048, 1024)
