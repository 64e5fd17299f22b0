"""The suites of engines that hear people: diarizers, emotion readers, voice encoders."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np

from loquitur.model.speech import Turn
from loquitur.protocols import SpeakerCount
from loquitur.testing import signals
from loquitur.testing.conformance.plain import check_pickles, check_share, quiet
from loquitur.timing import Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.model.speech import Activity, Feeling
    from loquitur.protocols import (
        Diarizer,
        EmotionReader,
        Samples,
        VoiceEncoder,
    )

_SLACK_MS = 50


def check_diarizer(
    engine: Diarizer, samples: Samples | None = None, activity: Activity | None = None
) -> None:
    """Turns sorted, inside the sound, of plain types, alike each time, within the given count.

    Args:
        engine: Made and ready.
        samples: Sound with speech; two made voices in turn where None.
        activity: Its voice activity.
    """
    if samples is None or activity is None:
        samples, activity = _dialogue()
    turns = _diarized(engine, samples, activity, SpeakerCount())
    assert turns, "there is speech, so there are turns"
    assert _diarized(engine, samples, activity, SpeakerCount()) == turns, "alike each time"
    for count in (1, 2):
        given = SpeakerCount(minimum=count, maximum=count)
        heard = {turn.speaker for turn in _diarized(engine, samples, activity, given)}
        assert len(heard) <= count, f"at most {count} speakers were asked for, not {len(heard)}"
    still = signals.ArraySamples(sound=signals.silence(3000))
    silent = signals.activity([], duration_ms=3000)
    assert not _diarized(engine, still, silent, SpeakerCount()), "no turns where nobody speaks"
    short = signals.ArraySamples(sound=signals.voice(200))
    _diarized(engine, short, signals.activity([(0, 200)], duration_ms=200), SpeakerCount())
    single = signals.ArraySamples(sound=signals.voice(200)[:1])
    _diarized(engine, single, signals.activity([], duration_ms=1), SpeakerCount())


def check_emotion_reader(engine: EmotionReader) -> None:
    """Feelings sorted, one or more inside each turn, of plain types, alike each time."""
    samples, activity = _dialogue()
    turns = _dialogue_turns()
    feelings = _read(engine, samples, activity, turns)
    assert feelings == _read(engine, samples, activity, turns), "alike each time"
    for turn in turns:
        inside = [
            feeling
            for feeling in feelings
            if turn.start_ms <= feeling.start_ms and feeling.end_ms <= turn.end_ms
        ]
        assert inside, f"a feeling for the turn at {turn.start_ms} ms"
    assert not _read(engine, samples, activity, ()), "no turns, no feelings"
    still = signals.ArraySamples(sound=signals.silence(3000), offset_ms=500)
    silent = signals.activity([], duration_ms=3000, offset_ms=500)
    lone = (
        Turn(start_ms=600, end_ms=601, speaker="S1"),
        Turn(start_ms=700, end_ms=3400, speaker="S2"),
    )
    assert len(_read(engine, still, silent, lone)) >= len(lone), "silence and 1 ms are read too"


def check_voice_encoder(engine: VoiceEncoder) -> None:
    """One vector of unit length for any spans, of the sound in them alone, alike each time.

    Args:
        engine: Made and ready.
    """
    samples, activity = _dialogue()
    turns = _dialogue_turns()
    spans = [Span(start_ms=turn.start_ms, end_ms=turn.end_ms) for turn in turns[::2]]
    before = samples.sound.copy()
    voice = _embedded(engine, samples, activity, spans)
    assert abs(float(np.linalg.norm(voice)) - 1.0) < 1e-3, "a voice has unit length"
    assert np.array_equal(_embedded(engine, samples, activity, spans), voice), "alike each time"
    assert np.array_equal(samples.sound, before), "the sound is left as it was"
    other = samples.sound.copy()
    for turn in turns[1::2]:
        first, last = ((ms - samples.offset_ms) * 16 for ms in (turn.start_ms, turn.end_ms))
        other[first:last] = signals.noise(turn.end_ms - turn.start_ms)
    alone = _embedded(engine, dataclasses.replace(samples, sound=other), activity, spans)
    assert np.allclose(alone, voice, atol=1e-5), "what others say is no matter"
    moved = [Span(start_ms=span.start_ms + 700, end_ms=span.end_ms + 700) for span in spans]
    later = dataclasses.replace(samples, offset_ms=samples.offset_ms + 700)
    assert np.allclose(_embedded(engine, later, activity, moved), voice, atol=1e-5), "media time"
    for length_ms in (1, 10, 200, 1000, 2500):
        short = Span(start_ms=1000, end_ms=1000 + length_ms)
        heard = _embedded(engine, samples, activity, [short])
        assert heard.shape == voice.shape, f"{length_ms} ms give a vector as wide"
    beyond = Span(start_ms=samples.end_ms - 500, end_ms=samples.end_ms + 5000)
    _embedded(engine, samples, activity, [beyond])
    still = signals.ArraySamples(sound=signals.silence(3000))
    silent = signals.activity([], duration_ms=3000)
    for none in ([], [Span(start_ms=0, end_ms=3000)]):
        heard = _embedded(engine, still, silent, none)
        assert heard.shape == voice.shape, "silence gives a vector as wide"
        assert not heard.any(), "nothing is heard in silence"


def _diarized(
    engine: Diarizer, samples: Samples, activity: Activity, speakers: SpeakerCount
) -> list[Turn]:
    with quiet():
        turns = list(engine.diarize(samples, activity, speakers=speakers))
    starts = [turn.start_ms for turn in turns]
    assert starts == sorted(starts), "turns are sorted by start"
    for turn in turns:
        assert type(turn.start_ms) is int, f"start_ms is a plain int: {turn!r}"
        assert type(turn.end_ms) is int, f"end_ms is a plain int: {turn!r}"
        assert samples.offset_ms <= turn.start_ms, f"before the sound: {turn!r}"
        assert turn.end_ms <= samples.end_ms + _SLACK_MS, f"after the sound: {turn!r}"
        assert type(turn.speaker) is str, f"speaker is a plain str: {turn!r}"
        check_share(turn.score, "score")
    check_pickles(turns)
    return turns


def _read(
    engine: EmotionReader, samples: Samples, activity: Activity, turns: tuple[Turn, ...]
) -> list[Feeling]:
    with quiet():
        feelings = list(engine.read(samples, activity, turns))
    starts = [feeling.start_ms for feeling in feelings]
    assert starts == sorted(starts), "feelings are sorted by start"
    for feeling in feelings:
        labels = [label for label, _ in feeling.scores]
        assert type(feeling.label) is str, f"label is a plain str: {feeling!r}"
        assert feeling.source, f"source is said: {feeling!r}"
        assert feeling.label in labels, f"the label has a score: {feeling!r}"
        assert len(set(labels)) == len(labels), f"each label once: {feeling!r}"
        total = math.fsum(score for _, score in feeling.scores)
        assert abs(total - 1.0) < 1e-6, f"scores sum to 1, not {total}"
        for share in (feeling.score, *(score for _, score in feeling.scores)):
            assert share is not None
            check_share(share, "score")
        check_share(feeling.arousal, "arousal")
        check_share(feeling.valence, "valence")
    check_pickles(feelings)
    return feelings


def _embedded(
    engine: VoiceEncoder, samples: Samples, activity: Activity, spans: list[Span]
) -> NDArray[np.float32]:
    with quiet():
        voice = engine.embed(samples, activity, spans)
    assert isinstance(voice, np.ndarray), "a voice is an array"
    assert voice.ndim == 1, "a voice is one-dimensional"
    assert voice.dtype == np.float32, "a voice is float32"
    assert np.isfinite(voice).all(), "a voice is finite"
    length = float(np.linalg.norm(voice))
    assert length == 0.0 or abs(length - 1.0) < 1e-3, f"length 1 or 0, not {length}"
    return voice


def _dialogue() -> tuple[signals.ArraySamples, Activity]:
    """Six turns of two voices, 3 s each, in sound that starts at 500 ms of media time."""
    parts: list[NDArray[np.float32]] = []
    for index in range(6):
        parts.append(signals.silence(500))
        parts.append(signals.voice(2500, f0_hz=(110.0, 230.0)[index % 2], seed=index))
    samples = signals.ArraySamples(sound=np.concatenate(parts), offset_ms=500)
    spans = [(turn.start_ms, turn.end_ms) for turn in _dialogue_turns()]
    return samples, signals.activity(spans, duration_ms=18_000, offset_ms=500)


def _dialogue_turns() -> tuple[Turn, ...]:
    return tuple(
        Turn(start_ms=1000 + 3000 * index, end_ms=3500 + 3000 * index, speaker=f"S{index % 2 + 1}")
        for index in range(6)
    )
