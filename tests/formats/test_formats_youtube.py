"""json3 and srv3: words inside events, windows, pens, appended line feeds; SBV and SubViewer 2."""

from __future__ import annotations

import json

import pytest

from loquitur import formats
from loquitur.errors import InputError
from loquitur.formats import Document
from loquitur.markup import Node


def json3(events, **head):
    text = json.dumps({"wireMagic": "pb3", "events": events} | head)
    return formats.read(Document.of_text(text))


def test_words_have_their_times_and_confidences_stay():
    track = json3(
        [
            {"tStartMs": 0, "dDurationMs": 9000, "id": 1, "wpWinPosId": 1, "wsWinStyleId": 1},
            {"tStartMs": 100, "dDurationMs": 900, "wWinId": 1,
             "segs": [{"utf8": "a", "acAsrConf": 10}, {"utf8": " b", "tOffsetMs": 400}]},
            {"tStartMs": 990, "dDurationMs": 10, "wWinId": 1, "aAppend": 1,
             "segs": [{"utf8": "\n"}]},
        ],
        wpWinPositions=[{}, {"apPoint": 6, "ahHorPos": 20, "avVerPos": 100}],
        wsWinStyles=[{}, {"juJustifCode": 0}],
    )  # fmt: skip
    (cue,) = track.cues
    assert (cue.start_ms, cue.end_ms) == (100, 1000)
    assert cue.tree == ("a", Node(tag="time", start_ms=500), " b")
    assert (cue.settings.position, cue.settings.align, cue.settings.line) == (20, "left", None)
    assert json.loads(dict(cue.extra)["youtube.event"]) == {"acAsrConf": [10, None], "wWinId": 1}
    written = json.loads(formats.write_track("json3", track).text)
    assert written["events"][2] == {
        "tStartMs": 990, "dDurationMs": 10, "aAppend": 1, "wWinId": 1, "segs": [{"utf8": "\n"}],
    }  # fmt: skip


def test_pens_are_tags():
    track = json3(
        [{"tStartMs": 0, "dDurationMs": 1, "segs": [{"utf8": "x", "pPenId": 1}, {"utf8": "y"}]}],
        pens=[{}, {"iAttr": 1, "fcForeColor": 0xFFFF00}],
    )
    assert track.cues[0].payload == "<c.pen1.yellow><i>x</i></c>y"


def test_srv3_and_json3_say_the_same(shared):
    track = formats.read(shared / "subtitles" / "youtube-rolling" / "sample.json3")
    text = formats.write_track("srv3", track).text
    assert '<p t="767" d="4023" w="1"><s ac="166">bailey</s><s t="327" ac="252"> okay</s>' in text
    other = formats.read(Document.of_text(text))
    assert other.format == "srv3"
    assert (other.cues, other.extra) == (track.cues, track.extra)


def test_srv3_as_youtube_lays_it_out():
    text = (
        '<?xml version="1.0" encoding="utf-8" ?><timedtext format="3">\n<head>\n'
        '<pen id="1" i="1" fc="#00FF00"/>\n</head>\n<body>\n'
        '<p t="10" d="20" p="1">a &amp; b\nc</p>\n'
        "</body>\n</timedtext>"
    )
    track = formats.read(Document.of_text(text))
    assert track.cues[0].payload == "<c.lime><i>a &amp; b\nc</i></c>"
    old = formats.read(
        Document.of_text('<transcript><text start="1.5" dur="2">hi &amp;#39;</text></transcript>'),
        form="srv3",
    )
    assert [(cue.start_ms, cue.end_ms, cue.text) for cue in old.cues] == [(1500, 3500, "hi '")]


OLD = """<?xml version="1.0" encoding="utf-8" ?><transcript>
<text start="0" dur="1.54">3 &amp;lt; 5 &amp;amp;&amp;amp; 7 &amp;gt; 2</text>
<text start="1.54" dur="4.16">this is &lt;i>not&lt;/i> 3 &lt; 5 &lt;b>it</text>
<text start="5" dur="0.5"></text>
<text start="6">&amp;lt;b&amp;gt;said&amp;lt;/b&amp;gt;</text></transcript>"""


