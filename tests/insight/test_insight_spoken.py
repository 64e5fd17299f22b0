"""What was said, out of files of every kind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loquitur.errors import InputError, UsageError
from loquitur.insight.spoken.reading import read_spoken

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
SRT = "1\n00:00:01,000 --> 00:00:02,000\n{}\n"


def spoken(tmp_path, name, text, **told):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_spoken(path, **told)


def texts(found):
    return [one.text for one in found.fragments]


def shared(*parts):
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip("the shared data is not here")
    return path


TRANSCRIPT = {
    "schema": "loquitur/transcript/1",
    "media_id": "sha256:0",
    "title": "A talk",
    "language": "en",
    "duration_ms": 9000,
    "video_id": "dQw4w9WgXcQ",
    "speakers": [{"id": "SPEAKER_00", "name": "Ann"}, {"id": "SPEAKER_01", "name": None}],
    "utterances": [
        {"speaker": "SPEAKER_01", "start_ms": 3000, "end_ms": 4000, "text": "Yes.",
         "emotion": None, "words": [{"text": "Yes.", "start_ms": 3000, "end_ms": 4000}]},
        {"speaker": "SPEAKER_00", "start_ms": 500, "end_ms": 2000, "text": "I agree.",
         "emotion": {"label": "happy", "score": 0.7, "scores": {"happy": 0.7}},
         "words": [{"text": "I", "start_ms": 500, "end_ms": 600, "confidence": 0.9},
                   {"text": "agree.", "start_ms": 600, "end_ms": 2000}]},
    ],
}  # fmt: skip


def test_a_transcript_gives_speakers_moods_words_and_its_video(tmp_path):
    found = spoken(tmp_path, "a.json", json.dumps(TRANSCRIPT))
    assert texts(found) == ["I agree.", "Yes."]
    assert [one.speaker for one in found.fragments] == ["Ann", "SPEAKER_01"]
    assert found.fragments[0].feeling.label == "happy"
    assert [word.text for word in found.fragments[0].words] == ["I", "agree."]
    assert (found.title, found.language, found.source) == ("A talk", "en", "transcript")
    assert found.origin == "https://youtu.be/dQw4w9WgXcQ"
    assert found.pauses_known


def test_a_transcript_in_which_nothing_is_said_is_one(tmp_path):
    found = spoken(tmp_path, "a.json", json.dumps(TRANSCRIPT | {"utterances": []}))
    assert found.fragments == ()


def test_the_course_transcript():
    found = read_spoken(shared("seeds", "equivariant_2bP_KuBrXSc.en.json"))
    assert len(found.fragments) == 469
    assert found.origin == "https://youtu.be/2bP_KuBrXSc"
    assert not found.pauses_known
    assert found.source == "automatic captions"
    ends = [one.end_ms for one in found.fragments[:-1]]
    assert ends == [one.start_ms for one in found.fragments[1:]]


def test_the_course_captions_are_linked_by_their_name():
    found = read_spoken(shared("seeds", "siraj_t5qgjJIBy9g.en.srt"))
    assert found.video_id == "t5qgjJIBy9g"
    assert found.fragments[0].end_ms == 2429


@pytest.mark.parametrize("form", ["json3", "srv1", "srv3", "vtt", "ttml"])
def test_automatic_captions_say_each_line_once_in_every_form(form):
    folder = shared("youtube", "asr_synthetic")
    truth = json.loads((folder / "gettysburg.en-orig.truth.json").read_text())
    found = read_spoken(folder / f"gettysburg.en-orig.{form}")
    said = " ".join(texts(found)).split()
    assert said == truth["text"].split()
    assert found.language == "en"
    assert found.pauses_known == (form in ("json3", "srv3", "vtt"))


def test_moments_of_words_are_kept(tmp_path):
    text = "WEBVTT\n\n00:01.000 --> 00:05.000\n<v Ann>one <00:02.000>two <00:03.000>three\n"
    (fragment,) = spoken(tmp_path, "a.vtt", text).fragments
    assert [(word.text, word.start_ms) for word in fragment.words] == [
        ("one", 1000), ("two", 2000), ("three", 3000),
    ]  # fmt: skip
    assert fragment.speaker == "Ann"
    assert fragment.end_ms < 5000, "a word does not last two seconds"


def test_two_voices_of_a_cue_are_two_fragments(tmp_path):
    text = "WEBVTT\n\n00:00.000 --> 00:04.000\n<v Ann (calm)>Well?\n<v Bob>Well!\n"
    found = spoken(tmp_path, "a.vtt", text).fragments
    assert [(one.speaker, one.start_ms, one.end_ms) for one in found] == [
        ("Ann", 0, 2000), ("Bob", 2000, 4000),
    ]  # fmt: skip


def test_names_before_lines_are_speakers_and_sounds_no_speech(tmp_path):
    text = (
        "1\n00:00:01,000 --> 00:00:02,000\nANN: Good evening. [door slams]\n\n"
        "2\n00:00:02,000 --> 00:00:03,000\nBOB: Good &amp; late.\n\n"
        "3\n00:00:03,000 --> 00:00:04,000\n[Applause]\n"
    )
    found = spoken(tmp_path, "a.srt", text).fragments
    assert [(one.speaker, one.text) for one in found] == [
        ("ANN", "Good evening."), ("BOB", "Good & late."),
    ]  # fmt: skip


def test_cues_in_any_order_with_any_times_become_spans(tmp_path):
    text = "1\n00:00:05,000 --> 00:00:04,000\nlast\n\n2\n00:00:01,000 --> 00:00:01,000\nfirst\n"
    found = spoken(tmp_path, "a.srt", text)
    assert texts(found) == ["first", "last"]
    assert all(one.start_ms < one.end_ms for one in found.fragments)


def test_stamped_text_is_timed_and_bare_text_is_not(tmp_path):
    stamped = spoken(tmp_path, "a.txt", "A talk\n\n[0:01] Ann (calm): Hello.\n[0:05] Bob: Hi.\n")
    assert next((one.start_ms, one.end_ms, one.speaker) for one in stamped.fragments) == (
        1000, 5000, "Ann",
    )  # fmt: skip
    assert stamped.times_known
    bare = spoken(tmp_path, "b [dQw4w9WgXcQ].txt", "One thing. Another thing.\n")
    assert texts(bare) == ["One thing.", "Another thing."]
    assert not bare.times_known
    assert bare.origin == "", "a guessed time leads nowhere"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.ctm", "talk 1 0.5 0.2 hello\ntalk 1 0.8 0.2 there\n", "hello there"),
        ("a.json", '[["hello", 0.5, 0.7], ["there", 0.8, 1.0]]', "hello there"),
        ("a.json", '[{"text": "hello there", "start": 0.5, "duration": 1}]', "hello there"),
        ("a.json", '{"segments": [{"start": 0, "end": 1, "text": " hello there"}]}', "hello there"),
    ],
)
def test_words_of_other_tools(tmp_path, name, text, words):
    assert " ".join(texts(spoken(tmp_path, name, text))) == words


def test_links_by_name_and_by_option(tmp_path):
    text = SRT.format("hello")
    assert spoken(tmp_path, "T [dQw4w9WgXcQ].en.srt", text).video_id == "dQw4w9WgXcQ"
    assert spoken(tmp_path, "my_presentation.srt", text).video_id is None
    assert spoken(tmp_path, "a.srt", text, video_id="t5qgjJIBy9g").video_id == "t5qgjJIBy9g"
    with pytest.raises(UsageError, match="not a video id"):
        spoken(tmp_path, "a.srt", text, video_id="no id")


def test_the_language_of_the_words_where_nobody_says_it(tmp_path):
    assert spoken(tmp_path, "a.srt", SRT.format("지금은 아주 좋은 날입니다")).language == "ko"
    assert spoken(tmp_path, "a.srt", SRT.format("xyzzy")).language == "und"
    assert spoken(tmp_path, "a.de.srt", SRT.format("xyzzy")).language == "de"


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("a.srt", b"", "is empty"),
        ("a.txt", b"\xef\xbb\xbf \n", "is empty"),
        ("a.json", b"{", "expected"),
        ("a.json", b'{"schema": "loquitur/transcript/1", "utterances": [{}]}', "expected"),
        ("a.json", b"[" * 100_000, "expected"),
        ("a.json", b'{"a": 1}', "expected"),
        ("a.json", b"no JSON", "'no JSON', expected JSON of a transcript"),
        ("a.srt", b"no cue in here\n", "holds no cue"),
        ("a.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", "expected"),
    ],
)
def test_files_that_are_none(tmp_path, name, data, told):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError, match=told):
        read_spoken(path)


def test_no_file(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        read_spoken(tmp_path / "none.srt")


@pytest.mark.parametrize("line", ["<v {}>{}", "{}: {}"])
def test_another_who_speaks_over_the_first_is_no_rolling_line(tmp_path, line):
    path = tmp_path / "talk.vtt"
    first, other = line.format("Ann", "how are you today"), line.format("Bob", "fine and you")
    path.write_text(
        f"WEBVTT\n\n00:01.000 --> 00:03.000\n{first}\n\n00:02.000 --> 00:04.000\n{other}\n",
        "utf-8",
    )
    found = read_spoken(path)
    assert [one.speaker for one in found.fragments] == ["Ann", "Bob"]
    assert [(one.start_ms, one.end_ms) for one in found.fragments] == [(1000, 3000), (2000, 4000)]
    assert found.pauses_known
