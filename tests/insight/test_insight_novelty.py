"""Entropy, divergence, novelty: the course's figures, and what chance makes of them."""

from __future__ import annotations

import math
import random
from collections import Counter
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.insight.spoken.reading import read_spoken
from loquitur.insight.spoken.sentences import stretches
from loquitur.insight.spoken.windows import parse_window, windows_of
from loquitur.insight.tokens import tokens
from loquitur.insight.transcripts import novelty, shuffles
from loquitur.insight.transcripts.novelty import entropy_bits, measure, miller_madow_bits
from loquitur.insight.transcripts.shuffles import UNSEEN_WORDS, curves, numbered, shuffled_curves

SEED = Path(__file__).resolve().parents[3] / "shared/data/seeds/equivariant_2bP_KuBrXSc.en.json"
needs_seed = pytest.mark.skipif(not SEED.exists(), reason="the shared data is not here")


def course(rule):
    return [tokens(window.text) for window in windows_of(read_spoken(SEED), parse_window(rule))]


def cut(words, size):
    return [words[at : at + size] for at in range(0, len(words), size)]


@needs_seed
def test_the_course_figures_of_300_words():
    found = measure(course("words:300")).windows
    assert [round(one.entropy_bits, 3) for one in found] == [
        6.805, 6.888, 6.707, 6.776, 6.801, 6.706, 6.673, 6.919, 7.133, 6.414,
    ]  # fmt: skip
    assert [round(one.divergence.value, 3) for one in found[1:]] == [
        0.483, 0.463, 0.439, 0.453, 0.514, 0.479, 0.417, 0.506, 0.523,
    ]  # fmt: skip
    assert [round(one.fresh.value, 3) for one in found] == [
        1.0, 0.44, 0.303, 0.237, 0.223, 0.22, 0.247, 0.217, 0.253, 0.146,
    ]  # fmt: skip


@needs_seed
def test_the_course_figures_of_five_minutes_and_of_all():
    by_time = course("time:5m")
    assert [len(window) for window in by_time] == [788, 734, 764, 565]
    assert [round(entropy_bits(window), 3) for window in by_time] == [7.361, 7.33, 7.366, 7.501]
    every = [word for window in by_time for word in window]
    assert (len(every), len(set(every))) == (2851, 728)
    assert round(entropy_bits(every), 4) == 8.0865


def test_entropy_of_edges():
    assert entropy_bits([]) == 0.0
    assert entropy_bits(["a"] * 9) == 0.0
    assert entropy_bits("abcd") == 2.0
    assert miller_madow_bits([]) == 0.0
    assert miller_madow_bits("ab") == pytest.approx(1.0 + 1 / (4 * math.log(2)))


def plain_entropy(counts):
    total = sum(counts.values())
    return -sum(count / total * math.log2(count / total) for count in counts.values())


windows_ = st.lists(
    st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=12), min_size=2, max_size=6
)


@given(windows_)
@settings(max_examples=40)
def test_the_curves_are_what_their_formulas_say(windows):
    found = curves(numbered(windows))
    for at, window in enumerate(windows):
        here, before = Counter(window), Counter(chain(*windows[:at]))
        assert found.entropy_bits[0, at] == pytest.approx(plain_entropy(here), abs=1e-9)
        if not at:
            assert np.isnan(found.surprisal_bits[0, 0])
            continue
        size, said, types = len(window), sum(before.values()), len(before)
        bits = sum(
            -count * math.log2((before[word] or types / UNSEEN_WORDS) / (said + types))
            for word, count in here.items()
        )
        assert found.surprisal_bits[0, at] == pytest.approx(bits / size)
        last = Counter(windows[at - 1])
        mixed = {
            word: here[word] / size / 2 + last[word] / len(windows[at - 1]) / 2
            for word in here | last
        }
        both = -sum(share * math.log2(share) for share in mixed.values())
        expected = both - plain_entropy(here) / 2 - plain_entropy(last) / 2
        assert found.divergence_bits[0, at] == pytest.approx(expected, abs=1e-9)
        after = Counter(chain(*windows[at:]))
        whole, left = said + sum(after.values()), said
        expected = (
            plain_entropy(before + after)
            - left / whole * plain_entropy(before)
            - (whole - left) / whole * plain_entropy(after)
        )
        assert found.shift_bits[0, at] == pytest.approx(expected, abs=1e-9)
        fresh = sum(count for word, count in here.items() if not before[word])
        assert found.fresh[0, at] == pytest.approx(fresh / size)


