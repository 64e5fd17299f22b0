"""Data sets at addresses: batches off a web server and out of an object store."""

from __future__ import annotations

import json
from pathlib import Path

import fsspec
import numpy as np
import pytest

from loquitur.errors import InputError, RemoteError
from loquitur.testing.shard_server import Fault, shard_server
from loquitur.vision.labels.dataset import DatasetInfo, StreamInfo
from loquitur.vision.labels.dataset_files import open_dataset, write_dataset
from loquitur.vision.labels.examples import Examples, Stream
from loquitur.vision.labels.feeding.batches import LabelBatches
from loquitur.vision.labels.feeding.holding import FAR_BLOCK, HeldBlocks
from loquitur.vision.labels.feeding.sharded import open_data
from loquitur.vision.labels.records import indices
from loquitur.vision.labels.records.column_writing import write_columns
from loquitur.vision.labels.records.shards import open_shard
from loquitur.vision.labels.records.writing import write_shard

INFO = DatasetInfo(
    name="far", level="frame", streams=(StreamInfo(name="rgb", dimension=1024),), labels=5
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two shards of thirty and twelve videos, and what they are."""
    root = tmp_path_factory.mktemp("far")
    for number, many in enumerate((30, 12)):
        chance = np.random.default_rng(number)
        at = np.concatenate([[0], np.cumsum(chance.integers(0, 9, many))])
        rows = chance.integers(0, 256, (at[-1], 1024), np.uint8)
        examples = Examples(
            video_ids=tuple(f"{number}-{video}" for video in range(many)),
            labels=np.arange(many) % 5,
            label_offsets=np.arange(many + 1),
            streams={"rgb": Stream(rows=rows, offsets=at)},
        )
        write_shard(root / f"train{number:02}.tfrecord", examples, INFO)
    write_dataset(root, INFO, {"train00.tfrecord": 30, "train01.tfrecord": 12})
    return root


@pytest.fixture
def web(folder, monkeypatch):
    """A server on this machine that gives out the folder."""
    monkeypatch.setenv("LOQUITUR_ALLOW_PRIVATE", "true")
    with shard_server() as server:
        for path in folder.iterdir():
            server.files[f"/set/{path.name}"] = path.read_bytes()
        yield server


@pytest.fixture
def store(folder):
    """The folder in an object store."""
    files = fsspec.filesystem("memory")
    for path in folder.iterdir():
        files.pipe_file(f"/bucket/set/{path.name}", path.read_bytes())
    yield files
    files.rm("/bucket", recursive=True)


def rows_by_video(where, **options):
    """All rows of an epoch, by video; where the order is another, they are the same."""
    with open_data(where) as data:
        batches = LabelBatches(data, "train", batch=8, workers=2, **options)
        found = {}
        for batch in batches.epoch(0):
            for at, video in enumerate(batch.video_ids):
                many = batch.lengths["rgb"][at]
                found[video] = batch.streams["rgb"][at, :many].tobytes()
    return found


@pytest.mark.parametrize("ranges", [True, False])
def test_batches_off_the_web_are_those_of_the_disk(web, folder, ranges):
    web.ranges = ranges
    here = rows_by_video(folder)
    assert len(here) == 42
    assert rows_by_video(f"{web.url}/set") == here


def test_batches_out_of_a_store_are_those_of_the_disk(store, folder):
    assert rows_by_video("memory://bucket/set") == rows_by_video(folder)


def test_a_server_in_trouble_is_asked_again(web, folder):
    web.faults["/set/train00.tfrecord"] = [Fault(cut=1000)]
    assert rows_by_video(f"{web.url}/set") == rows_by_video(folder)


def test_what_is_far_away_is_read_in_blocks(store, folder, tmp_path):
    with open_data("memory://bucket/set") as data:
        assert isinstance(data, HeldBlocks)
        assert data.counts("train").tolist() == [30, 12]
        assert data.block == 0  # of TFRecord one shard after another
    with open_data(folder) as data:
        for file in data.files("train"):
            with open_shard(file.address, INFO) as shard:
                target = tmp_path / file.name.replace(".tfrecord", ".safetensors")
                write_columns(target, shard.read(slice(None)), INFO)
    write_dataset(tmp_path, INFO)
    for path in tmp_path.iterdir():
        store.pipe_file(f"/bucket/columns/{path.name}", path.read_bytes())
    with open_data("memory://bucket/columns") as data:
        assert data.block == FAR_BLOCK
    assert rows_by_video("memory://bucket/columns") == rows_by_video(folder)


def test_an_index_beside_the_shards_lets_blocks_change_places(store, folder):
    for path in folder.glob("*.tfrecord"):
        beside = indices.write_beside(path)
        store.pipe_file(f"/bucket/set/{beside.name}", beside.read_bytes())
        beside.unlink()
    with open_data("memory://bucket/set") as data:
        assert data.block == FAR_BLOCK
    assert rows_by_video("memory://bucket/set") == rows_by_video(folder)


def test_thousands_of_listed_shards_are_not_asked_for_their_version(web):
    with open_data(f"{web.url}/set") as data:
        web.asked.clear()
        assert data.version("train")
        assert data.counts("train").tolist() == [30, 12]
        assert not web.asked


def test_a_store_is_listed_and_the_web_is_not(web, store, folder):
    store.rm("/bucket/set/dataset.json")
    info, shards = open_dataset("memory://bucket/set")
    assert [one.name for one in shards] == ["train00.tfrecord", "train01.tfrecord"]
    assert [(one.name, one.dimension) for one in info.streams] == [("rgb", 1024)]
    assert len(rows_by_video("memory://bucket/set")) == 42
    del web.files["/set/dataset.json"]
    with pytest.raises(InputError, match="a web server lists no shards"):
        open_dataset(f"{web.url}/set")


def test_what_is_no_data_set_is_told(web, store):
    store.pipe_file("/bucket/other/a.txt", b"no shard")
    with pytest.raises(InputError, match="holds no shards"):
        open_dataset("memory://bucket/other")
    with pytest.raises(InputError, match="ftp:// is not read"):
        open_dataset("ftp://somewhere/set")
    web.faults["/set/dataset.json"] = [Fault(status=403)]
    with pytest.raises(RemoteError, match="403"):
        open_dataset(f"{web.url}/set")


@pytest.mark.parametrize(
    "path", ["../train00.tfrecord", "/train00.tfrecord", "a?b.tfrecord", "", "..", "a/../b"]
)
def test_an_index_leads_nowhere_else(store, path):
    document = json.loads(store.cat_file("/bucket/set/dataset.json"))
    document["shards"][0]["path"] = path
    store.pipe_file("/bucket/set/dataset.json", json.dumps(document).encode())
    with pytest.raises(InputError, match="a shard does not lie at"):
        open_dataset("memory://bucket/set")


def test_paths_are_paths_still(folder):
    info, shards = open_dataset(Path(folder))
    assert open_dataset(str(folder)) == (info, shards)
