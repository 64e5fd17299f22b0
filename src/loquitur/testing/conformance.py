"""What every engine of a kind must do, as functions that assert. A third party's tests call them.

```python
def test_mine():
    check_engine(Mine, Mine.Options(), resources)
    check_transcriber(Mine(Mine.Options(), resources), language="en")
```

They are written against `loquitur.protocols` only and use sound made by numpy, so they ask how an
engine behaves, not how well it hears.
"""

from __future__ import annotations

import dataclasses
import io
import json
import math
import os
import pickle
import sys
import tempfile
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from loquitur.errors import UsageError
from loquitur.model.speech import RawWord, Turn, Word
from loquitur.protocols import Identity, SpeakerCount
from loquitur.registry import options_of
from loquitur.speech.activity import regions
from loquitur.speech.chunks import join, split
from loquitur.speech.guards import guard
from loquitur.testing import signals
from loquitur.timing import Span, from_samples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from loquitur.model.speech import Activity, Feeling
    from loquitur.protocols import (
        Diarizer,
        EmotionReader,
        Engine,
        Resources,
        Samples,
        Transcriber,
        VoiceDetector,
    )

_RATE_HZ = 16_000
_SLACK_MS = 50  # speech.guards clamps what goes over the end by less


def check_engine(kind: type[Engine], options: Any, resources: Resources) -> None:
    """Options are values, and the identity is stable and says what a key needs.

    Args:
        kind: The engine's class.
        options: Options that name a model which is there.
        resources: As the runner would lend them.
    """
    assert dataclasses.is_dataclass(kind.Options), "Options is a dataclass"
    assert kind.Options() == kind.Options(), "every option has a default"
    assert isinstance(options, kind.Options), "options are of the engine's own type"
    hash(options)  # frozen
    assert pickle.loads(pickle.dumps(options)) == options, "options cross processes"  # noqa: S301
    text = msgspec.json.encode(options)
    assert msgspec.json.decode(text, type=kind.Options) == options, "options survive JSON"
    refused = False
    try:
        options_of(kind.Options, {"no_such_option": 1}, owner="the engine")
    except UsageError:
        refused = True
    assert refused, "an unknown option is refused"
    with _quiet():
        first, second = (kind.identity(options, resources) for _ in range(2))
    assert isinstance(first, Identity), "identity gives an Identity"
    assert first == second, "identity is stable"
    assert first.version, "identity gives a version"
    assert pickle.loads(pickle.dumps(first)) == first, "identity crosses processes"  # noqa: S301
    pickled = pickle.loads(pickle.dumps(kind))  # noqa: S301
    assert pickled is kind, "the class is found by name"


def check_transcriber(
    engine: Transcriber,
    *,
    language: str,
    second_language: str = "",
    silent_on_silence: bool = True,
) -> None:
    """Words in order, inside the sound, of plain types, alike each time, from any length of sound.

    Args:
        engine: Made and ready.
        language: One that it knows.
        second_language: Another that it knows, where it knows two.
        silent_on_silence: False for an engine that may invent words where nobody speaks.
    """
    assert isinstance(engine.languages, tuple), "languages is a tuple of BCP 47 tags"
    assert all(isinstance(tag, str) and tag for tag in engine.languages), "languages are tags"
    first, second = signals.voice(4000, seed=1), signals.voice(3000, f0_hz=210.0, seed=2)
    odd = signals.voice(3000, f0_hz=150.0, seed=3)[:-7]
    before = first.copy()
    alone = _transcribed(engine, first, language)
    _transcribed(engine, second, language)
    assert _transcribed(engine, first, language) == alone, "a chunk's words depend on it alone"
    assert np.array_equal(first, before), "the sound is left as it was"
    for sound in (second, odd, signals.noise(1500), signals.tone(1500)):
        assert _transcribed(engine, sound, language) == _transcribed(engine, sound, language), (
            "the same sound gives the same words"
        )
    for count in (0, 1, 159, 160, 799, 1600, 3200):
        _transcribed(engine, first[:count], language)
    for sound in (signals.silence(2000), np.zeros(0, dtype=np.float32)):
        words = _transcribed(engine, sound, language)
        assert not (silent_on_silence and words), f"words on silence: {words[:3]}"
    loud = np.clip(first * 1e3, -1.0, 1.0)
    _transcribed(engine, np.ascontiguousarray(loud), language)
    strided = np.repeat(first, 2)[::2]
    assert _transcribed(engine, strided, language) == alone, "memory layout is no matter"
    first.flags.writeable = False
    assert _transcribed(engine, first, language) == alone, "sound may be read-only (a memory map)"
    _check_abandoned(engine, first, language, alone)
    _check_times(engine, first, language)
    if second_language:
        other = _transcribed(engine, second, second_language)
        assert _transcribed(engine, first, language) == alone, "a language lasts for a call"
        assert _transcribed(engine, second, second_language) == other, "alike in each language"