def test_shuffled_orders_are_the_same_however_many_are_worked_at_once(monkeypatch):
    dice = random.Random(1)
    text = numbered(cut([dice.choice("abcdefghij") for _ in range(200)], 30))
    whole = shuffled_curves(text, orders=20, blocks=[5] * 40, seed=3)
    assert whole.entropy_bits.shape == (20, 7)
    monkeypatch.setattr(shuffles, "_CELLS", 200 * 20)
    again = shuffled_curves(text, orders=20, blocks=[5] * 40, seed=3)
    np.testing.assert_array_equal(whole.relative_bits, again.relative_bits)
    # the words, and so their entropy together, are those of the text in every order
    assert len(set(np.round(whole.fresh[:, 0], 9))) == 1


def talk(dice, parts, share=0.2):
    """Words by Zipf's law, of which a share is of a subject's own; parts are (subject, words)."""
    weights = [1 / (rank + 1) for rank in range(2500)]
    found = []
    for subject, count in parts:
        common = dice.choices(range(2500), weights, k=count)
        own = dice.choices(range(80), weights[:80], k=count)
        found += [
            f"s{subject}-{mine}" if dice.random() < share else f"c{word}"
            for mine, word in zip(own, common, strict=True)
        ]
    return found


def test_a_planted_change_is_found_where_it_is_and_named_by_its_words():
    words = talk(random.Random(1), [(0, 1500), (1, 1500)])
    found = measure(cut(words, 300))
    assert {5} <= {moment.window for moment in found.moments}
    named = next(moment for moment in found.moments if moment.window == 5)
    assert named.words[0].word.startswith("s1-")
    assert named.p <= novelty.LEVEL
    assert found == measure(cut(words, 300)), "the same text gives the same"


def test_novelty_does_not_grow_with_the_window():
    dice = random.Random(2)
    words = talk(dice, [(0, 3000)])
    for size in (50, 150, 500):
        found = [one.novelty_bits for one in measure(cut(words, size)).windows[1:]]
        assert abs(sum(found) / len(found)) < 0.15, size


def test_an_unusual_word_of_grammar_counts_but_is_not_named():
    words = talk(random.Random(1), [(0, 1500), (1, 1500)])
    named = {f"s1-{at}" for at in range(80)}
    found = measure(cut(words, 300), grammar=named)
    assert found.moments
    assert not named & {one.word for moment in found.moments for one in moment.words}


@pytest.mark.parametrize(
    "windows", [[], [[]], [["a"] * 500], [[], ["a"] * 500, []], [["a"], ["b"]], [["a"] * 20] * 2]
)
def test_too_little_to_say(windows):
    found = measure(windows)
    assert found.moments == ()
    assert found.why.startswith("too few to say")
    assert len(found.windows) == len(windows)
    assert all(
        (one is None) == (not window) for one, window in zip(found.windows, windows, strict=True)
    )


@pytest.mark.parametrize("word", ["a", "ab"])
def test_a_text_of_one_word_raises_nothing(word):
    found = measure([[word] * 100] * 5)
    assert found.moments == ()
    assert not found.why
    assert found.windows[3].entropy_bits == 0.0
    assert found.windows[3].evenness is None


def test_windows_without_words_are_passed_over():
    words = cut(talk(random.Random(1), [(0, 1500), (1, 1500)]), 300)
    gapped = [*words[:3], [], *words[3:]]
    found = measure(gapped)
    assert found.windows[3] is None
    assert 6 in {moment.window for moment in found.moments}


def simulated(parts, *, size=300, share=0.2, seed=0):
    dice = random.Random(seed)
    change = dice.randint(600, 2300)
    words = talk(dice, parts(change), share)
    near = {change // size - 1, change // size, change // size + 1}
    found = bool(near & {moment.window for moment in measure(cut(words, size)).moments})
    dice.shuffle(words)
    return found, bool(measure(cut(words, size)).moments)


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.2, 0.1])
def test_a_planted_change_is_found_in_95_of_100_and_a_shuffled_text_raises_nothing_in_95(share):
    sets = [
        simulated(lambda at: [(0, at), (1, 3000 - at)], share=share, seed=seed)
        for seed in range(100)
    ]
    assert sum(found for found, _ in sets) >= 95
    assert sum(raised for _, raised in sets) <= 5


def test_sentences_in_another_order_raise_nothing():
    """Words come back within a sentence whatever order sentences have."""
    raised = 0
    for seed in range(12):
        dice = random.Random(seed)
        told = []
        for _ in range(40):
            own = [f"w{dice.randrange(400)}" for _ in range(8)]
            told.append(" ".join(dice.choices(own, k=30)) + ".")
        text = " ".join(told)
        raised += bool(measure(cut(tokens(text), 100), pieces=stretches(text)).moments)
    assert raised <= 1


@pytest.mark.parametrize("pieces", [(), (5, 5, 5), (400,), (3,) * 300])
def test_blocks_hold_all_words_whatever_the_pieces(pieces):
    words = [f"w{at % 40}" for at in range(300)]
    assert len(measure(cut(words, 60), pieces=pieces).windows) == 5
