"""The last resort: words over the voiced part, in proportion to their letters."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loquitur.speech.spreading import spread, voice_of
from loquitur.testing import signals


def test_words_take_their_share_of_the_letters():
    words = spread(["ab", "abcd", "ab"], np.ones(80))
    assert [round(word.start_ms) for word in words] == [0, 200, 600]
    assert [round(word.end_ms) for word in words] == [200, 600, 800]
    assert {word.timing for word in words} == {"interpolated"}


def test_pauses_stay_empty():
    voiced = np.concatenate([np.zeros(50), np.ones(50), np.zeros(100), np.ones(50)])
    first, second = spread(["four", "more"], voiced)
    assert [round(first.start_ms), round(first.end_ms)] == [500, 1_000]
    assert [round(second.start_ms), round(second.end_ms)] == [2_000, 2_500]


def test_no_sound_no_times():
    (word,) = spread(["word"], np.zeros(0))
    assert (word.start_ms, word.end_ms) == (None, None)
    assert spread([], np.ones(10)) == []


@given(
    st.lists(st.text("ab—'", min_size=1, max_size=8), max_size=30),
    st.lists(st.floats(0, 1), min_size=1, max_size=200),
)
def test_words_stay_in_order_and_inside(words, voiced):
    placed = spread(words, np.array(voiced))
    assert [word.text for word in placed] == words
    last = 0.0
    for word in placed:
        assert last <= word.start_ms + 1e-6
        assert word.start_ms <= word.end_ms + 1.0
        assert word.end_ms <= len(voiced) * 10 + 1e-6
        last = word.start_ms


def test_voice_is_what_is_loud():
    sound = np.concatenate(
        [signals.noise(1_000, level=1e-4), signals.voice(1_000, syllables_hz=0.0)]
    )
    sound[16_000:] += signals.tone(1_000, level=0.1)
    voiced = voice_of(sound)
    assert len(voiced) == 200
    assert voiced[:98].mean() < 0.05
    assert voiced[102:].mean() > 0.95
    assert voice_of(signals.silence(500)).mean() == 1.0  # even sound: all of it
    assert len(voice_of(sound[:0])) == 0
