from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from loquitur.engines.emotion.prosody import Prosody, ProsodyOptions
from loquitur.model.speech import Turn
from loquitur.protocols import Resources
from loquitur.testing.signals import ArraySamples, activity, silence, voice


@pytest.fixture
def engine(tmp_path):
    return Prosody(ProsodyOptions(), Resources(models=tmp_path))


def _read(engine, parts, *, offset_ms=0, pause_ms=500):
    """Feelings of parts (speaker, sound), each one turn, with pauses between."""
    sounds, turns, at_ms = [], [], offset_ms
    for speaker, sound in parts:
        end_ms = at_ms + len(sound) // 16
        turns.append(Turn(start_ms=at_ms, end_ms=end_ms, speaker=speaker))
        sounds += [sound, silence(pause_ms)]
        at_ms = end_ms + pause_ms
    samples = ArraySamples(sound=np.concatenate(sounds), offset_ms=offset_ms)
    heard = activity(
        [(turn.start_ms, turn.end_ms) for turn in turns],
        duration_ms=at_ms - offset_ms,
        offset_ms=offset_ms,
    )
    return turns, list(engine.read(samples, heard, turns))


def _usual(count, **how):
    return [voice(3000, seed=seed, f0_hz=118 + seed % 3, **how) for seed in range(count)]


def test_louder_higher_faster_is_more_aroused(engine):
    excited = voice(3000, f0_hz=170, level=0.3, syllables_hz=5.5)
    calm = voice(3000, f0_hz=105, level=0.03, syllables_hz=2.5)
    parts = [("A", sound) for sound in [*_usual(6), excited, calm]]
    turns, feelings = _read(engine, parts, offset_ms=1500)
    assert [(f.start_ms, f.end_ms) for f in feelings] == [(t.start_ms, t.end_ms) for t in turns]
    *usual, loud, still = feelings
    assert {feeling.label for feeling in usual} == {"neutral"}
    assert loud.label == "excited"
    assert still.label == "calm"
    assert loud.arousal > max(f.arousal for f in usual) > min(f.arousal for f in usual)
    assert still.arousal < min(f.arousal for f in usual)
    for feeling in feelings:
        assert feeling.valence is None
        assert feeling.source == "prosody"
        assert feeling.confidence == "low"
        assert feeling.speaker == "A"


@pytest.mark.parametrize("how", [{"level": 0.3}, {"f0_hz": 175}, {"syllables_hz": 6.0}])
def test_each_cue_alone_raises_arousal(engine, how):
    changed = voice(3000, **({"f0_hz": 119} | how))
    _, feelings = _read(engine, [("A", sound) for sound in [*_usual(6), changed]])
    assert feelings[-1].arousal > max(f.arousal for f in feelings[:-1]) + 0.1


def test_two_speakers_have_their_own_manner(engine):
    low = [("A", voice(3000, f0_hz=100, level=0.05, seed=i)) for i in range(6)]
    high = [("B", voice(3000, f0_hz=230, level=0.15, seed=i)) for i in range(6)]
    parts = [part for pair in zip(low, high, strict=True) for part in pair]
    _, feelings = _read(engine, parts)
    assert {f.label for f in feelings} == {"neutral"}
    parts[-1] = ("B", voice(3000, f0_hz=330, level=0.45))
    _, feelings = _read(engine, parts)
    assert [f.label for f in feelings] == ["neutral"] * 11 + ["excited"]


def test_one_window_is_neutral(engine):
    _, (feeling,) = _read(engine, [("A", voice(3000, level=0.5, f0_hz=300))])
    assert (feeling.label, feeling.arousal) == ("neutral", 0.5)


def test_a_long_turn_is_cut_and_stays_inside(engine):
    turns, feelings = _read(engine, [("A", voice(31_000)), ("B", voice(400))])
    first = [f for f in feelings if f.speaker == "A"]
    assert len(first) >= 4
    assert first[0].start_ms == turns[0].start_ms
    assert first[-1].end_ms == turns[0].end_ms
    assert [f.speaker for f in feelings].count("B") == 1


def test_a_mood_inside_a_long_turn_is_found(engine):
    sound = np.concatenate([voice(30_000, level=0.05), voice(9000, level=0.4, f0_hz=190)])
    _, feelings = _read(engine, [("A", sound)])
    assert feelings[-1].label == "excited"
    assert feelings[0].label == "neutral"


def test_overlapping_turns_come_sorted(engine):
    samples = ArraySamples(sound=voice(9000))
    heard = activity([(0, 9000)], duration_ms=9000)
    turns = [
        Turn(start_ms=0, end_ms=8000, speaker="B"),
        Turn(start_ms=2000, end_ms=3000, speaker="A"),
        Turn(start_ms=2000, end_ms=2001, speaker="C"),
    ]
    feelings = list(engine.read(samples, heard, turns))
    assert [(f.start_ms, f.end_ms) for f in feelings] == [(0, 8000), (2000, 2001), (2000, 3000)]


def test_the_gain_of_the_activity_changes_no_mood(engine):
    import dataclasses

    sounds = [*_usual(5), voice(3000, level=0.3)]
    samples = ArraySamples(sound=np.concatenate(sounds))
    turns = [
        Turn(start_ms=3000 * i, end_ms=3000 * (i + 1), speaker="A") for i in range(len(sounds))
    ]
    heard = activity([(0, 18_000)], duration_ms=18_000)
    louder = dataclasses.replace(heard, gain_db=12.0)
    plain = [f.arousal for f in engine.read(samples, heard, turns)]
    assert [f.arousal for f in engine.read(samples, louder, turns)] == pytest.approx(plain)


class _Endless:
    """Ten hours that are made when they are read."""

    offset_ms, end_ms = 0, 36_000_000

    def __init__(self):
        self.sound = voice(10_000)
        self.longest_ms = 0

    def read(self, start_ms, end_ms):
        self.longest_ms = max(self.longest_ms, end_ms - start_ms)
        return self.sound[: 16 * (end_ms - start_ms)]


def test_memory_does_not_grow_with_the_turn(engine):
    samples = _Endless()
    heard = activity([(0, 1_800_000)], duration_ms=1_800_000)
    turns = [Turn(start_ms=0, end_ms=120_000, speaker="A")]
    list(engine.read(samples, heard, turns))
    tracemalloc.start()
    try:
        count = len(list(engine.read(samples, heard, turns)))
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count >= 12
    assert samples.longest_ms <= 10_000
    assert peak_bytes < 40e6  # the work on one window of 10 s
