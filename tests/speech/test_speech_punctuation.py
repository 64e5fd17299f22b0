"""Punctuation and capitals from a table of numbers."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loquitur.speech import punctuation
from loquitur.speech.punctuation import COMMA, STOP, mark_shares, marks_after, restore
from loquitur.speech.rewording import heard
from loquitur.speech.word_classes import CLASS_COUNT, NAMED, word_class

SAID = (
    "so hello everybody my name is peter and i'm going to talk about the weather in london today"
    " what do you think about that i think it's really great because we can go outside and play"
)
PLAIN = SAID.split()
texts = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), max_size=30)


def test_it_reads_sentences():
    said = " ".join(restore(PLAIN))
    assert said.startswith("So hello")
    assert "And I'm going to talk about the weather in London today. What do you" in said
    assert "about that? I think it's" in said
    assert said.endswith("play.")


@given(texts, st.sampled_from(["en", "de", "zh", "ar", "und", ""]))
def test_letters_stay_whatever_they_are(words, language):
    found = restore(words, language=language)
    assert len(found) == len(words)
    for old, new in zip(words, found, strict=True):
        assert new.casefold().startswith(old.casefold()) or heard(new) == heard(old)


@pytest.mark.parametrize("language", ["en", "fr", "ja"])
def test_what_is_punctuated_stays_as_it_is(language):
    for text in ("Hello, there. how ARE you", "Ja.", "\u4f60\u597d\uff0c \u4e16\u754c\u3002"):
        assert restore(text.split(), language=language) == text.split()
    long = ["word"] * 100 + ["stray,"] + ["word"] * 100
    assert restore(long, language=language) != long, "one mark in two hundred words is none"


def test_other_languages_are_cut_at_pauses():
    words = ["guten", "tag", "zusammen", "wie", "geht", "es", "euch", "i", "heute"]
    found = restore(words, language="de", gaps_ms=[0, 0, 900, 0, 0, 0, 400, 0, 0])
    assert " ".join(found) == "Guten tag zusammen. Wie geht es euch, i heute."
    chinese = ["\u4f60\u597d", "\u4e16\u754c"]
    assert restore(chinese, language="zh") == [chinese[0], f"{chinese[1]}\u3002"]


def test_a_language_that_nobody_named_is_not_taken_for_english():
    russian = ["мы", "пошли", "i", "домой"]
    found = restore(russian, language="und")
    assert found[0] == russian[0].capitalize()
    assert found[2] == "i"
    assert found[3] == f"{russian[3]}."


def test_capitals_alone_are_none():
    assert restore([word.upper() for word in PLAIN]) == restore(PLAIN)
    assert restore(["NASA", "IS", "HERE"])[0] == "NASA", "three words may be meant so"


def test_another_speaker_ends_a_sentence():
    assert restore(["we", "are", "the", "one"], ends=[1]) == ["We", "are.", "The", "one."]


def test_a_pause_says_more_than_none():
    words = ["we", "went", "to", "the", "shop", "they", "had", "no", "bread"]
    gaps = [80, 80, 80, 80, 0, 80, 80, 80, 0]
    short = mark_shares(words, gaps_ms=gaps)
    gaps[4] = 1500
    long = mark_shares(words, gaps_ms=gaps)
    assert short.shape == long.shape == (9, 3)
    assert np.allclose(long.sum(axis=1), 1.0, atol=1e-5)
    assert long[4, STOP] > 2 * short[4, STOP]


def test_gaps_that_are_all_zero_say_nothing():
    touching = mark_shares(PLAIN, gaps_ms=[0] * len(PLAIN))
    assert np.array_equal(touching, mark_shares(PLAIN))


def test_blocks_make_no_difference(monkeypatch):
    whole = mark_shares(PLAIN * 5)
    monkeypatch.setattr(punctuation, "_BLOCK", 7)
    assert np.allclose(whole, mark_shares(PLAIN * 5), atol=1e-5)


def test_classes_are_closed_and_words_of_content_have_none_of_their_own():
    assert {word_class(word) for word in NAMED} == set(range(1, len(NAMED) + 1))
    assert word_class("tables") == word_class("numerals") < CLASS_COUNT
    assert word_class("photosynthetics") not in range(1, len(NAMED) + 1)


@pytest.mark.slow
def test_the_shared_talks_come_back(shared):
    """Of all talks together, as fitted; the figures held out are in the module's first lines."""
    folder = shared / "subtitles" / "segmentation-dev"
    if not folder.is_dir():
        pytest.skip("the talks are not here")
    hit = told = there = 0
    for path in sorted(folder.glob("*.json")):
        items = [word[0] for word in json.loads(path.read_text())["words"]]
        items = [item for item in items if re.search(r"\w", item)]
        truth = [bool(re.search(r"[.?!,;:]", item)) for item in items]
        words = [re.sub(r"[^\w' ]", "", item).lower() or "x" for item in items]
        found = [mark in (COMMA, STOP) for mark in marks_after(words)]
        hit += sum(a and b for a, b in zip(truth, found, strict=True))
        told, there = told + sum(found), there + sum(truth)
    precision, recall = hit / told, hit / there
    assert 2 * precision * recall / (precision + recall) > 0.68