def check_long_sound(engine: Transcriber, *, language: str, seconds: int = 40) -> None:
    """Sound longer than a chunk, cut as the pipeline cuts it: one row of words, none lost.

    Args:
        engine: Made and ready.
        language: One that it knows.
        seconds: Length of the sound; every sixth second is silent.
    """
    parts = [
        signals.silence(1000) if second % 6 == 5 else signals.voice(1000, seed=second)
        for second in range(seconds)
    ]
    samples = signals.ArraySamples(sound=np.concatenate(parts), offset_ms=500)
    spans = [
        (500 + 1000 * first, min(500 + 1000 * (first + 5), 1000 * seconds))
        for first in range(0, seconds, 6)
    ]
    activity = signals.activity(spans, duration_ms=1000 * seconds, offset_ms=500)
    speech = regions(activity)
    heard = []
    for chunk in split(speech, samples):
        sound = samples.read(chunk.span.start_ms, chunk.span.end_ms)
        words, _ = guard(
            engine.transcribe(sound, language=language), span=chunk.span, speech=speech
        )
        heard.append((chunk, words))
    assert len(heard) > 1, "the sound is longer than a chunk"
    joined = join(heard)
    starts = [word.start_ms for word in joined]
    assert starts == sorted(starts), "one row of words in order"
    assert all(500 <= word.start_ms < word.end_ms <= samples.end_ms for word in joined)
    own = sum(
        chunk.core.start_ms <= (word.start_ms + word.end_ms) // 2 < chunk.core.end_ms
        for chunk, words in heard
        for word in words
    )
    assert abs(len(joined) - own) <= len(heard), "no chunk's words are lost or doubled"


def _check_abandoned(
    engine: Transcriber, sound: NDArray[np.float32], language: str, alone: list[Word]
) -> None:
    """A cancelled call leaves nothing behind: the next one hears the same as ever."""
    stream = engine.transcribe(sound, language=language)
    next(iter(stream), None)
    close = getattr(stream, "close", None)
    if close is not None:
        close()
    assert _transcribed(engine, sound, language) == alone, "an abandoned call leaves no trace"


def _check_times(engine: Transcriber, sound: NDArray[np.float32], language: str) -> None:
    """An engine whose words have no times says so beforehand, for the stage that aligns them."""
    said = list(engine.transcribe(sound, language=language))
    untimed = [word for word in said if word.start_ms is None]
    declared = getattr(type(engine), "times", None)
    assert not untimed or declared is not None, "words without times: the class says so by `times`"
    assert len(untimed) in (0, len(said)), "all words have times, or none"


