"""`label data inspect` and `convert`, as a user calls them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from loquitur.vision.labels.dataset import DatasetInfo, StreamInfo
from loquitur.vision.labels.dataset_files import write_dataset
from loquitur.vision.labels.examples import Examples, Stream
from loquitur.vision.labels.records.writing import write_shard

INFO = DatasetInfo(
    name="cats and dogs",
    level="frame",
    streams=(StreamInfo(name="rgb", dimension=8), StreamInfo(name="audio", dimension=4)),
    labels=3,
    vocabulary_file="vocabulary.json",
)


def videos(names, labels):
    offsets = np.arange(len(names) + 1) * 2
    return Examples(
        video_ids=tuple(names),
        labels=np.array([one for mine in labels for one in mine], np.int64),
        label_offsets=np.cumsum([0, *map(len, labels)], dtype=np.int64),
        streams={
            one.name: Stream(
                rows=np.full((offsets[-1], one.dimension), 128, np.uint8), offsets=offsets
            )
            for one in INFO.streams
        },
    )


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "pets"
    write_shard(root / "train00.tfrecord", videos("abc", [(0,), (0, 1), ()]), INFO)
    write_shard(root / "test00.tfrecord", videos("a", [(0, 1)]), INFO)
    (root / "vocabulary.json").write_text('["cat", "do\\u001b[31mg", "cow"]')
    write_dataset(root, INFO)
    return root


def test_what_a_person_sees(loquitur, folder):
    answer = loquitur("label", "data", "inspect", str(folder), "--records", "2")
    assert answer.code == 0
    assert "cats and dogs: frame level, rgb 8 x uint8, audio 4 x uint8, 3 labels" in answer.out
    train = next(line for line in answer.out.splitlines() if line.startswith("train"))
    assert train.split()[:5] == ["train", "1", "3", "1", "1.00"]
    assert "\x1b" not in answer.out + answer.err
    assert "1 label of 3 in no video" in answer.out
    assert "rgb 2, audio 2" in answer.out
    assert "1 id in more than one part" in answer.err
    assert "2 of 2 shards whole" in answer.err


def test_the_document(loquitur, folder):
    found = loquitur("label", "data", "inspect", str(folder), "--json", "--records", "1").json
    assert found["sound"] is True
    assert [part["name"] for part in found["parts"]] == ["train", "test"]
    assert found["labels"][0] == {"label": 0, "name": "cat", "videos": 3}
    assert found["pairs"][0]["share"] == 1.0
    assert found["videos"] == [
        {"video": "a", "rows": {"rgb": 2, "audio": 2}, "labels": ["cat", "do\x1b[31mg"]}
    ]
    assert [shard["records"] for shard in found["shards"]] == [1, 3]


def test_damage_is_listed_with_its_place_and_the_exit_code_says_so(loquitur, folder):
    path = folder / "train00.tfrecord"
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)
    answer = loquitur("label", "data", "inspect", str(folder))
    assert answer.code == 4
    assert f"{path}: checksum: record 0, byte 0: the checksum of its data is wrong" in answer.err
    assert "1 of 2 shards whole" in answer.err
    quiet = loquitur("label", "data", "inspect", str(folder), "--json", "--quiet")
    assert quiet.code == 4
    assert quiet.json["sound"] is False
    assert quiet.json["shards"][1]["problems"][0]["offset"] == 0


def test_a_shard_that_is_gone_and_one_with_other_records_are_told(loquitur, folder):
    write_dataset(folder, INFO, {"train00.tfrecord": 7})
    (folder / "test00.tfrecord").unlink()
    answer = loquitur("label", "data", "inspect", str(folder))
    assert answer.code == 4
    assert "test00.tfrecord: dataset.json names it, and it is not there" in answer.err
    assert "dataset.json says 7 records, the file has 3" in answer.err
    found = loquitur("label", "data", "inspect", str(folder), "--json").json
    assert (found["missing_shards"], found["sound"]) == (["test00.tfrecord"], False)


def test_records_are_shown_of_the_shards_that_can_be_opened(loquitur, folder):
    (folder / "test00.tfrecord").unlink()
    (folder / "test00.safetensors").write_bytes(b"\x10" + bytes(7) + b'{"a": 1}        ')
    write_dataset(folder, INFO)
    answer = loquitur("label", "data", "inspect", str(folder), "--records", "2")
    assert answer.code == 4
    assert "rgb 2, audio 2" in answer.out
    assert "1 of 2 shards whole" in answer.err


def test_paths_that_cannot_be_looked_into(loquitur, folder, tmp_path):
    assert loquitur("label", "data", "inspect", str(tmp_path / "none")).code == 4
    (tmp_path / "text.tfrecord").write_text("a text")
    answer = loquitur("label", "data", "inspect", str(tmp_path / "text.tfrecord"))
    assert answer.code == 4
    assert "dataset.json" in answer.err
    other = tmp_path / "other"
    write_dataset(other, INFO)
    answer = loquitur("label", "data", "inspect", str(other))
    assert (answer.code, "holds no shards" in answer.err) == (4, True)


def test_indices_are_written_beside_whole_shards(loquitur, folder):
    (folder / "test00.tfrecord").write_bytes(b"cut")
    answer = loquitur("label", "data", "inspect", str(folder), "--index")
    assert answer.code == 4
    assert "1 index written" in answer.err
    assert [path.name for path in folder.glob("*.idx")] == ["train00.tfrecord.idx"]


def test_a_vocabulary_of_another_version_is_told(loquitur, folder):
    (folder / "vocabulary.json").write_text('["cat", "dog"]')
    answer = loquitur("label", "data", "inspect", str(folder))
    assert "the vocabulary has 2 labels, the data set 3" in answer.err


def test_conversion_and_back(loquitur, folder, tmp_path):
    answer = loquitur(
        "label", "data", "convert", str(folder), "-o", str(tmp_path / "c"), "--to", "columns",
        "--json",
    )  # fmt: skip
    assert [shard["videos"] for shard in answer.json["shards"]] == [1, 3]
    assert (tmp_path / "c" / "vocabulary.json").read_bytes() == (
        folder / "vocabulary.json"
    ).read_bytes()
    back = loquitur(
        "label",
        "data",
        "convert",
        str(tmp_path / "c"),
        "-o",
        str(tmp_path / "b"),
        "--to",
        "tfrecord",
    )
    assert back.code == 0
    assert "train00.tfrecord: 3 videos" in back.err
    for name in ("train00.tfrecord", "test00.tfrecord"):
        assert (tmp_path / "b" / name).read_bytes() == (folder / name).read_bytes()


def test_conversion_of_damaged_shards(loquitur, folder, tmp_path):
    path = folder / "train00.tfrecord"
    path.write_bytes(path.read_bytes()[:-5])
    command = ("label", "data", "convert", str(folder), "-o", str(tmp_path / "c"), "--to", "means")
    refused = loquitur(*command)
    assert refused.code == 4
    assert "--keep-going" in refused.err
    answer = loquitur(*command, "--keep-going")
    assert answer.code == 0
    assert "record 2 left out" in answer.err
    document = json.loads((tmp_path / "c" / "dataset.json").read_text())
    assert document["level"] == "video"
    assert [shard["count"] for shard in document["shards"]] == [1, 2]
