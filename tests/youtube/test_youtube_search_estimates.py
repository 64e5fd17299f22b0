"""Estimates of how many there are, and whether a video's words fit a query."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from loquitur.youtube.searching.estimating import (
    audited,
    bounded,
    chao,
    darroch,
    jaccard,
    recapture,
)
from loquitur.youtube.searching.matching import matches


def captures(count, rates, dice):
    """How many of `count` are caught by which runs; those that none catches are left out."""
    found = Counter()
    for _ in range(count):
        caught = tuple(run for run, rate in enumerate(rates) if dice.random() < rate)
        if caught:
            found[caught] += 1
    return found


@pytest.mark.parametrize("runs", [2, 3, 5])
@pytest.mark.parametrize("rate", [0.5, 0.7, 0.9])
def test_strata_give_the_truth_where_the_whole_does_not(runs, rate):
    dice = random.Random(runs)
    young, old = captures(4_000, [1.0] * runs, dice), captures(4_000, [rate] * runs, dice)
    found = recapture([young, old], runs)
    assert found.total == pytest.approx(8_000, rel=0.025)
    if rate <= 0.7 and runs == 2:
        blind = recapture([young + old], runs)
        assert blind.total < found.total  # ages mixed: too few, by what theory says


def test_intervals_hold_the_truth_as_often_as_they_say():
    inside = 0
    for seed in range(200):
        found = recapture([captures(500, [0.6, 0.7], random.Random(seed))], 2)
        inside += found.low <= 500 <= found.high
    assert inside >= 180


def test_several_runs_are_better_than_two():
    def width(runs):
        found = recapture([captures(2_000, [0.6] * runs, random.Random(1))], runs)
        return found.high - found.low

    assert width(4) < width(2) / 2


def test_videos_that_differ_within_an_age_are_not_taken_for_equal():
    dice = random.Random(4)
    easy, shy = captures(1_000, [0.9] * 4, dice), captures(3_000, [0.12] * 4, dice)
    mixed = Counter(easy) + Counter(shy)
    equal, _ = darroch(
        [sum(n for runs, n in mixed.items() if run in runs) for run in range(4)],
        sum(mixed.values()),
    )
    found = recapture([mixed], 4)
    assert equal < 3_000
    assert abs(found.total - 4_000) < abs(equal - 4_000) / 2


def test_one_run_says_nothing_and_nothing_in_common_says_nothing():
    assert recapture([Counter({(0,): 10})], 1) is None
    assert recapture([Counter({(0,): 10, (1,): 10, (2,): 5})], 3) is None


def test_darroch_and_chao_on_figures_worked_out_by_hand():
    total, _ = darroch([50, 50], 75)  # 25 in both: 50 * 50 / 25
    assert total == pytest.approx(100, rel=1e-6)
    assert chao(Counter({(0,): 10, (1,): 10, (0, 1): 19}), 2) == pytest.approx(
        39 + 0.5 * 20 * 19 / 40
    )


def test_an_audit_that_misses_nothing_still_has_an_interval():
    found = audited([(1_000, 100, 100)])
    assert found.coverage == 1.0
    assert 0.95 < found.coverage_low < 0.98
    assert audited([(1_000, 0, 0)]) is None


def test_an_audit_by_strata():
    found = audited([(1_000, 50, 50), (2_000, 400, 200)])
    assert found.total == pytest.approx(1_000 + 4_000, rel=1e-6)
    assert found.low < 5_000 < found.high


def test_an_estimate_is_never_under_what_was_seen():
    assert bounded(10, 9.0, 4.0).low == 10
    assert bounded(10, 10.5, 400.0).low >= 10


def test_what_all_runs_have_in_common():
    assert jaccard(Counter({(0, 1): 6, (0,): 2, (1,): 2})) == 0.6
    assert jaccard(Counter({(0,): 5})) is None


@pytest.mark.parametrize(
    ("query", "texts", "expected"),
    [
        ("equivariance", ["On Equivariance, part 2"], True),
        ("equivariance", ["#equivariance"], True),
        ("equivariance", ["equivariances"], False),
        ("street chess", ["chess", "in the street"], True),
        ("street chess", ["chess"], False),
        ('"street chess"', ["street  chess"], True),
        ('"street chess"', ["chess street"], False),
        ("cat|dog", ["a dog"], True),
        ("cat | dog", ["a bird"], False),
        ("comet -band", ["a comet"], True),
        ("comet -band", ["the band comet"], False),
        ("地震", ["今日の地震速報"], True),
        ("CAFÉ", ["cafe\u0301 noir"], True),
        ("c++", ["C++ in an hour"], True),
        ("", ["anything"], True),
    ],
)
def test_the_words_of_a_query(query, texts, expected):
    assert matches(query, texts, complete=True) is expected


def test_what_was_cut_off_is_not_known():
    assert matches("comet", ["a film about the s..."], complete=False) is None
    assert matches("comet", ["comet ..."], complete=False) is True
    assert matches("comet", [None], complete=True) is False
