"""TTML: the IMSC suite as ttconv reads it, times, styles, regions, agents, and attacks."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from loquitur import formats
from loquitur.errors import InputError
from loquitur.formats import Document
from loquitur.formats.ttml.times import Rates
from loquitur.markup import Node

GOLDEN = Path(__file__).parents[1] / "golden" / "formats" / "imsc.ttconv.json"
"""Of each file how many states ttconv 1.2.3 shows, and a digest of their times and lines."""
HEAD = (
    '<tt xmlns="http://www.w3.org/ns/ttml" xmlns:tts="http://www.w3.org/ns/ttml#styling" '
    'xmlns:ttm="http://www.w3.org/ns/ttml#metadata" '
    'xmlns:ttp="http://www.w3.org/ns/ttml#parameter" '
    'xml:lang="en"'
)


def read(body, head="", root=""):
    text = f"{HEAD} {root}><head>{head}</head><body>{body}</body></tt>"
    return formats.read(Document.of_text(text), form="ttml")


def shown(track):
    return [(cue.start_ms, cue.end_ms, cue.text) for cue in track.cues]


def lines_of(items):
    text = "".join(
        item if isinstance(item, str) else "\n".join(lines_of(item.children))
        for item in items
        if isinstance(item, str) or item.tag != "rt"
    )
    return text.split("\n")


def states(track):
    """What is on screen from when on: the lines of all cues, where they change."""
    found = []
    for time in sorted({time for cue in track.cues for time in (cue.start_ms, cue.end_ms)}):
        lines = sorted(
            line
            for cue in track.cues
            if cue.start_ms <= time < cue.end_ms
            for line in lines_of(cue.tree)
            if line.strip()
        )
        if (found and found[-1][1] == lines) or (not found and not lines):
            continue
        found.append([time, lines])
    return found


def test_the_imsc_suite_reads_as_ttconv_reads_it(shared):
    expected = json.loads(GOLDEN.read_text())
    differing = []
    for name, (count, digest) in expected.items():
        found = states(formats.read(shared / "subtitles" / "imsc" / name))
        text = json.dumps(found, ensure_ascii=False).encode()
        if (len(found), hashlib.sha256(text).hexdigest()[:16]) != (count, digest):
            differing.append(name)
    assert len(expected) == 104
    assert differing == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("01:02:03", 3723), ("00:00:01.5", 1.5), ("00:00:00:12", 0.5), ("100:00:00.1", 360000.1),
        ("1.5s", 1.5), ("2m", 120), ("1h", 3600), ("250ms", 0.25), ("36f", 1.5), ("90t", 1.5),
        ("1:02:03", None), ("5", None), ("", None), ("-1s", None), ("1e3s", None), ("00:00", None),
    ],
)  # fmt: skip
def test_time_expressions(text, seconds):
    rates = Rates(frame=24, tick=60)
    found = rates.seconds(text)
    assert (None if found is None else float(found)) == seconds


def test_frames_count_by_rate_and_multiplier_and_by_what_the_user_says():
    body = '<div><p begin="24f" end="48f">a</p></div>'
    root = 'ttp:frameRate="24" ttp:frameRateMultiplier="1000 1001"'
    assert shown(read(body, root=root)) == [(1001, 2002, "a")]
    text = f"{HEAD} {root}><head/><body>{body}</body></tt>"
    given = formats.read(Document(data=text.encode(), fps=25.0), form="ttml")
    assert shown(given) == [(960, 1920, "a")]


def test_sequences_follow_one_another_and_nothing_outlasts_its_parent():
    body = (
        '<div timeContainer="seq" end="5s"><p dur="2s">a</p><p begin="1s" dur="1s">b</p>'
        '<p dur="9s">c</p><p dur="1s">never</p></div>'
    )
    assert shown(read(body)) == [(0, 2000, "a"), (3000, 4000, "b"), (4000, 5000, "c")]


def test_a_paragraph_with_timed_spans_is_a_cue_for_each_state():
    body = (
        '<div><p begin="1s" end="4s">one <span begin="1s">two </span>'
        '<span begin="2s">x</span></p></div>'
    )
    track = read(body)
    assert shown(track) == [
        (1000, 2000, "one"), (2000, 3000, "one two"), (3000, 4000, "one two x"),
    ]  # fmt: skip


def test_white_space_is_that_of_xml_space():
    body = (
        '<div><p end="1s">\n  a <span>\n b</span>\n<br/>  c </p>'
        '<p end="1s" xml:space="preserve"> a  b\nc </p></div>'
    )
    assert [cue.text for cue in read(body).cues] == ["a b\nc", " a  b\nc "]


def test_styles_are_inherited_referred_to_and_switched_off():
    head = (
        '<styling><style xml:id="s" tts:fontStyle="italic" tts:color="lime"/>'
        '<style xml:id="t" style="s" tts:fontWeight="bold"/></styling>'
    )
    body = (
        '<div style="s"><p end="1s">a<span style="t">b</span>'
        '<span tts:fontStyle="normal">c</span></p></div>'
    )
    assert read(body, head).cues[0].payload == (
        "<c.lime><i>a</i></c><c.lime><b><i><c.t>b</c></i></b></c><c.lime>c</c>"
    )


def test_regions_give_places_and_come_back():
    head = (
        '<layout><region xml:id="top" tts:origin="10% 5%" tts:extent="80% 20%" '
        'tts:displayAlign="before" tts:textAlign="center"/>'
        '<region xml:id="low" tts:origin="10% 70%" tts:extent="80% 20%" '
        'tts:displayAlign="after" tts:textAlign="center"/></layout>'
    )
    body = (
        '<div><p end="1s" region="top">a</p><p end="1s" region="low">b</p>'
        '<p end="1s">lost</p></div>'
    )
    track = read(body, head)
    top, low = track.cues
    assert (top.settings.line, top.settings.snap_to_lines, top.settings.line_align) == (
        5,
        False,
        "start",
    )
    assert low.settings.line is None
    assert dict(top.extra)["ttml.region"] == "top"
    assert [one.code for one in track.diagnostics] == ["ttml.region"]
    assert "{\\an8}a" in formats.write_track("srt", track).text


def test_agents_are_voices():
    head = (
        '<metadata><ttm:agent xml:id="a" type="person"><ttm:name type="full">Ada L</ttm:name>'
        "</ttm:agent></metadata>"
    )
    body = (
        '<div><p end="1s" ttm:agent="a">x</p><p end="1s">y <span ttm:agent="b">z</span></p></div>'
    )
    first, second = read(body, head).cues
    assert first.tree == (Node(tag="v", annotation="Ada L", children=("x",)),)
    assert second.tree == ("y ", Node(tag="v", annotation="b", children=("z",)))


def test_ruby_is_paired_base_by_base():
    body = (
        '<div><p end="1s"><span tts:ruby="container"><span tts:ruby="baseContainer">'
        '<span tts:ruby="base">漢</span><span tts:ruby="base">字</span></span>'
        '<span tts:ruby="textContainer"><span tts:ruby="text">kan</span>'
        '<span tts:ruby="text">ji</span></span></span></p></div>'
    )
    assert read(body).cues[0].payload == "<ruby>漢<rt>kan</rt>字<rt>ji</rt></ruby>"


def test_a_cue_without_end_is_given_one_and_times_that_are_none_are_told():
    track = read('<div><p begin="1s">a</p><p begin="x" end="2s">b</p></div>')
    assert shown(track) == [(1000, 12_000, "a"), (0, 2000, "b")]
    assert {one.code for one in track.diagnostics} == {"ttml.end", "ttml.time"}


def test_a_file_that_breaks_off_is_read_up_to_there():
    track = formats.read(
        Document.of_text(f'{HEAD}><body><div>\n<p end="1s">a</p>\n<p end="2s">b</p><p'), form="ttml"
    )
    assert [cue.text for cue in track.cues] == ["a", "b"]
    assert [(one.code, one.line) for one in track.diagnostics] == [("xml.broken", 3)]


def test_other_encodings_and_drafts_are_read():
    text = '<?xml version="1.0" encoding="ISO-8859-1"?><tt xmlns="http://www.w3.org/2006/10/ttaf1" \
xmlns:tts="http://www.w3.org/2006/10/ttaf1#style"><body><div><p begin="0s" end="1s" \
tts:fontStyle="italic">é</p></div></body></tt>'
    for encoding in ("latin-1", "utf-16"):
        track = formats.read(Document(data=text.encode(encoding)), form="ttml")
        assert [cue.payload for cue in track.cues] == ["<i>é</i>"]


LAUGHS = "".join(f'<!ENTITY l{at} "{f"&l{at - 1};" * 10}">' for at in range(1, 10))


@pytest.mark.parametrize(
    "declared",
    [
        f'<!ENTITY l0 "ha">{LAUGHS}', '<!ENTITY x SYSTEM "file:///etc/passwd">',
        '<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;', '<!ENTITY l9 "x">',
    ],
)  # fmt: skip
def test_entities_are_refused(declared):
    text = f'<!DOCTYPE tt [{declared}]>{HEAD}><body><div><p end="1s">&l9;&x;</p></div></body></tt>'
    with pytest.raises(InputError, match="entity") as caught:
        formats.read(Document.of_text(text), form="ttml")
    assert caught.value.code == "LQ-INPUT-XML-ENTITY"


def test_deep_nesting_and_other_documents_are_refused():
    with pytest.raises(InputError, match="nested deeper"):
        formats.read(Document.of_text(f"{HEAD}><body>" + "<div>" * 10_000), form="ttml")
    for text in ("<html/>", "WEBVTT", "", "<tt"):
        with pytest.raises(InputError):
            formats.read(Document.of_text(text), form="ttml")


def test_states_of_one_paragraph_are_bounded():
    spans = "".join(f'<span begin="{at}s">x </span>' for at in range(3000))
    track = read(f'<div><p end="99999s">{spans}</p></div>')
    assert len(track.cues) < 100
    assert "ttml.states" in {one.code for one in track.diagnostics}
