"""The wire format, against Google's own implementation of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loquitur.vision.labels.records import wire

protobuf = pytest.importorskip("google.protobuf")
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory  # noqa: E402

_SCALARS = {"bytes": 12, "floats": 2, "integers": 3}
WHOLE = st.integers(-(2**63), 2**63 - 1)


@pytest.fixture(scope="module")
def lists():
    """Messages of one repeated field of each kind, packed and not."""
    file = descriptor_pb2.FileDescriptorProto(name="lists.proto", package="lists", syntax="proto3")
    for name, kind in _SCALARS.items():
        for packed in (True, False) if name != "bytes" else (False,):
            message = file.message_type.add(name=f"{name}_{packed}")
            field = message.field.add(name="value", number=1, label=3, type=kind)
            if name != "bytes":
                field.options.packed = packed
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"lists.{name}"))
        for name in ("bytes_False", "floats_True", "floats_False", "integers_True",
                     "integers_False")
    }  # fmt: skip


def read(function, data):
    return function(memoryview(data), 0, len(data))


@given(st.integers(0, 2**64 - 1))
def test_varints_come_back(value):
    data = wire.varint(value)
    assert wire.read_varint(memoryview(data + b"\1\2\3"), 0, len(data)) == (value, len(data))


def test_varints_do_not_read_on():
    for data in (b"", b"\x80", b"\xff" * 9, b"\xff" * 12, b"\xff" * 9 + b"\x02"):
        with pytest.raises(wire.WireError):
            wire.read_varint(memoryview(data), 0, len(data))
    with pytest.raises(wire.WireError):
        wire.read_varint(memoryview(b"\x80\x80\x01"), 0, 2)


@given(st.lists(WHOLE, max_size=80), st.booleans())
def test_whole_numbers_packed_or_not(lists, values, packed):
    data = lists[f"integers_{packed}"](value=values).SerializeToString()
    assert read(wire.read_integers, data).tolist() == values
    assert read(wire.read_few, data) == values


@given(st.lists(st.floats(width=32, allow_nan=False), max_size=40), st.booleans())
def test_floats_packed_or_not(lists, values, packed):
    data = lists[f"floats_{packed}"](value=values).SerializeToString()
    assert read(wire.read_floats, data).tolist() == values


@given(st.lists(st.binary(max_size=200), max_size=10))
def test_bytes(lists, values):
    data = lists["bytes_False"](value=values).SerializeToString()
    assert [bytes(one) for one in read(wire.read_texts, data)] == values


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data):
    for function in (wire.read_integers, wire.read_floats, wire.read_texts, wire.read_few):
        try:
            read(function, data)
        except wire.WireError:
            continue
    try:
        for name, start, stop in wire.entries(memoryview(data), 0, len(data)):
            assert isinstance(name, bytes)
            assert start <= stop <= len(data)
    except wire.WireError:
        pass


def test_both_ways_of_reading_whole_numbers_agree_on_bad_bytes():
    """`read_few` is a faster `read_integers`: it must refuse the same."""
    rng = np.random.default_rng(1)
    for _ in range(3000):
        data = bytes(rng.choice([0x0A, 0x08, 1, 2, 3, 0x80, 0xFF], size=rng.integers(0, 12)))
        answers = []
        for function in (wire.read_few, wire.read_integers):
            try:
                answers.append(list(read(function, data)))
            except wire.WireError:
                answers.append(None)
        assert answers[0] == answers[1], data.hex()


def test_entries_in_any_order_and_with_strange_fields():
    plain = wire.field(1, b"id") + wire.field(2, b"x")
    turned = wire.field(2, b"x") + wire.field(1, b"id")
    strange = wire.field(1, b"id") + wire.varint(9 << 3) + b"\5" + wire.field(2, b"x")
    for inner in (plain, turned, strange):
        data = wire.field(7, b"not ours") + wire.field(1, inner) + wire.varint(5 << 3) + b"\1"
        found = [
            (name, data[start:stop])
            for name, start, stop in wire.entries(memoryview(data), 0, len(data))
        ]
        assert found == [(b"id", b"x")]
