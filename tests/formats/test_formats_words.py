"""Words with times out of other tools' files; what they leave out is filled in and marked."""

from __future__ import annotations

import json
import math

import pytest
from formats_scenes import adversarial
from hypothesis import given
from hypothesis import strategies as st

from loquitur import formats
from loquitur.errors import InputError
from loquitur.formats import Document
from loquitur.formats.words import read_words


def read(found):
    text = found if isinstance(found, str) else json.dumps(found)
    return read_words(Document.of_text(text))


def spans(words):
    return [(word.text, word.start_ms, word.end_ms) for word in words.words]


def test_the_samples_of_the_tools(shared):
    folder = shared / "subtitles" / "word-timed"
    found = {path.name: read_words(path) for path in sorted(folder.iterdir())}
    assert {name: (one.source, len(one.words)) for name, one in found.items()} == {
        "assemblyai_transcription.json": ("assemblyai", 60),
        "assemblyai_utterances.json": ("assemblyai", 60),
        "dg_speakers.json": ("deepgram", 226),
        "dg_transcription.json": ("deepgram", 62),
        "dg_utterances.json": ("deepgram", 62),
        "whisper_timestamped.json": ("whisper", 59),
    }
    assert not any(one.estimated for one in found.values())
    assert spans(found["dg_speakers.json"])[:2] == [("And,", 3040, 3540), ("Jessica,", 4640, 5140)]
    assert {word.speaker for word in found["dg_speakers.json"].words} >= {
        "SPEAKER_00",
        "SPEAKER_01",
    }
    assert found["assemblyai_transcription.json"].words[0].confidence == 0.9941
    assert found["whisper_timestamped.json"].language == "en"


def test_rolling_captions_give_each_word_once(shared):
    folder = shared / "subtitles" / "youtube-rolling"
    expected = json.loads((folder / "expected.json").read_text())["words"]
    for name in ("sample.vtt", "sample.json3"):
        words = read_words(folder / name)
        assert [[word.text, word.start_ms] for word in words.words] == expected, name
        assert words.estimated == 0
    assert words.words[1].confidence == pytest.approx(252 / 255)


def test_whisperx_words_without_times_are_filled_from_their_neighbours():
    words = read(
        {"segments": [{"start": 1.0, "end": 3.0, "text": "in 2024 he", "words": [
            {"word": "in", "start": 1.0, "end": 1.2, "score": 0.9}, {"word": "2024"},
            {"word": "he", "start": 2.0, "end": 2.0}]}], "language": "english"}
    )  # fmt: skip
    assert spans(words) == [("in", 1000, 1200), ("2024", 1200, 2000), ("he", 2000, 2300)]
    assert [word.estimated for word in words.words] == [False, True, True]
    assert {one.code for one in words.diagnostics} == {"words.untimed", "words.empty"}
    assert words.language == "en"


def test_segments_alone_share_their_time_by_letters():
    words = read({"segments": [{"start": 0, "end": 3, "text": " ab cdefg "}]})
    assert spans(words) == [("ab", 0, 1000), ("cdefg", 1000, 3000)]
    assert words.estimated == 2


def test_text_without_blanks_is_cut_into_phrases_that_are_glued():
    words = read([["今日は寒いです。", 0, 2]])
    assert [(word.text, word.glued) for word in words.words] == [
        ("今日は", False), ("寒いです。", True),
    ]  # fmt: skip
    assert (words.words[0].start_ms, words.words[-1].end_ms) == (0, 2000)


@pytest.mark.parametrize(
    ("found", "source"),
    [
        ([["a", 0, 0.5], ["b", 0.5, 1]], "list"),
        ([{"text": "a", "start": 0, "end": 0.5}, {"word": "b", "start": 0.5, "end": 1}], "list"),
        ({"words": [["a", 0, 0.5, 1], ["b", 0.5, 1, 2]]}, "words"),
        ({"segments": [{"text": "a b"}], "words": [
            {"word": "a", "start": 0, "end": 0.5}, {"word": "b", "start": 0.5, "end": 1}
        ]}, "whisper"),
        ({"transcription": [{"offsets": {"from": 0, "to": 1000}, "text": " a b"}]}, "whisper.cpp"),
        ({"snippets": [{"text": "a b", "start": 0.0, "duration": 1.0}]}, "youtube-transcript"),
        ("f 1 0.0 0.5 a 0.9\nf 1 0.5 0.5 b\n", "ctm"),
        ("0:00:00.000,0:00:01.000\na b\n", "captions (sbv)"),
    ],
)  # fmt: skip
def test_shapes(found, source):
    words = read(found)
    assert (words.source, spans(words)) == (source, [("a", 0, 500), ("b", 500, 1000)])


def test_our_own_transcripts_read_back():
    scene = adversarial()
    words = read(formats.write("json", scene).text)
    said = [word for one in scene.utterances for word in one.words if word.text.strip()]
    assert words.source == "loquitur"
    assert words.words[0].speaker == "SPEAKER_00"
    assert [word.start_ms for word in words.words if not word.estimated][:3] == [540, 1340, 1740]
    assert len(words.words) >= len(said)


def test_overlaps_and_endless_words_are_mended():
    words = read([["a", 0, 1.5], ["b", 1, 20], ["c", 21, 21.5]])
    assert spans(words) == [("a", 0, 1000), ("b", 1000, 1225), ("c", 21_000, 21_500)]
    assert {one.code for one in words.diagnostics} == {"words.overlap", "words.long"}


@pytest.mark.parametrize("found", ["", "{}", "[]", "[1]", '{"segments": []}', '{"x"', "[" * 9999])
def test_what_holds_no_words(found):
    with pytest.raises(InputError):
        read(found)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["words", "word", "text", "start", "end", "speaker", "segments",
                         "confidence",
                         "results", "channels", "alternatives", "snippets", "duration"]),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(VALUES)
def test_any_json_gives_possible_words_or_a_reason(found):
    try:
        words = read(json.dumps(found))
    except InputError:
        return
    starts = [word.start_ms for word in words.words]
    assert starts == sorted(starts)
    for word in words.words:
        assert 0 <= word.start_ms < word.end_ms
        assert word.text == word.text.strip() != ""
        assert word.confidence is None or (
            0 <= word.confidence <= 1 and not math.isnan(word.confidence)
        )


def test_a_line_that_is_said_again_in_json3_is_said_again():
    events = [
        {"tStartMs": at * 2000, "dDurationMs": 4000, "segs": [{"utf8": "yes"}]} for at in range(5)
    ]
    found = read_words(Document.of_text(json.dumps({"events": events})), form="json3")
    assert [word.start_ms for word in found.words] == [0, 2000, 4000, 6000, 8000]
