"""All writers: golden files, promises that hold for every format, and readers not of our making.

`LOQUITUR_REGOLD=1 pytest tests/formats` writes the golden files anew; look at the difference.
"""

from __future__ import annotations

import dataclasses
import html
import io
import json
import os
import re
from pathlib import Path

import av
import jsonschema
import pytest
from formats_scenes import adversarial, rich
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from loquitur import formats
from loquitur.errors import UsageError
from loquitur.model.captions import CaptionTrack, Cue, Node, notes_of
from loquitur.model.speech import (
    Feeling,
    Speaker,
    SpeakerMood,
    SpokenWord,
    Transcript,
    Utterance,
)
from loquitur.subtitles.segment import segment

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "formats"
REGOLD = bool(os.environ.get("LOQUITUR_REGOLD"))
CHECK = settings(derandomize=True, deadline=None, max_examples=30)
TIMING = re.compile(
    r"(\d{2,}):([0-5]\d):([0-5]\d)\.(\d{3}) --> (\d{2,}):([0-5]\d):([0-5]\d)\.(\d{3})"
)


def test_golden_files_are_not_being_made_in_ci():
    assert not (REGOLD and os.environ.get("CI")), "LOQUITUR_REGOLD must not be set in CI"


TABLE = formats.FORMATS
CASES = [
    *(("adversarial", name) for name in TABLE if TABLE[name].transcriber or name in ("vtt", "srt")),
    *(("rich", name) for name in TABLE if TABLE[name].writer),
]
TEXTUAL = [name for name in formats.names() if name not in ("docx", "premiere")]
"""The formats whose files are text with line feeds; the others have tests of their own."""


@pytest.mark.parametrize(("scene", "name"), CASES)
def test_golden(scene, name):
    transcript = adversarial()
    if scene == "adversarial":
        written = formats.write(name, transcript, segment(transcript))
    else:
        written = formats.write_track(name, rich())
    files = {
        f"{scene}.{formats.find(name).suffix}": written.content,
        f"{scene}.{name}.losses": "".join(loss + "\n" for loss in written.losses).encode(),
    }
    for file, content in files.items():
        if file.endswith(".docx"):
            continue  # compressed bytes are zlib's matter; its own test reads them
        path = GOLDEN / file
        if REGOLD:
            path.write_bytes(content)
        assert path.read_bytes() == content, f"{file} differs; see the head of this test"


# Promises of every format, on arbitrary text.

TEXTS = st.text(
    st.one_of(
        st.sampled_from("<>&-\\{}*_#`\n\r\t \x00\u2028\x85\ud800v/.12:"),
        st.characters(),
    ),
    max_size=25,
)
WORDS = TEXTS.filter(str.strip)


@st.composite
def transcripts(draw):
    made, now = [], 0
    for speaker, label, texts in draw(
        st.lists(st.tuples(WORDS, st.none() | TEXTS, st.lists(WORDS, min_size=1)), max_size=4)
    ):
        words = tuple(
            SpokenWord(start_ms=now + 300 * i, end_ms=now + 300 * i + 250, text=text.strip())
            for i, text in enumerate(texts)
        )
        span = {"start_ms": now, "end_ms": words[-1].end_ms}
        feeling = None if label is None else Feeling(**span, label=label, score=0.5)
        made.append(Utterance(**span, speaker=speaker, words=words, feeling=feeling))
        now = words[-1].end_ms + 10
    return Transcript(
        media_id="sha256:" + "0" * 64,
        title=draw(TEXTS),
        language="en",
        duration_ms=now,
        speakers=tuple(Speaker(id=name) for name in dict.fromkeys(one.speaker for one in made)),
        utterances=tuple(made),
        notes=tuple(draw(st.lists(TEXTS, max_size=2))),
    )


@pytest.mark.parametrize("name", TEXTUAL)
@settings(CHECK, max_examples=25)
@given(transcript=transcripts())
def test_any_text_gives_lines_that_encode(name, transcript):
    text = formats.write(name, transcript, segment(transcript)).text
    assert text.encode().decode() == text
    assert text.endswith("\n")
    assert "\r" not in text
    assert "\x00" not in text
    assert formats.write(name, transcript, segment(transcript)).text == text


