"""Batches out of shards on a disk: whole ones, compressed ones, damaged ones; counts of labels."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from loquitur.errors import InputError, RemoteError, UsageError
from loquitur.vision.labels.converting import convert_dataset
from loquitur.vision.labels.dataset import YOUTUBE_8M, YOUTUBE_8M_MEANS, DatasetInfo, StreamInfo
from loquitur.vision.labels.dataset_files import open_dataset, shard_files, write_dataset
from loquitur.vision.labels.examples import Examples, Stream
from loquitur.vision.labels.feeding import sharded
from loquitur.vision.labels.feeding.batches import LabelBatches
from loquitur.vision.labels.feeding.holding import HeldBlocks
from loquitur.vision.labels.feeding.sharded import ShardedDataset, open_data
from loquitur.vision.labels.feeding.statistics import (
    any_labelled,
    label_counts,
    streams_without_rows,
)
from loquitur.vision.labels.records.shards import open_shard
from loquitur.vision.labels.records.writing import write_shard
from loquitur.vision.labels.training.plans import plan, task_of

FRAMES = DatasetInfo(
    name="small",
    level="frame",
    streams=(StreamInfo(name="rgb", dimension=16), StreamInfo(name="audio", dimension=4)),
    labels=9,
)
MEANS = dataclasses.replace(
    FRAMES,
    level="video",
    streams=tuple(dataclasses.replace(one, quantised=False) for one in FRAMES.streams),
)
COUNTS = (40, 0, 25, 33)
PARTS = ("train", "validate")


def offsets(lengths):
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def films(info, many, name):
    """Videos of 0 to 12 rows (one where they are means), with 0 to 3 labels."""
    chance = np.random.default_rng(list(name.encode()))
    streams = {}
    for stream in info.streams:
        at = offsets(chance.integers(0, 13, many) if info.level == "frame" else [1] * many)
        rows = chance.integers(0, 256, (at[-1], stream.dimension), np.uint8)
        if not stream.quantised:
            rows = rows.astype(np.float32) / 7
        streams[stream.name] = Stream(rows=rows, offsets=at)
    labels = [np.sort(chance.choice(9, chance.integers(0, 4), replace=False)) for _ in range(many)]
    return Examples(
        video_ids=tuple(f"{name}-{number}" for number in range(many)),
        labels=np.concatenate([np.zeros(0, np.int64), *labels]),
        label_offsets=offsets([len(one) for one in labels]),
        streams=streams,
    )


def write(folder, info=FRAMES, compression="", counts=COUNTS):
    """A data set of some shards; its videos by id: the examples and the number there."""
    found = {}
    for part in PARTS:
        for number, many in enumerate(counts):
            name = f"{part}{number:04}"
            examples = films(info, many, name)
            suffix = {"": "", "gzip": ".gz"}[compression]
            path = folder / f"{name}.tfrecord{suffix}"
            write_shard(path, examples, info, compression=compression)
            found |= {video: (examples, at) for at, video in enumerate(examples.video_ids)}
    write_dataset(folder, info)
    return found


def flip(path, record, by=0):
    """One bit of a record's data turned; its shard's index stays right."""
    with open_shard(path, FRAMES, keep_going=True) as shard:
        place = int(shard.offsets[record]) + by
    data = bytearray(path.read_bytes())
    data[place] ^= 4
    path.write_bytes(data)


def check(batch, known, most=300):
    for row, video in enumerate(batch.video_ids):
        examples, at = known[video]
        assert batch.labels[row][batch.labels[row] >= 0].tolist() == examples.labels_of(at).tolist()
        for name, rows in batch.streams.items():
            mine, many = examples.streams[name].of(at), int(batch.lengths[name][row])
            assert many == len(mine)
            assert np.array_equal(rows[row, :many], mine)
            assert not rows[row, many:].any()


@pytest.mark.parametrize("info", [FRAMES, MEANS], ids=["frames", "means"])
@pytest.mark.parametrize("compression", ["", "gzip"])
def test_what_was_written_comes_back(tmp_path, info, compression, monkeypatch):
    monkeypatch.setattr(sharded, "MOST_OPEN", 1)
    monkeypatch.setattr(sharded, "MOST_UNPACKED", 1)
    known = write(tmp_path, info, compression)
    with open_data(tmp_path) as data:
        assert data.counts("train").tolist() == list(COUNTS)
        assert data.block == (0 if compression else 256)
        batches = LabelBatches(data, "train", batch=16, workers=8, buffer=64, block=8)
        for epoch in (0, 1):
            seen = []
            for batch in batches.epoch(epoch):
                check(batch, known)
                seen += batch.video_ids
            assert sorted(seen) == sorted(one for one in known if one.startswith("train"))
        assert len(data._open) <= 1


def test_two_machines_of_eight_readers(tmp_path):
    known = write(tmp_path)
    seen = []
    for rank in (0, 1):
        with open_data(tmp_path) as data:
            batches = LabelBatches(data, "train", batch=10, seed=5, shard=(rank, 2), workers=8)
            seen += [video for batch in batches.epoch(4) for video in batch.video_ids]
    assert sorted(seen) == sorted(one for one in known if one.startswith("train"))


def test_only_wanted_streams_are_read(tmp_path):
    known = write(tmp_path)
    with open_data(tmp_path) as data:
        (batch,) = LabelBatches(data, "train", batch=98, streams=("audio",)).epoch(0)
        check(batch, known)
        assert list(batch.streams) == ["audio"]
        found = data.read("train", 0, np.arange(3), ())
        assert not found.examples.streams
        assert (
            found.examples.labels.tolist()
            == data.read("train", 0, np.arange(3)).examples.labels.tolist()
        )


def test_a_damaged_record_is_refused_or_left_out_and_moves_no_other(tmp_path):
    known = write(tmp_path)
    with open_data(tmp_path) as data:
        whole = [one.video_ids for one in LabelBatches(data, "train", batch=8, block=8).epoch(1)]
    flip(tmp_path / "train0002.tfrecord", 7, by=20)
    with open_data(tmp_path) as data, pytest.raises(InputError, match="record 7, byte") as caught:
        list(LabelBatches(data, "train", batch=8, block=8, workers=3).epoch(1))
    assert "checksum" in str(caught.value)
    with open_data(tmp_path, keep_going=True) as data:
        batches = LabelBatches(data, "train", batch=8, block=8, workers=3)
        got = []
        for batch in batches.epoch(1):
            check(batch, known)
            got.append(batch.video_ids)
        assert got == [tuple(one for one in ids if one != "train0002-7") for ids in whole]
        list(batches.epoch(2))
        (told,) = batches.record.skipped  # once, however often it was met
        assert (told.shard, told.record) == ("train0002.tfrecord", 7)
        assert "checksum" in told.reason


def test_a_batch_of_damaged_records_alone_is_empty(tmp_path):
    write(tmp_path, counts=(3,))
    for record in range(3):
        flip(tmp_path / "train0000.tfrecord", record, by=20)
    with open_data(tmp_path, keep_going=True) as data:
        batches = LabelBatches(data, "train", batch=8)
        (batch,) = batches.epoch(0)
        assert len(batch) == 0
        assert batch.streams["rgb"].shape == (0, 1, 16)
        assert len(batches.record.skipped) == 3


@pytest.mark.parametrize("with_counts", [False, True])
def test_a_shard_that_is_broken_off(tmp_path, with_counts):
    write(tmp_path)
    path = tmp_path / "train0003.tfrecord"
    data_ = path.read_bytes()
    with open_shard(path, FRAMES) as shard:
        place = int(shard.offsets[20]) + 3
    path.write_bytes(data_[:place])
    if with_counts:  # whoever wrote the index says 33, and the size is that of the broken file
        document = json.loads((tmp_path / "dataset.json").read_text())
        for one in document["shards"]:
            if one["path"] == path.name:
                one |= {"count": 33, "size_bytes": place}
        (tmp_path / "dataset.json").write_text(json.dumps(document))
    with open_data(tmp_path) as data, pytest.raises(InputError, match="broken off at record 20"):
        list(LabelBatches(data, "train", batch=8).epoch(0))
    with open_data(tmp_path, keep_going=True) as data:
        batches = LabelBatches(data, "train", batch=8)
        assert batches.rows() == (98 if with_counts else 85)
        seen = [video for batch in batches.epoch(0) for video in batch.video_ids]
        assert len(seen) == len(set(seen)) == 85
        told = batches.record.skipped
        assert {one.shard for one in told} == {"train0003.tfrecord"}
        assert {one.record for one in told} == {None}
        assert any("record 20" in one.reason for one in told)


@pytest.mark.parametrize("records", [0, 20])
def test_a_shard_that_was_cut_between_two_records(tmp_path, records):
    source, new = tmp_path / "data", tmp_path / "new"
    write(source)
    path = source / "train0003.tfrecord"
    data_ = path.read_bytes()
    with open_shard(path, FRAMES) as shard:
        place = int(shard.offsets[records]) - 12
    path.write_bytes(data_[:place])  # whole by itself; dataset.json knows its size
    says = f"dataset.json says {len(data_)} bytes, the file has {place}"
    with open_data(source) as data, pytest.raises(InputError, match=says):
        LabelBatches(data, "train", batch=8)
    with open_data(source, keep_going=True) as data:
        batches = LabelBatches(data, "train", batch=8)
        assert sum(len(batch) for batch in batches.epoch(0)) == 65 + records
        assert [says in one.reason for one in batches.record.skipped] == [True]
    for form in ("columns", "tfrecord.gz"):
        with pytest.raises(InputError, match=says):
            convert_dataset(source, new, form)
        _, done = convert_dataset(source, new, form, keep_going=True)
        assert [one.why for each in done for one in each.problems] == [says]
        shutil.rmtree(new)


def test_an_index_that_says_too_many_is_told(tmp_path):
    write(tmp_path)
    document = json.loads((tmp_path / "dataset.json").read_text())
    for one in document["shards"]:
        if one["path"] == "train0000.tfrecord":
            one["count"] = 50
    (tmp_path / "dataset.json").write_text(json.dumps(document))
    with open_data(tmp_path) as data, pytest.raises(InputError, match="40 records, and 50"):
        list(LabelBatches(data, "train", batch=8).epoch(0))
    with open_data(tmp_path, keep_going=True) as data:
        batches = LabelBatches(data, "train", batch=8)
        assert sum(len(batch) for batch in batches.epoch(0)) == 98
        assert "40 records, and 50" in batches.record.skipped[0].reason


def test_parts_are_by_name(tmp_path):
    write(tmp_path)
    with open_data(tmp_path) as data:
        with pytest.raises(InputError, match="no part 'test'"):
            LabelBatches(data, "test", batch=8)
        with pytest.raises(UsageError, match="no such part: 'evaluate'"):
            LabelBatches(data, "evaluate", batch=8)


def test_labels_are_counted_once(tmp_path):
    known = write(tmp_path / "data")
    mine = [pair for video, pair in known.items() if video.startswith("train")]
    expected = np.bincount(
        np.concatenate([examples.labels_of(at) for examples, at in mine]), minlength=9
    )
    cache = tmp_path / "cache"
    with open_data(tmp_path / "data") as data:
        for _ in range(2):
            found = label_counts(data, "train", cache=cache)
            assert found.counts.tolist() == expected.tolist()
            assert found.videos == 98
            assert found.unlabelled == sum(not len(one.labels_of(at)) for one, at in mine)
        assert len(list(cache.iterdir())) == 1
        data.read = None  # kept counts need no reading
        assert label_counts(data, "train", cache=cache).videos == 98
    (kept,) = cache.iterdir()
    kept.write_text(kept.read_text().replace("98", "97", 1)[:-9])  # cut short: made again
    with open_data(tmp_path / "data") as data:
        assert label_counts(data, "train", cache=cache).videos == 98
    write_shard(tmp_path / "data" / "train0001.tfrecord", films(FRAMES, 4, "new"), FRAMES)
    with open_data(tmp_path / "data") as data:
        assert label_counts(data, "train", cache=cache).videos == 102


def test_a_part_without_labels_judges_nothing(tmp_path):
    bare = films(FRAMES, 5, "bare")
    bare = dataclasses.replace(
        bare, labels=np.zeros(0, np.int64), label_offsets=np.zeros(6, np.int64)
    )
    write(tmp_path / "data")
    for path in (tmp_path / "data").glob("validate*"):
        write_shard(path, bare, FRAMES)
    write_dataset(tmp_path / "data", FRAMES)
    with open_data(tmp_path / "data") as data:
        assert any_labelled(data, "train")
        assert not any_labelled(data, "validate")
    with pytest.raises(InputError, match="no video of the part 'validate' has a label"):
        task_of(plan(tmp_path / "run", data=tmp_path / "data", preset_name="net"))


def test_streams_of_no_rows_are_told_before_training(tmp_path):
    write(tmp_path / "data")
    silent = films(FRAMES, 40, "silent")
    none = Stream(rows=np.zeros((0, 4), np.uint8), offsets=np.zeros(41, np.int64))
    silent = dataclasses.replace(silent, streams={**silent.streams, "audio": none})
    for path in (tmp_path / "data").glob("train*"):
        write_shard(path, silent, FRAMES)
    write_dataset(tmp_path / "data", FRAMES)
    with open_data(tmp_path / "data") as data:
        videos = int(data.counts("train").sum())
        assert streams_without_rows(data, "train", ("rgb", "audio")) == (("audio",), videos)
        assert streams_without_rows(data, "train", ("rgb",))[0] == ()
        assert streams_without_rows(data, "train", ("audio",), most=1) == (("audio",), 32)
        assert streams_without_rows(data, "validate", ("rgb", "audio"))[0] == ()


@pytest.fixture
def far(tmp_path):
    """The same shards behind addresses, and where they are."""
    import fsspec

    known = write(tmp_path)
    files = fsspec.filesystem("memory")
    found = []
    for one in shard_files(tmp_path):
        address = f"memory://{tmp_path.name}/{one.name}"
        files.pipe_file(address, Path(one.address).read_bytes())
        found.append(dataclasses.replace(one, address=address))
    yield known, ShardedDataset(FRAMES, found, keep_going=True)
    files.rm(f"/{tmp_path.name}", recursive=True)


def test_blocks_far_away_are_asked_for_once(far):
    known, data = far
    asked = []
    read = data.read
    data.read = lambda *given: asked.append((given[1], given[2].tolist())) or read(*given)
    held = HeldBlocks(data, block=8, buffer=32)
    batches = LabelBatches(held, "train", batch=10, workers=2)
    assert held.buffer == 32
    for epoch in (0, 1):
        asked.clear()
        seen = []
        for batch in batches.epoch(epoch):
            check(batch, known)
            seen += batch.video_ids
        assert sorted(seen) == sorted(one for one in known if one.startswith("train"))
        blocks = {(shard, tuple(records)) for shard, records in asked}
        assert len(blocks) == len(asked)
        assert len(asked) == 14 if epoch == 0 else len(asked) <= 14  # 14 blocks, some still held
        assert held._records == sum(size for _, size in held._held.values()) <= 96


def test_what_is_damaged_far_away_is_left_out(far):
    _, data = far
    import fsspec

    files = fsspec.filesystem("memory")
    address = data.files("train")[2].address
    with open_shard(address, FRAMES) as shard:
        place = int(shard.offsets[7]) + 20
    whole = bytearray(files.cat_file(address))
    whole[place] ^= 4
    files.pipe_file(address, bytes(whole))
    with HeldBlocks(data, block=8, buffer=32) as held:
        batches = LabelBatches(held, "train", batch=10, workers=2)
        seen = [video for batch in batches.epoch(0) for video in batch.video_ids]
        assert len(seen) == 97
        assert "train0002-7" not in seen
        assert [one.record for one in batches.record.skipped] == [7]


def test_a_server_that_stops_is_told(far):
    _, data = far
    held = HeldBlocks(data, block=8, buffer=32)
    read = data.read

    def refused(*given):
        raise RemoteError("the server went away")

    data.read = refused
    batches = LabelBatches(held, "train", batch=10, workers=2)
    with pytest.raises(RemoteError, match="went away"):
        list(batches.epoch(0))
    data.read = read  # and nothing of it is held
    assert sum(len(batch) for batch in batches.epoch(0)) == 98


def test_what_is_held_fits(tmp_path):
    for info in (YOUTUBE_8M, YOUTUBE_8M_MEANS):
        held = HeldBlocks(ShardedDataset(info, ()))
        width = 1152 * (300 if info.level == "frame" else 4)
        assert held.buffer % held.block == 0
        assert 3 * held.buffer * width <= 512 << 20
        assert held.buffer >= 480


READER = """
import sys
from loquitur.vision.labels.feeding.batches import LabelBatches
from loquitur.vision.labels.feeding.holding import HeldBlocks
from loquitur.vision.labels.feeding.sharded import ShardedDataset, open_data

