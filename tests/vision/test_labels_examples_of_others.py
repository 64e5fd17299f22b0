"""Records made and read by Google's protobuf from the published definition of the examples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.vision.labels.dataset import DatasetInfo, StreamInfo
from loquitur.vision.labels.examples import Examples, Stream
from loquitur.vision.labels.records.collecting import Collector, ContentError
from loquitur.vision.labels.records.writing import records_of

pytest.importorskip("google.protobuf")
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

INFO = DatasetInfo(
    name="others",
    level="frame",
    streams=(
        StreamInfo(name="rgb", dimension=6),
        StreamInfo(name="audio", dimension=2),
        StreamInfo(name="words", dimension=3, quantised=False),
    ),
    labels=4000,
)


def _definition():
    """tensorflow/core/example/feature.proto and example.proto, as far as they matter."""
    file = descriptor_pb2.FileDescriptorProto(name="e.proto", package="tf", syntax="proto3")

    def message(name, *fields, within=None):
        kinds = file.message_type if within is None else within.nested_type
        found = kinds.add(name=name)
        for number, (field, label, kind, of) in enumerate(fields, 1):
            found.field.add(name=field, number=number, label=label, type=kind, type_name=of or None)
        return found

    message("BytesList", ("value", 3, 12, ""))
    message("FloatList", ("value", 3, 2, ""))
    message("Int64List", ("value", 3, 3, ""))
    feature = message("Feature")
    feature.oneof_decl.add(name="kind")
    lists = (("bytes_list", "BytesList"), ("float_list", "FloatList"), ("int64_list", "Int64List"))
    for number, (name, of) in enumerate(lists, 1):
        feature.field.add(
            name=name, number=number, label=1, type=11, type_name=f".tf.{of}", oneof_index=0
        )
    for name, field, value in (
        ("Features", "feature", ".tf.Feature"),
        ("FeatureLists", "feature_list", ".tf.FeatureList"),
    ):
        entry = f"{field.title().replace('_', '')}Entry"
        owner = message(name, (field, 3, 11, f".tf.{name}.{entry}"))
        nested = message(entry, ("key", 1, 9, ""), ("value", 1, 11, value), within=owner)
        nested.options.map_entry = True
    message("FeatureList", ("feature", 3, 11, ".tf.Feature"))
    message("Example", ("features", 1, 11, ".tf.Features"))
    message(
        "SequenceExample",
        ("context", 1, 11, ".tf.Features"),
        ("feature_lists", 1, 11, ".tf.FeatureLists"),
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"tf.{name}"))
        for name in ("Example", "SequenceExample", "Feature")
    }


TF = _definition()


@st.composite
def videos(draw):
    """A video, as plain values."""
    rows = draw(st.integers(0, 5))
    sound = draw(st.one_of(st.just(0), st.just(rows)))
    numbers = st.floats(width=32, allow_nan=False, allow_infinity=False)
    return {
        "id": draw(st.text(min_size=1, max_size=8).map(str.encode)),
        "labels": draw(st.lists(st.integers(0, 3999), max_size=60, unique=True)),
        "rgb": [draw(st.binary(min_size=6, max_size=6)) for _ in range(rows)],
        "audio": [draw(st.binary(min_size=2, max_size=2)) for _ in range(sound)],
        "words": draw(st.lists(st.lists(numbers, min_size=3, max_size=3), max_size=3)),
        "strange": draw(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=3)),
    }


def serialised(video):
    example = TF["SequenceExample"]()
    features = example.context.feature
    features["id"].bytes_list.value.append(video["id"])
    features["labels"].int64_list.value.extend(video["labels"])
    features["strange"].int64_list.value.extend(video["strange"])
    for name in ("rgb", "audio"):
        for row in video[name]:
            rows = example.feature_lists.feature_list[name].feature
            rows.add().bytes_list.value.append(row)
    for row in video["words"]:
        rows = example.feature_lists.feature_list["words"].feature
        rows.add().float_list.value.extend(row)
    return example.SerializeToString()


@settings(max_examples=40)
@given(st.lists(videos(), max_size=4))
def test_what_others_write_is_read(many):
    collector = Collector(INFO)
    for video in many:
        collector.add(np.frombuffer(serialised(video), np.uint8))
    found = collector.examples()
    for at, video in enumerate(many):
        assert found.video_ids[at] == video["id"].decode()
        assert found.labels_of(at).tolist() == sorted(video["labels"])
        for name in ("rgb", "audio"):
            assert found.streams[name].of(at).tobytes() == b"".join(video[name])
        assert found.streams["words"].of(at).tolist() == video["words"]


@settings(max_examples=60)
@given(videos(), st.integers(0, 10**6), st.binary(min_size=1, max_size=3))
def test_spoilt_records_are_taken_or_refused(video, place, noise):
    data = bytearray(serialised(video))
    data[place % len(data) : place % len(data) + len(noise)] = noise
    collector = Collector(INFO, strict=True)
    try:
        collector.add(np.frombuffer(bytes(data), np.uint8))
    except ContentError:
        assert len(collector) == 0
        assert not len(collector.examples())
    else:
        assert len(collector.examples()) == 1


def test_what_we_write_others_read():
    rows = np.arange(18, dtype=np.uint8).reshape(3, 6)
    words = np.array([[0.5, -1, 2]], np.float32)
    none = np.zeros((0, 2), np.uint8)
    examples = Examples(
        video_ids=("Tést",),
        labels=np.array([3, 300, 3999]),
        label_offsets=np.array([0, 3]),
        streams={
            "rgb": Stream(rows=rows, offsets=np.array([0, 3])),
            "audio": Stream(rows=none, offsets=np.array([0, 0])),
            "words": Stream(rows=words, offsets=np.array([0, 1]), times_ms=np.array([70_000])),
        },
        texts={"title": ("A title",)},
    )
    (record,) = records_of(examples, INFO)
    example = TF["SequenceExample"].FromString(record)
    features = example.context.feature
    assert features["id"].bytes_list.value[0].decode() == "Tést"
    assert list(features["labels"].int64_list.value) == [3, 300, 3999]
    assert features["title"].bytes_list.value[0] == b"A title"
    assert list(features["words_ms"].int64_list.value) == [70_000]
    lists = example.feature_lists.feature_list
    assert [one.bytes_list.value[0] for one in lists["rgb"].feature] == [
        row.tobytes() for row in rows
    ]
    assert list(lists["words"].feature[0].float_list.value) == [0.5, -1, 2]
    assert "audio" not in lists