def vtt_cues(text: str) -> list[tuple[int, int, str]]:
    """A strict reader of what writers may write: start, end and text of each cue."""
    signature, *blocks = re.split(r"\n{2,}", text.removesuffix("\n"))
    assert signature.split("\n")[0] == "WEBVTT"
    cues = []
    for block in blocks:
        first, *rest = block.split("\n")
        if first == "NOTE" or first.startswith("NOTE "):
            assert "-->" not in block
            continue
        if "-->" not in first:
            first, *rest = rest
        match = TIMING.match(first)
        assert match, first
        hours, minutes, seconds, millis, *end = map(int, match.groups())
        start_ms = ((hours * 60 + minutes) * 60 + seconds) * 1000 + millis
        end_ms = ((end[0] * 60 + end[1]) * 60 + end[2]) * 1000 + end[3]
        assert start_ms < end_ms
        assert rest
        assert all(line and "-->" not in line for line in rest)
        cues.append((start_ms, end_ms, vtt_text("\n".join(rest))))
    return cues


def vtt_text(payload: str) -> str:
    """The text without tags; tags must be known and closed, everything else escaped."""
    opened: list[str] = []
    text = ""
    for part in re.split(r"(<[^<>]*>)", payload):
        if not part.startswith("<"):
            assert "<" not in part
            assert ">" not in part
            assert re.fullmatch(r"(?:[^&]|&(?:amp|lt|gt);)*", part, re.DOTALL)
            text += html.unescape(part)
        elif part.startswith("</"):
            assert part[2:-1] == opened.pop()
        elif not re.fullmatch(r"<\d\d:\d\d:\d\d\.\d{3}>", part):
            tag = re.fullmatch(r"<(c|i|b|u|v|lang|ruby|rt)(\.[^\s.<>&]+)*( [^\n]+)?>", part)
            assert tag, part
            opened.append(tag[1])
    assert not opened
    return text


@CHECK
@given(transcript=transcripts())
def test_webvtt_gives_back_every_cue(transcript):
    track = segment(transcript)
    read = vtt_cues(formats.write("vtt", transcript, track).text)
    assert [cue[:2] for cue in read] == [(cue.start_ms, cue.end_ms) for cue in track.cues]
    for (_, _, text), cue in zip(read, track.cues, strict=True):
        assert visible(text) == visible(cue.text)


def visible(text: str) -> str:
    """Characters that every writer must keep."""
    return re.sub("[\\s\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd\ufffe\uffff]", "", text)


def test_webvtt_rich_track_keeps_what_the_format_has():
    written = formats.write("vtt", None, rich())
    assert "<v.loud.a-b-c Ada>Hi <ruby>漢<rt>kan</rt></ruby></v>" in written.text
    assert "\nSTYLE\n::cue(v) { color: lime }\n" in written.text
    assert "\nREGION\nid:top\nlines:2\nscroll:up\n" in written.text
    placed = "line:12.5%,end position:10%,line-left size:40% align:start"
    assert f"one\n00:00:01.000 --> 00:00:02.000 {placed}\n" in written.text
    assert "02.000 --> 00:00:03.000 region:top\n--&gt;&lt;b&gt;" in written.text
    assert "<i>last</i> 3 &lt; 4\n" in written.text
    assert written.losses == (
        "header lines with an arrow",
        "blank lines inside cues",
        "cue ids with an arrow or a line break",
        "a block of kind 'style' with an arrow in it",
    )
    track = formats.read(formats.Document.of_text(written.text), form="vtt")
    assert [block.kind for block in track.blocks] == ["style", "region", "note", "note"]
    assert [block.before for block in track.blocks] == [0, 0, 0, 2]
    assert track.cues[1].settings.region == "top"
    assert track.regions[0].scroll == "up"