folder, done = sys.argv[1], int(sys.argv[2])
with open_data(folder) as data:
    batches = LabelBatches(data, "train", batch=8, seed=2, workers=2, buffer=32, block=8)
    for batch in batches.epoch(3, done):
        print(",".join(batch.video_ids), flush=True)
        if done == 0:
            sys.stdin.readline()  # whoever reads this says when to go on
"""


@pytest.mark.slow
def test_a_reader_that_was_killed_is_gone_on_from(tmp_path):
    write(tmp_path)
    command = [sys.executable, "-c", textwrap.dedent(READER), str(tmp_path)]
    with subprocess.Popen(
        [*command, "0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        got = []
        for _ in range(5):
            got.append(reader.stdout.readline().strip())
            reader.stdin.write("\n")
            reader.stdin.flush()
        os.kill(reader.pid, signal.SIGKILL)
    rest = subprocess.run([*command, "5"], capture_output=True, text=True, check=True)
    got += rest.stdout.splitlines()
    with open_data(tmp_path) as data:
        batches = LabelBatches(data, "train", batch=8, seed=2, buffer=32, block=8)
        assert got == [",".join(batch.video_ids) for batch in batches.epoch(3)]


def test_the_real_records_come_once_an_epoch(shared, tmp_path):
    path = shared / "vision" / "yt8m_video_level_sample250.tfrecord"
    info, shards = open_dataset(path)
    shards = tuple(dataclasses.replace(one, part="train") for one in shards)
    with ShardedDataset(info, shards) as data:
        batches = LabelBatches(data, "train", batch=64, workers=2)
        seen = []
        for batch in batches.epoch(0):
            assert batch.streams["rgb"].shape[1:] == (1, 1024)
            assert batch.streams["audio"].dtype == np.float32
            assert (batch.lengths["rgb"] == 1).all()
            seen += batch.video_ids
        assert len(seen) == len(set(seen)) == 250
        counts = label_counts(data, "train", cache=tmp_path)
        assert counts.videos == 250
        assert len(counts.counts) == info.labels == 3862
