from __future__ import annotations

import inspect
import io
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loquitur import errors
from loquitur.environments import wire
from loquitur.errors import EngineError, LoquiturError, TransientError, UsageError
from loquitur.model.speech import Activity, EngineStamp, RawWord, Turn
from loquitur.protocols import Resources


def through(value):
    """A value as it comes out at the other end."""
    packer, pipe = wire.Packer(), io.BytesIO()
    wire.write(pipe, {"value": packer.pack(value)}, packer.body)
    pipe.seek(0)
    head, body = wire.read(pipe)
    assert wire.read(pipe) is None
    return wire.unpack(head["value"], body)


leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
plain = st.recursive(
    leaves | st.binary(),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner)
    ),
    max_leaves=12,
)


@given(plain)
def test_plain_values_come_as_they_went(value):
    assert through(value) == value


@given(st.text(st.characters(categories=["Cs", "L"])))
def test_halves_of_surrogate_pairs_travel(text):
    assert through(text) == text


def test_numbers_without_a_value_travel():
    found = through(RawWord(start_ms=math.nan, end_ms=math.inf, text="x"))
    assert math.isnan(found.start_ms)
    assert found.end_ms == math.inf


def test_artifacts_travel_by_name():
    activity = Activity(
        frame_ms=32, offset_ms=5, probabilities=bytes(range(256)), gain_db=-3.5,
        engine=EngineStamp(name="silero", version="6"),
    )  # fmt: skip
    turns = [Turn(start_ms=1, end_ms=2, speaker="Ä")]
    resources = Resources(models=Path("/a/b\udcff"), environments=(("asr.x", "y"),))
    assert through((activity, turns, resources)) == (activity, turns, resources)


def test_arrays_travel_in_the_body_and_may_be_written():
    sound = np.linspace(-1, 1, 1000, dtype=np.float32)
    parts = [sound, sound[::2], sound.reshape(10, 100).T, sound[:0], np.arange(3), sound > 0]
    for sent, found in zip(parts, through(parts), strict=True):
        assert found.dtype == sent.dtype
        np.testing.assert_array_equal(found, sent)
        found.flags.writeable = True
    assert through(np.float32(0.5)) == 0.5


class Foreign:
    pass


@pytest.mark.parametrize("value", [Foreign(), {1, 2}, [Foreign()], np.array([Foreign()]), int])
def test_what_is_foreign_does_not_travel(value):
    with pytest.raises(TypeError, match="cannot leave its process"):
        wire.Packer().pack(value)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"hello, world: I am no frame", "not a frame"),
        (wire._HEAD.pack(wire.MAGIC, 4, 0) + b"{}", "then nothing"),
        (wire._HEAD.pack(wire.MAGIC, 2, 0) + b"[]", "no object"),
        (wire._HEAD.pack(wire.MAGIC, 2, 0) + b"{]", "no JSON"),
        (wire._HEAD.pack(wire.MAGIC, 1 << 31, 0), "a frame of"),
        (wire.MAGIC + b"\0", "not a frame"),
    ],
)
def test_what_is_no_frame_is_said(data, said):
    with pytest.raises(wire.WireError, match=said):
        wire.read(io.BytesIO(data))


def test_a_greeting_before_the_first_frame_is_passed_over():
    pipe = io.BytesIO()
    pipe.write(b"Welcome to LQ, LQLQW")
    wire.write(pipe, {"a": 1})
    pipe.seek(0)
    assert wire.read(pipe, skip=True) == ({"a": 1}, bytearray())
    assert wire.read(io.BytesIO(b"nothing"), skip=True) is None


@pytest.mark.parametrize(
    "bad",
    [
        {"$": "value", "of": "Popen", "with": {}},
        {"$": "value", "of": "Turn", "with": {"start_ms": 5, "end_ms": 1, "speaker": "x"}},
        {"$": "array", "of": "<f4", "shape": [9], "at": 0},
        {"$": "array", "of": "|O", "shape": [0], "at": 0},
        {"$": "lambda", "of": "x"},
        {"no": "mark"},
    ],
)
def test_a_value_that_cannot_be_is_refused(bad):
    with pytest.raises(wire.WireError):
        wire.unpack(bad, bytearray())


@pytest.mark.parametrize(
    "kind", [kind for _, kind in inspect.getmembers(errors, inspect.isclass)
             if issubclass(kind, LoquiturError)]
)  # fmt: skip
def test_errors_of_the_tree_keep_their_class_and_words(kind):
    error = kind("what went wrong", hint="do this", code="LQ-X")
    error.add_note("where")
    found = wire.revived_error(wire.plain_error(error))
    assert type(found) is kind
    assert (found.message, found.hint, found.code) == ("what went wrong", "do this", "LQ-X")
    assert found.__notes__ == ["where"]
    assert str(found) == "what went wrong"


def test_what_an_error_knows_beside_its_words_travels():
    found = wire.revived_error(wire.plain_error(TransientError("x", retry_after_s=2.5)))
    assert found.retry_after_s == 2.5


@pytest.mark.parametrize("name", ["RuntimeError", "near", "difflib", "Any", ""])
def test_an_error_that_is_not_ours_becomes_one_of_an_engine(name):
    found = wire.revived_error({"class": name, "message": "boom"})
    assert (type(found), found.message) == (EngineError, "boom")
    assert not isinstance(found, UsageError)
