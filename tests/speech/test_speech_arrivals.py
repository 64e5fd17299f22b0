"""A network that numbers speakers anew in each window, made to keep them over all of the sound."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from loquitur.speech.activity import RegionOptions
from loquitur.speech.arrivals import CLIP_MS, Reminders, at_most, turns_of_probabilities

FRAME_MS = 80
FRAME = 1_280
WINDOW = 150  # frames
ANY = RegionOptions(onset=0.5, offset=0.5, min_speech_ms=0, min_silence_ms=0)


def network(sound):
    """Hears who speaks (the level says who), and numbers them as they arrive."""
    frames = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME)
    who = np.rint(frames.mean(axis=1) * 10).astype(int)
    heard = np.full((len(who), 4), 0.02, np.float32)
    arrived = dict.fromkeys(w for w in who.tolist() if w)
    for output, person in enumerate(itertools.islice(arrived, 4)):
        heard[who == person, output] = 0.9
    return heard


def speech(*turns):
    """(person 1.., frames) one after the other; person 0 is silence."""
    return np.concatenate(
        [np.full(count * FRAME, person / 10, np.float32) for person, count in turns]
    )


def sorted_over(sound):
    reminders = Reminders(frame_ms=FRAME_MS, frame_samples=FRAME, most=4)
    found = []
    for start in range(0, len(sound), WINDOW * FRAME):
        window = sound[start : start + WINDOW * FRAME]
        found.append(reminders.sort(network(np.concatenate([reminders.sound, window])), window))
        assert len(reminders.sound) <= 4 * CLIP_MS * 16
    return np.concatenate(found)


def people(ordered):
    """Who speaks in each frame by column, -1 for nobody."""
    return np.where(ordered.max(axis=1) > 0.5, ordered.argmax(axis=1), -1)


def test_speakers_stay_who_they_are_in_whatever_order_windows_begin():
    sound = speech(
        (1, 80), (2, 70),  # first window
        (2, 100), (1, 50),  # begins with the second speaker
        (3, 100), (2, 50),  # somebody new
        (4, 50), (3, 50), (1, 50),
    )  # fmt: skip
    found = people(sorted_over(sound))
    truth = np.rint(sound.reshape(-1, FRAME).mean(axis=1) * 10).astype(int)
    assert (found == truth - 1).all()


def test_without_reminders_they_would_not():
    sound = speech((1, 80), (2, 70), (2, 100), (1, 50))
    windows = [network(sound[: WINDOW * FRAME]), network(sound[WINDOW * FRAME :])]
    found = people(np.concatenate(windows))
    assert found[0] == found[WINDOW], "one number for two people"


def test_a_fifth_has_no_place():
    sound = speech((1, 40), (2, 40), (3, 40), (4, 30), (5, 150), (1, 150))
    found = people(sorted_over(sound))
    assert set(found[300:]) == {0}
    assert set(found) <= {-1, 0, 1, 2, 3}


def test_who_is_heard_for_a_moment_only_has_not_arrived():
    sound = speech((1, 140), (7, 2), (1, 8), (2, 150))
    found = people(sorted_over(sound))
    assert set(found[140:142]) == {-1}
    assert set(found[150:]) == {1}


def test_silence_and_a_short_last_window():
    assert people(sorted_over(speech((0, 200)))).tolist() == [-1] * 200
    assert len(sorted_over(speech((1, 151)))) == 151


def test_a_better_clip_replaces_a_short_one():
    reminders = Reminders(frame_ms=FRAME_MS, frame_samples=FRAME, most=4)
    first = speech((1, 6), (0, 144))
    reminders.sort(network(first), first)
    assert len(reminders.sound) == 6 * FRAME
    second = speech((1, 150))
    reminders.sort(network(np.concatenate([reminders.sound, second])), second)
    assert len(reminders.sound) == CLIP_MS // FRAME_MS * FRAME


# --- how many ---


def shares(*counts):
    """A speaker a row after the other, 0.9 where they speak, else a little."""
    rows = np.full((sum(counts), len(counts)), 0.1, np.float32)
    first = 0
    for speaker, count in enumerate(counts):
        rows[first : first + count, speaker] = 0.9
        first += count
    rows[:, 0] += 0.05
    return rows


def test_no_more_than_asked_for():
    heard = shares(50, 5, 30)
    assert at_most(heard, None) is heard
    assert at_most(heard, 3) is heard
    two = at_most(heard, 2)
    assert (two[:, 1] == 0.0).all()
    assert (two[50:55, 0] == np.float32(0.9)).all(), "the likeliest of the others has it"
    assert (at_most(heard, 1) >= 0.5).sum(axis=0).tolist() == [85, 0, 0]


def test_turns_overlap_and_are_sorted():
    heard = np.zeros((20, 3), np.float32)
    heard[2:12, 2] = 0.8
    heard[8:15, 0] = 0.9
    turns = list(turns_of_probabilities(heard, frame_ms=80, bounds_ms=(500, 2_100), options=ANY))
    assert [(turn.start_ms, turn.end_ms, turn.speaker) for turn in turns] == [
        (660, 1_460, "SPEAKER_00"), (1_140, 1_700, "SPEAKER_01"),
    ]  # fmt: skip
    assert turns[0].score == pytest.approx(0.8, abs=0.1)


def test_turns_end_with_the_sound():
    heard = np.ones((10, 1), np.float32)
    (turn,) = turns_of_probabilities(heard, frame_ms=80, bounds_ms=(0, 730), options=ANY)
    assert (turn.start_ms, turn.end_ms, turn.score) == (0, 730, 1.0)
    assert not list(turns_of_probabilities(heard[:0], frame_ms=80, bounds_ms=(0, 0), options=ANY))