def test_srv1_is_escaped_twice_and_what_is_escaped_once_is_a_tag():
    track = formats.read(Document.of_text(OLD))
    assert track.format == "srv3"
    assert [(cue.start_ms, cue.end_ms, cue.text) for cue in track.cues] == [
        (0, 1540, "3 < 5 && 7 > 2"), (1540, 5700, "this is not 3 < 5 it"), (5000, 5500, ""),
        (6000, 6000, "<b>said</b>"),
    ]  # fmt: skip
    assert "<i>not</i>" in track.cues[1].payload
    assert "<b>it</b>" in track.cues[1].payload


def test_srv2_counts_milliseconds():
    text = '<timedtext><text t="919" d="3400" w="1">hi</text></timedtext>'
    (cue,) = formats.read(Document.of_text(text)).cues
    assert (cue.start_ms, cue.end_ms, cue.text) == (919, 4319, "hi")


def test_numbers_of_browsers_are_texts():
    (cue,) = json3(
        [{"tStartMs": "29000", "dDurationMs": "1500",
          "segs": [{"utf8": "a"}, {"utf8": " b", "tOffsetMs": "240"}]}]
    ).cues  # fmt: skip
    assert (cue.start_ms, cue.end_ms) == (29000, 30500)
    assert cue.tree == ("a", Node(tag="time", start_ms=29240), " b")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"events":1}', '{"events":[', "x", "[" * 100_000, '{"events":' * 999]
)
def test_what_is_no_json3(text):
    with pytest.raises(InputError):
        formats.read(Document.of_text(text), form="json3")


def test_strange_values_are_passed_over():
    track = json3(
        [None, 1, {}, {"segs": 1}, {"segs": [None, {"utf8": 3}, {"utf8": "x", "tOffsetMs": "y"}]},
         {"tStartMs": 1e300, "dDurationMs": True, "segs": [{"utf8": "z"}]}]
    )  # fmt: skip
    assert [cue.text for cue in track.cues] == ["x", "z"]


def test_sbv_is_mended_and_told():
    text = (
        "0:00:01.000,0:00:02.500\none\ntwo\n\n\n0:00:0x.000,0:00:04.000\nlost\n\n"
        "00:00:05.50,0:00:04.000\n\n1:00:00.000,1:00:01.000\nlast[br]line"
    )
    track = formats.read(Document.of_text(text))
    assert track.format == "sbv"
    assert [(cue.start_ms, cue.end_ms, cue.text) for cue in track.cues] == [
        (1000, 2500, "one\ntwo"), (5500, 4000, ""), (3_600_000, 3_601_000, "last\nline"),
    ]  # fmt: skip
    assert [(one.code, one.line) for one in track.diagnostics] == [
        ("sbv.time", 6), ("cue.empty", 9), ("cue.end-before-start", 9),
    ]  # fmt: skip
    assert [block.kind for block in track.blocks] == ["dropped"]
    head = formats.read(
        Document.of_text("[INFORMATION]\n[TITLE]x\n\n00:00:01.00,00:00:02.00\nhi\n"), form="sbv"
    )
    assert head.header == ("[INFORMATION]", "[TITLE]x")
    with pytest.raises(InputError):
        formats.read(Document.of_text("some text"), form="sbv")


def test_times_said_as_text_do_not_become_cues():
    from loquitur.model.captions import CaptionTrack, Cue

    cue = Cue(start_ms=0, end_ms=1, payload="0:00:01.000,0:00:02.000", notation="plain")
    written = formats.write_track("sbv", CaptionTrack(language="", cues=(cue,)))
    assert "lines of times said as text" in written.losses
    assert len(formats.read(Document.of_text(written.text), form="sbv").cues) == 1
