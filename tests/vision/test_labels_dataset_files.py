"""Folders of shards: their index, what is recognised without one, other forms of them."""

from __future__ import annotations

import dataclasses
import json
import os

import fsspec
import numpy as np
import pytest

from loquitur.errors import InputError, LockedError, UsageError
from loquitur.model.speech import EngineStamp
from loquitur.store import writing
from loquitur.vision.labels.conversion_book import BOOK, LOCK
from loquitur.vision.labels.converting import convert_dataset, means_info
from loquitur.vision.labels.dataset import YOUTUBE_8M, YOUTUBE_8M_MEANS, DatasetInfo, StreamInfo
from loquitur.vision.labels.dataset_files import (
    ShardFile,
    open_dataset,
    part_of,
    shards_of,
    write_dataset,
)
from loquitur.vision.labels.examples import Examples, Stream
from loquitur.vision.labels.records import indices
from loquitur.vision.labels.records.quantising import dequantise
from loquitur.vision.labels.records.shards import open_shard
from loquitur.vision.labels.records.writing import write_shard
from loquitur.vision.labels.survey import survey

ENCODER = EngineStamp(name="descriptor", version="1", model="", options="{}")
INFO = DatasetInfo(
    name="mine",
    level="frame",
    streams=(
        StreamInfo(name="rgb", dimension=8, encoder=ENCODER, projection="ab" * 32),
        StreamInfo(name="audio", dimension=4),
    ),
    labels=6,
    notes=("made for a test",),
)


def videos(*names, info=INFO, labels=(), rows=3, seed=0):
    rng = np.random.default_rng(seed)
    labels = labels or [(at % 3, 4) for at in range(len(names))]
    offsets = np.arange(len(names) + 1) * rows
    return Examples(
        video_ids=names,
        labels=np.array([one for mine in labels for one in mine], np.int64),
        label_offsets=np.cumsum([0, *map(len, labels)], dtype=np.int64),
        streams={
            one.name: Stream(
                rows=rng.integers(0, 256, (offsets[-1], one.dimension)).astype(np.uint8),
                offsets=offsets,
            )
            for one in info.streams
        },
    )


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "data"
    write_shard(root / "train00.tfrecord", videos("a", "b", "c"), INFO)
    write_shard(root / "train01.tfrecord", videos("d", "e"), INFO)
    write_shard(root / "validate00.tfrecord", videos("f"), INFO)
    write_dataset(root, INFO, {"train00.tfrecord": 3})
    return root


def test_an_index_comes_back(folder):
    info, shards = open_dataset(folder)
    assert info == INFO
    assert [(one.name, one.part, one.count) for one in shards] == [
        ("train00.tfrecord", "train", 3),
        ("train01.tfrecord", "train", None),
        ("validate00.tfrecord", "validate", None),
    ]
    assert [one.name for one in shards_of(shards, "validate")] == ["validate00.tfrecord"]
    with pytest.raises(InputError, match="no part 'test'"):
        shards_of(shards, "test")
    with pytest.raises(UsageError, match="no such part"):
        shards_of(shards, "dev")


