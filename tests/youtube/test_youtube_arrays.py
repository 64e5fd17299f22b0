"""A JSON array that comes in pieces."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loquitur.errors import TransientError
from loquitur.youtube.arrays import elements

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.lists(st.dictionaries(st.text(), VALUES, max_size=4), max_size=6)


@given(OBJECTS, st.integers(1, 40), st.booleans(), st.sampled_from([None, 1]))
def test_elements_come_whole_wherever_the_body_is_cut(objects, size, ascii_only, indent):
    body = json.dumps(objects, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "replace")
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    assert list(elements(pieces)) == json.loads(body)


def test_an_element_is_given_before_the_next_one_comes():
    def pieces():
        yield b'[{"a": 1}\n,'
        asked.append("second")
        yield b'{"a": 2}]'

    asked: list[str] = []
    found = elements(pieces())
    assert next(found) == {"a": 1}
    assert asked == []
    assert list(found) == [{"a": 2}]


@pytest.mark.parametrize("body", [b"", b"[", b'[{"a": 1}', b'[{"a": ', b'{"a": 1}', b"[1]", b"<p>"])
def test_a_body_that_is_no_whole_array_of_objects_may_be_asked_for_again(body):
    with pytest.raises(TransientError):
        list(elements([body]))


def test_long_elements_are_not_parsed_again_with_every_piece():
    text = json.dumps([{"a": "x" * 3_000_000}]).encode()
    pieces = [text[at : at + 4096] for at in range(0, len(text), 4096)]
    assert len(next(iter(elements(pieces)))["a"]) == 3_000_000
