"""WebVTT against the Web Platform Tests, the fixtures of vtt.js, and itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from formats_trees import dumped, seen
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur import formats
from loquitur.errors import InputError
from loquitur.formats import Document
from loquitur.markup import webvtt
from loquitur.model.captions import Block, CaptionTrack, Cue, Settings

DATA = Path(__file__).parents[3] / "shared" / "data" / "subtitles"
there = pytest.mark.skipif(not DATA.is_dir(), reason="the subtitle suites are not here")
CHECK = settings(derandomize=True, deadline=None, max_examples=150)


def loaded(name):
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def read(text, **told):
    return formats.read(Document.of_text(text, **told), form="vtt")


@there
def test_every_file_case_of_the_web_platform_tests():
    cases = loaded("webvtt-wpt/file-parsing.expected.json")["files"]
    wrong = {}
    for name, expected in cases.items():
        try:
            track = formats.read(DATA / "webvtt-wpt" / "file-parsing" / f"{name}.vtt")
        except InputError:
            if expected["loads"]:
                wrong[name] = "refused"
            continue
        if not expected["loads"]:
            wrong[name] = "not refused"
            continue
        found = [seen(track, cue) for cue in track.cues]
        asked = expected.get("cues", [])
        if len(found) != expected["cue_count"]:
            wrong[name] = f"{len(found)} cues"
        for cue, wanted in zip(found, asked, strict=False):
            got = {key: cue[key] for key in wanted}
            if got.get("region") and wanted.get("region"):
                got["region"] = {key: got["region"][key] for key in wanted["region"]}
            if got != wanted:
                wrong[name] = (got, wanted)
        if list(track.styles) != expected.get("stylesheets", list(track.styles)):
            wrong[name] = track.styles
    assert wrong == {}
    assert len(cases) >= 47


@there
def test_every_cue_text_tree_of_the_web_platform_tests():
    suites = loaded("webvtt-wpt/cue-text.expected.json")["suites"]
    cases = [case for suite in suites.values() for case in suite]
    wrong = [
        case["input"]
        for case in cases
        if "\n".join(dumped(webvtt.parse(case["input"].replace("\0", "\ufffd"))))
        != "\n".join(case["tree"])
    ]
    assert wrong == []
    assert len(cases) >= 76


@there
def test_the_fixtures_of_vttjs_but_where_the_standard_says_otherwise():
    cases = loaded("webvtt-vttjs.expected.json")
    wrong, differing = {}, set()
    for name, expected in cases.items():
        try:
            track = formats.read(DATA / "webvtt-vttjs" / f"{name}.vtt")
        except InputError:
            track = CaptionTrack(language="")
        cues = [seen(track, cue) for cue in track.cues]
        got = {"cue_count": len(cues)}
        bad = {"cue_count"} if got["cue_count"] != expected["cue_count"] else set()
        for cue, wanted in zip(cues, expected["cues"], strict=False):
            bad |= {key for key, value in wanted.items() if cue[key] != value}
        told = set(expected.get("differs_from_standard", ()))
        if "cue_count" in told:
            bad &= {"cue_count"}
        if bad:
            (differing.add(name) if bad <= told else wrong.update({name: bad}))
    assert wrong == {}
    assert len(cases) - len(differing) >= 256


@there
def test_what_is_written_reads_back_the_same():
    count = 0
    for path in sorted(DATA.rglob("*.vtt")):
        try:
            track = formats.read(path)
        except InputError:
            continue
        written = formats.write_track("vtt", track)
        assert written.losses == (), path
        again = read(written.text, language=track.language)
        assert again == track, path
        assert formats.write_track("vtt", again).text == written.text, path
        count += 1
    assert count >= 400


def test_a_file_without_the_signature_is_refused_with_what_it_is():
    with pytest.raises(InputError, match="expected WEBVTT") as caught:
        read("1\n00:00:01,000 --> 00:00:02,000\nA\n")
    assert "--from srt" in caught.value.hint


def test_what_is_dropped_is_kept_beside_the_cues_and_told_with_its_line():
    track = read(
        "WEBVTT\n\nid\n00:01,000 --> 00:02,000\nlost\n\nSTYLE\n\n00:03.000 --> 00:04.000 x:y\nA\n"
    )
    assert [(one.code, one.line) for one in track.diagnostics] == [
        ("vtt.time", 4),
        ("vtt.misplaced", 7),
        ("vtt.setting", 9),
    ]
    assert track.blocks[0] == Block(kind="dropped", text="id\n00:01,000 --> 00:02,000\nlost")
    assert "lost" in formats.write_track("vtt", track).text
    assert "lost" not in formats.write_track("srt", track).text


def test_a_mark_of_utf16_is_believed_and_told():
    data = "WEBVTT\n\n00:01.000 --> 00:02.000\nzwölf\n".encode("utf-16")
    track = formats.read(Document(data=data), form="vtt")
    assert track.cues[0].text == "zwölf"
    assert [one.code for one in track.diagnostics] == ["vtt.encoding"]


def test_bytes_that_are_not_utf8_become_the_replacement_as_the_standard_says():
    data = "WEBVTT\n\n00:01.000 --> 00:02.000\nzwölf\n".encode("latin-1")
    track = formats.read(Document(data=data), form="vtt")
    assert track.cues[0].text == "zw\ufffdlf"
    assert track.diagnostics[0].line == 4
    told = formats.read(Document(data=data, encoding="latin-1"), form="vtt")
    assert told.cues[0].text == "zwölf"


def test_the_head_says_language_and_kind():
    track = read(
        "WEBVTT - a talk\nKind: subtitles\nLanguage: pt-BR\n\n00:01.000 --> 00:02.000\nOi\n"
    )
    assert (track.language, track.kind, track.extra) == (
        "pt-BR",
        "subtitles",
        (("vtt.signature", " - a talk"),),
    )


@pytest.mark.parametrize(
    "payload",
    ["<" * 100_000, "<b>" * 30_000, "&#" + "9" * 100_000, "<c" + "." * 100_000, "&" * 100_000,
     "<ruby><rt>" * 10_000, "</b>" * 25_000, "<v " + " " * 100_000, "<00:" * 25_000],
)  # fmt: skip
def test_hostile_cue_text_makes_a_tree_of_bounded_depth(payload):
    tree = webvtt.parse(payload)
    again, _ = webvtt.write(tree)
    assert webvtt.parse(again) == webvtt.parse(webvtt.write(webvtt.parse(again))[0])


LINES = st.text(st.sampled_from("ab <>&;./-:0123456789\t\u00a0é漢\ud800\0cvi"), max_size=12)
PAYLOADS = st.lists(LINES, max_size=3).map("\n".join)
PLACES = st.none() | st.floats(0, 100) | st.integers(0, 100)
CUES = st.builds(
    Cue,
    start_ms=st.integers(0, 10**9),
    end_ms=st.integers(0, 10**9),
    payload=PAYLOADS,
    notation=st.sampled_from(["vtt", "srt", "plain"]),
    id=LINES,
    settings=st.builds(
        Settings,
        vertical=st.sampled_from(["", "rl", "lr"]),
        line=PLACES,
        snap_to_lines=st.booleans(),
        line_align=st.sampled_from(["start", "center", "end"]),
        position=PLACES,
        size=st.floats(0, 100),
        align=st.sampled_from(["start", "center", "end", "left", "right"]),
    ),
)
BLOCKS = st.builds(
    Block,
    kind=st.sampled_from(["note", "style", "other", "dropped"]),
    text=PAYLOADS,
    before=st.integers(0, 3),
)
TRACKS = st.builds(
    CaptionTrack,
    language=st.just("en"),
    format=st.sampled_from(["", "vtt", "srt"]),
    cues=st.lists(CUES, max_size=3).map(tuple),
    header=st.lists(LINES, max_size=2).map(tuple),
    blocks=st.lists(BLOCKS, max_size=2).map(tuple),
)


@CHECK
@given(track=TRACKS)
def test_any_track_is_written_so_that_every_cue_comes_back(track):
    first = read(formats.write_track("vtt", track).text)
    assert [(cue.start_ms, cue.end_ms) for cue in first.cues] == [
        (cue.start_ms, cue.end_ms) for cue in track.cues
    ]
    second = read(formats.write_track("vtt", first).text)
    assert second == first


@CHECK
@given(
    text=st.text(
        st.sampled_from("WEBVTT\n\r \t-->0123:.,NOTESYLRGION<>&;abc\0\ufeff"), max_size=200
    )
)
def test_any_text_is_read_and_written_and_read_again(text):
    try:
        track = read("WEBVTT\n" + text)
    except InputError:
        return
    assert read(formats.write_track("vtt", track).text) == track
