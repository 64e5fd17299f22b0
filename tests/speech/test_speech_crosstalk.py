"""Who speaks on which channel: bleed goes, both of two at once stay, whatever the loudness."""

from __future__ import annotations

import numpy as np
import pytest

from loquitur.speech.crosstalk import (
    ALIKE,
    SAME,
    CrosstalkOptions,
    Likeness,
    frame_levels_db,
    own_speech,
    speaker_of,
)
from loquitur.testing import signals
from loquitur.testing.calls import Remark, make_call

FRAME_MS = 32
FRAME = 512
LOW, HIGH = (signals.voice(4_000, f0_hz=pitch_hz, seed=3) for pitch_hz in (110.0, 215.0))


def heard(remarks, **how):
    """What is each channel's own, of a detector that takes any voice for one; shape [2, frames]."""
    call = make_call(remarks, **how)
    levels_db = frame_levels_db(call.heard, FRAME)
    voiced = frame_levels_db(call.clean, FRAME) > -60.0
    probabilities = np.repeat((voiced[:1] | voiced[1:]).astype(np.float32), 2, axis=0)
    own = own_speech(levels_db, probabilities) & (probabilities > 0.5)
    return own, voiced, call


def shares(own, voiced):
    """The shares that stay: of each channel's true frames, and of what it hears of the other."""
    alone = voiced & ~voiced[::-1]
    return (own & voiced).sum() / voiced.sum(), (own[::-1] & alone).sum() / alone.sum()


TALK = [
    Remark(channel=0, sound=LOW, text="a"),
    Remark(channel=1, sound=HIGH, text="b"),
    Remark(channel=0, sound=LOW, text="c", after_ms=-2_000),
    Remark(channel=1, sound=HIGH, text="d"),
]


@pytest.mark.parametrize("bleed", [0.0, 0.02, 0.05, 0.1, 0.2, 0.3])
@pytest.mark.parametrize("gains", [(1.0, 1.0), (1.0, 0.2), (0.3, 1.0)], ids=str)
def test_bleed_goes_and_speech_stays(bleed, gains):
    kept, wrong = shares(*heard(TALK, bleed=bleed, gains=gains)[:2])
    assert kept > 0.93
    assert wrong < 0.05


def test_bleed_that_comes_late_goes_too():
    kept, wrong = shares(*heard(TALK, bleed=0.1, delay_ms=12.0)[:2])
    assert kept > 0.93
    assert wrong < 0.05


def test_both_of_two_who_speak_at_once_stay():
    own, voiced, _ = heard(TALK, bleed=0.05)
    both = voiced[0] & voiced[1]
    assert both.sum() > 50
    assert (own[:, both]).mean() > 0.85


def test_nothing_speaks_against_a_channel_while_the_other_is_silent():
    levels_db = np.full((2, 100), -80.0, np.float32)
    levels_db[0] = -50.0  # a hum: louder than the voice beside it, and no voice
    levels_db[1, 40:60] = -60.0
    probabilities = np.zeros((2, 100), np.float32)
    probabilities[1, 40:60] = 1.0
    assert own_speech(levels_db, probabilities)[1, 40:60].all()


def test_no_frames_and_one_frame():
    for frames in (0, 1):
        nothing = np.zeros((2, frames), np.float32)
        assert own_speech(nothing - 100.0, nothing).shape == (2, frames)


def test_levels_of_frames():
    sound = np.zeros((2, 1_100), np.float32)
    sound[0, :512] = 0.1
    levels_db = frame_levels_db(sound, 512)
    assert levels_db.shape == (2, 3)
    assert levels_db[0, 0] == pytest.approx(-20.0, abs=0.01)
    assert levels_db[1].tolist() == [-100.0] * 3


def test_one_sound_twice_is_told_at_any_loudness_and_phase():
    rng = np.random.default_rng(0)
    one, other = rng.standard_normal((2, 16_000)).astype(np.float32) * 0.1
    likeness = Likeness(5)
    silence = np.zeros_like(one)
    for start in range(0, 16_000, 5_000):  # in blocks of any length
        piece = slice(start, start + 5_000)
        likeness.add(np.stack([one, other, one * 0.2, -other, silence])[:, piece])
    assert likeness.pairs(SAME) == [(0, 2), (1, 3)]
    assert likeness.of(0, 4) == 0.0


def test_a_stereo_picture_is_no_channel_each():
    call = make_call(TALK, bleed=0.6)
    likeness = Likeness(2)
    likeness.add(call.heard)
    assert SAME > likeness.of(0, 1) > ALIKE
    apart = Likeness(2)
    apart.add(make_call(TALK, bleed=0.1).heard)
    assert apart.of(0, 1) < ALIKE


@pytest.mark.parametrize("gain", [0.05, 0.3, 0.9])
def test_bleed_alone_is_nobodys_speech(gain):
    """One of two never speaks, and their channel hears the other all the time."""
    remarks = [Remark(channel=0, sound=LOW, text="a"), Remark(channel=0, sound=HIGH, text="b")]
    own, _, _ = heard(remarks, bleed=gain)
    assert own[0].sum() > 200
    assert own[1].sum() < 10


def test_the_margin_is_an_option():
    levels_db = np.full((2, 300), -60.0, np.float32)
    levels_db[0, :100] = levels_db[1, 100:] = -20.0
    levels_db[0, 200:] = -44.0  # the first speaks softly, 16 dB over what it hears of the second
    probabilities = np.ones((2, 300), np.float32)
    for margin_db, kept in ((9.0, True), (18.0, False)):
        own = own_speech(levels_db, probabilities, options=CrosstalkOptions(margin_db=margin_db))
        assert own[0, 210:290].all() == kept
        assert not own[0, 110:190].any()


def test_labels_count_channels():
    assert [speaker_of(channel) for channel in (0, 1, 11)] == [
        "SPEAKER_00",
        "SPEAKER_01",
        "SPEAKER_11",
    ]