def check_voice_detector(engine: VoiceDetector) -> None:
    """One probability per frame, alike however the sound is cut, streamed, low on silence."""
    frame = engine.frame_ms * _RATE_HZ // 1000
    assert type(engine.frame_ms) is int, "frame_ms is a whole number"
    assert engine.frame_ms > 0, "frame_ms is positive"
    sound = np.concatenate(
        [signals.silence(1000), signals.voice(2000), signals.noise(1000, level=0.01)]
    )
    whole = _detected(engine, [sound])
    assert abs(len(whole) - len(sound) / frame) <= 1.0, "one probability per frame"
    for step in (1600, 16_001, 511):
        pieces = [sound[at : at + step] for at in range(0, len(sound), step)]
        cut = _detected(engine, pieces)
        assert cut.shape == whole.shape, "cuts are no matter: as many frames"
        assert np.allclose(cut, whole, atol=1e-5), "cuts are no matter: the same probabilities"
    assert np.array_equal(_detected(engine, [sound]), whole), "nothing is left from before"
    still = _detected(engine, [signals.silence(2000)])
    assert float(still.max(initial=0.0)) < 0.5, "nobody speaks in silence"
    for count in (0, 1, frame - 1, frame, frame + 1):
        assert len(_detected(engine, [sound[:count]])) <= -(-count // frame) + 1
    assert len(_detected(engine, [])) == 0, "no sound, no frames"
    _check_streaming(engine)


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


def _transcribed(engine: Transcriber, sound: NDArray[np.float32], language: str) -> list[Word]:
    """The words after the guard every engine's words pass; what is not raw must pass unmended."""
    with _quiet():
        said = list(engine.transcribe(sound, language=language))
    end_ms = from_samples(len(sound), _RATE_HZ)
    for word in said:
        assert type(word.text) is str, f"text is a plain str: {word!r}"
        for number in (word.start_ms, word.end_ms, word.confidence):
            assert type(number) in (int, float, type(None)), f"a plain number: {word!r}"
    _check_pickles(said)
    last_ms = 0
    for word in said:
        if isinstance(word, RawWord):
            continue
        assert word.end_ms <= end_ms + _SLACK_MS, f"outside the sound: {word!r}"
        assert last_ms <= word.start_ms, f"out of order: {word!r}"
        last_ms = word.start_ms
    if end_ms == 0:
        assert not said, "no sound, no words"
        return []
    return list(guard(said, span=Span(start_ms=0, end_ms=end_ms))[0])


def _detected(engine: VoiceDetector, blocks: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    with _quiet():
        pieces = [np.asarray(piece) for piece in engine.detect(iter(blocks))]
    whole = np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.float32)
    assert whole.ndim == 1, "probabilities are one-dimensional"
    assert np.isfinite(whole).all(), "probabilities are finite"
    assert ((whole >= 0) & (whole <= 1)).all(), "probabilities are in 0..1"
    return whole.astype(np.float32)


def _check_streaming(engine: VoiceDetector) -> None:
    """The first frames come long before the last block is asked for."""
    asked = 0

    def blocks() -> Iterator[NDArray[np.float32]]:
        nonlocal asked
        for _ in range(120):
            asked += 1
            yield signals.noise(1000, level=0.01)

    stream = engine.detect(blocks())
    next(stream)
    assert asked <= 60, f"{asked} s of sound were held before the first frame came"


def _diarized(
    engine: Diarizer, samples: Samples, activity: Activity, speakers: SpeakerCount
) -> list[Turn]:
    with _quiet():
        turns = list(engine.diarize(samples, activity, speakers=speakers))
    starts = [turn.start_ms for turn in turns]
    assert starts == sorted(starts), "turns are sorted by start"
    for turn in turns:
        assert type(turn.start_ms) is int, f"start_ms is a plain int: {turn!r}"
        assert type(turn.end_ms) is int, f"end_ms is a plain int: {turn!r}"
        assert samples.offset_ms <= turn.start_ms, f"before the sound: {turn!r}"
        assert turn.end_ms <= samples.end_ms + _SLACK_MS, f"after the sound: {turn!r}"
        assert type(turn.speaker) is str, f"speaker is a plain str: {turn!r}"
        _check_share(turn.score, "score")
    _check_pickles(turns)
    return turns


def _read(
    engine: EmotionReader, samples: Samples, activity: Activity, turns: tuple[Turn, ...]
) -> list[Feeling]:
    with _quiet():
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
            _check_share(share, "score")
        _check_share(feeling.arousal, "arousal")
        _check_share(feeling.valence, "valence")
    _check_pickles(feelings)
    return feelings


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


def _check_share(value: object, name: str) -> None:
    if value is None:
        return
    assert type(value) is float, f"{name} is a plain float, not {type(value).__name__}"
    assert 0.0 <= value <= 1.0, f"{name} is in 0..1, not {value}"


def _check_pickles(values: list[Any]) -> None:
    assert pickle.loads(pickle.dumps(values)) == values, "results cross processes"  # noqa: S301
    json.loads(msgspec.json.encode(values))


@contextmanager
def _quiet() -> Iterator[None]:
    """Asserts that nothing is written to stdout or stderr, neither by Python nor by C code."""
    sys.stdout.flush()
    sys.stderr.flush()
    said = io.StringIO()
    with tempfile.TemporaryFile() as caught:
        kept = [os.dup(1), os.dup(2)]
        try:
            os.dup2(caught.fileno(), 1)
            os.dup2(caught.fileno(), 2)
            with redirect_stdout(said), redirect_stderr(said):
                yield
        finally:
            for target, source in zip((1, 2), kept, strict=True):
                os.dup2(source, target)
                os.close(source)
        caught.seek(0)
        written = said.getvalue()[:400] or caught.read(400).decode("utf-8", "replace")
    assert not written, f"an engine is silent; it wrote {written!r}"
