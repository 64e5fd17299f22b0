"""The suites catch what they claim to catch: each engine here breaks one promise."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import pytest

from loquitur.model.speech import Feeling, Turn, Word
from loquitur.protocols import Identity, Resources
from loquitur.testing import conformance


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    model: str = "m"


class _Good:
    Options = _Options
    languages = ("en",)

    def __init__(self, options=None, resources=None):
        self.count = 0

    @classmethod
    def identity(cls, options, resources):
        return Identity(version="1")

    def transcribe(self, samples, *, language):
        if len(samples) > 8000 and np.abs(samples).max() > 0:
            yield Word(start_ms=0, end_ms=200, text=f"w{len(samples)}", confidence=0.5)
            yield Word(start_ms=200, end_ms=300, text="b")


class _Talks(_Good):
    def transcribe(self, samples, *, language):
        os.write(2, b"loading...")
        yield from super().transcribe(samples, language=language)


class _Prints(_Good):
    def transcribe(self, samples, *, language):
        print("hello")
        yield from super().transcribe(samples, language=language)


class _Remembers(_Good):
    def transcribe(self, samples, *, language):
        self.count += 1
        yield from (Word(start_ms=0, end_ms=20, text=str(self.count)) for _ in samples[:1])


class _Overruns(_Good):
    def transcribe(self, samples, *, language):
        if len(samples) > 8000:
            yield Word(start_ms=0, end_ms=60_000, text="a")


class _Disorders(_Good):
    def transcribe(self, samples, *, language):
        yield from reversed(list(super().transcribe(samples, language=language)))


class _Numpy(_Good):
    def transcribe(self, samples, *, language):
        if len(samples) > 8000:
            yield Word(start_ms=0, end_ms=20, text="a", confidence=np.float64(0.5))


class _Hallucinates(_Good):
    def transcribe(self, samples, *, language):
        if len(samples) > 8000:
            yield Word(start_ms=0, end_ms=200, text="Thanks for watching")


class _Scribbles(_Good):
    def transcribe(self, samples, *, language):
        words = list(super().transcribe(samples, language=language))
        samples *= 0.5
        yield from words


def test_a_good_engine_passes(tmp_path):
    conformance.check_transcriber(_Good(), language="en")
    conformance.check_engine(_Good, _Options(), Resources(models=tmp_path))


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        (_Talks, "silent"),
        (_Prints, "silent"),
        (_Remembers, "alone"),
        (_Overruns, "outside the sound"),
        (_Disorders, "out of order"),
        (_Numpy, "plain number"),
        (_Hallucinates, "on silence"),
        (_Scribbles, "left as it was|alone"),
    ],
)
def test_broken_transcribers_are_caught(kind, complaint):
    with pytest.raises(AssertionError, match=complaint):
        conformance.check_transcriber(kind(), language="en")


def test_an_unstable_identity_is_caught(tmp_path):
    class Unstable(_Good):
        versions = iter("12")

        @classmethod
        def identity(cls, options, resources):
            return Identity(version=next(cls.versions))

    with pytest.raises(AssertionError, match="stable"):
        conformance.check_engine(Unstable, _Options(), Resources(models=tmp_path))


class _Hears:
    """A voice detector by level; `carry` keeps an unfinished frame for the next block."""

    frame_ms = 32

    def __init__(self, *, carry=True, greedy=False):
        self.carry, self.greedy = carry, greedy

    def detect(self, blocks):
        rest = np.zeros(0, dtype=np.float32)
        for block in list(blocks) if self.greedy else blocks:
            rest = np.concatenate([rest, block]) if self.carry else block
            whole = len(rest) // 512
            frames = rest[: whole * 512].reshape(whole, 512)
            rest = rest[whole * 512 :]
            yield (np.sqrt((frames**2).mean(axis=1)) > 0.05).astype(np.float32)


def test_voice_detectors():
    conformance.check_voice_detector(_Hears())
    with pytest.raises(AssertionError, match="cuts are no matter"):
        conformance.check_voice_detector(_Hears(carry=False))
    with pytest.raises(AssertionError, match="held before the first frame"):
        conformance.check_voice_detector(_Hears(greedy=True))


class _Feels:
    def __init__(self, *, scores=(("calm", 0.5), ("neutral", 0.5)), skip=False):
        self.scores, self.skip = scores, skip

    def read(self, samples, activity, turns):
        for turn in turns[1:] if self.skip else turns:
            yield Feeling(
                start_ms=turn.start_ms,
                end_ms=turn.end_ms,
                label="calm",
                score=0.5,
                scores=self.scores,
                source="made",
            )


def test_emotion_readers():
    conformance.check_emotion_reader(_Feels())
    with pytest.raises(AssertionError, match="sum to 1"):
        conformance.check_emotion_reader(_Feels(scores=(("calm", 0.5),)))
    with pytest.raises(AssertionError, match="label has a score"):
        conformance.check_emotion_reader(_Feels(scores=(("neutral", 1.0),)))
    with pytest.raises(AssertionError, match="for the turn at 1000"):
        conformance.check_emotion_reader(_Feels(skip=True))


class _Splits:
    """One turn per stretch of activity, of as many speakers as it likes."""

    def __init__(self, most):
        self.most = most

    def diarize(self, samples, activity, *, speakers):
        active = np.frombuffer(activity.probabilities, dtype=np.uint8) > 0
        edges = np.flatnonzero(np.diff(np.concatenate([[0], active.astype(int), [0]])))
        most = self.most or speakers.maximum or 9
        for index, (first, last) in enumerate(zip(edges[::2], edges[1::2], strict=True)):
            yield Turn(
                start_ms=int(first) * activity.frame_ms + activity.offset_ms,
                end_ms=min(int(last) * activity.frame_ms + activity.offset_ms, samples.end_ms),
                speaker=f"S{index % most}",
            )


def test_diarizers():
    conformance.check_diarizer(_Splits(0))
    with pytest.raises(AssertionError, match="at most 1 speakers"):
        conformance.check_diarizer(_Splits(3))
