"""What is written in a format reads back the same: random tracks, and the files of the data."""

from __future__ import annotations

from dataclasses import replace

import pytest
from formats_tracks import TRACKS
from hypothesis import given, settings

from loquitur import formats
from loquitur.errors import InputError
from loquitur.formats import Document
from loquitur.model.captions import CaptionTrack, Cue, Node

BOTH = [
    name
    for name, form in formats.FORMATS.items()
    if form.reader and form.writer and name not in ("vtt", "srt", "json", "txt")
]
"""WebVTT, SubRip and JSON have tests of their own; plain text loses times by nature."""
CHECK = settings(derandomize=True, deadline=None, max_examples=40)
LONG = settings(derandomize=True, deadline=None, max_examples=400)


def again(name: str, track: CaptionTrack) -> CaptionTrack:
    written = formats.write_track(name, track)
    return formats.read(Document(data=written.content, language=track.language), form=name)


def check(name: str, track: CaptionTrack) -> None:
    read = again(name, track)
    assert again(name, read) == read


@pytest.mark.parametrize("name", BOTH)
def test_read_write_read_is_the_identity(name):
    CHECK(given(track=TRACKS)(lambda track: check(name, track)))()


@pytest.mark.slow
@pytest.mark.parametrize("name", BOTH)
def test_read_write_read_is_the_identity_on_many_tracks(name):
    LONG(given(track=TRACKS)(lambda track: check(name, track)))()


def shown(track: CaptionTrack) -> list[tuple[int, int, str]]:
    return [(cue.start_ms, cue.end_ms, cue.text) for cue in track.cues]


@pytest.mark.parametrize("name", BOTH)
def test_plain_captions_go_through_every_format_whole(name):
    texts = ("It is <b> & \"so\" 'here'.", "two\nlines", "日本語 한국어", "שלום, עולם!", "x  y")
    cues = tuple(
        Cue(start_ms=1000 * at, end_ms=1000 * at + 990, payload=text, notation="plain")
        for at, text in enumerate(texts, 1)
    )
    expected = [(cue.start_ms, cue.end_ms, cue.payload) for cue in cues]
    if name in ("stm", "lrc", "audacity"):  # one line each
        expected = [(start, end, text.replace("\n", " ")) for start, end, text in expected]
    if name == "stm":
        expected = [(start, end, " ".join(text.split())) for start, end, text in expected]
    assert shown(again(name, CaptionTrack(language="", cues=cues))) == expected


@pytest.mark.parametrize("name", [name for name in BOTH if name not in ("sbv", "lrc", "audacity")])
def test_speakers_go_through_formats_that_name_them(name):
    voice = Node(tag="v", annotation="Ada Lovelace", children=("Hello",))
    cue = Cue.of(start_ms=1000, end_ms=2000, tree=(voice,))
    read = again(name, CaptionTrack(language="en", cues=(cue,)))
    if name in ("json3", "srv3"):
        assert read.cues[0].text == "Ada Lovelace: Hello"
    else:
        assert read.cues[0].tree == (voice,)


@pytest.mark.parametrize("name", ["ttml", "ass", "json3", "srv3"])
def test_tags_go_through_formats_that_have_them(name):
    tree = (
        Node(tag="i", children=("slanted",)), " plain ",
        Node(tag="b", children=(Node(tag="u", children=("both",)),)),
        Node(tag="c", classes=("yellow",), children=("bright",)),
    )  # fmt: skip
    cue = Cue.of(start_ms=1000, end_ms=2000, tree=tree)
    expected = cue.payload
    if name in ("json3", "srv3"):  # which pens were made shows in classes
        expected = (
            "<c.pen1><i>slanted</i></c> plain <c.pen2><b><u>both</u></b></c>"
            "<c.pen3.yellow>bright</c>"
        )
    assert again(name, CaptionTrack(language="en", cues=(cue,))).cues[0].payload == expected


def data_files(shared):
    subtitles = shared / "subtitles"
    wanted = {".ttml", ".sbv", ".sub", ".json3", ".ass", ".stc", ".rt", ".vtt", ".srt"}
    for path in sorted(subtitles.rglob("*")):
        if path.suffix in wanted and path.stat().st_size < 40_000:
            yield path


def test_files_of_the_data_read_back_from_their_own_format(shared):
    count = 0
    for path in data_files(shared):
        try:
            track = formats.read(path)
        except InputError:
            continue
        if track.format in BOTH:
            assert again(track.format, track) == track, path
            count += 1
    assert count >= 115


@pytest.mark.slow
@pytest.mark.parametrize("name", BOTH)
def test_files_of_the_data_go_through_every_format(name, shared):
    for path in data_files(shared):
        try:
            track = formats.read(path)
        except InputError:
            continue
        read = again(name, track)
        assert again(name, read) == read, path
        if name not in ("lrc", "ttml"):
            assert len(read.cues) == len(track.cues), path
        if name in ("csv", "tsv", "sbv", "json3", "srv3") and all(
            0 <= cue.start_ms <= cue.end_ms for cue in track.cues
        ):
            spans = [[(one.start_ms, one.end_ms) for one in of.cues] for of in (read, track)]
            assert spans[0] == spans[1], path


def test_what_a_format_cannot_carry_is_told():
    cue = Cue.of(
        start_ms=-1, end_ms=1005, id="x",
        tree=(Node(tag="ruby", children=("漢", Node(tag="rt", children=("kan",)))), "\n\n|"),
    )  # fmt: skip
    track = CaptionTrack(language="en", cues=(replace(cue, id="a"),))
    for name in BOTH:
        assert formats.write_track(name, track).losses, name
