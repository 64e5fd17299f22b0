"""A text on what was heard: passages on one side alone disturb nothing."""

from __future__ import annotations

import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.speech.anchors import match, reliable, score

WORDS = [f"w{number}" for number in range(3_000)]


def text(count, seed):
    """Words as frequent as those of a language: few often, many seldom."""
    rng = random.Random(seed)
    return [WORDS[min(int(rng.paretovariate(0.7)), len(WORDS) - 1)] for _ in range(count)]


def misheard(words, rate, seed):
    rng = random.Random(seed)
    heard = []
    for word in words:
        if rng.random() < rate:
            heard += rng.choice([[], [rng.choice(WORDS)], [word, rng.choice(WORDS)]])
        else:
            heard.append(word)
    return heard


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from("abcde"), max_size=30), st.lists(st.sampled_from("abcde"), max_size=30)
)
def test_pairs_rise_and_hold_the_same_word(script, heard):
    pairs = match(script, heard)
    assert all(script[mine] == heard[theirs] for mine, theirs in pairs)
    assert all(a < c and b < d for (a, b), (c, d) in pairwise(pairs))


def test_the_same_text_matches_whole():
    words = text(20_000, 1)
    assert match(words, words) == [(at, at) for at in range(len(words))]
    assert score(match(words, words), words, words) == 1.0


def test_what_was_misheard_stays_unmatched():
    words = text(20_000, 2)
    pairs = match(words, misheard(words, 0.3, 3))
    assert len(pairs) > 0.7 * len(words)
    assert all(a < c and b < d for (a, b), (c, d) in pairwise(pairs))


def test_passages_of_one_side_alone_disturb_nothing():
    words = text(6_000, 4)
    unsaid, unwritten = text(500, 5), text(700, 6)
    script = [*words[:2_000], *unsaid, *words[2_000:]]
    heard = misheard([*words[:4_000], *unwritten, *words[4_000:]], 0.2, 7)
    pairs = reliable(match(script, heard), script)
    inside = [pair for pair in pairs if 2_000 <= pair[0] < 2_500]
    after = [pair for pair in pairs if pair[0] >= 2_500]
    assert len(inside) < 25
    assert len(after) > 0.7 * 4_000


def test_another_text_scores_low():
    for seed in range(5):
        mine, theirs = text(800, seed), text(800, 100 + seed)
        pairs = reliable(match(mine, theirs), mine)
        same = reliable(match(mine, misheard(mine, 0.3, seed)), mine)
        assert score(pairs, mine, theirs) < 0.5 * score(same, mine, mine)


def test_nothing_matches_nothing():
    assert match([], ["a"]) == []
    assert match(["a"], []) == []
    assert score([], [], ["a"]) == 0.0


def test_an_excerpt_of_the_audio_still_fits_a_script_for_all_of_it():
    words = text(5_000, 9)
    heard = words[3_000:3_400]
    assert score(reliable(match(words, heard), words), words, heard) > 0.95


def test_a_word_said_twice_is_matched_where_its_neighbours_are():
    heard = ["hello", "what", "a", "beautiful", "morning", "good", "morning", "mary"]
    pairs = match(["hello", "what", "a", "beautiful", "morning"], heard)
    assert pairs == [(at, at) for at in range(5)]
