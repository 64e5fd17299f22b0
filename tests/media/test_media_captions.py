"""Caption tracks inside media, muxed here from caption files, and the one of a real film."""

from __future__ import annotations

import struct

import av
import pytest

from loquitur.errors import InputError
from loquitur.formats.embedded import native_text, track_of
from loquitur.media.caption_tracks import caption_tracks, timed_text
from loquitur.media.probe import probe

SRT = (
    "1\n00:00:01,000 --> 00:00:02,500\n<i>Hello</i> there\nline two\n\n"
    "2\n00:00:03,250 --> 00:00:04,000\n{\\an8}Top\n"
)
VTT = (
    "WEBVTT\n\nintro\n00:00:01.000 --> 00:00:02.500 line:0 align:start\n"
    "<v Ann>Hello &amp; <i>you</i>\n\n00:00:03.250 --> 00:00:04.000\nBye\n"
)
ASS = (
    "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize, "
    "PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, "
    "StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, "
    "MarginR, MarginV, Encoding\nStyle: Default,Arial,20,&H00FFFFFF,&H000000FF,&H00000000,"
    "&H00000000,0,0,0,0,100,100,0,0,1,2,2,2,10,10,10,1\n\n[Events]\nFormat: Layer, Start, End, "
    "Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    "Dialogue: 0,0:00:01.00,0:00:02.50,Default,Ann,0,0,0,,{\\an8\\i1}Hello{\\i0}, you\\Ntwo\n"
    "Dialogue: 0,0:00:03.25,0:00:04.00,Default,,0,0,0,,{\\p1}m 0 0 l 1 1{\\p0}\n"
)


def mux(target, files, *, container=None):
    """A medium whose tracks are caption files, given with their languages."""
    with av.open(str(target), "w", format=container) as output:
        opened, packets = [], []
        for path, language in files:
            source = av.open(str(path))
            stream = output.add_stream_from_template(source.streams[0])
            stream.metadata["language"] = language
            opened.append(source)
            packets += [(p.pts * p.time_base, p, stream)
                        for p in source.demux(source.streams[0]) if p.pts is not None]  # fmt: skip
        for _, packet, stream in sorted(packets, key=lambda item: item[0]):
            packet.stream = stream
            output.mux(packet)
        for source in opened:
            source.close()
    return target


@pytest.fixture
def files(tmp_path):
    for name, text in (("a.srt", SRT), ("a.vtt", VTT), ("a.ass", ASS)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_tracks_of_matroska_come_out_as_they_went_in(files):
    medium = mux(files / "m.mkv", [(files / "a.srt", "eng"), (files / "a.vtt", "ger"),
                                   (files / "a.ass", "fre")], container="matroska")  # fmt: skip
    srt, vtt, ass = caption_tracks(medium).streams
    assert [one.codec for one in (srt, vtt, ass)] == ["subrip", "webvtt", "ass"]
    assert native_text(srt) == SRT
    assert native_text(vtt) == VTT
    assert native_text(ass) == ASS
    assert [track_of(one).language for one in (srt, vtt, ass)] == ["en", "de", "fr"]
    assert [cue.settings.line for cue in track_of(srt).cues] == [None, 0]
    (cue,) = track_of(ass).cues
    assert (cue.payload, cue.settings.line) == ("<i>Hello</i>, you\ntwo", 0)


def test_webm_keeps_ids_and_settings(files):
    medium = mux(files / "m.webm", [(files / "a.vtt", "eng")], container="webm")
    (stream,) = caption_tracks(medium).streams
    assert native_text(stream) == VTT
    cue = track_of(stream).cues[0]
    assert (cue.id, cue.settings.line, cue.payload) == (
        "intro", 0, "<v Ann>Hello &amp; <i>you</i>",
    )  # fmt: skip


def test_mov_text_of_a_real_film(shared):
    medium = shared / "media" / "video" / "nasa_13013.mp4"
    found = caption_tracks(medium)
    assert [one.index for one in found.streams] == [2, 5]
    assert found.streams[0].default
    for stream in found.streams:
        track = track_of(stream)
        assert [(cue.start_ms, cue.end_ms) for cue in track.cues] == [
            (210, 4_260), (4_260, 8_350), (8_350, 12_470), (12_470, 16_570),
        ]  # fmt: skip
        assert track.cues[0].text == "NAR: This is the optical and science segment of the Webb"
    listed = caption_tracks(medium, texts=False)
    assert [one.cues for one in listed.streams] == [(), ()]
    assert [one.kind for one in probe(medium).tracks].count("subtitle") == 2


def test_styles_of_mov_text_become_tags():
    styles = struct.pack(">IH", 0, 1)
    box = struct.pack(">I4sH", 22, b"styl", 1) + struct.pack(
        ">HHHBB4s", 6, 11, 1, 3, 18, b"\xff" * 4
    )
    assert timed_text(b"\x00\x0bhello world" + box) == "hello <b><i>world</i></b>"
    assert timed_text(b"\x00\x05a<b&c" + styles) == "a&lt;b&amp;c"
    assert timed_text(b"\x00\x00") == ""
    wide = "\ufeffhé".encode("utf-16-be")
    assert timed_text(struct.pack(">H", len(wide)) + wide) == "hé"
    for broken in (b"", b"\x00", b"\x00\x09abc"):
        with pytest.raises(ValueError, match=r"cut off|no length"):
            timed_text(broken)


def test_a_medium_without_captions_has_none(sample):
    assert caption_tracks(sample).streams == ()


def test_a_file_that_is_no_medium_is_said(tmp_path):
    path = tmp_path / "x.mp4"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match="is a text file"):
        caption_tracks(path)


def test_a_damaged_file_costs_no_more_than_its_tail(files):
    medium = mux(files / "m.mkv", [(files / "a.srt", "eng")], container="matroska")
    whole = medium.read_bytes()
    medium.write_bytes(whole[: whole.index(b"Top")])
    (stream,) = caption_tracks(medium).streams
    assert [cue.text.splitlines()[-1] for cue in stream.cues][:1] == ["line two"]