@pytest.mark.parametrize("name", ["vtt", "srt"])
def test_a_demuxer_not_of_our_making_finds_the_same_cues(name):
    """FFmpeg's: it must see each cue with our times and all of its words."""
    transcript = adversarial()
    track = segment(transcript)
    data = formats.write(name, transcript, track).text.encode()
    with av.open(io.BytesIO(data), format={"vtt": "webvtt"}.get(name, name)) as container:
        stream = container.streams.subtitles[0]
        read = [
            (round(p.pts * p.time_base * 1000), round(p.duration * p.time_base * 1000), bytes(p))
            for p in container.demux(stream)
            if p.size
        ]
    assert [(start, length) for start, length, _ in read] == [
        (cue.start_ms, cue.end_ms - cue.start_ms) for cue in track.cues
    ]
    if name == "vtt":
        texts = [vtt_text(payload.decode()) for _, _, payload in read]
        assert [visible(text) for text in texts] == [visible(cue.text) for cue in track.cues]


def test_srt_names_the_speaker_where_it_changes_and_tells_what_is_lost():
    cue = {"start_ms": 0, "end_ms": 1}
    voices = ("Ada (calm)", "Ada (excited)", "Bob (CEO)", "Bob (CEO) (calm)", "Ada")
    cues = tuple(
        Cue.of(
            start_ms=1_000 * index,
            end_ms=1_000 * index + 900,
            tree=(Node(tag="v", annotation=voice, children=("x",)),),
        )
        for index, voice in enumerate(voices)
    )
    written = formats.write(
        "srt", None, CaptionTrack(language="en", cues=cues, blocks=notes_of(["Draft quality: y"]))
    )
    assert re.findall(r"^.*x$", written.text, re.MULTILINE) == [
        "Ada: x",
        "x",
        "Bob (CEO): x",
        "x",
        "Ada: x",
    ]
    assert "feelings" in written.losses
    assert "the mark of draft quality" in written.losses
    plain = formats.write(
        "srt", None, CaptionTrack(language="en", cues=(Cue.of(**cue, tree=("a",)),))
    )
    assert plain == formats.Written(text="1\n00:00:00,000 --> 00:00:00,001\na\n")


@CHECK
@given(tree=st.lists(TEXTS, min_size=1, max_size=4))
def test_srt_text_cannot_become_a_timing_line_or_a_tag(tree):
    cue = Cue.of(start_ms=0, end_ms=1, tree=tuple(tree))
    text = formats.write("srt", None, CaptionTrack(language="en", cues=(cue,))).text
    assert text.count("-->") == 1
    assert not re.search(r"<[A-Za-z/!?]|\{\\", text)
    assert "\n\n" not in text.strip("\n")


SCHEMA = json.loads((ROOT / "docs" / "transcript.schema.json").read_text(encoding="utf-8"))


@CHECK
@given(transcript=transcripts())
def test_json_is_valid_and_keeps_everything(transcript):
    document = json.loads(formats.write("json", transcript).text)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    said = [[word["text"] for word in one["words"]] for one in document["utterances"]]
    assert said == [
        [re.sub("[\ud800-\udfff]", "\ufffd", word.text) for word in one.words]
        for one in transcript.utterances
    ]


def test_json_has_the_keys_of_the_contract():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    document = json.loads(formats.write("json", adversarial()).text)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert list(document)[:8] == [
        *("schema", "media_id", "title", "language", "duration_ms", "speakers", "utterances"),
        "provenance",
    ]
    assert document["draft"] is True
    assert document["speakers"][0] == {"id": "SPEAKER_00", "name": None}
    first, *_, last = document["utterances"]
    assert list(first) == ["speaker", "start_ms", "end_ms", "text", "emotion", "words"]
    assert list(first["emotion"])[:5] == ["label", "score", "arousal", "valence", "source"]
    assert document["utterances"][2]["emotion"] is None
    assert list(first["words"][0]) == ["text", "start_ms", "end_ms", "confidence", "overlap"]
    assert (first["words"][0]["overlap"], first["words"][1]["timing"]) == (
        ["SPEAKER_01"],
        "interpolated",
    )
    assert last["start_ms"] == 360_000_000
    assert document["provenance"][0] == {
        "stage": "transcribe",
        "engine": "pocketsphinx",
        "version": "5.1.1",
        "model": "en-us",
        "parameters": {"beam": 1e-48, "name": "é"},
        "draft": True,
    }


def test_the_schema_refuses_what_is_not_a_transcript():
    document = json.loads(formats.write("json", adversarial()).text)
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for broken in (
        document | {"schema": "loquitur/transcript/2"},
        document | {"duration_ms": 1.5},
        {key: document[key] for key in document if key != "speakers"},
        document | {"utterances": [document["utterances"][0] | {"words": []}]},
    ):
        assert not validator.is_valid(broken)


