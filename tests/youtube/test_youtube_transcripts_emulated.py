"""Transcripts of the emulated world: the same code reads what the emulator gives over HTTP."""

from __future__ import annotations

import json

import pytest
from keyless_worlds import SYNTHETIC, VIDEO, access, needs_shared

import loquitur as lq
from loquitur import formats
from loquitur.cli.main import _run
from loquitur.emulator import Emulator
from loquitur.emulator import rolling_captions as rolling
from loquitur.emulator.rolling_captions import Line
from loquitur.errors import LoquiturError, RemoteError
from loquitur.settings import resolve
from loquitur.subtitles.rolling import unrolled
from loquitur.youtube.keyless.bodies import Body, track_of
from loquitur.youtube.keyless.failures import reason
from loquitur.youtube.keyless.lists import is_list, videos_of
from loquitur.youtube.keyless.said import words_of
from loquitur.youtube.transcripts import Wanted, available, transcript, transcripts

SRT = """1
00:00:01,000 --> 00:00:03,000
one two three four

2
00:00:03,200 --> 00:00:04,000
five & <six>

3
00:00:06,000 --> 00:00:07,000
seven
"""
PLAN = {
    "captions": {
        "tracks": [
            {"video": VIDEO, "language": "en", "kind": "ASR", "text": SRT},
            {"video": VIDEO, "language": "de", "text": SRT.replace("one", "eins")},
            {"video": VIDEO, "language": "de", "name": "SDH", "text": SRT.replace("one", "ein")},
            {"video": VIDEO, "language": "fr", "draft": True, "text": SRT},
            {"video": "bodyempty00", "language": "en", "kind": "ASR", "text": SRT},
            {"video": "bodylimited", "language": "en", "kind": "ASR", "text": SRT},
        ]
    },
    "timed_text": {
        "failures": {"mmmmmmmmmmm": "members-only", "ddddddddddd": "drm"},
        "bodies": {"bodyempty00": "empty", "bodylimited": "rate-limited"},
    },
}


@pytest.fixture(scope="module")
def emulator():
    with Emulator(seed=1, plan=PLAN) as running:
        yield running


def told(emulator):
    return access(endpoint=emulator.endpoint)


def test_the_tracks_that_viewers_see(emulator):
    found = available(VIDEO, access=told(emulator))
    tracks = [(track.language, track.name, track.is_generated) for track in found.tracks]
    assert tracks == [
        ("de", "German", False), ("de", "German - SDH", False),
        ("en", "English (auto-generated)", True),
    ]  # fmt: skip
    assert found.spoken_language == "en"
    assert "fr" in [one.language for one in found.translations]


def test_words_of_the_automatic_track(emulator):
    found = transcript(VIDEO, words=True, access=told(emulator))
    assert found.text == "one two three four five & <six> seven"
    assert [(word.start_ms, word.end_ms) for word in found.words] == [
        (1000, 1500), (1500, 2000), (2000, 2500), (2500, 3200), (3200, 3466), (3466, 3732),
        (3732, 4932), (6000, 7200),
    ]  # fmt: skip
    assert (found.way, found.form, found.timed) == ("emulated", "json3", True)
    assert [(cue.start_ms, cue.end_ms) for cue in found.track.cues] == [
        (1000, 3200), (3200, 6000), (6000, 7000),
    ]  # fmt: skip


def test_the_python_door_prints_in_a_line(emulator):
    assert lq.youtube.available is available
    said = lq.youtube.transcript(VIDEO, words=True, access=told(emulator))
    assert repr(said) == f"<Transcript {VIDEO}: en (automatic), 3 lines, 8 words, by emulated>"


def test_manual_named_and_translated_tracks(emulator):
    de = transcript(VIDEO, languages=("de",), access=told(emulator))
    assert de.text.startswith("eins two")
    assert any("more tracks in de" in line for line in de.warnings)
    ident = available(VIDEO, access=told(emulator)).tracks[1].id
    sdh = transcript(VIDEO, languages=(ident,), access=told(emulator))
    assert sdh.text.startswith("ein two")
    fr = transcript(VIDEO, translate="fr", words=True, access=told(emulator))
    assert (fr.language, fr.timed, fr.words[0].start_ms) == ("fr", False, None)
    assert fr.track.cues[0].text == "[fr] one two three four"
    with pytest.raises(RemoteError) as caught:
        transcript(VIDEO, translate="xx", access=told(emulator))
    assert reason(caught.value) == "untranslatable"


@pytest.mark.parametrize(
    ("video", "means"),
    [
        ("mmmmmmmmmmm", "members-only"),
        ("ddddddddddd", "drm"),
        ("nowhere1234", "gone"),
        ("bodyempty00", "empty"),
        ("bodylimited", "rate-limited"),
    ],
)
def test_planned_failures(video, means, emulator):
    with pytest.raises(RemoteError) as caught:
        transcript(video, access=told(emulator))
    assert reason(caught.value) == means


def test_videos_of_the_world(emulator):
    from loquitur.emulator.population import Population

    population = emulator.world.room(Population)
    states = {}
    for video in population.named:
        states.setdefault(population.state(video, emulator.world.now()), []).append(video.id)
    for state, means in (("private", "private"), ("deleted", "gone")):
        for outcome in transcripts(states.get(state, ()), access=told(emulator)):
            assert outcome.reason == means
    found = list(transcripts(states["public"][:20], Wanted(words=True), access=told(emulator)))
    kinds = {outcome.reason for outcome in found}
    assert kinds <= {"", "no-captions", "live", "not-begun"}
    assert any(outcome.transcript is not None for outcome in found)


