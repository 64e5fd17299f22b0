"""Kleinberg's automaton: the cheapest run of states, and what is found by it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from chat_making import jsonl, row

from loquitur.errors import UsageError
from loquitur.insight.chats import bursts
from loquitur.insight.chats.analysis import ChatOptions, chat
from loquitur.insight.chats.bursts import find_bursts, loud_bins, robust_z


def cost(costs, up, path):
    climbs = np.maximum(0, np.diff(np.concatenate([[0], path])))
    return costs[path, np.arange(len(path))].sum() + up * climbs.sum()


@pytest.mark.parametrize("seed", range(12))
def test_the_path_is_the_cheapest_of_all(seed):
    dice = np.random.default_rng(seed)
    states = 2 + seed % 2
    costs = dice.normal(size=(states, 7))
    up = float(dice.uniform(0.1, 2))
    every = [np.array(path) for path in itertools.product(range(states), repeat=7)]
    least = min(cost(costs, up, path) for path in every)
    assert cost(costs, up, bursts._many(costs, up)) == pytest.approx(least)
    if states == 2:
        assert cost(costs, up, bursts._two(costs, up)) == pytest.approx(least)


def test_a_planted_burst_is_found_and_a_steady_chat_has_none():
    dice = np.random.default_rng(3)
    quiet = dice.random(600) * 3_600_000
    loud = 1_800_000 + dice.random(120) * 30_000
    times = np.sort(np.concatenate([quiet, loud])).astype(np.int64)
    (found,) = [one for one in find_bursts(times) if one.messages > 60]
    assert found.start_ms <= 1_801_000
    assert 1_829_000 <= found.end_ms < 1_860_000
    assert found.messages < 150
    assert any(a <= 1_800_000 < b for a, b, _ in loud_bins(times))
    steady = np.arange(0, 3_600_000, 5_000)
    assert find_bursts(steady) == ()
    assert loud_bins(steady) == []


def test_bursts_closer_than_ten_seconds_are_one():
    far = [np.arange(at, at + 20_000, 50) for at in (100_000, 129_500, 300_000)]
    times = np.sort(np.concatenate([np.arange(0, 600_000, 30_000), *far]))
    assert [one.start_ms // 10_000 for one in find_bursts(times, gamma=0.2)] == [10, 30]
    assert len(find_bursts(times, gamma=0.2, merged_ms=5_000)) == 3


def test_more_states_tell_how_loud():
    parts = [np.arange(0, 900_000, 3_000), np.arange(300_000, 330_000, 500),
             np.arange(600_000, 630_000, 40)]  # fmt: skip
    levels = [one.level for one in find_bursts(np.sort(np.concatenate(parts)), states=6)]
    assert len(levels) == 2
    assert levels[0] < levels[1]


@pytest.mark.parametrize("times", [[], [5], [5] * 40, [1, 2, 3]])
def test_too_little_for_a_burst(times):
    assert find_bursts(np.array(times, dtype=np.int64)) == ()


@pytest.mark.parametrize("wrong", [{"scale": 1.0}, {"gamma": 0.0}, {"states": 1}])
def test_no_such_automaton(wrong):
    with pytest.raises(UsageError, match="no automaton"):
        find_bursts(np.arange(10), **wrong)


def test_the_z_score_is_not_moved_by_outliers():
    counts = np.array([4, 5, 6, 5, 4, 6, 5, 500])
    assert robust_z(counts)[-1] > 100
    assert abs(robust_z(counts)[:-1]).max() < 2
    assert robust_z(np.array([0, 0, 0, 0, 7]))[-1] > 3.5
    assert not robust_z(np.array([3, 3, 3])).any()


def test_a_burst_tells_its_words_and_what_was_said_before(tmp_path):
    people = ("ann", "bob", "cid", "dan", "eve", "fay", "gus", "hal")
    rows = [
        row(at, "just chatting here", people[at // 7_000 % 8]) for at in range(0, 900_000, 7_000)
    ]
    rows += [row(400_000 + n * 150, "GOAL what a goal", people[n % 8]) for n in range(80)]
    jsonl(tmp_path / "a.jsonl", sorted(rows, key=lambda one: one["offset_ms"]))
    (tmp_path / "a.srt").write_text(
        "1\n00:06:20,000 --> 00:06:24,000\nand he shoots\n\n"
        "2\n00:07:20,000 --> 00:07:24,000\nmuch later\n"
    )
    result = chat(
        tmp_path / "a.jsonl", transcript=tmp_path / "a.srt", options=ChatOptions(engine="")
    )
    (burst,) = result.bursts
    assert burst.words[0].word == "goal"
    assert burst.words[0].count == 160
    assert burst.messages[0] == ("GOAL what a goal", 80)
    assert burst.said == "and he shoots"
    assert burst.url == "https://youtu.be/abcdefghijk?t=399"
    assert burst.authors == 8


def test_what_one_person_repeats_in_other_words_is_not_typical_of_a_burst(tmp_path):
    people = [f"p{n}" for n in range(40)]
    rows = [
        row(at, "just chatting here", people[at // 7_000 % 40]) for at in range(0, 900_000, 7_000)
    ]
    rows += [row(400_000 + n * 150, f"zebra zebra no {n}", "ann") for n in range(40)]
    rows += [row(400_070 + n * 150, f"goal {n}", people[n]) for n in range(40)]
    jsonl(tmp_path / "a.jsonl", sorted(rows, key=lambda one: one["offset_ms"]))
    (burst,) = chat(tmp_path / "a.jsonl", options=ChatOptions(engine="")).bursts
    found = {one.word for one in burst.words}
    assert "goal" in found
    assert "zebra" not in found
