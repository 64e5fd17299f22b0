"""The lag of a chat behind what is said: found where it was planted, not where nothing is."""

from __future__ import annotations

import numpy as np
import pytest
from chat_making import jsonl, row

from loquitur.insight.chats.analysis import ChatOptions, chat
from loquitur.insight.chats.happenings import LAUGHTER, events_of
from loquitur.insight.chats.reactions import Events, find_lag, find_sparks
from loquitur.insight.spoken.fragments import Fragment, Spoken


def a_chat(dice, seconds, per_s):
    """Times in seconds: a steady part and eight bursts that rise and fall."""
    steady = dice.random(dice.poisson(per_s * seconds)) * seconds
    starts = dice.random(8) * seconds
    return np.concatenate(
        [steady, *(at + dice.gamma(2, 12, dice.poisson(per_s * 40)) for at in starts)]
    )


def planted(seed):
    """A chat that reacts, its events and lag, and events that have nothing to do with it."""
    dice = np.random.default_rng(seed)
    seconds, per_s = int(dice.integers(1_200, 5_400)), dice.uniform(0.3, 3)
    lag, count = dice.uniform(4, 40), int(dice.integers(10, 40))
    events, others = (np.sort(dice.random(count) * (seconds - 80)) for _ in range(2))
    answers = [at + lag + dice.normal(0, 2, dice.poisson(max(6, per_s * 6))) for at in events]
    times = np.sort(np.concatenate([a_chat(dice, seconds, per_s), *answers]))
    times = (times[(times >= 0) & (times < seconds)] * 1_000).astype(np.int64)
    return times, named(events), named(others), lag


def named(seconds):
    return Events(name="'goal'", at_ms=tuple(int(at * 1_000) for at in seconds))


def test_a_planted_lag_is_found_and_other_events_raise_nothing():
    times, events, others, lag = planted(0)
    found = find_lag(times, events)
    assert found.is_clear
    assert abs(found.lag_s - lag) <= 1
    assert found.low_s <= lag <= found.high_s
    assert max(found.curve) > found.band
    assert not find_lag(times, others).is_clear
    assert find_lag(times, events) == found, "the same seed, the same answer"


@pytest.mark.slow
def test_of_100_planted_lags_95_are_found_and_of_100_others_5_raise_anything():
    found = raised = 0
    for seed in range(100):
        times, events, others, lag = planted(seed)
        one = find_lag(times, events, seed=seed)
        found += one.is_clear and abs(one.lag_s - lag) <= 1
        raised += find_lag(times, others, seed=seed).is_clear
    assert found >= 95
    assert raised <= 5


def test_too_little_is_told():
    times = np.arange(0, 3_600_000, 1_000)
    assert "too few to say: 2" in find_lag(times, named([100, 200])).why_not
    assert "shorter than 10 minutes" in find_lag(times[:100], named([10] * 9)).why_not
    assert not find_lag(times, named(range(100, 900, 50))).is_clear, "an even chat stirs nowhere"


def test_what_set_the_chat_off_is_found_behind_the_lag():
    times = np.sort(np.concatenate([np.arange(0, 1_200_000, 2_000), 512_000 + np.arange(60) * 60]))
    sparks = find_sparks(times, [100_000, 300_000, 500_000, 900_000], 12.0)
    assert [one.place for one in sparks] == [2]
    assert sparks[0].messages > 50 > sparks[0].usual


def spoken(*texts):
    fragments = tuple(
        Fragment(start_ms=n * 10_000, end_ms=n * 10_000 + 5_000, text=text)
        for n, text in enumerate(texts)
    )
    return Spoken(name="a", title="a", fragments=fragments)


def test_terms_are_whole_words_at_their_place():
    events = events_of(
        spoken("a Goal here", "goals", "nothing goal", "골 골"), terms=["goal", "골"]
    )
    assert [one.name for one in events] == ["'goal'", "'골'", "utterances"]
    assert len(events[0].at_ms) == 2
    assert 0 < events[0].at_ms[0] < 5_000
    assert 20_000 < events[0].at_ms[1] < 25_000
    assert len(events[1].at_ms) == 2


@pytest.mark.parametrize(
    "text", ["[Laughter]", "(laughs)", "[웃음]", "（笑）", "[audience laughing]"]
)
def test_laughter_of_captions(text):
    assert LAUGHTER.search(text)


@pytest.mark.parametrize("text", ["laughter is good", "[music]", "(applause)"])
def test_no_laughter(text):
    assert not LAUGHTER.search(text)


def test_a_chat_without_the_videos_clock_is_not_held_against_it(tmp_path):
    rows = [row(n * 1_000, "hi", f"a{n}") for n in range(700)]
    for one in rows:
        del one["offset_ms"]
    (tmp_path / "a.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nhello\n")
    reaction = chat(
        jsonl(tmp_path / "a.jsonl", rows), transcript=tmp_path / "a.srt",
        options=ChatOptions(engine=""),
    ).reaction  # fmt: skip
    assert "not those of the video" in reaction.why_not
    assert reaction.lags == ()


def test_a_chat_of_years_is_not_searched_second_by_second():
    times = np.array([0, 1_000, 90_000_000_000], dtype=np.int64)
    found = find_lag(times, named(np.arange(20)))
    assert not found.is_clear
    assert "longer than two days" in found.why_not
