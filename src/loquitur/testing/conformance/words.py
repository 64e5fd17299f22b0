"""The suites of engines that give words: recognisers and aligners."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from loquitur.model.speech import RawWord, Word
from loquitur.speech.activity import regions
from loquitur.speech.chunks import join, split
from loquitur.speech.guards import guard
from loquitur.testing import signals
from loquitur.testing.conformance.plain import check_pickles, check_share, quiet
from loquitur.timing import Span, from_samples

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.protocols import (
        Aligner,
        BatchTranscriber,
        Transcriber,
    )

_RATE_HZ = 16_000
_SLACK_MS = 50  # speech.guards clamps what goes over the end by less


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
    check_repeats(engine, language=language)
    check_lengths(engine, language=language)
    check_silence(engine, language=language, silent=silent_on_silence)
    check_layout(engine, language=language)
    check_abandoned(engine, language=language)
    check_times(engine, language=language)
    if second_language:
        check_languages(engine, language=language, second_language=second_language)


def check_repeats(engine: Transcriber, *, language: str) -> None:
    """The same sound gives the same words, whatever was heard before; the sound is left alone."""
    assert isinstance(engine.languages, tuple), "languages is a tuple of BCP 47 tags"
    assert all(isinstance(tag, str) and tag for tag in engine.languages), "languages are tags"
    first, second = _voices()
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


def check_lengths(engine: Transcriber, *, language: str) -> None:
    """Sound of any length is heard: none, a sample, 0.2 s."""
    first, _ = _voices()
    for count in (0, 1, 159, 160, 799, 1600, 3200):
        _transcribed(engine, first[:count], language)


def check_silence(engine: Transcriber, *, language: str, silent: bool = True) -> None:
    """No words where nobody speaks, unless it is known to invent some; none without sound."""
    words = _transcribed(engine, signals.silence(2000), language)
    assert not (silent and words), f"words on silence: {words[:3]}"
    assert not _transcribed(engine, np.zeros(0, dtype=np.float32), language)


def check_layout(engine: Transcriber, *, language: str) -> None:
    """Overdriven, strided and read-only sound are heard as well."""
    first, _ = _voices()
    alone = _transcribed(engine, first, language)
    loud = np.clip(first * 1e3, -1.0, 1.0)
    _transcribed(engine, np.ascontiguousarray(loud), language)
    strided = np.repeat(first, 2)[::2]
    assert _transcribed(engine, strided, language) == alone, "memory layout is no matter"
    first.flags.writeable = False
    assert _transcribed(engine, first, language) == alone, "sound may be read-only (a memory map)"


def check_abandoned(engine: Transcriber, *, language: str) -> None:
    """A cancelled call leaves nothing behind: the next one hears the same as ever."""
    sound, _ = _voices()
    alone = _transcribed(engine, sound, language)
    stream = engine.transcribe(sound, language=language)
    next(iter(stream), None)
    close = getattr(stream, "close", None)
    if close is not None:
        close()
    assert _transcribed(engine, sound, language) == alone, "an abandoned call leaves no trace"


def check_times(engine: Transcriber, *, language: str) -> None:
    """All words have times or none; who gives none says so beforehand, for the stage that aligns.

    That times are in order and inside the sound is asked of every call.
    """
    said = list(engine.transcribe(_voices()[0], language=language))
    untimed = [word for word in said if word.start_ms is None]
    declared = getattr(engine, "times", None)
    assert not untimed or declared is not None, "words without times: the class says so by `times`"
    assert len(untimed) in (0, len(said)), "all words have times, or none"


def check_languages(engine: Transcriber, *, language: str, second_language: str) -> None:
    """A language is told for one call and lasts no longer."""
    first, second = _voices()
    alone = _transcribed(engine, first, language)
    other = _transcribed(engine, second, second_language)
    assert _transcribed(engine, first, language) == alone, "a language lasts for a call"
    assert _transcribed(engine, second, second_language) == other, "alike in each language"


def _voices() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return signals.voice(4000, seed=1), signals.voice(3000, f0_hz=210.0, seed=2)


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


def check_aligner(engine: Aligner, *, language: str) -> None:
    """Every word once and in order, inside the sound, of plain types, alike each time.

    Args:
        engine: Made and ready.
        language: One that it knows.
    """
    assert isinstance(engine.languages, tuple), "languages is a tuple of BCP 47 tags"
    assert type(engine.longest_ms) is int, "longest_ms is a whole number"
    assert engine.longest_ms >= 15_000, "a sentence fits"
    words = ["One,", "two", "1984", "\u2014", "caf\u00e9!", "\u65e5\u672c", "x'yzzy", "two"]
    sound = signals.voice(4000, seed=1)
    before = sound.copy()
    alone = _placed(engine, sound, words, language)
    _placed(engine, signals.voice(3000, f0_hz=210.0, seed=2), words[:3], language)
    assert _placed(engine, sound, words, language) == alone, "one call bears not on the next"
    assert np.array_equal(sound, before), "the sound is left as it was"
    assert not _placed(engine, sound, [], language), "no words, no words"
    for count in (0, 1, 159, 1600, 3200):
        _placed(engine, sound[:count], words, language)
    _placed(engine, signals.silence(2000), words, language)
    _placed(engine, signals.noise(2000), ["many"] * 400, language)
    strided = np.repeat(sound, 2)[::2]
    assert _placed(engine, strided, words, language) == alone, "memory layout is no matter"
    sound.flags.writeable = False
    assert _placed(engine, sound, words, language) == alone, "sound may be read-only"
    long = np.concatenate([signals.voice(1000, seed=seed) for seed in range(14)])
    _placed(engine, long, words * 5, language)


def check_batches(engine: BatchTranscriber, *, language: str) -> None:
    """Chunks heard together give the words they give alone; confidences may differ by rounding."""
    assert type(engine.batch_size) is int, "batch_size is a whole number"
    assert engine.batch_size >= 1, "batch_size is positive"
    sounds = [
        signals.voice(4000, seed=1),
        signals.voice(700, seed=4),
        np.zeros(0, dtype=np.float32),
        signals.voice(3000, f0_hz=210.0, seed=2),
        signals.noise(1500),
    ] * 2
    alone = [_transcribed(engine, sound, language) for sound in sounds]
    with quiet():
        together = [list(said) for said in engine.transcribe_batch(sounds, language=language)]
    assert len(together) == len(sounds), "one answer for each chunk"
    for sound, said, wanted in zip(sounds, together, alone, strict=True):
        span = Span(start_ms=0, end_ms=max(1, from_samples(len(sound), _RATE_HZ)))
        words = guard(said, span=span)[0]
        assert [_rounded(word) for word in words] == [_rounded(word) for word in wanted], (
            "neighbours in a batch are no matter"
        )
    assert list(engine.transcribe_batch([], language=language)) == [], "nothing, nothing"


def _rounded(word: Word) -> Word:
    confidence = None if word.confidence is None else round(word.confidence, 3)
    return dataclasses.replace(word, confidence=confidence)


def _transcribed(engine: Transcriber, sound: NDArray[np.float32], language: str) -> list[Word]:
    """The words after the guard every engine's words pass; what is not raw must pass unmended."""
    with quiet():
        said = list(engine.transcribe(sound, language=language))
    end_ms = from_samples(len(sound), _RATE_HZ)
    for word in said:
        assert type(word.text) is str, f"text is a plain str: {word!r}"
        for number in (word.start_ms, word.end_ms, word.confidence):
            assert type(number) in (int, float, type(None)), f"a plain number: {word!r}"
    check_pickles(said)
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


def _placed(
    engine: Aligner, sound: NDArray[np.float32], words: list[str], language: str
) -> list[RawWord]:
    with quiet():
        placed = list(engine.align(sound, words, language=language))
    assert [word.text for word in placed] == words, "every word once, in order, as it was given"
    end_ms = from_samples(len(sound), _RATE_HZ)
    last_ms = 0.0
    for word in placed:
        assert (word.start_ms is None) == (word.end_ms is None), f"half a time: {word!r}"
        assert word.timing in ("aligned", "interpolated"), f"timing says how: {word!r}"
        check_share(word.confidence, "confidence")
        if word.start_ms is None or word.end_ms is None:
            continue
        for number in (word.start_ms, word.end_ms):
            assert type(number) in (int, float), f"a plain number: {word!r}"
        assert last_ms <= word.start_ms <= word.end_ms, f"out of order: {word!r}"
        assert word.end_ms <= end_ms + _SLACK_MS, f"outside the sound: {word!r}"
        last_ms = word.start_ms
    check_pickles(placed)
    return placed
