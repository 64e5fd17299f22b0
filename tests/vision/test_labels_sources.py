"""Bytes far away: by ranges, whole, out of an object store; equal to those of the file."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loquitur.errors import InputError, MissingError, RemoteError, TransientError
from loquitur.media.transfer import FetchOptions, Pace
from loquitur.testing.shard_server import Fault, ShardServer, shard_server
from loquitur.vision.labels.records import blocks, remote
from loquitur.vision.labels.records.blocks import Blocks
from loquitur.vision.labels.records.objects import ObjectSource
from loquitur.vision.labels.records.sources import open_source
from loquitur.vision.labels.records.web import WebSource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUICK = Pace(sleep=lambda seconds: None, jitter=lambda low, high: 0.0)
INSIDE = FetchOptions(allow_private=True, retries=3)
DATA = random.Random(5).randbytes(3_500_000)


@pytest.fixture
def server() -> Iterator[ShardServer]:
    with shard_server() as served:
        served.files["/a.tfrecord"] = DATA
        served.files["/empty.tfrecord"] = b""
        yield served


def source(server: ShardServer, name: str = "a.tfrecord") -> WebSource:
    return WebSource(f"{server.url}/{name}", INSIDE, pace=QUICK)


@given(
    size=st.integers(0, 300),
    block=st.integers(1, 40),
    most=st.integers(1, 5),
    reads=st.lists(st.tuples(st.integers(0, 320), st.integers(0, 320)), max_size=20),
)
def test_blocks_are_the_file(
    size: int, block: int, most: int, reads: list[tuple[int, int]]
) -> None:
    data = random.Random(size).randbytes(size)
    asked: list[int] = []

    def fetch(begin: int, end: int) -> bytes:
        assert 0 <= begin < end <= size
        asked.append(end - begin)
        return data[begin:end]

    found = Blocks(size, fetch, block_bytes=block, most=most)
    for offset, length in reads:
        assert found.read(offset, length) == data[offset : offset + length]
        assert len(found._kept) <= most


def test_who_reads_on_asks_seldom_and_who_jumps_asks_for_little() -> None:
    size, step = 64 << 20, 200_000
    asked: list[int] = []

    def fetch(begin: int, end: int) -> bytes:
        asked.append(end - begin)
        return bytes(end - begin)

    forward = Blocks(size, fetch)
    for at in range(0, size, step):
        forward.read(at, step)
    assert sum(asked) == size
    assert len(asked) < 15
    asked.clear()
    jumping = Blocks(size, fetch)
    for at in random.Random(0).sample(range(0, size - step, 3 << 20), 12):
        jumping.read(at, step)
    assert max(asked) <= 2 * blocks.BLOCK_BYTES


@pytest.mark.parametrize("ranges", [True, False])
def test_an_address_is_read_like_a_file(server: ShardServer, ranges: bool, tmp_path: Path) -> None:
    server.ranges = ranges
    found = source(server)
    assert found.size == len(DATA)
    assert found.version
    dice = random.Random(1)
    for _ in range(20):
        at, length = dice.randrange(len(DATA)), dice.randrange(900_000)
        assert bytes(found.read(at, length)) == DATA[at : at + length]
    assert bytes(found.read(len(DATA) + 5, 10)) == b""
    found.close()
    assert source(server, "empty.tfrecord").size == 0


def test_what_fails_on_the_way_is_asked_for_again(server: ShardServer) -> None:
    found = source(server)
    server.faults["/a.tfrecord"] = [Fault(cut=1000), Fault(status=503), Fault(cut=0)]
    assert bytes(found.read(2_000_000, 100)) == DATA[2_000_000:2_000_100]
    assert not server.faults["/a.tfrecord"]
    server.faults["/a.tfrecord"] = [Fault(status=500)] * 9
    with pytest.raises(TransientError, match="trouble"):
        found.read(3_300_000, 100)


@pytest.mark.parametrize("said", ["bytes */3500000", ""])
def test_a_server_that_refuses_the_first_byte_has_no_empty_file(
    server: ShardServer, said: str
) -> None:
    server.faults["/a.tfrecord"] = [Fault(status=416, headers={"Content-Range": said})]
    with pytest.raises(RemoteError, match="first byte"):
        source(server)


def test_a_file_that_changes_is_not_mixed(server: ShardServer) -> None:
    found = source(server)
    server.files["/a.tfrecord"] = DATA + b"more"
    with pytest.raises(RemoteError, match="changed while it was read"):
        found.read(2_000_000, 100)
    server.files["/a.tfrecord"] = DATA
    tagged = [Fault(headers={"ETag": '"one"'}), Fault(headers={"ETag": '"two"'})]
    server.faults["/a.tfrecord"] = tagged
    found = source(server)
    with pytest.raises(RemoteError, match="changed while it was read"):
        found.read(2_000_000, 100)


def test_what_is_not_there(server: ShardServer) -> None:
    with pytest.raises(RemoteError, match="404"):
        source(server, "b.tfrecord")


def test_the_own_network_is_asked_only_where_that_is_allowed(
    server: ShardServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"{server.url}/a.tfrecord"
    with pytest.raises(InputError, match="private network") as caught:
        open_source(address)
    assert "LOQUITUR_ALLOW_PRIVATE" in caught.value.hint
    monkeypatch.setenv("LOQUITUR_ALLOW_PRIVATE", "true")
    assert open_source(address).size == len(DATA)
    monkeypatch.setenv("LOQUITUR_OFFLINE", "true")
    with pytest.raises(RemoteError, match="switched off"):
        open_source(address)


@pytest.fixture
def stored() -> Iterator[str]:
    import fsspec

    files = fsspec.filesystem("memory")
    files.pipe_file("/shop/train00.tfrecord", DATA)
    files.pipe_file("/shop/dataset.json", b"{}")
    yield "memory://shop"
    files.rm("/shop", recursive=True)


def test_an_object_is_read_like_a_file(stored: str) -> None:
    import fsspec

    address = f"{stored}/train00.tfrecord"
    found = open_source(address)
    assert found.size == len(DATA)
    assert bytes(found.read(1_000_000, 1_500_000)) == DATA[1_000_000:2_500_000]
    assert remote.shard_names(stored) == ("dataset.json", "train00.tfrecord")
    assert remote.read_small(remote.joined(stored, "dataset.json")) == b"{}"
    before = found.version
    files = fsspec.filesystem("memory")
    files.pipe_file("/shop/train00.tfrecord", DATA[:-9])
    assert open_source(address).version != before
    with pytest.raises(RemoteError, match="changed while it was read"):
        found.read(len(DATA) - 20, 20)
    with pytest.raises(InputError, match="no such file"):
        open_source(f"{stored}/other")


def test_a_store_that_fails_is_asked_again(stored: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = ObjectSource(f"{stored}/train00.tfrecord", pace=QUICK)
    right, calls = found._files.cat_file, [0]

    def flaky(path: str, start: int, end: int) -> bytes:
        calls[0] += 1
        if calls[0] < 4:
            raise ConnectionResetError("reset by peer")
        return bytes(right(path, start=start, end=end))

    monkeypatch.setattr(found._files, "cat_file", flaky)
    assert found.read(5, 10) == DATA[5:15]
    calls[0] = -99
    with pytest.raises(TransientError, match="reset by peer"):
        found.read(3_000_000, 10)


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "ftp://host/a",
        "memory://",
        "javascript://x",
        "local:///a",
        "ssh://h/a",
    ],
)
def test_other_schemes_are_refused(address: str) -> None:
    with pytest.raises(InputError):
        open_source(address)


def test_a_client_that_is_not_here_is_named() -> None:
    try:
        import s3fs  # noqa: F401
    except ImportError:
        with pytest.raises(MissingError, match="s3fs") as caught:
            open_source("s3://bucket/train00.tfrecord")
        assert caught.value.hint == "pip install s3fs"
    else:
        pytest.skip("the client is here")