def test_what_was_published_is_what_comes():
    """A track that came in through the API is the one that is read without a key."""
    from loquitur.emulator.caption_shelf import CaptionShelf, Shelved

    with Emulator(seed=1, plan=PLAN) as emulator:  # others count the tracks of theirs
        shelf = emulator.world.room(CaptionShelf)
        with emulator.world.lock:
            shelf.put(
                Shelved(id=shelf.new_id(), video_id=VIDEO, language="it", name=""),
                SRT.replace("one", "uno").encode(),
            )
        found = transcript(VIDEO, languages=("it",), access=told(emulator))
    assert found.text.startswith("uno two")


def test_the_verb_talks_to_it(emulator, monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("LOQUITUR_YOUTUBE_ENDPOINT", emulator.endpoint)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert _run(["youtube", "transcript", VIDEO, "--words", "--sleep", "0"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [word["text"] for word in document["words"]][:2] == ["one", "two"]
    assert document["way"] == "emulated"


@pytest.fixture
def settings(emulator, tmp_path):
    return resolve(
        {"youtube_endpoint": emulator.endpoint, "store": str(tmp_path / "store")},
        environ={"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)},
        folder=tmp_path,
    ).settings


def test_a_channel_and_its_uploads(emulator, settings):
    from loquitur.emulator.population import Population

    population = emulator.world.room(Population)
    now = emulator.world.now()
    named = [population.named_channel(entry.key) for entry in population.plan.channel]
    channel = next(
        found
        for found in named
        if found.handle and 50 < len(population.uploads(found.number, now)) < 400
    )
    uploads = population.uploads(channel.number, emulator.world.now())
    wanted = {population.at(int(index)).id for index in uploads}
    for given in (channel.handle, f"https://www.youtube.com/{channel.handle}/videos", channel.id,
                  f"https://www.youtube.com/playlist?list=UU{channel.id[2:]}"):  # fmt: skip
        assert is_list(given)
        found = list(videos_of(given, settings))
        assert len(found) == len(set(found)) >= len(wanted)
        assert wanted <= set(found)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ("@nobody.is.called.this", "LQ-REMOTE-GONE"),
        ("https://vimeo.com/1", "LQ-INPUT-ADDRESS"),
        ("talk.mp4", "LQ-INPUT-ADDRESS"),
        ("https://www.youtube.com/c/Custom", "LQ-INPUT"),
        ("https://www.youtube.com/playlist?list=RDdQw4w9WgXcQ", "LQ-INPUT"),
    ],
)
def test_what_is_no_list(given, error, settings):
    with pytest.raises(LoquiturError) as caught:
        list(videos_of(given, settings))
    assert caught.value.code == error


@pytest.mark.parametrize("form", ["json3", "vtt", "srv1", "srv3", "ttml", "srt"])
def test_every_form_of_timed_text(form, emulator):
    import httpx

    query = {"v": VIDEO, "lang": "en", "kind": "asr", "fmt": form}
    answer = httpx.get(f"{emulator.endpoint}/api/timedtext", params=query, trust_env=False)
    assert answer.status_code == 200
    track = track_of(Body(data=answer.content, form=form), video_id=VIDEO)
    lines = unrolled(track).track
    assert [cue.text for cue in lines.cues] == ["one two three four", "five & <six>", "seven"]
    query["fmt"] = "doc"
    answer = httpx.get(f"{emulator.endpoint}/api/timedtext", params=query, trust_env=False)
    assert answer.status_code == 400


@needs_shared
@pytest.mark.parametrize("stem", ["gettysburg.en-orig", "neko.ja-orig", "repeats.en-orig"])
def test_its_layout_is_that_of_the_shared_data(stem):
    """Written by the emulator from the truth, a track is what the shared generator wrote."""
    truth = json.loads((SYNTHETIC / f"{stem}.truth.json").read_text("utf-8"))
    inside = {}
    for word in truth["words"]:
        inside.setdefault(word["line"], []).append((word["word"], word["start_ms"]))
    glue = "" if truth["language"] == "ja" else " "
    lines = [Line(words=tuple(words), glue=glue) for words in inside.values()]
    end_ms = truth["speech_end_ms"]
    ours = track_of(Body(data=rolling.json3(lines, end_ms), form="json3"), video_id=VIDEO)
    theirs = track_of(
        Body(data=(SYNTHETIC / f"{stem}.json3").read_bytes(), form="json3"), video_id=VIDEO
    )
    assert [(cue.start_ms, cue.end_ms, cue.payload) for cue in ours.cues] == [
        (cue.start_ms, cue.end_ms, cue.payload) for cue in theirs.cues
    ]
    told_vtt = rolling.vtt(lines, end_ms, language=truth["language"]).decode()
    assert told_vtt.split() == (SYNTHETIC / f"{stem}.vtt").read_text("utf-8").split()
    ours = track_of(Body(data=told_vtt.encode(), form="vtt"), video_id=VIDEO)
    words = words_of(unrolled(ours).track, timed=True)
    assert [(word.text, word.start_ms) for word in words] == [
        (word["word"], word["start_ms"]) for word in truth["words"]
    ]
    srv1 = rolling.srv1(rolling.spans(lines, end_ms))
    theirs = formats.read(formats.Document(data=(SYNTHETIC / f"{stem}.srv1").read_bytes()))
    ours = formats.read(formats.Document(data=srv1))
    assert [(cue.start_ms, cue.end_ms, cue.text) for cue in ours.cues] == [
        (cue.start_ms, cue.end_ms, cue.text) for cue in theirs.cues
    ]
