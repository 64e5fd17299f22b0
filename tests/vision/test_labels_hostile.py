"""Shards that were written to do harm, or by somebody who wrote them wrong: told, never a crash.

Their checksums are right, so only what they say can tell.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from loquitur.errors import InputError
from loquitur.vision import tensorfile
from loquitur.vision.labels.dataset import DatasetInfo, StreamInfo
from loquitur.vision.labels.examples import Examples, Stream
from loquitur.vision.labels.records import columns as col
from loquitur.vision.labels.records import layout as lay
from loquitur.vision.labels.records import wire
from loquitur.vision.labels.records.column_writing import write_columns
from loquitur.vision.labels.records.framing import framed
from loquitur.vision.labels.records.shards import open_shard

INFO = DatasetInfo(
    name="small",
    level="frame",
    streams=(StreamInfo(name="rgb", dimension=4), StreamInfo(name="words", dimension=2)),
    labels=300,
)


def videos() -> Examples:
    def stream(width: int, lengths: tuple[int, ...], *, timed: bool) -> Stream:
        many = sum(lengths)
        return Stream(
            rows=(np.arange(many * width) % 251).astype(np.uint8).reshape(many, width),
            offsets=np.cumsum([0, *lengths], dtype=np.int64),
            times_ms=np.arange(many, dtype=np.int64) * 470 if timed else None,
        )

    return Examples(
        video_ids=("a", "b", "c"),
        labels=np.array([3, 7, 9], np.int64),
        label_offsets=np.array([0, 2, 2, 3]),
        streams={
            "rgb": stream(4, (3, 0, 5), timed=False),
            "words": stream(2, (1, 2, 0), timed=True),
        },
        texts={"title": ("A", "", "C")},
    )


# records


def whole_numbers(name: str, content: bytes) -> bytes:
    return lay.entry(name, lay.feature(lay.INT64_LIST, content))


def one_record(path: Path, *entries: bytes) -> Path:
    name = lay.entry("id", lay.feature(lay.BYTES_LIST, wire.field(1, b"abcd")))
    path.write_bytes(b"".join(framed(wire.field(1, b"".join((name, *entries))))))
    return path


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        # a list that ends behind its key, at the very end of the record
        ("labels", b"\n", "ends within a number"),
        # so many that looking for each among all would take hours
        ("labels", wire.field(1, wire.packed([*range(250_000), 249_999])), "249999 twice"),
        ("labels", wire.field(1, b"\1" * (5 << 20)), "bytes of whole numbers"),
        ("rgb_ms", wire.field(1, b"\1" * (5 << 20)), "bytes of whole numbers"),
    ],
)
def test_lists_that_no_video_has(tmp_path: Path, name: str, content: bytes, why: str) -> None:
    path = one_record(tmp_path / "train.tfrecord", whole_numbers(name, content))
    with open_shard(path, INFO, keep_going=True) as shard:
        assert not len(shard.read(slice(None)))
        (problem,) = shard.problems
    assert problem.kind == "content"
    assert why in problem.why


# columns


def rewritten(path: Path, columns: dict[str, np.ndarray | None]) -> Path:
    """A file of columns with some put in, changed or (None) left out; its checksums are right."""
    write_columns(path, videos(), INFO)
    data = path.read_bytes()
    _, places = tensorfile.read_header(path)
    found = {
        name: np.frombuffer(data, at.kind, int(np.prod(at.shape)), at.offset).reshape(at.shape)
        for name, at in places.items()
    }
    for name, column in columns.items():
        if column is not None:
            found[name] = column
        else:
            found.pop(name, None)
    crc = 0
    for name in sorted(one for one in found if not one.startswith(col.ROWS)):
        crc = col.mixed(crc, name, found[name].tobytes())
    order = sorted(found, key=lambda name: -found[name].dtype.itemsize)
    shapes = {name: (found[name].dtype.str, found[name].shape) for name in order}
    head = tensorfile.header(shapes, {"schema": col.SCHEMA, "crc": str(crc)})
    path.write_bytes(head + b"".join(found[name].tobytes() for name in order))
    return path


def segments(**changed: np.ndarray) -> dict[str, np.ndarray | None]:
    plain = {
        "videos": np.array([0]),
        "start_ms": np.array([0]),
        "end_ms": np.array([5_000]),
        "labels": np.array([3]),
        "scores": np.array([1], "<f4"),
    }
    return {col.SEGMENT + name: column for name, column in (plain | changed).items()}


def test_columns_that_are_right(tmp_path: Path) -> None:
    with open_shard(rewritten(tmp_path / "train.safetensors", segments()), INFO) as shard:
        assert shard.read([0, 2]).segments is not None


@pytest.mark.parametrize(
    "columns",
    [
        {"labels": np.array([3, 7, 9], "<f4")},
        {"labels": np.array([3, 3, 9])},
        {"labels": np.array([7, 3, 9])},
        {"labels": np.array([3, 7, 300])},
        {"labels": np.array([[3, 7, 9]])},
        {"labels": None},
        {"label_offsets": np.array([0, 2, 2, 3], "<f4")},
        {"label_offsets": np.array([0, 3, 2, 3])},
        {"offsets.rgb": np.array([0, 3, 3, 8], "<u4")},
        {"ids": np.array([97, 98, 99])},
        {"ids.starts": np.array([0, 1, 2, 3], "<f4")},
        {"text.title.starts": np.array([0, 1, 1, 2], "<f4")},
        {"text.title.starts": None},
        {"checks.rgb": np.array([0, 0, 0], "<f4")},
        {"rows.rgb": None},
        {"rows.rgb": None, "rows.rfb": np.zeros((0, 4), "u1")},
        {"times_ms.words": np.array([0, 470, -1])},
        {"times_ms.words": np.array([0, 470, 940], "<f4")},
        segments(labels=np.array([300])),
        segments(labels=np.array([3, 4])),
        segments(videos=np.array([3])),
        segments(end_ms=np.array([0])),
        segments(scores=np.array([np.nan], "<f4")),
        segments() | {"segment.labels": None},
    ],
)
def test_columns_that_contradict_themselves(
    tmp_path: Path, columns: dict[str, np.ndarray | None]
) -> None:
    path = rewritten(tmp_path / "train.safetensors", columns)
    with pytest.raises(InputError, match="no columns of labelled videos"):
        open_shard(path, INFO, keep_going=True)


def test_columns_replaced_meanwhile_are_those_that_were_opened(tmp_path: Path) -> None:
    path = tmp_path / "train.safetensors"
    write_columns(path, videos(), INFO)
    with open_shard(path, INFO, verify=False) as shard:
        other = tmp_path / "other"
        other.write_bytes(bytes(path.stat().st_size))
        other.replace(path)
        assert np.array_equal(shard.read([2]).streams["rgb"].rows, videos().streams["rgb"].of(2))