@CHECK
@given(transcript=transcripts())
def test_markdown_shows_the_text_as_it_was_said(transcript):
    text = formats.write("md", transcript).text
    shown = html.unescape(re.sub(r"<[^>]*>", "", MarkdownIt("commonmark").render(text)))
    position = 0
    for utterance in transcript.utterances:
        for word in utterance.words:
            if wanted := visible(word.text):
                found = visible(shown).find(wanted, position)
                assert found >= 0
                position = found + len(wanted)
    bare = MarkdownIt("gfm-like", {"linkify": False}).render(text)
    assert set(re.findall(r"</?(\w+)", bare)) <= {"h1", "ul", "li", "p", "strong", "code"}


@pytest.mark.parametrize(("name", "head"), [("txt", ""), ("md", "> "), ("vtt", "WEBVTT\n\nNOTE ")])
def test_a_draft_says_so_first(name, head):
    text = formats.write(name, adversarial(), segment(adversarial())).text
    assert text.startswith(head + "Draft quality: made by pocketsphinx; check before use.\n")


def test_an_empty_transcript_is_written_in_every_format():
    empty = Transcript(
        media_id="sha256:" + "0" * 64,
        title="",
        language="",
        duration_ms=0,
        speakers=(),
        utterances=(),
    )
    texts = {name: formats.write(name, empty, segment(empty)).text for name in TEXTUAL}
    assert texts["vtt"] == "WEBVTT\n"
    assert json.loads(texts["json"])["utterances"] == []
    assert all(text.endswith("\n") for text in texts.values())


def test_unknown_formats_and_missing_content_are_usage_errors():
    with pytest.raises(UsageError) as caught:
        formats.find("vttt")
    assert "'vtt'" in caught.value.hint
    with pytest.raises(UsageError, match="from a track") as caught:
        formats.write("vtt", adversarial())
    assert caught.value.hint == (
        "formats that take it: json, txt, md, docx, csv, tsv, ctm, rttm, stm"
    )


def moody():
    """One speaker with a mood over all, of whose utterances one was too short to tell."""
    scene = adversarial()
    mood = SpeakerMood(
        label="calm",
        score=0.75,
        scores=(("calm", 0.75), ("neutral", 0.22), ("angry", 0.03)),
        heard_ms=4000,
        arousal=0.25,
    )
    first, *rest = scene.utterances
    short = Feeling(
        start_ms=first.start_ms,
        end_ms=first.end_ms,
        label="unknown",
        score=1.0,
        scores=(("unknown", 1.0),),
    )
    second = dataclasses.replace(
        rest[0], feeling=dataclasses.replace(rest[0].feeling, raw=(("exc", 0.5), ("neu", 0.5)))
    )
    return dataclasses.replace(
        scene,
        speakers=(dataclasses.replace(scene.speakers[0], mood=mood), scene.speakers[1]),
        utterances=(dataclasses.replace(first, feeling=short), second, *rest[1:]),
    )


def test_json_tells_how_a_speaker_felt_over_all_and_what_the_model_said():
    document = json.loads(formats.write("json", moody()).text)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert document["speakers"][0]["emotion"] == {
        "label": "calm",
        "score": 0.75,
        "arousal": 0.25,
        "valence": None,
        "heard_ms": 4000,
        "scores": {"calm": 0.75, "neutral": 0.22, "angry": 0.03},
    }
    assert "emotion" not in document["speakers"][1]
    assert document["utterances"][0]["emotion"]["label"] == "unknown"
    assert "raw" not in document["utterances"][0]["emotion"]
    assert document["utterances"][1]["emotion"]["raw"] == {"exc": 0.5, "neu": 0.5}


def test_what_people_read_does_not_name_an_unknown_mood():
    scene = moody()
    for name in ("vtt", "txt", "md", "srt"):
        text = formats.write(name, scene, segment(scene)).text
        assert "unknown" not in text, name
    assert "- Moods: SPEAKER\\_00 calm 75%, neutral 22%" in formats.write("md", scene).text
    assert "Moods" not in formats.write("md", adversarial()).text
