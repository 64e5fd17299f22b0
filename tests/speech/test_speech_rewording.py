"""New text on old words: alignment and times."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loquitur.model.speech import SpokenWord
from loquitur.speech.rewording import align, heard, reworded, split_answer, spread

SOME = "a b c ab abc it is its cannot can not 25 twenty five"
words = st.lists(st.sampled_from(SOME.split()), max_size=9)


def spoken(texts, gap_ms=20):
    return tuple(
        SpokenWord(
            start_ms=at * (100 + gap_ms),
            end_ms=at * (100 + gap_ms) + 100,
            text=text,
            confidence=0.1 + at / 100,
            overlap=(f"S{at}",),
        )
        for at, text in enumerate(texts)
    )


def made(old, new, gap_ms=20):
    before, texts = spoken(old.split(), gap_ms), split_answer(new)
    found = reworded(before, texts, align([word.text for word in before], texts))
    return before, found


def test_one_to_one_keeps_all_but_the_text():
    before, found = made("i think so", "I think so!")
    assert [word.text for word in found] == ["I", "think", "so!"]
    for was, now in zip(before, found, strict=True):
        assert dataclasses.replace(now, text=was.text) == was


def test_a_word_that_became_two_shares_its_time_out():
    before, found = made("alot of it", "A lot of it")
    assert [(word.text, word.start_ms, word.end_ms, word.timing) for word in found[:2]] == [
        ("A", 0, 25, "interpolated"),
        ("lot", 25, 100, "interpolated"),
    ]
    assert found[0].confidence == before[0].confidence
    assert found[2:] == before[1:]


def test_two_words_that_became_one_span_both():
    before, found = made("on you tube now", "on YouTube now")
    assert [word.text for word in found] == ["on", "YouTube", "now"]
    assert (found[1].start_ms, found[1].end_ms) == (before[1].start_ms, before[2].end_ms)
    assert found[1].confidence == min(before[1].confidence, before[2].confidence)
    assert found[1].overlap == ("S1", "S2")
    assert found[1].timing == "engine", "both its ends were heard"


def test_figures_are_what_is_said():
    _, found = made("it is twenty five years", "It is 25 years.")
    assert [word.text for word in found] == ["It", "is", "25", "years."]


@pytest.mark.parametrize("gap_ms", [0, 20, 500])
@pytest.mark.parametrize("new", ["the we go home", "we the go home", "we go home the"])
def test_a_new_word_takes_nobodys_time(new, gap_ms):
    before, found = made("we go home", new, gap_ms)
    fresh = next(word for word in found if word.text == "the")
    assert fresh.timing == "interpolated"
    assert fresh.confidence is None
    assert before[0].start_ms <= fresh.start_ms < fresh.end_ms <= before[-1].end_ms
    assert [word for word in found if word is not fresh] == list(before)


def test_what_is_dropped_is_gone():
    before, found = made("uh we uh go", "We go.")
    assert [(word.start_ms, word.text) for word in found] == [
        (before[1].start_ms, "We"),
        (before[3].start_ms, "go."),
    ]


@given(words, words)
def test_edits_cover_both_sides_in_order(old, new):
    edits = align(old, new)
    places = [(edit.old_start, edit.old_end) for edit in edits]
    assert [at for start, end in places for at in range(start, end)] == list(range(len(old)))
    places = [(edit.new_start, edit.new_end) for edit in edits]
    assert [at for start, end in places for at in range(start, end)] == list(range(len(new)))
    for edit in edits:
        if edit.same:
            was = "".join(heard(word) for word in old[edit.old_start : edit.old_end])
            now = "".join(heard(word) for word in new[edit.new_start : edit.new_end])
            assert was == now


@given(words.filter(bool), words, st.sampled_from([0, 20, 300]))
def test_times_stay_inside_and_in_order(old, new, gap_ms):
    before = spoken(old, gap_ms)
    found = reworded(before, new, align(old, new))
    assert [word.text for word in found] == new
    starts = [word.start_ms for word in found]
    assert starts == sorted(starts)
    kept = {(word.start_ms, word.end_ms) for word in before}
    for word in found:
        assert before[0].start_ms <= word.start_ms < word.end_ms
        assert word.end_ms <= before[-1].end_ms
        if word.timing != "interpolated" and (word.start_ms, word.end_ms) not in kept:
            assert word.start_ms in {start for start, _ in kept}
            assert word.end_ms in {end for _, end in kept}


def test_marks_alone_go_to_the_word_before():
    assert split_answer("Well - yes , I do .\n") == ["Well\u00a0-", "yes,", "I", "do."]
    assert split_answer("Quoi\u00a0! non") == ["Quoi\u00a0!", "non"]
    assert split_answer("  ") == []


def test_a_translation_fills_the_time():
    found = spread(["ein", "ganz", "neuer", "Satz"], 1000, 2000)
    assert (found[0].start_ms, found[-1].end_ms) == (1000, 2000)
    assert all(a.end_ms == b.start_ms for a, b in itertools.pairwise(found))
    assert {word.timing for word in found} == {"interpolated"}
