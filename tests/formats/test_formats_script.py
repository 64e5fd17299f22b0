"""The words of a text file, whatever it is: no cue number, time, tag or comment among them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loquitur.errors import InputError
from loquitur.formats.script import MOST_BYTES, read_script

SRT = """1
00:00:01,000 --> 00:00:02,000
<i>Hello</i>, {\\an8}Peter.
- How are you?

2
00:00:03,000 --> 00:00:04,000 X1:1
5 < 6 &amp; 7

3
00:00:05,000 --> 00:00:06,000
"""
VTT = """WEBVTT - a title
Kind: captions

NOTE 00:00 is no cue --> truly
another line

STYLE
::cue { color: red }

intro
00:01.000 --> 00:02.000 align:start
<v Mary>Hello, <00:01.500><c.loud>Peter</c></v>

00:00:03.000 --> 00:00:04.000
What a &lt;day&gt;
"""


def read(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_script(path)


def test_subrip(tmp_path):
    said = "Hello, Peter.\n- How are you?\n5 < 6 & 7"
    assert read(tmp_path, "a.srt", SRT) == said
    assert read(tmp_path, "a.SRT", SRT.replace("\n", "\r\n")) == said
    assert read(tmp_path, "b.srt", b"\xef\xbb\xbf" + SRT.encode()) == said
    assert read(tmp_path, "c.srt", SRT.encode("utf-16")) == said


def test_webvtt(tmp_path):
    assert read(tmp_path, "a.vtt", VTT) == "Hello, Peter\nWhat a <day>"


def test_plain_text_stays_as_it_is(tmp_path):
    text = "It is 10:30 --> late.\n\n<b>Really?</b>\n"
    assert read(tmp_path, "a.txt", text) == text
    assert read(tmp_path, "script", text) == text


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.txt", b"", "no words"), ("a.srt", b"1\n00:00:01,000 --> 00:00:02,000\n", "no words"),
        ("a.txt", b"-- ... --", "no words"), ("a.txt", b"caf\xe9", "UTF-8"),
        ("a.txt", b"a\0b", "no text"), ("a.txt", b"a" * (MOST_BYTES + 1), "larger"),
    ],
)  # fmt: skip
def test_what_is_no_script(tmp_path, name, data, said):
    with pytest.raises(InputError, match=said):
        read(tmp_path, name, data)


def test_no_such_file(tmp_path):
    for path in (tmp_path / "none.txt", tmp_path):
        with pytest.raises(InputError, match="cannot read"):
            read_script(path)


@given(st.binary(max_size=300), st.sampled_from(["srt", "vtt", "txt"]))
def test_any_bytes_give_text_or_a_reason(tmp_path_factory, data, suffix):
    path = tmp_path_factory.mktemp("script") / f"a.{suffix}"
    path.write_bytes(data)
    with suppress(InputError):
        assert any(sign.isalnum() for sign in read_script(path))