def test_parts_by_the_names_of_files_and_folders(tmp_path):
    assert part_of("train0a.tfrecord") == "train"
    assert part_of("validatezZ.tfrecord.gz") == "validate"
    assert part_of("x.tfrecord") == ""
    write_shard(tmp_path / "test" / "0001.tfrecord", videos("a"), INFO)
    write_dataset(tmp_path, INFO)
    for place in (tmp_path, tmp_path / "test", tmp_path / "dataset.json",
                  tmp_path / "test" / "0001.tfrecord"):  # fmt: skip
        info, (shard,) = open_dataset(place)
        assert (info, shard.part) == (INFO, "test")


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "loquitur/label-data/2"},
        {"level": "shot"},
        {"labels": -1},
        {"labels": "many"},
        {"streams": []},
        {"streams": [{"name": "rgb", "dimension": 0}]},
        {"streams": [{"name": "rgb", "dimension": 3}, {"name": "rgb", "dimension": 3}]},
        {"streams": [{"name": "../rgb", "dimension": 3}]},
        {"streams": [{"name": "rgb", "dimension": 3, "low": 2.0, "high": -2.0}]},
        {"vocabulary_file": "../../etc/passwd"},
        {"shards": [{"path": "../../etc/passwd", "size_bytes": 1}]},
        {"shards": [{"path": "../train00.tfrecord", "size_bytes": 1}]},
        {"shards": [{"path": "train/..", "size_bytes": 1}]},
        {"shards": [{"path": "/train00.tfrecord", "size_bytes": 1}]},
        {"shards": [{"path": "tra\nin.tfrecord", "size_bytes": 1}]},
        {"shards": [{"path": "http://example.org/a.tfrecord", "size_bytes": 1}]},
        {"colour": "red"},
    ],
    ids=str,
)
def test_an_index_that_says_what_cannot_be_is_refused(folder, change):
    index = folder / "dataset.json"
    index.write_text(json.dumps(json.loads(index.read_text()) | change))
    with pytest.raises(InputError) as caught:
        open_dataset(folder)
    assert caught.value.code == "LQ-INPUT-SCHEMA"


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff\xfe", b"[" * 100_000, b"null"])
def test_an_index_that_is_none_is_refused(folder, data):
    (folder / "dataset.json").write_bytes(data)
    with pytest.raises(InputError, match="not the index"):
        open_dataset(folder)


def test_places_without_shards(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        open_dataset(tmp_path / "nowhere")
    with pytest.raises(InputError, match="holds no shards"):
        open_dataset(tmp_path)
    (tmp_path / "train0.tfrecord").write_bytes(b"no record at all, just some text in a file")
    with pytest.raises(InputError, match="holds no record"):
        open_dataset(tmp_path)


def test_youtube_8m_is_recognised_by_its_features(tmp_path, shared):
    frame = open_dataset(shared / "vision" / "golden_frame_level.tfrecord")[0]
    assert frame == YOUTUBE_8M
    means = open_dataset(shared / "vision" / "yt8m_video_level_sample250.tfrecord")[0]
    assert means == YOUTUBE_8M_MEANS
    (tmp_path / "vocabulary.csv").write_text("x")
    empty = videos("z", info=YOUTUBE_8M, labels=[()], rows=0)
    write_shard(tmp_path / "train00.tfrecord", empty, YOUTUBE_8M)
    write_shard(tmp_path / "train01.tfrecord", videos("a", info=YOUTUBE_8M), YOUTUBE_8M)
    info, _ = open_dataset(tmp_path)
    assert info == dataclasses.replace(YOUTUBE_8M, vocabulary_file="vocabulary.csv")


def test_other_features_are_recognised_by_their_sizes(tmp_path):
    write_shard(tmp_path / "train00.tfrecord", videos("a"), INFO)
    info, _ = open_dataset(tmp_path / "train00.tfrecord")
    assert [(one.name, one.dimension, one.quantised) for one in info.streams] == [
        ("rgb", 8, True),
        ("audio", 4, True),
    ]
    assert info.labels == 0
    with open_shard(tmp_path / "train00.tfrecord", info) as shard:
        assert shard.read([0]).labels.tolist() == [0, 4]


def test_a_folder_in_an_object_store(folder):
    store = fsspec.filesystem("memory")
    for path in folder.iterdir():
        store.pipe(f"/bucket/{path.name}", path.read_bytes())
    info, shards = open_dataset("memory://bucket")
    assert info == INFO
    with open_shard(shards[1].address, info) as shard:
        assert [one for batch in shard.examples(1) for one in batch.video_ids] == ["d", "e"]
        assert shard.count == 2
        assert shard.read([1]).video_ids == ("e",)
    store.rm("/bucket/dataset.json")
    info, shards = open_dataset("memory://bucket/")
    assert info.streams[0].dimension == 8
    assert len(shards) == 3
    one, (shard,) = open_dataset("memory://bucket/validate00.tfrecord")
    assert (one.streams, shard.part) == (info.streams, "validate")


def test_far_shards_that_are_damaged_are_told_in_one_pass(folder):
    data = bytearray((folder / "train00.tfrecord").read_bytes())
    data[-40] ^= 1
    store = fsspec.filesystem("memory")
    store.pipe("/spoilt/train00.tfrecord", bytes(data))
    store.pipe("/spoilt/train01.tfrecord", bytes(data)[:-20])
    with open_shard("memory://spoilt/train00.tfrecord", INFO, keep_going=True) as shard:
        assert [one for batch in shard.examples(2) for one in batch.video_ids] == ["a", "b"]
        assert [problem.kind for problem in shard.problems] == ["checksum"]
    with open_shard("memory://spoilt/train01.tfrecord", INFO, keep_going=True) as shard:
        assert [one for batch in shard.examples(9) for one in batch.video_ids] == ["a", "b"]
        assert [problem.kind for problem in shard.problems] == ["truncated"]
    with (
        open_shard("memory://spoilt/train01.tfrecord", INFO) as shard,
        pytest.raises(InputError, match="record 2"),
    ):
        list(shard.examples())


def test_an_index_beside_a_far_shard_spares_the_pass_over_it(folder, monkeypatch):
    index = indices.write_beside(folder / "train00.tfrecord")
    data = (folder / "train00.tfrecord").read_bytes()
    store = fsspec.filesystem("memory")
    store.pipe("/beside/train00.tfrecord", data)
    store.pipe("/beside/train00.tfrecord.idx", index.read_bytes())
    store.pipe("/beside/train01.tfrecord", (folder / "train01.tfrecord").read_bytes())
    store.pipe("/beside/train01.tfrecord.idx", index.read_bytes())  # of another shard
    store.pipe("/beside/train02.tfrecord", data)
    store.pipe("/beside/train02.tfrecord.idx", b"<html>not found</html>")
    with open_shard("memory://beside/train01.tfrecord", INFO) as shard:
        assert shard.count == 2
    with open_shard("memory://beside/train02.tfrecord", INFO) as shard:
        assert shard.count == 3
    monkeypatch.setattr(indices, "walk", lambda _: pytest.fail("it was walked over"))
    with open_shard("memory://beside/train00.tfrecord", INFO) as shard:
        assert shard.read([2, 0]).video_ids == ("c", "a")
    (folder / "train00.tfrecord").write_bytes(data[:-3])
    monkeypatch.undo()
    with pytest.raises(InputError, match="has no index"):
        indices.write_beside(folder / "train00.tfrecord")


# other forms


@pytest.mark.parametrize("form", ["tfrecord", "tfrecord.gz", "columns"])
def test_other_forms_hold_the_same(folder, tmp_path, form):
    new, done = convert_dataset(folder, tmp_path / "new", form)
    assert new == INFO
    assert sum(one.videos for one in done) == 6
    info, shards = open_dataset(tmp_path / "new")
    assert info == INFO
    assert [one.count for one in shards] == [3, 2, 1]
    back, _ = convert_dataset(tmp_path / "new", tmp_path / "back", "tfrecord")
    assert back == INFO
    for path in folder.glob("*.tfrecord"):
        assert (tmp_path / "back" / path.name).read_bytes() == path.read_bytes()


def test_means_are_those_of_the_numbers(folder, tmp_path):
    new, _ = convert_dataset(folder, tmp_path / "means", "means")
    assert new.level == "video"
    assert not any(one.quantised for one in new.streams)
    assert new.streams[0].encoder == ENCODER
    info, shards = open_dataset(tmp_path / "means")
    with open_shard(shards[0].address, info) as shard:
        found = shard.read(slice(None))
    source = videos("a", "b", "c")
    for at in range(3):
        for name in ("rgb", "audio"):
            expected = dequantise(source.streams[name].of(at)).mean(axis=0)
            assert found.streams[name].of(at)[0] == pytest.approx(expected, abs=1e-6)
    assert found.labels.tolist() == source.labels.tolist()
    with pytest.raises(UsageError, match="means already"):
        means_info(info)


def test_converting_minds_damage_names_and_the_place(folder, tmp_path):
    with pytest.raises(UsageError, match="the shards lie there"):
        convert_dataset(folder, folder, "tfrecord.gz")
    data = bytearray((folder / "train01.tfrecord").read_bytes())
    data[30] ^= 4
    (folder / "train01.tfrecord").write_bytes(data)
    with pytest.raises(InputError, match="record 0"):
        convert_dataset(folder, tmp_path / "new", "columns")
    assert not (tmp_path / "new" / "train01.safetensors").exists()
    _, done = convert_dataset(folder, tmp_path / "new", "columns", keep_going=True)
    assert [(one.videos, len(one.problems)) for one in done] == [(3, 0), (1, 1), (1, 0)]
    (folder / "train").mkdir()
    (folder / "train01.tfrecord").rename(folder / "train" / "train00.tfrecord")
    with pytest.raises(InputError, match="two shards would become"):
        convert_dataset(folder, tmp_path / "again", "columns")


def test_a_conversion_goes_on_where_it_was_stopped(folder, tmp_path):
    target = tmp_path / "new"

    def stop(one):
        if one.path.name.startswith("train01"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert_dataset(folder, target, "columns", each=stop)
    # as a kill in the middle of a line of the book leaves it
    with (target / BOOK).open("a") as file:
        file.write('{"name": "val')
    (target / ".validate00.safetensors.k1ll3d").write_bytes(b"half of it")
    before = {path.name: path.stat().st_mtime_ns for path in target.glob("*.safetensors")}
    assert len(before) == 2
    handle = writing.open_lock(target / LOCK)
    assert writing.try_lock(handle)
    with pytest.raises(LockedError, match="another process"):
        convert_dataset(folder, target, "columns")
    os.close(handle)
    _, done = convert_dataset(folder, target, "columns")
    assert not list(target.glob(".validate00*"))
    assert [(one.was_here, one.videos) for one in done] == [(True, 3), (True, 2), (False, 1)]
    for name, time in before.items():
        assert (target / name).stat().st_mtime_ns == time
    assert [one.count for one in open_dataset(target)[1]] == [3, 2, 1]
    # another source, another form, another file under its name: made again
    write_shard(folder / "train01.tfrecord", videos("x"), INFO)
    (target / "train00.safetensors").write_bytes(b"")
    _, done = convert_dataset(folder, target, "columns", keep_going=False)
    assert [(one.was_here, one.videos) for one in done[:2]] == [(False, 3), (False, 1)]


def test_a_conversion_never_mixes_with_other_shards(folder, tmp_path):
    with pytest.raises(UsageError, match="would count as more"):
        convert_dataset(folder, folder / "columns", "columns")
    convert_dataset(folder, tmp_path / "new", "columns")
    with pytest.raises(UsageError, match="is there already"):
        convert_dataset(folder, tmp_path / "new", "tfrecord.gz")
    mine = tmp_path / "mine"
    mine.mkdir()
    write_shard(mine / "train00.tfrecord", videos("mine"), INFO)
    with pytest.raises(UsageError, match="no work of this conversion"):
        convert_dataset(folder, mine, "means")


def test_a_conversion_misses_the_vocabulary_before_it_begins(folder, tmp_path):
    write_dataset(folder, dataclasses.replace(INFO, vocabulary_file="gone.csv"))
    with pytest.raises(InputError, match=r"gone\.csv"):
        convert_dataset(folder, tmp_path / "new", "columns")
    assert not (tmp_path / "new").exists()


def test_names_of_shards_that_people_give(folder):
    (folder / "train01.tfrecord").rename(folder / "train 1 (copy) #..é.tfrecord")
    write_dataset(folder, INFO)
    assert [one.count for one in open_dataset(folder)[1]] == [None] * 3
    assert {one.name for one in open_dataset(folder)[1]} >= {"train 1 (copy) #..é.tfrecord"}
    (folder / "train\udcff.tfrecord").write_bytes(b"")
    with pytest.raises(InputError, match="cannot name the shard"):
        write_dataset(folder, INFO)


def test_a_shard_in_two_forms_would_count_twice(folder):
    (folder / "train01.tfrecord.gz").write_bytes(b"")
    with pytest.raises(InputError, match=r"the same shard lies there as train01\.tfrecord"):
        open_dataset(folder)


# figures


def test_a_survey_counts_what_is_there(folder):
    info, shards = open_dataset(folder)
    found = survey(info, shards)
    assert found.sound
    assert [(part.name, part.videos, part.labels) for part in found.parts] == [
        ("train", 5, 10),
        ("validate", 1, 2),
    ]
    assert found.counts.tolist() == [3, 2, 1, 0, 6, 0]
    pairs = [(pair.given, pair.also, pair.videos, pair.share) for pair in found.pairs]
    assert pairs == [(0, 4, 3, 1.0), (1, 4, 2, 1.0), (2, 4, 1, 1.0)]
    assert (found.shared_ids, found.parts[0].repeated) == (0, 0)
    stream = found.parts[0].streams[0]
    assert (stream.absent, stream.rows, stream.total) == (0, (3.0,) * 5, 15)


def test_ids_that_stand_twice_or_in_two_parts_are_found(folder):
    write_shard(folder / "validate01.tfrecord", videos("a", "x", "x"), INFO)
    found = survey(*open_dataset(folder))
    assert found.shared_ids == 1
    assert [part.repeated for part in found.parts] == [0, 1]


def test_a_shard_cut_between_two_records_is_found_by_its_size(folder):
    path = folder / "train00.tfrecord"
    with open_shard(path, INFO) as shard:
        end = int(shard.offsets[2]) - 12
    path.write_bytes(path.read_bytes()[:end])
    found = survey(*open_dataset(folder))
    assert not found.sound
    assert found.shards[0].problems[0].kind == "truncated"
    assert found.shards[1].sound


def test_a_shard_that_is_none_hides_no_other(folder):
    (folder / "train01.tfrecord").write_bytes(b'\0\0\1\0\0\0\0\0{"a":1}' + b" " * 70_000)
    found = survey(*open_dataset(folder))
    assert [one.videos for one in found.shards] == [3, 0, 1]
    assert found.shards[1].error
    assert not found.sound


def test_pairs_of_many_labels_are_counted_as_by_hand():
    rng = np.random.default_rng(2)
    labels = [np.sort(rng.choice(30, rng.integers(0, 6), replace=False)) for _ in range(400)]
    names = tuple(f"v{at}" for at in range(400))
    from loquitur.vision.labels import survey as module

    pairs = module._Pairs()
    for first in range(0, 400, 37):
        some = labels[first : first + 37]
        pairs.add(videos(*names[first : first + 37], labels=[tuple(one) for one in some], rows=0))
        pairs._settle() if first % 2 else None
    together = np.zeros((30, 30), int)
    for mine in labels:
        together[np.ix_(mine, mine)] += 1
    totals = together.diagonal()
    found = pairs.most(totals, 1000)
    assert len(found) == int((np.triu(together, 1) > 0).sum())
    for pair in found:
        assert pair.videos == together[pair.given, pair.also]
        assert pair.share == pair.videos / totals[pair.given]
        assert totals[pair.given] <= totals[pair.also]


def test_a_shard_file_says_no_more_than_it_knows():
    assert ShardFile(name="a", part="", address="a").count is None
