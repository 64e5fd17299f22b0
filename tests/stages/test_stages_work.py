"""The stages on a stand-in for the runner: what they ask for, and what they make of it."""

from __future__ import annotations

import dataclasses
from contextlib import contextmanager

import numpy as np
import pytest

from loquitur import stages
from loquitur.errors import UsageError
from loquitur.model.media import Audio, MediaRef
from loquitur.model.speech import (
    Activity,
    EngineStamp,
    Feeling,
    Feelings,
    RawWord,
    Transcript,
    Turn,
    Turns,
    Word,
    Words,
)

STAMP = EngineStamp(name="stub", version="1")
END_MS = 20_000
MEDIA = MediaRef(
    media_id="sha256:" + "ab" * 32,
    title="Talk",
    source="/talks/talk.wav",
    size_bytes=1,
    container="wav",
    tracks=(),
    has_video=False,
    duration_ms=END_MS,
)
AUDIO = Audio(
    media_id=MEDIA.media_id,
    samples="cd" * 32,
    sample_count=END_MS * 16,
    offset_ms=0,
    duration_ms=END_MS,
    track_index=0,
    warnings=("3 packets were damaged",),
)


def activity(*regions, gain_db=0.0):
    """Certain speech in the regions given in ms, 10 ms frames."""
    frames = bytearray(END_MS // 10)
    for start, end in regions:
        frames[start // 10 : end // 10] = b"\xff" * ((end - start) // 10)
    return Activity(
        frame_ms=10, offset_ms=0, probabilities=bytes(frames), gain_db=gain_db, engine=STAMP
    )


class Sound:
    """Sound whose samples tell where they lie."""

    offset_ms = 0
    end_ms = END_MS

    def __init__(self, level=0.1):
        self.level = level

    def read(self, start_ms, end_ms):
        return np.full((end_ms - start_ms) * 16, self.level, dtype=np.float32)

    def blocks(self, length_ms):
        for start in range(0, END_MS, length_ms):
            yield self.read(start, min(start + length_ms, END_MS))


class Parts:
    def __init__(self):
        self.stored = {}

    def fetch(self, name, make):
        if name not in self.stored:
            self.stored[name] = make()
        return self.stored[name]


class Work:
    """What a stage sees of the runner."""

    def __init__(self, stage, engine=None, inputs=None, parts=None, **options):
        self.options = stages.load(stage).options(**options)
        self.engine = engine
        self.stamp = STAMP
        self.media = MEDIA
        self.media_path = None
        self.parts = parts or Parts()
        self.inputs = inputs or {}
        self.told = []

    def progress(self, done_ms, total_ms):
        self.told.append((done_ms, total_ms))

    def has(self, name):
        return name in self.inputs

    def take(self, name, kind):
        assert isinstance(self.inputs[name], kind)
        return self.inputs[name]

    def samples(self, audio):
        assert audio is AUDIO
        return Sound()

    @contextmanager
    def temporary(self, suffix=""):
        raise AssertionError("no file is needed")
        yield


class Scribe:
    """Says one word for every chunk, with the chunk's length as its text."""

    def __init__(self, languages=("en",)):
        self.languages = languages
        self.heard = []

    def transcribe(self, samples, *, language):
        self.heard.append((len(samples) // 16, language, float(samples.max())))
        yield RawWord(start_ms=300.0, end_ms=800.0, text=f"w{len(self.heard)}", confidence=2.0)


SPEECH = activity((1_000, 4_000), (9_000, 12_000), (16_000, 19_000))


def transcribe(engine, *, heard=SPEECH, parts=None, **options):
    work = Work("transcribe", engine, {"audio": AUDIO, "activity": heard}, parts=parts, **options)
    return stages.load("transcribe").run(work), work


def test_words_stand_in_media_time():
    words, work = transcribe(Scribe())
    assert [word.text for word in words.words] == ["w1", "w2", "w3"]
    starts = [word.start_ms for word in words.words]
    for start, region in zip(starts, (1_000, 9_000, 16_000), strict=True):
        assert abs(start - region) <= 300
    assert words.language == "en"
    assert words.engine == STAMP
    assert work.told[-1][1] == END_MS


def test_what_an_engine_says_wrongly_is_mended_and_counted():
    words, _ = transcribe(Scribe())
    assert all(word.confidence is None or word.confidence <= 1.0 for word in words.words)
    assert sum(count for _, count in words.repairs) >= 3


def test_a_finished_part_is_not_made_again():
    parts = Parts()
    first, _ = transcribe(Scribe(), parts=parts, part_ms=4_000)
    assert len(parts.stored) >= 2
    kept = dict(parts.stored)
    parts.stored.pop(max(kept))
    scribe = Scribe()
    again, _ = transcribe(scribe, parts=parts, part_ms=4_000)
    assert len(scribe.heard) == 1
    assert parts.stored.keys() == kept.keys()
    assert [word.start_ms for word in again.words] == [word.start_ms for word in first.words]


def test_a_part_never_meets_other_chunks():
    parts = Parts()
    transcribe(Scribe(), parts=parts)
    scribe = Scribe()
    words, _ = transcribe(scribe, parts=parts, heard=activity((1_000, 4_000)))
    assert len(scribe.heard) == len(words.words) == 1


def test_silence_asks_no_engine():
    scribe = Scribe()
    words, _ = transcribe(scribe, heard=activity())
    assert words.words == ()
    assert scribe.heard == []


def test_the_language_asked_for_reaches_the_engine():
    scribe = Scribe()
    words, _ = transcribe(scribe, language="en-GB")
    assert {language for _, language, _ in scribe.heard} == {"en-GB"}
    assert words.language == "en-GB"
    scribe = Scribe(languages=())
    words, _ = transcribe(scribe)
    assert {language for _, language, _ in scribe.heard} == {""}
    assert words.language == "und"


@pytest.mark.parametrize(("level", "loudest"), [(True, 0.2), (False, 0.1)])
def test_loudness_is_corrected_as_it_was_measured(level, loudest):
    scribe = Scribe()
    transcribe(scribe, heard=activity((1_000, 4_000), gain_db=6.0206), level=level)
    assert scribe.heard[0][2] == pytest.approx(loudest, rel=0.01)


def test_no_chunk_is_longer_than_asked():
    scribe = Scribe()
    transcribe(scribe, heard=activity((0, 20_000)), max_chunk_ms=5_000)
    assert len(scribe.heard) >= 4
    assert max(length for length, _, _ in scribe.heard) <= 5_000


class Detector:
    frame_ms = 32

    def detect(self, blocks):
        for block in blocks:
            yield np.full(len(block) // 512, 0.5, dtype=np.float32)


def test_detect_keeps_probabilities_as_bytes():
    work = Work("detect", Detector(), {"audio": AUDIO}, level=False)
    found = stages.load("detect").run(work)
    assert found.frame_ms == 32
    assert len(found.probabilities) == END_MS // 32
    assert set(found.probabilities) == {128}
    assert found.gain_db == 0.0
    assert work.told[-1] == (END_MS, END_MS)


def test_detect_measures_the_gain_that_all_later_listeners_use():
    work = Work("detect", Detector(), {"audio": AUDIO})
    assert stages.load("detect").run(work).gain_db != 0.0


class Ear:
    def diarize(self, samples, activity, *, speakers):
        self.speakers = speakers
        yield Turn(start_ms=5_000, end_ms=6_000, speaker="B")
        yield Turn(start_ms=1_000, end_ms=2_000, speaker="A")


def test_diarize_sorts_turns_and_hands_on_the_bounds():
    ear = Ear()
    inputs = {"audio": AUDIO, "activity": SPEECH}
    turns = stages.load("diarize").run(Work("diarize", ear, inputs, min_speakers=2))
    assert [turn.speaker for turn in turns.turns] == ["A", "B"]
    assert (ear.speakers.minimum, ear.speakers.maximum) == (2, None)


class PatientEar:
    """Hears everything before it says anything, some of it twice."""

    def diarize(self, samples, activity, *, speakers):
        assert len(samples.read(16_000, 18_000)) == 2_000 * 16
        assert [len(block) for block in samples.blocks(5_000)] == [5_000 * 16] * 4
        yield Turn(start_ms=samples.offset_ms, end_ms=samples.end_ms, speaker="A")


def test_diarize_tells_how_much_was_heard_before_the_first_turn():
    work = Work("diarize", PatientEar(), {"audio": AUDIO, "activity": SPEECH})
    stages.load("diarize").run(work)
    done = [done_ms for done_ms, _ in work.told]
    assert done == [0, 2_000, 7_000, 12_000, 17_000, END_MS]
    assert {total_ms for _, total_ms in work.told} == {END_MS}


def test_diarize_ends_where_the_run_is_cancelled():
    """`progress` raises then: not only at the stage's end, minutes later."""
    work = Work("diarize", PatientEar(), {"audio": AUDIO, "activity": SPEECH})

    def cancelled(done_ms, total_ms):
        work.told.append((done_ms, total_ms))
        if done_ms >= 7_000:
            raise KeyboardInterrupt

    work.progress = cancelled
    with pytest.raises(KeyboardInterrupt):
        stages.load("diarize").run(work)
    assert work.told[-1] == (7_000, END_MS)


class Mood:
    def read(self, samples, activity, turns):
        self.turns = tuple(turns)
        for turn in reversed(self.turns):
            yield Feeling(start_ms=turn.start_ms, end_ms=turn.end_ms, label="calm", score=0.5)


def test_emotion_reads_each_turn():
    mood = Mood()
    turns = Turns(turns=(Turn(start_ms=0, end_ms=900, speaker="A"),), engine=STAMP)
    inputs = {"audio": AUDIO, "activity": SPEECH, "turns": turns}
    feelings = stages.load("emotion").run(Work("emotion", mood, inputs))
    assert mood.turns == turns.turns
    assert len(feelings.feelings) == 1


def test_emotion_without_turns_reads_each_stretch_of_speech():
    mood = Mood()
    inputs = {"audio": AUDIO, "activity": SPEECH}
    feelings = stages.load("emotion").run(Work("emotion", mood, inputs))
    assert [turn.speaker for turn in mood.turns] == ["SPEAKER_00"] * 3
    assert [item.start_ms for item in feelings.feelings] == sorted(
        item.start_ms for item in feelings.feelings
    )


WORDS = Words(
    words=(
        Word(start_ms=100, end_ms=400, text="hello"),
        Word(start_ms=500, end_ms=900, text="you"),
    ),
    language="en",
    engine=EngineStamp(name="stub", version="1", draft=True),
)


def test_weave_has_no_title_and_tells_where_it_came_from():
    turns = Turns(turns=(Turn(start_ms=0, end_ms=1_000, speaker="A"),), engine=STAMP)
    feeling = Feeling(start_ms=0, end_ms=1_000, label="calm", score=0.5)
    inputs = {
        "audio": AUDIO,
        "words": WORDS,
        "turns": turns,
        "feelings": Feelings(feelings=(feeling,), engine=STAMP),
    }
    found = stages.load("weave").run(Work("weave", None, inputs))
    assert isinstance(found, Transcript)
    assert (found.title, found.source) == ("", "")
    assert found.duration_ms == END_MS
    assert [item.stage for item in found.provenance] == ["transcribe", "diarize", "emotion"]
    assert found.draft
    assert "3 packets were damaged" in found.notes
    assert found.utterances[0].feeling.label == "calm"


def test_weave_takes_only_what_the_bytes_say():
    """Where a medium came from is in no key, so it may be in no artifact either."""
    inputs = {"audio": AUDIO, "words": WORDS}
    plain, fetched = Work("weave", None, inputs), Work("weave", None, inputs)
    fetched.media = dataclasses.replace(
        MEDIA, notes=("the page holds 2 videos",), video_id="dQw4w9WgXcQ", uploader="someone"
    )
    weave = stages.load("weave").run
    assert weave(fetched) == weave(plain)


def test_weave_does_without_turns_and_feelings():
    found = stages.load("weave").run(Work("weave", None, {"audio": AUDIO, "words": WORDS}))
    assert [item.stage for item in found.provenance] == ["transcribe"]
    assert [speaker.id for speaker in found.speakers] == ["SPEAKER_00"]
    track = stages.load("subtitle").run(Work("subtitle", None, {"transcript": found}))
    assert "hello you" in track.cues[0].text


@pytest.mark.parametrize(("start", "end"), [(END_MS, None), (END_MS + 1, END_MS + 500)])
def test_a_section_beyond_the_end_is_refused(start, end):
    from loquitur.stages.decode import _section

    options = stages.load("decode").options(start_ms=start, end_ms=end)
    with pytest.raises(UsageError, match="section"):
        _section(options, END_MS)


def test_sections_of_media():
    from loquitur.stages.decode import _section

    options = stages.load("decode").options
    assert _section(options(), END_MS) is None
    assert _section(options(start_ms=500), END_MS).end_ms == END_MS
    assert _section(options(end_ms=900), None).start_ms == 0
    to_the_end = _section(options(start_ms=500), None)  # nobody knows where that is
    assert to_the_end.start_ms == 500
    assert to_the_end.duration_ms > 24 * 3_600_000
