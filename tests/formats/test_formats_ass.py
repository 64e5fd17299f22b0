r"""ASS and SSA: fields, styles, overrides, karaoke, comments, drawings, unknown sections."""

from __future__ import annotations

import pytest

from loquitur import formats
from loquitur.errors import InputError
from loquitur.formats import Document
from loquitur.markup import Node

HEAD = """[Script Info]
; a comment
Title: x
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, Italic, Alignment
Style: Default,Arial,20,0,2
Style: Top,Arial,20,-1,8

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""
TAIL = "\n[Fonts]\nfontname: a.ttf\n!!!!\n"


def event(text, style="Default", name="", start="0:00:01.00", rest="0,0,0,"):
    return f"Dialogue: 0,{start},0:00:03.50,{style},{name},{rest},{text}\n"


def read(*events, tail=""):
    return formats.read(Document.of_text(HEAD + "".join(events) + tail))


def test_fields_text_and_sections_come_back_byte_for_byte():
    text = (
        HEAD
        + event("a, b\\Nc\\hd {\\an8\\fad(200,200)}e", name="Ada")
        + "Comment: 0,0:00:02.00,0:00:03.00,Default,,0,0,0,,note, to self\n"
        + event("{\\i1}x{\\i0} y", rest="5,6,7,Banner;1")
        + TAIL
    )
    track = formats.read(Document.of_text(text))
    first, second = track.cues
    assert first.text == "a, b\nc\u00a0d e"
    assert first.tree[0].annotation == "Ada"
    assert first.settings.line == 0
    assert (second.start_ms, second.end_ms, second.payload) == (1000, 3500, "<i>x</i> y")
    assert dict(second.extra) == {
        "ass.marginl": "5", "ass.marginr": "6", "ass.marginv": "7", "ass.effect": "Banner;1",
    }  # fmt: skip
    assert formats.write_track("ass", track).text == text


def test_styles_and_overrides_become_tags():
    track = read(event("a{\\i0}b", style="Top"), event("{\\c&H00FFFF&\\b1}y{\\r}z"),
                 event("{\\k50}la{\\k25}lu"))  # fmt: skip
    assert [cue.payload for cue in track.cues[:2]] == [
        "<i>a</i>b", "<c.yellow><b>y</b></c>z",
    ]  # fmt: skip
    assert track.cues[0].settings.line == 0
    assert track.cues[2].tree == (
        Node(tag="time", start_ms=1000), "la", Node(tag="time", start_ms=1500), "lu",
    )  # fmt: skip


def test_drawings_are_no_text_and_that_is_told():
    track = read(event("{\\p1}m 0 0 l 100 0{\\p0}shown"))
    assert track.cues[0].text == "shown"
    assert "drawings" in track.diagnostics[0].message
    assert "m 0 0 l" in formats.write_track("ass", track).text
    assert "m 0 0 l" not in formats.write_track("srt", track).text


def test_a_changed_cue_does_not_keep_its_old_raw_text():
    from dataclasses import replace

    track = read(event("{\\fad(1,1)}old"))
    changed = replace(track, cues=(replace(track.cues[0], payload="new"),))
    written = formats.write_track("ass", changed)
    assert written.text.endswith(",,new\n")
    assert "overrides of cues that were changed" in written.losses


def test_damage_is_kept_and_told_by_its_line():
    track = read("Dialogue: 0,0:00:xx,1,Default\n", "rubbish\n", event("ok"))
    assert [cue.text for cue in track.cues] == ["ok"]
    assert [(one.code, one.line) for one in track.diagnostics] == [
        ("ass.time", 13), ("ass.junk", 14),
    ]  # fmt: skip
    assert formats.read(Document.of_text(formats.write_track("ass", track).text)) == track


def test_ssa_has_marked_and_its_own_alignments():
    text = (
        "[Script Info]\nScriptType: v4.00\n\n[V4 Styles]\nFormat: Name, Alignment\n"
        "Style: Default,6\n\n"
        "[Events]\nFormat: Marked, Start, End, Style, Name, MarginL, MarginR, MarginV, "
        "Effect, Text\n"
        "Dialogue: Marked=0,0:00:01.00,0:00:02.00,Default,,0,0,0,,hi\n"
    )
    track = formats.read(Document.of_text(text))
    assert (track.format, track.cues[0].settings.line) == ("ssa", 0)
    assert formats.write_track("ssa", track).text == text


def test_hours_above_99_and_what_is_no_ass():
    assert read(event("x", start="120:00:00.00")).cues[0].start_ms == 432_000_000
    for text in ("", "Dialogue: 0,0:00:01.00", "[Other]\nx"):
        with pytest.raises(InputError):
            formats.read(Document.of_text(text), form="ass")


def test_pysubs2_reads_the_same(shared):
    pysubs2 = pytest.importorskip("pysubs2")
    text = (shared / "subtitles" / "pysubs2" / "ttml_example.ass").read_text()
    theirs = [(one.start, one.end, one.plaintext) for one in pysubs2.SSAFile.from_string(text)]
    ours = formats.read(Document.of_text(text))
    assert [(cue.start_ms, cue.end_ms, cue.text) for cue in ours.cues] == theirs
